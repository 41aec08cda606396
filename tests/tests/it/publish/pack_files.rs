//! Which files of a directory become a pack: secrets stay home, what is left out is left out everywhere, and what
//! no host could unpack is not published.

use std::path::{Path, PathBuf};

use attune_tests::standard_packs::greeter;
use attune_tests::{PackBuilder, Run, Tree, World};

fn add(world: &World, pack: &Path, options: &[&str]) -> Run {
    let registry = world.registry();
    let fixed = ["add".as_ref(), "--offline".as_ref(), registry.as_os_str(), pack.as_os_str()];
    world.build(fixed.into_iter().chain(options.iter().map(|option| (*option).as_ref())))
}

/// The files of `pack` as they are once it was added and installed.
fn installed(pack: &PackBuilder, options: &[&str]) -> (World, Vec<PathBuf>) {
    let world = World::with_registry();
    world.add_for(&[pack], options).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    let tree = Tree::of(&fs_err::canonicalize(world.root().join("packs/greeter")).unwrap());
    let files = tree.paths().map(Path::to_owned).collect();
    (world, files)
}

fn has(files: &[PathBuf], name: &str) -> bool {
    files.iter().any(|file| file == Path::new(name))
}

const KEY: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIAAAAAAAAAAAAAAAAAAAAAAAAAAA\n-----END PRIVATE KEY-----\n";

