//! What killed commands leave outside the root, and in roots that need no change: the next command removes it.

use std::path::{Path, PathBuf};

use attune_tests::binaries::Binary;
use attune_tests::soak::{missing_tool, traced};
use attune_tests::standard_packs::{greeter, reporter, watcher};
use attune_tests::{Run, World};

fn world() -> World {
    let world = World::with_packs(&[&greeter(), &reporter(), &watcher()]);
    world.install_packs(&["reporter", "watcher"]).succeeds();
    world
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs_err::read_dir(directory).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn scratch_directories_go_with_the_next_test_or_validation() {
    let world = world();
    world.bundle(&["greeter"]).succeeds();
    let temporary = world.path().join("temporary");
    for name in ["attune-test-a1B2c3", "attune-validate-a1B2c3", "attune-test-of-mine"] {
        fs_err::create_dir_all(temporary.join(name).join("in/side")).unwrap();
    }
    for arguments in [["test", "greeter"], ["validate", "bundle.tar.zst"]] {
        let mut command = world.command(Binary::Install);
        command.args(arguments).arg("--root").arg(world.root()).env("TMPDIR", &temporary);
        Run::of(command).succeeds();
    }
    assert_eq!(names(&temporary), ["attune-test-of-mine"]);
}

#[test]
fn files_that_were_begun_go_with_the_next_of_the_same_name() {
    let world = world();
    let out = world.path().join("out");
    fs_err::create_dir(&out).unwrap();
    let path = |name: &str| out.join(name).display().to_string();
    let registry = world.registry().display().to_string();
    let files = ["backup.tar.zst", "bundle.tar.zst", "inventory.json", "attune.prom"];
    for name in files {
        fs_err::write(out.join(format!(".incoming-{name}-a1B2c3")), "half").unwrap();
    }
    fs_err::write(out.join(".incoming-other-a1B2c3"), "somebody's").unwrap();
    world.install(["export", "-o", &path("bundle.tar.zst"), "--from", &registry]).succeeds();
    world.install(["inventory", "-o", &path("inventory.json")]).succeeds();
    world.install(["status", "--prometheus", &path("attune.prom")]);
    world.install(["uninstall", "watcher", "--backup", &path("backup.tar.zst")]).succeeds();
    let left =
        [".incoming-other-a1B2c3", "attune.prom", "backup.tar.zst", "bundle.tar.zst", "inventory.json"];
    assert_eq!(names(&out), left);
}

#[test]
fn downloads_and_exports_that_were_begun_go_with_the_next() {
    let world = world();
    let out = world.path().join("out");
    let registry = world.registry().display().to_string();
    for area in [".attune-download", ".attune-export"] {
        fs_err::create_dir_all(out.join(area).join("work/source-x/pack")).unwrap();
        fs_err::write(out.join(area).join("work/source-x.lock"), "").unwrap();
        fs_err::write(out.join(area).join("work/source-y.lock"), "").unwrap();
    }
    let trust = world.trust().display().to_string();
    world
        .install(["download", "greeter", "--registry", &registry, "--trust", &trust, "-d", "out"])
        .succeeds();
    world.install(["export", "-o", "out/bundle.tar.zst", "--from", &registry]).succeeds();
    assert_eq!(names(&out), ["bundle.tar.zst", "greeter"]);
}

#[test]
fn build_envs_recovers_where_all_environments_are_whole() {
    let world = world();
    let staging = world.root().join("staging/2-1");
    fs_err::create_dir_all(&staging).unwrap();
    fs_err::write(staging.join("journal.json"), r#"{"generation": 2, "promoted": []}"#).unwrap();
    // Nothing is changed by a look.
    world.install(["build-envs", "reporter", "--dry-run"]).succeeds();
    assert!(staging.exists());
    world.install(["build-envs", "reporter"]).succeeds();
    assert!(!world.root().join("staging").exists());
    world.verify(&[]).succeeds();
}

/// The removal of `watcher` with a backup, killed at the sync with this number.
fn back_up_killed_at(world: &World, backup: &Path, sync: usize) -> Run {
    let mut command = world.command(Binary::Install);
    command.args(["uninstall", "watcher", "--backup"]).arg(backup).arg("--root").arg(world.root());
    let inject = format!("inject=fsync:signal=KILL:when={sync}");
    let options = ["-e", "trace=fsync", "-e", &*inject];
    Run::of(traced(&command, &options, Path::new("/dev/null")))
}

#[test]
#[ignore = "needs strace"]
fn strace_a_backup_that_is_there_can_be_read_though_its_removal_was_killed() {
    if let Some(missing) = missing_tool() {
        println!("skipped: {missing}");
        return;
    }
    let mut found = 0;
    for sync in 1.. {
        // The first backup makes the host's key.
        let world = world();
        let backup: PathBuf = world.path().join("backup.tar.zst");
        let run = back_up_killed_at(&world, &backup, sync);
        if backup.exists() {
            found += 1;
            world.install(["restore".as_ref(), backup.as_os_str(), "--dry-run".as_ref()]).succeeds();
        }
        if run.status == Some(0) {
            assert!(sync > 2 && found > 0, "{sync} syncs, {found} backups");
            return;
        }
    }
}
