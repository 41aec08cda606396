//! Requirements and locks of Python: followed to the letter, or refused with the line to write.

use attune_schemas::Digest;
use attune_tests::{PackBuilder, Run, Tree, WheelBuilder, World};

use super::vendoring::add_directory;

fn pack(requirements: impl AsRef<[u8]>) -> PackBuilder {
    PackBuilder::new("asking", "1.0.0").yaml("runtime_deps: [python]").file("requirements.txt", requirements)
}

/// A pack that carries `six` and `idna` as wheels, without a lock.
fn carrying(requirements: &str) -> PackBuilder {
    let wheel = |name: &str| WheelBuilder::new(name, "1.0").file(&format!("{name}.py"), "").build();
    [wheel("hpsix"), wheel("hpidna")].iter().fold(pack(requirements), |pack, wheel| {
        pack.file(&format!("wheels/{}", wheel.filename), &wheel.bytes)
    })
}

fn locked(requirements: &str) -> PackBuilder {
    pack(requirements).wheel(&WheelBuilder::new("hpsix", "1.0").file("hpsix.py", "").build())
}

fn refused(pack: &PackBuilder, code: i32, words: &[&str]) -> Run {
    let world = World::with_packs(&[&PackBuilder::new("earlier", "1.0.0")]);
    let before = Tree::of(&world.registry()).without_touched();
    let run = world.add(&[pack]).fails(code, words).with_hint();
    Tree::of(&world.registry()).without_touched().assert_same(&before);
    run
}

#[test]
fn a_lock_older_than_the_requirements_is_refused() {
    refused(&locked("hpsix\nhpidna\n"), 3, &["pylock.toml", "`hpidna` of requirements.txt"]);
    refused(&locked("hpsix==2.0\n"), 3, &["`hpsix==2.0` of requirements.txt", "hpsix 1.0 is locked"]);
    let added = locked("hpsix\n").yaml("meta:\n  python_dependencies: [hpidna]");
    refused(&added, 3, &["`hpidna` of pack.yaml"]);
    World::with_registry().add(&[&locked("hpsix\nhpidna; sys_platform == 'win32'\n")]).succeeds();
}

#[test]
fn a_lock_that_lacks_what_its_wheels_require_is_refused_or_told() {
    let wheel = WheelBuilder::new("hpweb", "1.0")
        .metadata("Requires-Dist: hpsocks>=1; extra == 'socks'")
        .metadata("Requires-Dist: hpidna")
        .metadata("Requires-Dist: hpwin; sys_platform == 'win32'")
        .build();
    let lock = |requirements: &str| pack(requirements).wheel(&wheel);
    refused(&lock("hpweb[socks]\n"), 3, &["`hpsocks`, which an extra of `hpweb` requires"]);
    let run = World::with_registry().add(&[&lock("hpweb\n")]).succeeds();
    assert!(
        run.stderr.contains("`hpweb` requires `hpidna`, which pylock.toml does not lock"),
        "{}",
        run.stderr
    );
    assert!(!run.stderr.contains("hpwin"), "{}", run.stderr);
}

#[test]
fn a_pinned_hash_is_honoured_however_it_is_written() {
    let wheel = WheelBuilder::new("hpsix", "1.0").file("hpsix.py", "").build();
    let right = Digest::of(&wheel.bytes).hex();
    let zeros = "0".repeat(64);
    for hash in [
        format!(" --hash=sha256:{zeros}"),
        format!("\t--hash=sha256:{zeros}"),
        format!(" --hash sha256:{zeros}"),
        format!(" --hash=sha512:{}", "0".repeat(128)),
        format!(" --hash=sha384:{}", "0".repeat(96)),
    ] {
        refused(&locked(&format!("hpsix==1.0{hash}\n")), 4, &["`hpsix` 1.0", "the pinned hash"]);
        refused(&locked(&format!("\u{feff}hpsix==1.0{hash}\n")), 4, &["the pinned hash"]);
        let constrained = locked("hpsix\n-c c.txt\n").file("c.txt", format!("hpsix==1.0{hash}\n"));
        refused(&constrained, 4, &["the pinned hash"]);
    }
    for good in [right.clone(), right.to_ascii_uppercase()] {
        World::with_registry().add(&[&locked(&format!("hpsix==1.0 --hash=sha256:{good}\n"))]).succeeds();
    }
    let partly = locked(&format!("hpsix==1.0 --hash=sha256:{right} --hash=sha256:{zeros}\n"));
    World::with_registry().add(&[&partly]).succeeds();
    refused(&locked("hpsix --hash=md5:00\n"), 2, &["line 1 of `requirements.txt`", "md5 is not taken"]);
}

#[test]
fn where_every_package_must_have_a_hash_one_without_is_refused() {
    let wheel = WheelBuilder::new("hpsix", "1.0").file("hpsix.py", "").build();
    let other = WheelBuilder::new("hpidna", "1.0").file("hpidna.py", "").build();
    let hash = Digest::of(&wheel.bytes);
    let pack = |first: &str| locked(&format!("{first}hpsix==1.0 --hash={hash}\n")).wheel(&other);
    refused(&pack("--require-hashes\n"), 2, &["--require-hashes", "`hpidna`"]);
    let run = World::with_registry().add(&[&pack("")]).succeeds();
    assert!(run.stderr.contains("none for `hpidna`; pip would refuse it"), "{}", run.stderr);
}

#[test]
fn a_file_that_includes_others_stays_in_the_pack() {
    for option in ["-r", "-c"] {
        let pack = locked(&format!("hpsix\n{option} ../outside.txt\n"));
        let run = refused(&pack, 2, &["`../outside.txt`, which is not a file of the pack"]);
        assert!(!run.stderr.contains("/tmp/."), "{}", run.stderr);
    }
}