#[test]
fn a_pack_with_secrets_is_refused_with_all_of_them_named() {
    let world = World::with_packs(&[&PackBuilder::new("earlier", "1.0.0")]);
    let before = Tree::of(&world.registry()).without_touched();
    let pack = greeter()
        .file(".npmrc", "//registry.example.com/:_authToken=npm_x\n")
        .file(".netrc", "machine a login b password c\n")
        .file("config/.env", "PASSWORD=x\n")
        .file("config/.env.example", "PASSWORD=\n")
        .file("certs/server.txt", KEY)
        .file("cloud.json", r#"{"type": "service_account", "private_key": "x"}"#);
    let other = PackBuilder::new("other", "1.0.0").file(".pypirc", "[pypi]\npassword = x\n");
    let run = world.add(&[&pack, &other]).fails(
        2,
        &[
            "6 files with secrets",
            "greeter/.npmrc: a login for a package registry",
            "greeter/.netrc: logins",
            "greeter/config/.env: ",
            "greeter/certs/server.txt: a private key",
            "greeter/cloud.json: credentials of a cloud",
            "other/.pypirc: ",
            "--include-secrets",
        ],
    );
    assert!(!run.stderr.contains(".env.example"), "{}", run.stderr);
    Tree::of(&world.registry()).without_touched().assert_same(&before);
    let run = world.add_for(&[&pack], &["--json"]);
    let failure: serde_json::Value = serde_json::from_str(run.stderr.trim()).unwrap();
    assert_eq!(failure["error"]["packs"][0]["secrets"].as_array().unwrap().len(), 5, "{failure}");
    world.add_for(&[&pack, &other], &["--include-secrets"]).succeeds();
}

#[test]
fn a_key_of_the_registry_itself_is_a_secret() {
    let world = World::with_registry();
    let pack = greeter().write(&world.path().join("packs"));
    fs_err::create_dir(pack.join("data")).unwrap();
    let key = fs_err::read_dir(world.keys()).unwrap().next().unwrap().unwrap().path();
    fs_err::copy(key, pack.join("data/innocent.txt")).unwrap();
    add(&world, &pack, &[]).fails(2, &["data/innocent.txt: a private key"]);
}

#[test]
fn what_a_pack_leaves_out_is_left_out_of_its_archive_and_of_its_linting() {
    let pack = greeter()
        .yaml("exclude: ['*.log', /drafts/]")
        .file(".packignore", "# what no host needs\r\n*.tmp\r\n.env\r\n!keep.tmp\r\n")
        .file("lib/.packignore", "/local.py\n")
        .file("lib/local.py", "")
        .file("lib/used.py", "")
        .file("local.py", "")
        .file("a.log", "")
        .file("b.tmp", "")
        .file("keep.tmp", "")
        .file(".env", "PASSWORD=x\n")
        .file("drafts/a.txt", "")
        .file("actions/broken.yaml", "ref: [")
        .file("actions/.packignore", "broken.yaml\n");
    let (_world, files) = installed(&pack, &[]);
    for kept in ["keep.tmp", "lib/used.py", "local.py", "actions/greet.yaml", "pack.yaml"] {
        assert!(has(&files, kept), "{kept}: {files:?}");
    }
    for gone in ["a.log", "b.tmp", ".env", "drafts", "drafts/a.txt", "lib/local.py", "actions/broken.yaml"] {
        assert!(!has(&files, gone), "{gone}: {files:?}");
    }
}

#[test]
fn patterns_of_the_user_or_of_a_parent_directory_decide_nothing() {
    let world = World::with_registry();
    let pack =
        greeter().file("lib/used.py", "").file(".gitignore", "lib/\n").write(&world.path().join("packs"));
    fs_err::write(world.path().join("packs/.packignore"), "*\n").unwrap();
    fs_err::write(world.path().join("packs/.gitignore"), "*\n").unwrap();
    add(&world, &pack, &[]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    assert!(world.root().join("packs/greeter/lib/used.py").is_file());
}

#[test]
fn a_file_that_is_needed_cannot_be_left_out() {
    let world = World::with_registry();
    let cases = [
        ("pack.yaml\n", "pack.yaml` would be left out, since it matches `pack.yaml` in `.packignore`"),
        ("*.sh\n", "`actions/greet.sh` is needed here, and left out of the pack"),
        ("[z-a]\n", "line 1 of `.packignore`: `[z-a]` is not a valid pattern"),
    ];
    for (patterns, word) in cases {
        world.add(&[&greeter().file(".packignore", patterns)]).fails(1, &[word]);
    }
    let wrong = greeter().yaml("exclude: '*.log'");
    world.add(&[&wrong]).fails(1, &["`exclude` must be a list"]);
}

#[test]
fn environments_stay_out_whatever_they_are_called() {
    let world = World::with_registry();
    let pack = greeter().write(&world.path().join("packs"));
    for name in ["venv", "env", "lib/my env"] {
        let environment = pack.join(name);
        fs_err::create_dir_all(environment.join("bin")).unwrap();
        fs_err::write(environment.join("pyvenv.cfg"), "home = /usr/bin\n").unwrap();
        std::os::unix::fs::symlink("/usr/bin/env", environment.join("bin/python3")).unwrap();
    }
    add(&world, &pack, &[]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    assert!(!world.root().join("packs/greeter/venv").exists());
    assert!(!world.root().join("packs/greeter/lib").exists());
}

#[test]
fn names_that_differ_by_case_alone_are_refused_with_both() {
    let world = World::with_registry();
    let files = greeter().file("README.md", "1").file("readme.md", "2");
    world.add(&[&files]).fails(1, &["`README.md` and `readme.md`", "differ by case alone"]).with_hint();
    let directories = greeter().file("Lib/a.py", "").file("lib/b.py", "");
    world.add(&[&directories]).fails(1, &["`Lib` and `lib`", "differ by case alone"]);
    world.bundle(&["greeter"]).fails(4, &["greeter"]);
}

#[test]
fn more_files_than_any_host_unpacks() {
    let world = World::with_registry();
    let pack = greeter().write(&world.path().join("packs"));
    fs_err::create_dir(pack.join("data")).unwrap();
    for number in 0..100_001 {
        std::fs::File::create(pack.join(format!("data/{number}"))).unwrap();
    }
    add(&world, &pack, &[]).fails(1, &["more than 100000 files and directories"]).with_hint();
}

#[test]
fn an_empty_directory_is_told_and_left_out() {
    let world = World::with_registry();
    let pack = greeter().write(&world.path().join("packs"));
    fs_err::create_dir_all(pack.join("data/cache")).unwrap();
    let run = add(&world, &pack, &[]).succeeds();
    assert!(run.stderr.contains("data/cache:1:1: warning[P020] the directory is empty"), "{}", run.stderr);
}

#[test]
fn files_that_are_not_utf8_are_told_with_their_line() {
    let world = World::with_registry();
    let latin = b"ref: broken\nlabel: \"caf\xe9\"\nversion: \"1.0.0\"\n";
    let pack = PackBuilder::new("broken", "1.0.0").file("pack.yaml", latin);
    world.add(&[&pack]).fails(1, &["pack.yaml:2:12: error[Y012]", "cannot be read as UTF-8 text", "0xE9"]);
    let action = greeter().file("actions/late.yaml", b"ref: greeter.late\ndescription: \xff\n");
    world.add(&[&action]).fails(1, &["actions/late.yaml:2:14: error[Y012]"]);
    let wide: Vec<u8> = "\u{feff}ref: broken\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    world.add(&[&PackBuilder::new("broken", "1.0.0").file("pack.yaml", wide)]).fails(1, &["it is UTF-16"]);
    let control = "ref: broken\nlabel: \"a\u{1}b\"\nversion: \"1.0.0\"\n";
    let pack = PackBuilder::new("broken", "1.0.0").file("pack.yaml", control);
    world.add(&[&pack]).fails(1, &["pack.yaml:2:10: error[Y002]", "U+0001"]);
}

#[test]
fn a_version_with_leading_zeros_is_refused_with_one_that_would_do() {
    let world = World::with_registry();
    for (version, advice) in [("2024.01.15", "2024.1.15"), ("01.2.3", "1.2.3")] {
        let advice = format!("write `version: \"{advice}\"`");
        world.add(&[&PackBuilder::new("dated", version)]).fails(1, &[&advice]);
    }
}
