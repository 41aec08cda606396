//! Disks that are full to the brim and stay so: whatever fails is taken back without a byte of room, and what makes
//! room works.

use std::path::{Path, PathBuf};

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::{PackBuilder, Run, SmallDisk, Tree, World};

/// Far more than the packs of these tests need.
const BYTES: u64 = 6 << 20;
const INODES: u64 = 3000;

/// A disk, or `None` where none can be mounted, which is said.
fn disk() -> Option<SmallDisk> {
    match SmallDisk::new(BYTES, INODES) {
        Ok(disk) => Some(disk),
        Err(reason) => {
            println!("skipped, no small disk can be mounted here: {reason}");
            None
        }
    }
}

/// A command of the installer for the root on `disk`.
fn run(publisher: &World, disk: &SmallDisk, arguments: &[&str]) -> Run {
    let mut command = publisher.command(Binary::Install);
    command.args(arguments).arg("--root").arg(root(disk));
    Run::of(command)
}

fn install(publisher: &World, disk: &SmallDisk, packs: &[&str]) -> Run {
    let (registry, trust) = (publisher.registry(), publisher.trust());
    let from = ["--registry", registry.to_str().unwrap(), "--trust", trust.to_str().unwrap()];
    run(publisher, disk, &[packs, &from].concat())
}

fn root(disk: &SmallDisk) -> PathBuf {
    disk.path().join("root")
}

fn tree(disk: &SmallDisk) -> Tree {
    let log = |path: &Path| path.ends_with("state/attune.db-wal") || path.ends_with("state/attune.db-shm");
    Tree::of(&root(disk)).without_touched().without(log)
}

/// `pack` with a test that runs `fill` and passes.
fn filling(pack: PackBuilder, fill: &str) -> PackBuilder {
    pack.tested_by(&format!("#!/bin/sh\n{fill}\nexit 0\n"), 30, "block")
}

fn with_bytes(disk: &SmallDisk) -> String {
    format!("cat /dev/zero > {} 2>/dev/null", disk.filler().display())
}

fn with_inodes(disk: &SmallDisk) -> String {
    format!("i=0; while true > {}/file-$i; do i=$((i+1)); done 2>/dev/null", disk.path().display())
}

#[test]
fn a_first_install_on_a_disk_that_fills_while_its_tests_run_leaves_nothing() {
    for fill in [with_bytes, with_inodes] {
        let Some(disk) = disk() else { return };
        let world = World::with_packs(&[&filling(greeter(), &fill(&disk))]);
        let run = install(&world, &disk, &["greeter"]);
        assert!(matches!(run.status, Some(1 | 7)), "{run:?}");
        assert!(tree(&disk).is_absent(), "{:?}", tree(&disk).paths().collect::<Vec<_>>());
        disk.empty();
        install(&world, &disk, &["greeter", "--skip-tests"]).succeeds();
    }
}

#[test]
fn an_upgrade_on_a_disk_that_fills_while_its_tests_run_leaves_the_old_generation() {
    for fill in [with_bytes, with_inodes] {
        let Some(disk) = disk() else { return };
        let world = World::with_packs(&[&greeter(), &reporter()]);
        install(&world, &disk, &["reporter"]).succeeds();
        let before = tree(&disk);
        world.add(&[&filling(greeter().version("1.1.0"), &fill(&disk))]).succeeds();
        let failed = install(&world, &disk, &["greeter"]);
        assert!(matches!(failed.status, Some(1 | 7)), "{failed:?}");
        tree(&disk).assert_same(&before);
        // While it is full, as well.
        assert!(run(&world, &disk, &["list"]).succeeds().stdout.contains("greeter"));
        disk.empty();
        install(&world, &disk, &["greeter", "--skip-tests"]).succeeds();
        assert!(run(&world, &disk, &["list"]).succeeds().stdout.contains("1.1.0"));
    }
}

#[test]
fn a_step_that_fills_the_disk_leaves_nothing() {
    for fill in [with_bytes, with_inodes] {
        let Some(disk) = disk() else { return };
        let script = format!("mkdir -p \"$1/made\"; {}; exit 0", fill(&disk));
        let steps = serde_json::json!([{"name": "fill", "command": "sh", "args": ["-c", script, "sh", "{env_path}"]}]);
        let world = World::with_packs(&[&crate::environments::installers(&steps)]);
        let run = install(&world, &disk, &["weaver"]);
        assert!(matches!(run.status, Some(1 | 5..=7)), "{run:?}");
        assert!(tree(&disk).is_absent(), "{:?}", tree(&disk).paths().collect::<Vec<_>>());
    }
}

#[test]
fn whatever_room_is_left_an_install_succeeds_or_leaves_nothing() {
    let Some(disk) = disk() else { return };
    let world = World::with_packs(&[&greeter(), &reporter()]);
    let mut succeeded = 0;
    for step in 0..40 {
        let _ = fs_err::remove_dir_all(root(&disk));
        disk.empty();
        disk.fill(step * BYTES / 40);
        let run = install(&world, &disk, &["reporter"]);
        if run.status == Some(0) {
            succeeded += 1;
            continue;
        }
        assert!(matches!(run.status, Some(1 | 5..=7)), "{step}: {run:?}");
        assert!(tree(&disk).is_absent(), "{step}: {:?}", tree(&disk).paths().collect::<Vec<_>>());
    }
    assert!((1..40).contains(&succeeded), "{succeeded} of 40 succeeded");
}

#[test]
fn what_makes_room_works_on_a_full_disk() {
    let Some(disk) = disk() else { return };
    let world = World::with_packs(&[&greeter().file("words", vec![7; 100_000])]);
    install(&world, &disk, &["greeter"]).succeeds();
    for version in ["1.1.0", "1.2.0"] {
        world.add(&[&greeter().version(version).file("words", version.repeat(30_000))]).succeeds();
        install(&world, &disk, &["greeter"]).succeeds();
    }
    disk.fill(0);
    assert!(install(&world, &disk, &["greeter@=1.0.0"]).status != Some(0));
    let freed = run(&world, &disk, &["gc", "--keep", "0", "--json"]).succeeds().json();
    assert_eq!(freed["generations"].as_array().unwrap().len(), 2, "{freed}");
    assert!(!root(&disk).join("staging").exists());
    disk.fill(0);
    run(&world, &disk, &["trust", "reset", "--yes", "demo"]).succeeds();
    run(&world, &disk, &["trust", "remove", "--yes", "demo"]).succeeds();
    let trust = world.trust().display().to_string();
    disk.fill(0);
    let before = tree(&disk);
    run(&world, &disk, &["trust", "add", &trust]).fails(1, &[]);
    tree(&disk).assert_same(&before);
    disk.empty();
    run(&world, &disk, &["trust", "add", &trust]).succeeds();
    install(&world, &disk, &["greeter"]).succeeds();
}

#[test]
fn a_first_install_on_a_full_disk_leaves_a_root_that_is_none() {
    let Some(disk) = disk() else { return };
    let world = World::with_packs(&[&greeter()]);
    disk.fill(0);
    let run = install(&world, &disk, &["greeter"]);
    run.fails(1, &[]).with_hint();
    assert!(tree(&disk).is_absent());
}
