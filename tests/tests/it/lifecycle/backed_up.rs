//! `uninstall --backup` and `restore`: packs come back as they were, on the host that made the backup and on no other.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::{greeter, reporter, shout_wheel, watcher};
use attune_tests::wheel_builder::noise;
use attune_tests::{PackBuilder, Run, SmallDisk, World, fake_node};
use rusqlite::Connection;

fn world() -> World {
    let world = World::with_packs(&[&greeter(), &reporter(), &watcher()]);
    world.install_packs(&["reporter", "watcher"]).succeeds();
    world
}

fn backup(world: &World) -> PathBuf {
    world.path().join("backup.tar.zst")
}

/// Removes `packs` with a backup.
fn back_up(world: &World, packs: &[&str]) -> Run {
    let path = backup(world);
    world.install([&["uninstall"], packs, &["--backup", path.to_str().unwrap()]].concat())
}

fn restore(world: &World, arguments: &[&str]) -> Run {
    let path = backup(world);
    world.install([&["restore", path.to_str().unwrap()], arguments].concat())
}

/// Removes every generation but the active one, and with them the trees of what was uninstalled.
fn collect(world: &World) {
    world.install(["gc", "--keep", "0"]).succeeds();
}

fn database(world: &World) -> Connection {
    Connection::open(world.root().join("state/attune.db")).unwrap()
}

fn config(world: &World, pack: &str) -> String {
    let sql = "SELECT config FROM pack WHERE ref = ?1";
    database(world).query_row(sql, [pack], |row| row.get(0)).unwrap()
}

/// The packs, as `list` tells them, without what a generation changes.
fn listed(world: &World) -> serde_json::Value {
    world.list()["packs"].clone()
}

#[test]
fn packs_come_back_as_they_were_when_nothing_of_them_is_left() {
    let world = world();
    let settings = r#"{"token":"secret","limit":3}"#;
    database(&world).execute("UPDATE pack SET config = ?1 WHERE ref = 'reporter'", [settings]).unwrap();
    world.install(["hold", "greeter"]).succeeds();
    world.install(["pin", "reporter", "^1"]).succeeds();
    let before = listed(&world);
    let report = back_up(&world, &["reporter", "greeter", "--json"]).succeeds().json();
    assert_eq!(report["backup"]["packs"], 2);
    let size = fs_err::metadata(backup(&world)).unwrap();
    assert_eq!(report["backup"]["bytes"], size.len());
    assert_eq!(size.permissions().mode() & 0o777, 0o600, "it has the configuration of packs");
    world.install(["unhold", "greeter"]).succeeds();
    world.install(["unpin", "reporter"]).succeeds();
    collect(&world);
    assert_eq!(world.installed(), ["watcher 1.0.0"]);

    let looked = restore(&world, &["--dry-run", "--json"]).succeeds().json();
    assert!(looked["unpacked"].as_u64().unwrap() >= 4, "{looked}");
    assert_eq!(world.installed(), ["watcher 1.0.0"], "a look changes nothing");
    let report = restore(&world, &["--json"]).succeeds().json();
    assert_eq!((&report["unpacked"], &report["packs"]), (&looked["unpacked"], &looked["packs"]));
    world.verify(&[]).succeeds();
    assert_eq!(listed(&world), before);
    assert_eq!(config(&world, "reporter"), settings);
    world.install(["test", "reporter"]).succeeds();
    let history = world.install(["history", "--json"]).succeeds().json();
    assert!(history.to_string().contains("\"restore\""), "{history}");
    let again = restore(&world, &["--json"]).succeeds().json();
    assert_eq!((&again["generation"], again["packs"].as_array().unwrap().len()), (&report["generation"], 0));
}

#[test]
fn what_the_store_still_has_is_not_unpacked() {
    let world = world();
    back_up(&world, &["reporter"]).succeeds();
    let report = restore(&world, &["--json"]).succeeds().json();
    assert_eq!((&report["unpacked"], &report["unpackedBytes"]), (&0.into(), &0.into()));
    world.verify(&[]).succeeds();
}

