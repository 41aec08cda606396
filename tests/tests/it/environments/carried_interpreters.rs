//! Interpreters that come along, for hosts that have none which fits.

use std::path::Path;
use std::process::Command;

use attune_tests::binaries::Binary;
use attune_tests::{PackBuilder, Run, World, fake_node};

/// Nothing that a machine has by itself.
const VERSION: &str = "20.1.99";

fn pack(name: &str) -> PackBuilder {
    let pack = PackBuilder::new(name, "1.0.0").yaml(&format!("runtime_deps: [nodejs]\nnodejs: '={VERSION}'"));
    pack.action("run", "shell", "#!/bin/sh\necho '{}'\n").tested_by(
        "test \"$(node)\" && exit 0\n",
        60,
        "block",
    )
}

fn add_runtime(world: &World, version: &str, source: &str, options: &[&str]) -> Run {
    let mut command = world.command(Binary::Build);
    command
        .args(["runtime", "add"])
        .arg(world.registry())
        .args(["nodejs", "--version", version, source])
        .args(options);
    Run::of(command)
}

/// A registry with the pack `weaver` and an interpreter for it.
fn publisher() -> World {
    let world = World::with_packs(&[&pack("weaver")]);
    let place = world.path().join("node");
    fake_node::write(&place, VERSION);
    add_runtime(&world, VERSION, &place.display().to_string(), &[]).succeeds();
    world
}

fn env_path(world: &World) -> String {
    let mut command = world.command(Binary::Install);
    command.args(["env", "path", "weaver", "--runtime", "nodejs", "--root"]).arg(world.root());
    Run::of(command).succeeds().stdout.trim_end().to_owned()
}

#[test]
fn a_bundle_brings_the_interpreter() {
    let world = publisher();
    world.bundle(&["weaver"]).succeeds();
    world.install_bundle().fails(5, &["weaver", VERSION]).with_hint();
    assert!(world.root_tree().is_absent());

    let run = world.bundle(&["weaver", "--with-runtimes"]).succeeds();
    assert!(run.stdout.contains(&format!("carries nodejs {VERSION}")), "{}", run.stdout);
    world.install_bundle().succeeds();
    let executable = fs_err::canonicalize(env_path(&world)).unwrap();
    assert!(executable.starts_with(fs_err::canonicalize(world.root().join("store/runtimes")).unwrap()));

    // It is in use, so it stays; and another pack that comes without one finds it.
    let mut gc = world.command(Binary::Install);
    gc.args(["gc", "--root"]).arg(world.root());
    Run::of(gc).succeeds();
    world.add(&[&pack("spinner")]).succeeds();
    world.bundle(&["spinner"]).succeeds();
    world.install_bundle().succeeds();
    assert!(executable.is_file());
    assert_eq!(fs_err::read_dir(world.root().join("store/runtimes")).unwrap().count(), 1);
}

#[test]
fn a_registry_brings_the_interpreter() {
    let world = publisher();
    world.install_packs(&["weaver"]).succeeds();
    assert!(Path::new(&env_path(&world)).is_file());
}

#[test]
fn a_registry_with_bins_brings_the_interpreter() {
    let world = World::new();
    world.build(["init", "registry", "--name=demo", "--bins=16"]).succeeds();
    world.add(&[&pack("weaver")]).succeeds();
    let place = world.path().join("node");
    fake_node::write(&place, VERSION);
    add_runtime(&world, VERSION, &place.display().to_string(), &[]).succeeds();
    world.install_packs(&["weaver"]).succeeds();
    world.bundle(&["weaver", "--with-runtimes"]).succeeds();
}

#[test]
fn an_interpreter_is_published_once() {
    let world = publisher();
    let place = world.path().join("node");
    let again = add_runtime(&world, VERSION, &place.display().to_string(), &["--json"]).succeeds().json();
    assert_eq!((again["unchanged"].as_bool(), again["proven"].as_bool()), (Some(true), Some(true)));
    fs_err::write(place.join("LICENSE"), "other").unwrap();
    add_runtime(&world, VERSION, &place.display().to_string(), &[]).fails(1, &["another build"]).with_hint();
    let mut list = world.command(Binary::Build);
    list.args(["runtime", "list"]).arg(world.registry());
    assert!(Run::of(list).succeeds().stdout.contains(VERSION));
}

#[test]
fn archives_are_unpacked_first() {
    let world = World::with_registry();
    let place = world.path().join("node-v20.1.99-linux-x64");
    fake_node::write(&place, VERSION);
    for (name, flag) in [("node.tar.gz", "-z"), ("node.tar.xz", "-J"), ("node.tar", "-p")] {
        let archive = world.path().join(name);
        let mut tar = Command::new("tar");
        tar.arg("-C")
            .arg(world.path())
            .arg("-c")
            .arg(flag)
            .arg("-f")
            .arg(&archive)
            .arg(place.file_name().unwrap());
        Run::of(tar).succeeds();
        let source = archive.display().to_string();
        add_runtime(&world, VERSION, &source, &[]).succeeds();
        let wrong = format!("--sha256=sha256:{}", "0".repeat(64));
        add_runtime(&world, VERSION, &source, &[&wrong]).fails(3, &[name]).with_hint();
    }
}

