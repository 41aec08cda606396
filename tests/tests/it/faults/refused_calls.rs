//! File systems that know less than Linux's own: no hard links, no symbolic links, no locks, nothing to sync.

use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::Command;

use attune_tests::binaries::Binary;
use attune_tests::refusing_kernel::refuse;
use attune_tests::standard_packs::reporter;
use attune_tests::world::standard;
use attune_tests::{NodePackage, NodeProject, PackBuilder, Run, World};

const EPERM: i32 = 1;
const EACCES: i32 = 13;
const EXDEV: i32 = 18;
const EINVAL: i32 = 22;
const EMLINK: i32 = 31;
const ENOLCK: i32 = 37;
const ENOSYS: i32 = 38;
const EOPNOTSUPP: i32 = 95;

/// Says that a test did nothing.
fn skipped() {
    println!("skipped: there is no C compiler for a library that refuses calls");
}

/// The most links that a file below `directory` has.
fn most_links(directory: &Path) -> u64 {
    let entries = fs_err::read_dir(directory).unwrap().map(Result::unwrap);
    let links = entries.map(|entry| {
        let metadata = entry.metadata().unwrap();
        if metadata.is_dir() { most_links(&entry.path()) } else { metadata.nlink() }
    });
    links.max().unwrap_or(0)
}

/// A registry with packs that link wheels and npm packages, in two versions of one.
fn linking_packs() -> World {
    let package = NodePackage::new("left", "1.0.0");
    let project = NodeProject::new(&["left@^1"]).at("node_modules/left", &package);
    let weaver = PackBuilder::new("weaver", "1.0.0")
        .yaml("runtime_deps: [nodejs]\nnodejs: '>=16'")
        .tested_by("set -e\nnode -e \"if (require('left') !== 'left 1.0.0') throw 1\"\n", 60, "block");
    let weaver = project.in_pack(weaver, 3);
    let world = World::with_packs(&[&attune_tests::standard_packs::greeter(), &reporter(), &weaver]);
    world.add(&[&attune_tests::standard_packs::greeter().version("1.1.0")]).succeeds();
    world
}

fn installer(world: &World, root: &Path, packs: &[&str]) -> Command {
    let mut command = world.command(Binary::Install);
    command.args(packs).arg("--registry").arg(world.registry()).arg("--trust").arg(world.trust());
    command.arg("--root").arg(root);
    command
}

#[test]
fn a_refused_hard_link_is_a_copy() {
    let world = linking_packs();
    for number in [EPERM, EACCES, EXDEV, EMLINK, ENOSYS, EOPNOTSUPP] {
        for mode in ["auto", "hardlink"] {
            let root = world.path().join(format!("root-{number}-{mode}"));
            // The second one keeps files of the first one's generation.
            for packs in [&["greeter@1.0.0", "reporter", "weaver"][..], &["greeter@1.1.0"][..]] {
                let mut command = installer(&world, &root, packs);
                command.args(["--link-mode", mode]);
                if !refuse(&mut command, &[("link", number), ("linkat", number)]) {
                    return skipped();
                }
                Run::of(command).succeeds();
            }
            assert_eq!(most_links(&root), 1, "{number} {mode}: something was linked after all");
        }
    }
}

#[test]
fn a_file_system_without_symbolic_links_is_refused_before_anything_is_written() {
    for number in [EPERM, ENOSYS, EOPNOTSUPP] {
        let world = World::new();
        let mut command = world.installer();
        command.arg(standard().bundle_path()).arg("--trust").arg(standard().trust());
        if !refuse(&mut command, &[("symlink", number), ("symlinkat", number)]) {
            return skipped();
        }
        let run = Run::of(command).fails(1, &["has no symbolic links", "--root", "ext4"]);
        assert!(world.root_tree().is_absent(), "{number}: the root is there:\n{}", run.stderr);
    }
}

#[test]
fn a_file_system_without_locks_is_named() {
    for number in [ENOLCK, EOPNOTSUPP, ENOSYS] {
        let world = World::new();
        let mut command = world.installer();
        command.arg(standard().bundle_path()).arg("--trust").arg(standard().trust());
        if !refuse(&mut command, &[("flock", number)]) {
            return skipped();
        }
        Run::of(command).fails(1, &["keeps no locks"]).with_hint();
        assert!(world.root_tree().is_absent());
        let publisher = World::with_registry();
        let mut command = publisher.command(Binary::Build);
        command.args(["refresh", "registry"]);
        assert!(refuse(&mut command, &[("flock", number)]));
        Run::of(command).fails(1, &["cannot be locked"]).with_hint();
    }
}

#[test]
fn a_file_system_that_syncs_nothing_will_do() {
    let world = World::new();
    let calls = [("fsync", EINVAL), ("fdatasync", EINVAL), ("fchmod", EPERM)];
    let mut init = world.command(Binary::Build);
    init.arg("init").arg(world.registry()).args(["--name", "demo"]);
    if !refuse(&mut init, &calls) {
        return skipped();
    }
    Run::of(init).succeeds();
    let pack = attune_tests::standard_packs::greeter().write(&world.path().join("packs"));
    let mut add = world.command(Binary::Build);
    add.args(["add", "--offline"]).arg(world.registry()).arg(pack);
    assert!(refuse(&mut add, &calls));
    Run::of(add).succeeds();
    // What has no modes has no links either, and nothing is installed to it. The database would not write without
    // syncing.
    let mut install = installer(&world, &world.root(), &["greeter"]);
    install.arg("--no-sync");
    assert!(refuse(&mut install, &calls[..2]));
    Run::of(install).succeeds();
    assert_eq!(world.installed(), ["greeter 1.0.0"]);
}

#[test]
fn where_modes_do_not_hold_keys_are_refused_and_nothing_is_left() {
    let world = World::new();
    let mut init = world.command(Binary::Build);
    init.arg("init").arg(world.registry()).args(["--name", "demo"]);
    if !refuse(&mut init, &[("modes", EPERM)]) {
        return skipped();
    }
    Run::of(init).fails(1, &["cannot keep a key private", "--keys"]).with_hint();
    assert!(!world.registry().exists() && !world.keys().exists());
}

#[test]
fn a_registry_that_could_not_be_made_leaves_nothing() {
    let world = World::new();
    fs_err::create_dir(world.registry()).unwrap();
    let mut init = world.command(Binary::Build);
    init.arg("init").arg(world.registry()).args(["--name", "demo", "--bins", "8"]);
    // The fifth key, or the first metadata.
    let limited = ["-c", "trap '' XFSZ; ulimit -f 1; exec \"$@\"", "sh"];
    let mut shell = Command::new("bash");
    world.prepare(&mut shell);
    shell.args(limited).arg(init.get_program()).args(init.get_args());
    Run::of(shell).fails(1, &["File too large", "ulimit -f"]);
    assert_eq!(fs_err::read_dir(world.registry()).unwrap().count(), 0);
    assert!(!world.keys().exists());
    world.init("demo").succeeds();
}