#[test]
fn a_tree_that_was_changed_since_comes_from_the_backup() {
    let world = world();
    let file = fs_err::canonicalize(world.root().join("packs/watcher/pack.yaml")).unwrap();
    back_up(&world, &["watcher"]).succeeds();
    fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    fs_err::write(&file, "changed").unwrap();
    let report = restore(&world, &["--json"]).succeeds().json();
    assert_eq!(report["unpacked"], 1);
    world.verify(&[]).succeeds();
}

#[test]
fn one_pack_of_several_and_what_it_needs() {
    let world = world();
    back_up(&world, &["reporter", "greeter"]).succeeds();
    restore(&world, &["reporter"]).fails(4, &["`reporter` cannot be restored", "greeter ^1.0"]).with_hint();
    restore(&world, &["nobody"]).fails(4, &["no pack `nobody`", "`reporter`"]).with_hint();
    assert_eq!(world.installed(), ["watcher 1.0.0"]);
    restore(&world, &["greeter"]).succeeds();
    restore(&world, &["reporter"]).succeeds();
    assert_eq!(world.installed().len(), 3);
    world.verify(&[]).succeeds();
}

#[test]
fn another_version_that_is_installed_stays() {
    let world = world();
    back_up(&world, &["watcher"]).succeeds();
    world.add(&[&watcher().version("2.0.0")]).succeeds();
    world.install_packs(&["watcher"]).succeeds();
    restore(&world, &[]).fails(4, &["`watcher` is installed in version 2.0.0", "1.0.0"]).with_hint();
    assert!(world.installed().contains(&"watcher 2.0.0".to_owned()));
}

#[test]
fn a_backup_of_another_host_is_refused() {
    let (world, other) = (world(), world());
    back_up(&world, &["watcher"]).succeeds();
    // One without a key of its own, and one with another.
    for is_signing in [false, true] {
        if is_signing {
            back_up(&other, &["watcher"]).succeeds();
        }
        let path = backup(&world);
        let before = other.root_tree().without_touched();
        let run = other.install(["restore", path.to_str().unwrap()]);
        run.fails(3, &["error[H064]", "was not made by this host"]).with_hint();
        let log = |path: &Path| path.ends_with("operations.jsonl") || path.ends_with("state/log");
        other.root_tree().without_touched().without(log).assert_same(&before.without(log));
    }
}

/// The files of an archive.
fn unpacked(path: &Path) -> Vec<(String, Vec<u8>)> {
    let bytes = zstd::decode_all(&*fs_err::read(path).unwrap()).unwrap();
    let mut archive = tar::Archive::new(&*bytes);
    let entries = archive.entries().unwrap().map(|entry| {
        let mut entry = entry.unwrap();
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).unwrap();
        (entry.path().unwrap().display().to_string(), bytes)
    });
    entries.collect()
}

fn pack(path: &Path, files: &[(String, Vec<u8>)]) {
    let mut builder = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, &**bytes).unwrap();
    }
    let bytes = zstd::encode_all(&*builder.into_inner().unwrap(), 1).unwrap();
    fs_err::write(path, bytes).unwrap();
}

#[test]
fn no_byte_of_a_backup_that_was_changed_is_used() {
    let world = world();
    back_up(&world, &["watcher"]).succeeds();
    collect(&world);
    let files = unpacked(&backup(&world));
    let names: Vec<&String> = files.iter().map(|(name, _)| name).collect();
    assert_eq!(names[..2], ["backup.json", "signature.json"]);
    let before = world.root_tree().without_touched();
    for (index, name) in names.iter().enumerate() {
        let mut changed = files.clone();
        changed[index].1.push(b' ');
        pack(&backup(&world), &changed);
        // A space after the signature's JSON changes nothing that it says.
        if name.as_str() == "signature.json" {
            continue;
        }
        restore(&world, &[]).fails(3, &["backup.tar.zst"]).with_hint();
        let mut without = files.clone();
        without.remove(index);
        pack(&backup(&world), &without);
        restore(&world, &[]).fails(3, &["backup.tar.zst"]).with_hint();
    }
    let log = |path: &Path| path.ends_with("operations.jsonl") || path.ends_with("state/log");
    world.root_tree().without_touched().without(log).assert_same(&before.without(log));
    pack(&backup(&world), &files);
    restore(&world, &[]).succeeds();
    world.verify(&[]).succeeds();
}

