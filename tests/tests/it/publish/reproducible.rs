//! Equal inputs give equal bytes, wherever, whenever and by whomever they are built.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use attune_schemas::Digest;
use attune_tests::binaries::Binary;
use attune_tests::standard_packs::{greeter, reporter, watcher};
use attune_tests::{Run, World};

/// 2026-01-01.
const EPOCH: i64 = 1_767_225_600;

/// Copies the directory `from` to `to`.
fn copy_tree(from: &Path, to: &Path) {
    let mut command = std::process::Command::new("cp");
    command.arg("-R").arg(from).arg(to);
    Run::of(command).succeeds();
}

#[test]
fn two_bundles_of_one_registry_are_equal() {
    let world = World::with_packs(&[&greeter(), &reporter(), &watcher()]);
    world.bundle(&["reporter", "watcher"]).succeeds();
    let first = fs_err::read(world.bundle_path()).unwrap();
    std::thread::sleep(Duration::from_millis(20));
    world.bundle(&["reporter", "watcher"]).succeeds();
    assert!(first == fs_err::read(world.bundle_path()).unwrap());
}

#[test]
fn bundles_of_copies_of_a_registry_are_equal() {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    world.bundle(&["reporter"]).succeeds();
    let copy = World::new();
    copy_tree(&world.registry(), &copy.registry());
    copy.bundle(&["reporter"]).succeeds();
    assert!(fs_err::read(world.bundle_path()).unwrap() == fs_err::read(copy.bundle_path()).unwrap());
}

#[test]
fn registries_made_at_one_time_with_one_set_of_keys_are_equal() {
    let first = World::new();
    first.sign_at(EPOCH);
    first.init("demo").succeeds();
    let second = World::new();
    second.sign_at(EPOCH);
    copy_tree(&first.registry(), &second.registry());
    copy_tree(&first.keys(), &second.keys());
    for world in [&first, &second] {
        world.add(&[&greeter(), &reporter()]).succeeds();
    }
    let contents = |world: &World| attune_tests::Tree::of(&world.registry()).content_only();
    contents(&second).assert_same(&contents(&first));
}

#[test]
fn releases_do_not_depend_on_place_time_umask_or_locale() {
    let plain = World::new();
    plain.sign_at(EPOCH);
    plain.init("demo").succeeds();
    plain.add(&[&greeter(), &reporter()]).succeeds();

    let other = World::new();
    other.sign_at(EPOCH);
    other.init("demo").succeeds();
    let parent = other.path().join("elsewhere/with spaces/packs");
    let packs = [greeter().write(&parent), reporter().write(&parent)];
    for pack in &packs {
        disguise(pack);
    }
    let mut command = std::process::Command::new("sh");
    other.prepare(&mut command);
    command.args(["-c", "umask 0077; exec \"$@\"", "sh"]).arg(Binary::Build.path());
    command.args([OsStr::new("add"), "--offline".as_ref(), other.registry().as_os_str()]).args(&packs);
    command.env("LC_ALL", "tr_TR.UTF-8").env("TZ", "Pacific/Chatham");
    Run::of(command).succeeds();

    let blobs = |world: &World| {
        let entries = fs_err::read_dir(world.registry().join("blobs/sha256")).unwrap();
        let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(blobs(&plain), blobs(&other));
    assert!(blobs(&plain).len() >= 7, "manifests, configs, archives and a wheel");
}

/// Gives everything below `path` other times and other modes, as another checkout would.
fn disguise(path: &Path) {
    for entry in fs_err::read_dir(path).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            disguise(&path);
        } else {
            let file = std::fs::File::options().append(true).open(&path).unwrap();
            file.set_modified(SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000)).unwrap();
            let executable = fs_err::metadata(&path).unwrap().permissions().mode() & 0o100;
            let mode = if executable == 0 { 0o600 } else { 0o700 };
            fs_err::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
    }
}

#[test]
fn blobs_are_named_by_what_they_hold() {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    for entry in fs_err::read_dir(world.registry().join("blobs/sha256")).unwrap() {
        let entry = entry.unwrap();
        let digest = Digest::of(&fs_err::read(entry.path()).unwrap());
        assert_eq!(entry.file_name().to_str(), Some(digest.hex().as_str()));
    }
}