#[test]
#[ignore = "reaches a package index"]
fn index_a_line_that_uv_cannot_read_is_named_with_the_line_to_write() {
    for (line, words, write) in [
        ("six==${V}", "environment variable", "write its value"),
        ("requests=2.31.0", "`requests=2.31.0`", "write `requests==2.31.0`"),
        ("numpy --only-binary=:all:", "`--only-binary`", "line of its own"),
        ("-e git+https://h.invalid/x#egg=x", "cannot be editable", "write `x @ git+https://h.invalid/x`"),
        ("six \\\n  >=1", "continues it in the middle", "on one line"),
    ] {
        let world = World::with_registry();
        let directory = pack(format!("idna\n{line}\n")).write(&world.path().join("packs"));
        let run = add_directory(&world, &directory, &[]).fails(2, &["line 2 of `requirements.txt`", words]);
        assert!(run.stderr.contains(write), "{line}: {}", run.stderr);
    }
}

#[test]
#[ignore = "reaches a package index"]
fn index_wheels_that_a_pack_carries_are_found() {
    for requirements in [
        "--no-index\n--find-links ./wheels\nhpsix\n",
        "hpsix @ file:wheels/hpsix-1.0-py3-none-any.whl\n",
        "./wheels/hpsix-1.0-py3-none-any.whl\n",
    ] {
        let world = World::with_registry();
        let directory = carrying(requirements).write(&world.path().join("packs"));
        let run = add_directory(&world, &directory, &["--json"]).succeeds();
        assert_eq!(run.json()["packs"][0]["vendored"], 1, "{requirements}");
        fs_err::remove_dir_all(&directory).unwrap();
        world.bundle(&["asking"]).succeeds();
        world.install_bundle().succeeds();
    }
}

#[test]
#[ignore = "reaches a package index"]
fn index_nothing_is_written_into_the_pack() {
    let setup = "from setuptools import setup\nsetup(name='lp', version='1.0', packages=['lp'])\n";
    let world = World::with_registry();
    let pack = pack("./vendor/lp\n").file("vendor/lp/setup.py", setup).file("vendor/lp/lp/__init__.py", "");
    let directory = pack.write(&world.path().join("packs"));
    let before = Tree::of(&directory);
    add_directory(&world, &directory, &[]).succeeds();
    Tree::of(&directory).assert_same(&before);
    let again = add_directory(&world, &directory, &[]).succeeds();
    assert!(again.stdout.contains("was there"), "{}", again.stdout);
}

#[test]
#[ignore = "reaches a package index"]
fn index_utf_16_with_its_mark_is_read() {
    let utf_16: Vec<u8> = "\u{feff}six==1.16.0\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    let world = World::with_registry();
    let directory = pack(utf_16).write(&world.path().join("packs"));
    let run = add_directory(&world, &directory, &["--json"]).succeeds();
    assert_eq!(run.json()["packs"][0]["vendored"], 1);
}

#[test]
fn a_file_in_no_known_encoding_is_refused() {
    refused(
        &locked("hpsix\n").file("requirements.txt", b"hpsix # caf\xe9\n"),
        2,
        &["requirements.txt", "UTF-8"],
    );
}

#[test]
#[ignore = "reaches a package index"]
fn index_the_resolvers_warnings_are_shown() {
    let world = World::with_registry();
    let directory =
        pack("--pre\nrequests[nope]==2.32.3\nurllib3==2.0.1\n").write(&world.path().join("packs"));
    let run = add_directory(&world, &directory, &[]).succeeds();
    for words in ["does not have an extra named `nope`", "`urllib3==2.0.1` is yanked"] {
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    }
    assert!(!run.stderr.contains("`--pre`"), "{}", run.stderr);
}

#[test]
#[ignore = "reaches a package index"]
fn index_a_failed_build_is_told_by_its_own_exception() {
    let setup = "from setuptools import setup\nsetup(name='lp', version=open('VERSION').read())\n";
    let world = World::with_registry();
    let pack = pack("./vendor/lp\n").file("vendor/lp/setup.py", setup);
    let directory = pack.write(&world.path().join("packs"));
    let run = add_directory(&world, &directory, &[]);
    let run =
        run.fails(4, &["FileNotFoundError: [Errno 2] No such file or directory: 'VERSION'"]).with_hint();
    assert!(!run.stderr.contains("program `VERSION`"), "{}", run.stderr);
}

#[test]
#[ignore = "reaches a package index"]
fn index_what_tests_need_is_resolved_beside_the_packages_of_the_pack() {
    let section =
        "discovery: {method: directory, path: tests}, requirements: [tests/requirements.txt], runners: {}";
    // The newest that pytest would take is another.
    let test = "import packaging\n\ndef test_it():\n    assert packaging.__version__ == '24.1'\n";
    let pack = pack("packaging==24.1\n")
        .testing(section)
        .file("tests/requirements.txt", "pytest>=8\n")
        .file("tests/test_it.py", test);
    let world = World::with_registry();
    let directory = pack.write(&world.path().join("packs"));
    add_directory(&world, &directory, &[]).succeeds();
    world.install_packs(&["asking"]).succeeds();
    let own = world.root().join("packenvs/asking/python/bin/python3");
    let imports = |module: &str| {
        let mut command = std::process::Command::new(&own);
        command.args(["-I", "-c", &format!("import {module}")]).output().unwrap().status.success()
    };
    assert!(imports("packaging") && !imports("pytest"));
    let result = world.list();
    assert_eq!(result["packs"][0]["tests"]["passed"], 1);
    let directory = pack.file("tests/requirements.txt", "packaging<24\n").version("2.0.0");
    let directory = directory.write(&world.path().join("packs"));
    add_directory(&world, &directory, &[]).fails(4, &["packaging"]).with_hint();
}