#[test]
fn what_is_no_backup_is_told() {
    let world = world();
    fs_err::write(backup(&world), "no archive").unwrap();
    restore(&world, &[]).fails(3, &["error[H065]"]).with_hint();
    fs_err::remove_file(backup(&world)).unwrap();
    restore(&world, &[]).fails(1, &["error[H066]", "could not be read"]).with_hint();
    world.bundle(&["watcher"]).succeeds();
    let bundle = world.bundle_path();
    world.install(["restore", bundle.to_str().unwrap()]).fails(3, &["error[H065]"]).with_hint();
}

#[test]
fn a_file_that_is_there_stays_unless_force_is_given() {
    let world = world();
    fs_err::write(backup(&world), "precious").unwrap();
    back_up(&world, &["watcher"]).fails(1, &["error[H066]", "already"]).with_hint();
    assert_eq!(fs_err::read(backup(&world)).unwrap(), b"precious");
    assert_eq!(world.installed().len(), 3);
    back_up(&world, &["watcher", "--force"]).succeeds();
    restore(&world, &[]).succeeds();
}

#[test]
fn where_no_backup_can_be_written_nothing_is_uninstalled() {
    let world = world();
    let before = world.root_tree().without_touched();
    for place in ["nowhere/backup.tar.zst", "root/backup.tar.zst", "packs"] {
        let run = world.install(["uninstall", "watcher", "--backup", place]);
        run.fails(1, &["error[H066]"]).with_hint();
        assert_eq!(world.installed().len(), 3, "{place}");
    }
    let log = |path: &Path| path.ends_with("operations.jsonl") || path.ends_with("state/log");
    world.root_tree().without_touched().without(log).assert_same(&before.without(log));
}

#[test]
fn a_full_disk_leaves_the_packs_and_no_backup() {
    let disk = match SmallDisk::new(64 << 10, 100) {
        Ok(disk) => disk,
        Err(reason) => return println!("skipped, no small disk can be mounted here: {reason}"),
    };
    let world = World::with_packs(&[&greeter().file("noise.bin", noise(300_000))]);
    world.install_packs(&["greeter"]).succeeds();
    let path = disk.path().join("backup.tar.zst");
    let arguments = ["uninstall", "greeter", "--backup", path.to_str().unwrap()];
    world.install(arguments).fails(1, &["backup"]).with_hint();
    assert_eq!(world.installed(), ["greeter 1.0.0"]);
    assert_eq!(fs_err::read_dir(disk.path()).unwrap().count(), 0, "nothing half is left");
    world.verify(&[]).succeeds();
}

/// Starts a command, kills it after some time, and waits for its end.
fn kill_after(world: &World, arguments: &[&str], milliseconds: u64) {
    let mut command = world.installer();
    command.args(arguments).stdout(Stdio::null()).stderr(Stdio::null());
    let mut process = command.spawn().unwrap();
    std::thread::sleep(Duration::from_millis(milliseconds));
    process.kill().unwrap();
    process.wait().unwrap();
}

#[test]
fn killed_at_any_moment_packs_are_there_or_in_their_backup() {
    let world = world();
    let path = backup(&world);
    let path = path.to_str().unwrap();
    for milliseconds in [1, 4, 8, 16, 24, 32, 48, 64] {
        kill_after(&world, &["uninstall", "reporter", "--backup", path, "--force"], milliseconds);
        world.install(["hold", "watcher"]).succeeds();
        world.verify(&[]).succeeds();
        if !world.installed().contains(&"reporter 1.0.0".to_owned()) {
            collect(&world);
            kill_after(&world, &["restore", path], milliseconds);
            world.install(["hold", "watcher"]).succeeds();
            world.verify(&[]).succeeds();
            restore(&world, &[]).succeeds();
        }
        assert_eq!(world.installed().len(), 3, "after {milliseconds} ms");
        world.verify(&[]).succeeds();
        assert!(!world.root().join("staging").exists());
    }
}

