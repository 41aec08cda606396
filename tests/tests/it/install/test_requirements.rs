//! What the tests of a pack need besides what it needs itself: vendored with it, and there for the tests alone.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::Command;

use attune_schemas::Digest;
use attune_tests::binaries::Binary;
use attune_tests::standard_packs::shout_wheel;
use attune_tests::{PackBuilder, Run, Wheel, WheelBuilder, World};

fn probe(version: &str) -> Wheel {
    WheelBuilder::new("probe", version).file("probe.py", &format!("VERSION = '{version}'\n")).build()
}

/// A committed lock of `wheels`, which are in the pack.
fn lock(wheels: &[&Wheel]) -> String {
    let mut lock = "lock-version = \"1.0\"\ncreated-by = \"fixture\"\n".to_owned();
    for Wheel { name, version, filename, bytes, .. } in wheels {
        write!(
            lock,
            "\n[[packages]]\nname = \"{name}\"\nversion = \"{version}\"\n[[packages.wheels]]\nname = \"{filename}\"\n\
             path = \"tests/wheels/{filename}\"\nsize = {}\nhashes = {{ sha256 = \"{}\" }}\n",
            bytes.len(),
            Digest::of(bytes).hex()
        )
        .unwrap();
    }
    lock
}

const CHECK: &str = "import unittest\nimport probe, shout\n\nclass Both(unittest.TestCase):\n    def test_both(self):\n        \
    self.assertEqual(probe.VERSION, '1.0.0')\n        self.assertEqual(shout.shout('a'), 'A!')\n";

/// A pack that needs one package, and whose tests need `wheels` besides.
fn pack(wheels: &[&Wheel]) -> PackBuilder {
    let section = "discovery: {method: directory, path: tests}, requirements: tests/pylock.toml, \
        runners: {unit: {type: unittest, entry_point: tests/test_both.py}}";
    let mut pack = PackBuilder::new("checked", "1.0.0")
        .yaml("runtime_deps: [python]\npython: \"3.8\"")
        .action("act", "python", "import shout\nprint(shout.shout('act'))\n")
        .wheel(&shout_wheel())
        .file("requirements.txt", "shout==1.0.0\n")
        .testing(section)
        .file("tests/test_both.py", CHECK)
        .file("tests/pylock.toml", lock(wheels));
    for wheel in wheels {
        pack = pack.file(&format!("tests/wheels/{}", wheel.filename), &wheel.bytes);
    }
    pack
}

fn imports(world: &World, environment: &str, module: &str) -> bool {
    let python: PathBuf = world.root().join("packenvs/checked").join(environment).join("bin/python3");
    let status =
        Command::new(python).args(["-I", "-c", &format!("import {module}")]).output().unwrap().status;
    status.success()
}

fn installer(world: &World, arguments: &[&str]) -> Run {
    let mut command = world.command(Binary::Install);
    command.args(arguments).arg("--root").arg(world.root());
    Run::of(command)
}

#[test]
fn they_are_there_for_the_tests_alone_from_a_bundle_and_later() {
    let world = World::with_packs(&[&pack(&[&probe("1.0.0")])]);
    world.bundle(&["checked"]).succeeds();
    let mut verify = world.command(Binary::Build);
    verify.arg("verify").arg(world.bundle_path());
    Run::of(verify).succeeds();
    world.install_bundle().succeeds();
    assert!(imports(&world, "python", "shout") && !imports(&world, "python", "probe"));
    assert!(imports(&world, "tests-python", "shout") && imports(&world, "tests-python", "probe"));
    installer(&world, &["test"]).succeeds();
    world.verify(&[]).succeeds();
    // No worker is told of it.
    let json = installer(&world, &["env", "list", "--json"]).succeeds().json();
    let names: Vec<_> =
        json["environments"].as_array().unwrap().iter().map(|env| env["runtime"].as_str().unwrap()).collect();
    assert!(names.contains(&"python"), "{names:?}");
    let database = rusqlite::Connection::open(world.root().join("state/attune.db")).unwrap();
    let rows: i64 = database
        .query_row("SELECT count(*) FROM pack_environment WHERE env_path LIKE '%/tests-python%'", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(rows, 0);
    installer(&world, &["env", "rebuild", "checked"]).succeeds();
    installer(&world, &["gc", "--keep", "0"]).succeeds();
    installer(&world, &["test"]).succeeds();
}

#[test]
fn another_version_of_a_package_of_the_pack_is_refused() {
    let other = WheelBuilder::new("shout", "2.0.0").file("shout.py", "").build();
    let world = World::with_registry();
    let words = ["the tests need `shout` 2.0.0, and the pack itself has 1.0.0"];
    world.add(&[&pack(&[&probe("1.0.0"), &other])]).fails(4, &words).with_hint();
    // The same one is no second one.
    let same = shout_wheel();
    world.add(&[&pack(&[&probe("1.0.0"), &same])]).succeeds();
    world.install_packs(&["checked"]).succeeds();
}

#[test]
fn a_file_that_is_not_there_is_told() {
    let world = World::with_registry();
    let run = world.add(&[&pack(&[]).without("tests/pylock.toml")]);
    assert!(run.status == Some(1) && run.stderr.contains("P017"), "{}", run.stderr);
}
