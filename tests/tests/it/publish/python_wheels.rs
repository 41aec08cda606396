//! Wheels that are odd and not hostile: what reaches the environment is what pip would put there, and what
//! people should know is told before anything is published.

use std::process::Command;

use attune_tests::{PackBuilder, Run, Wheel, WheelBuilder, World};

fn pack() -> PackBuilder {
    PackBuilder::new("wheels", "1.0.0").yaml("runtime_deps: [python]")
}

fn of(wheels: &[&WheelBuilder]) -> PackBuilder {
    wheels.iter().fold(pack(), |pack, wheel| pack.wheel(&wheel.build()))
}

/// Adds and installs a pack, and runs `program` in its environment.
fn installed(pack: &PackBuilder, program: &str) -> (Run, String, World) {
    let world = World::with_registry();
    let added = world.add(&[pack]).succeeds();
    world.bundle(&["wheels"]).succeeds();
    world.install_bundle().succeeds();
    let said = python(&world, program);
    (added, said, world)
}

fn python(world: &World, program: &str) -> String {
    let python = world.root().join("packenvs/wheels/python/bin/python");
    let output = Command::new(python).args(["-c", program]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Verifies everything, which must be whole.
fn verify(world: &World) -> Run {
    world.verify(&[]).succeeds()
}

fn fork(version: &str) -> Wheel {
    WheelBuilder::new("fork", version).file("fork.py", &format!("VERSION = '{version}'\n")).build()
}

#[test]
fn a_marker_of_a_patch_release_is_decided_by_the_hosts_own_python() {
    let pack = pack()
        .wheel_where(&fork("1.0"), "python_full_version < '3.11.3'")
        .wheel_where(&fork("2.0"), "python_full_version >= '3.11.3'");
    let (_, said, _world) =
        installed(&pack, "import fork, sys; print(fork.VERSION, *sys.version_info[:3], sep=' ')");
    let (version, python) = said.split_once(' ').unwrap();
    let python: Vec<u32> = python.split(' ').map(|part| part.parse().unwrap()).collect();
    assert_eq!(version, if python < vec![3, 11, 3] { "1.0" } else { "2.0" }, "{said}");
}

#[test]
fn what_holds_on_later_patch_releases_alone_is_not_left_out() {
    let always = "python_full_version >= '3.8.1' and python_version < '4.0'";
    let (_, said, _world) =
        installed(&pack().wheel_where(&fork("1.0"), always), "import fork; print(fork.VERSION)");
    assert_eq!(said, "1.0");
}

#[test]
fn a_marker_that_no_lock_can_tell_is_refused_by_name() {
    let world = World::with_registry();
    let pack = pack().wheel_where(&fork("1.0"), "platform_release < '6'");
    world.add(&[&pack]).fails(4, &["`fork` 1.0", "platform_release"]);
}

#[test]
fn a_wheel_for_other_pythons_is_refused_though_its_tags_fit() {
    let world = World::with_registry();
    let old = WheelBuilder::new("old", "1.0").metadata("Requires-Python: >=3.6,<3.7");
    world.add(&[&of(&[&old])]).fails(4, &["`old` 1.0 requires python >=3.6, <3.7"]);
}

#[test]
fn a_record_that_lies_is_told_and_written_anew() {
    let wheel = WheelBuilder::new("liar", "1.0")
        .file("liar/__init__.py", "WORD = 'said'\n")
        .line_of_record("liar\\\\__init__.py,sha256=AAAA,1\n");
    let (added, said, world) = installed(&of(&[&wheel]), "import liar; print(liar.WORD)");
    assert_eq!(said, "said");
    assert!(added.stderr.contains("RECORD of `liar-1.0-py3-none-any.whl` is wrong"), "{}", added.stderr);
    let verified = verify(&world);
    assert!(verified.stdout.contains("whole"), "{}", verified.stdout);
    let listed = "import importlib.metadata as m; print(*[str(f) for f in m.files('liar')])";
    assert_eq!(python(&world, listed).matches("__init__.py").count(), 1);
}

#[test]
fn of_files_of_one_name_that_of_the_dependent_stays() {
    let main = WheelBuilder::new("hpamain", "1.0")
        .metadata("Requires-Dist: hpzbase")
        .file("hpcfg/settings.py", "FROM = 'main'\n")
        .console_script("hpcfg", "hpcfg.settings:main");
    let base = WheelBuilder::new("hpzbase", "1.0")
        .file("hpcfg/settings.py", "FROM = 'base'\n")
        .console_script("hpcfg", "hpcfg.settings:base");
    let (added, said, world) = installed(&of(&[&main, &base]), "import hpcfg.settings as s; print(s.FROM)");
    assert_eq!(said, "main");
    for word in ["`hpzbase` and `hpamain`", "those of `hpamain` stay", "hpcfg/settings.py", "bin/hpcfg"] {
        assert!(added.stderr.contains(word), "{word}: {}", added.stderr);
    }
    let script = world.root().join("packenvs/wheels/python/bin/hpcfg");
    assert!(fs_err::read_to_string(script).unwrap().contains("import main"));
}

#[test]
fn a_file_and_a_directory_of_one_name_are_refused_before_they_are_published() {
    let world = World::with_registry();
    let package = WheelBuilder::new("one", "1.0").file("thing/__init__.py", "");
    let file = WheelBuilder::new("two", "1.0").file("thing", "");
    let run = world.add(&[&of(&[&package, &file])]);
    run.fails(4, &["cannot be in one environment", "site-packages/thing", "one-1.0", "two-1.0"]).with_hint();
}

#[test]
fn data_for_lib64_comes_into_lib() {
    let wheel = WheelBuilder::new("data", "1.0").data_file("lib64/f/g.txt", "here\n");
    let program = "import sys, pathlib; print((pathlib.Path(sys.prefix) / 'lib/f/g.txt').read_text())";
    let (_, said, world) = installed(&of(&[&wheel]), program);
    assert_eq!(said, "here");
    verify(&world);
}

#[test]
fn an_import_of_setuptools_that_nothing_brings_is_told() {
    let world = World::with_registry();
    let wheel = WheelBuilder::new("pyold", "2.6.1").file("pyold/plugin.py", "import pkg_resources\n");
    let pack = of(&[&wheel]).file("lib/own.py", "from setuptools import find_packages\n");
    let run = world.add(&[&pack]).succeeds();
    for words in [
        "`pyold` 2.6.1 imports `pkg_resources` (pyold/plugin.py)",
        "`setuptools<81`",
        "the pack imports `setuptools` (lib/own.py)",
    ] {
        assert!(run.stderr.contains(words), "{words}: {}", run.stderr);
    }
    let brought = WheelBuilder::new("setuptools", "70.0")
        .file("setuptools/__init__.py", "def find_packages(): pass\n")
        .file("pkg_resources/__init__.py", "");
    let run = world.add(&[&of(&[&wheel, &brought]).version("1.1.0")]).succeeds();
    assert!(!run.stderr.contains("imports"), "{}", run.stderr);
}