#[test]
fn the_size_is_told_before() {
    let world = world();
    let looked = back_up(&world, &["reporter", "--dry-run", "--json"]).succeeds().json();
    let told = looked["backup"]["bytes"].as_u64().unwrap();
    assert!(!backup(&world).exists() && !world.root().join("state/local").exists());
    back_up(&world, &["reporter"]).succeeds();
    let is = fs_err::metadata(backup(&world)).unwrap().len();
    assert!(told.abs_diff(is) < 1024, "{told} was told, and it has {is}");
}

#[test]
fn files_that_were_changed_are_not_backed_up() {
    let world = world();
    let file = fs_err::canonicalize(world.root().join("packs/watcher/pack.yaml")).unwrap();
    let text = fs_err::read_to_string(&file).unwrap();
    fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    fs_err::write(&file, text.replace('e', "x")).unwrap();
    back_up(&world, &["watcher"]).fails(5, &["error[H031]"]).with_hint();
    assert!(!backup(&world).exists());
    assert_eq!(world.installed().len(), 3);
}

#[test]
fn an_environment_of_an_interpreter_that_was_replaced_is_built_again() {
    let pack = PackBuilder::new("weaver", "1.0.0").yaml("runtime_deps: [nodejs]\nnodejs: '>=20'");
    let world = World::with_packs(&[&pack.action("run", "shell", "#!/bin/sh\n")]);
    let node = world.path().join("node");
    fake_node::write(&node, "20.1.0");
    let run = |arguments: &[&str]| {
        let mut command = world.command(Binary::Install);
        command.env("PATH", node.join("bin")).args(arguments).arg("--root").arg(world.root());
        Run::of(command)
    };
    let (registry, trust) = (world.registry(), world.trust());
    run(&["weaver", "--registry", registry.to_str().unwrap(), "--trust", trust.to_str().unwrap()]).succeeds();
    let path = backup(&world);
    run(&["uninstall", "weaver", "--backup", path.to_str().unwrap()]).succeeds();
    collect(&world);
    fake_node::write(&node, "20.2.0");
    let report = run(&["restore", path.to_str().unwrap(), "--json"]).succeeds().json();
    assert_eq!(report["rebuilt"].as_array().unwrap().len(), 2, "by both of its names: {report}");
    assert_eq!(report["generation"], 3, "it is one change");
    run(&["verify"]).succeeds();
}

#[test]
fn packs_that_this_host_signed_come_back_unsigned() {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    let slack = PackBuilder::new("slack", "1.0.0").action("post", "shell", "#!/bin/sh\necho posted\n");
    let directory = slack.write(&world.path().join("sources"));
    world.install([directory.to_str().unwrap(), "--allow-unsigned"]).succeeds();
    let before = listed(&world);
    back_up(&world, &["slack"]).succeeds();
    collect(&world);
    restore(&world, &[]).succeeds();
    assert_eq!(listed(&world), before);
    world.verify(&[]).succeeds();
}

#[test]
fn a_root_that_was_moved_gets_environments_of_its_own() {
    let wheel = shout_wheel();
    let weaver = PackBuilder::new("weaver", "1.0.0").action("run", "python", "import shout\n").wheel(&wheel);
    let world = World::with_packs(&[&greeter(), &weaver]);
    world.install_packs(&["greeter", "weaver"]).succeeds();
    back_up(&world, &["weaver"]).succeeds();
    let moved = world.path().join("elsewhere");
    fs_err::rename(world.root(), &moved).unwrap();
    let run = |arguments: &[&str]| {
        let mut command = world.command(Binary::Install);
        command.args(arguments).arg("--root").arg(&moved);
        Run::of(command)
    };
    run(&["repair"]).succeeds();
    let path = backup(&world);
    let report = run(&["restore", path.to_str().unwrap(), "--json"]).succeeds().json();
    assert_eq!(report["rebuilt"].as_array().unwrap().len(), 2, "by both of its names: {report}");
    run(&["verify"]).succeeds();
}