#[test]
fn what_cannot_be_carried_is_refused() {
    let world = World::with_registry();
    let place = |name: &str| world.path().join(name);
    fake_node::write(&place("right"), VERSION);
    fake_node::write_bound(&place("bound"), VERSION, "/opt/node");
    fs_err::create_dir(place("empty")).unwrap();
    let source = |name: &str| place(name).display().to_string();
    add_runtime(&world, "20.2.0", &source("right"), &[]).fails(1, &["20.1.99", "20.2.0"]).with_hint();
    add_runtime(&world, VERSION, &source("bound"), &[]).fails(1, &["another place", "/opt/node"]).with_hint();
    add_runtime(&world, VERSION, &source("empty"), &[]).fails(2, &["bin/node"]).with_hint();
    add_runtime(&world, VERSION, &source("missing"), &[]).fails(2, &["missing"]).with_hint();
    add_runtime(&world, VERSION, "https://h.invalid/node.tar.gz", &[]).fails(2, &["h.invalid"]).with_hint();
    let mut list = world.command(Binary::Build);
    list.args(["runtime", "list"]).arg(world.registry());
    assert!(Run::of(list).succeeds().stdout.contains("no interpreter"));
}

#[test]
fn a_bundle_cannot_bring_what_the_registry_lacks() {
    let world = World::with_packs(&[&pack("weaver")]);
    world.bundle(&["weaver", "--with-runtimes"]).fails(4, &["nodejs", VERSION]).with_hint();
}

#[test]
fn a_damaged_interpreter_is_refused() {
    let world = publisher();
    world.bundle(&["weaver", "--with-runtimes"]).succeeds();
    let mut bundle = attune_tests::BundleFile::read(&world.bundle_path());
    let index = bundle.entries.iter().find(|(name, _)| name.starts_with("runtimes/")).unwrap();
    let index: serde_json::Value = serde_json::from_slice(&index.1).unwrap();
    let digest =
        index["releases"][0]["archive"]["digest"].as_str().unwrap().trim_start_matches("sha256:").to_owned();
    bundle.content(&format!("blobs/sha256/{digest}"))[40] ^= 1;
    bundle.write(&world.bundle_path());
    world.install_bundle().fails(3, &[&digest]);
    assert!(world.root_tree().is_absent());
}

/// Debian's packages, unpacked into one folder, are a Python that can be moved.
#[test]
#[ignore = "reaches a package index"]
fn index_a_target_without_python_installs_from_the_bundle_alone() {
    let world = World::with_registry();
    let packages = ["python3.11-minimal", "libpython3.11-minimal", "libpython3.11-stdlib"];
    let mut download = Command::new("sh");
    download
        .current_dir(world.path())
        .args(["-c", "apt-get update -qq; exec apt-get download \"$@\"", "sh"])
        .args(packages);
    Run::of(download).succeeds();
    let mut unpack = Command::new("sh");
    unpack.current_dir(world.path()).args(["-c", "for deb in *.deb; do dpkg -x \"$deb\" folder; done"]);
    Run::of(unpack).succeeds();
    let mut version = Command::new(world.path().join("folder/usr/bin/python3.11"));
    version.args(["-c", "print('%d.%d.%d' % __import__('sys').version_info[:3])"]);
    let version = Run::of(version).succeeds().stdout.trim().to_owned();
    let mut add = world.command(Binary::Build);
    add.args(["runtime", "add"]).arg(world.registry()).args(["python", "--version", &version, "folder"]);
    Run::of(add).succeeds();

    let check = "import unittest, sys, shout\nclass T(unittest.TestCase):\n    def test(self):\n        self.assertIn('store/runtimes', sys.base_prefix)\n";
    let shout = attune_tests::WheelBuilder::new("shout", "1.0.0").file("shout.py", "LOUD = 1\n").build();
    let pack =
        PackBuilder::new("weaver", "1.0.0").action("run", "python", "import shout\n").unittested_by(check);
    world.add_for(&[&pack.wheel(&shout)], &["--python=3.11"]).succeeds();
    world.bundle(&["weaver", "--with-runtimes", "--python=3.11"]).succeeds();

    // Every interpreter of the machine is hidden, and the search path leads nowhere.
    let hide = "for python in /usr/bin/python3* /usr/local/bin/python3*; do [ -f \"$python\" ] && mount --bind /dev/null \"$python\"; done\n\
                exec env -i PATH=/nonexistent \"$@\"";
    let mut install = Command::new("unshare");
    install.args(["-rnm", "sh", "-c", hide, "sh"]).arg(Binary::Install.path()).arg(world.bundle_path());
    install.arg("--trust").arg(world.trust()).arg("--root").arg(world.root());
    Run::of(install).succeeds();
}
