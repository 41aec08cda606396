//! Hosts that cannot take an installation: full disks, roots that cannot be written, busy roots.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use attune_schemas::environment_lock::Footprint;
use attune_tests::binaries::Binary;
use attune_tests::metadata_forge::republish;
use attune_tests::standard_packs::greeter;
use attune_tests::world::standard;
use attune_tests::{Hosts, PackBuilder, Run, World};

/// Runs the installer with a root on a new file system of `size`, and lists what it left there.
///
/// `None` where the kernel allows no such file system.
fn install_on_small_disk(world: &World, size: &str, arguments: &str) -> Option<(Run, String)> {
    let disk = world.path().join("disk");
    fs_err::create_dir_all(&disk).unwrap();
    let unshare = if runs_as_root() { "-m" } else { "-rm" };
    let script = format!(
        "mount -t tmpfs -o size={size} none {disk} || exit 99\n\
         {installer} --root {disk}/root {arguments}\nstatus=$?\n\
         find {disk} -mindepth 1 > {left}\nexit $status",
        disk = disk.display(),
        installer = Binary::Install.path().display(),
        left = world.path().join("left").display(),
    );
    let mut command = Command::new("unshare");
    world.prepare(&mut command);
    command.args([unshare, "sh", "-c", &script]);
    let run = Run::of(command);
    if run.status == Some(99) || run.stderr.starts_with("unshare:") {
        println!("skipped: the kernel allows no file system of one's own here: {}", run.stderr);
        return None;
    }
    Some((run, fs_err::read_to_string(world.path().join("left")).unwrap()))
}

fn runs_as_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs_err::metadata("/proc/self").unwrap().uid() == 0
}

#[test]
fn disk_full_is_told_before_the_first_write() {
    let world = World::new();
    let publisher = standard();
    let (bundle, trust) = (publisher.bundle_path(), publisher.trust());
    let arguments = format!("{} --trust {}", bundle.display(), trust.display());
    let Some((run, left)) = install_on_small_disk(&world, "256k", &arguments) else { return };
    run.fails(1, &["free, the installation needs", "MiB"]).with_hint();
    assert_eq!(left, "");
}

#[test]
fn disk_full_in_the_middle_of_unpacking() {
    let publisher =
        World::with_packs(&[&PackBuilder::new("bulky", "1.0.0").file("zeros.bin", vec![0; 8 << 20])]);
    // A release that says that it takes no room passes the check and meets the end of the disk.
    republish(&publisher.registry(), &publisher.keys(), "bulky", "1.0.0", |release| {
        release.config.unpacked = Footprint { disk_bytes: 0, ..release.config.unpacked };
    });
    let arguments = format!(
        "bulky --registry {} --trust {}",
        publisher.registry().display(),
        publisher.trust().display()
    );
    let Some((run, left)) = install_on_small_disk(&publisher, "4m", &arguments) else { return };
    run.fails(1, &["No space left on device"]);
    assert_eq!(left, "");
}

#[test]
fn a_root_that_cannot_be_written() {
    let world = World::new();
    let place = world.path().join("closed");
    fs_err::create_dir(&place).unwrap();
    fs_err::set_permissions(world.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    fs_err::set_permissions(&place, std::fs::Permissions::from_mode(0o555)).unwrap();
    // Whoever runs the tests may not be let near the directory of the binaries.
    let installer = world.path().join("attune-install");
    fs_err::copy(Binary::Install.path(), &installer).unwrap();
    let (bundle, trust) = (world.path().join("bundle.tar.zst"), world.path().join("root.json"));
    fs_err::copy(standard().bundle_path(), &bundle).unwrap();
    fs_err::copy(standard().trust(), &trust).unwrap();
    let mut command = if runs_as_root() {
        let mut command = Command::new("setpriv");
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&installer);
        command
    } else {
        Command::new(&installer)
    };
    world.prepare(&mut command);
    command.arg(&bundle).arg("--trust").arg(&trust).arg("--root").arg(place.join("root"));
    Run::of(command).fails(1, &["closed/root", "cannot be written", "Permission denied"]).with_hint();
    assert_eq!(fs_err::read_dir(&place).unwrap().count(), 0);
    fs_err::set_permissions(&place, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn a_root_that_is_a_file() {
    let world = World::new();
    fs_err::write(world.root(), "a file\n").unwrap();
    world.install_from(&standard().bundle_path(), &standard().trust()).fails(1, &["root"]);
    assert_eq!(fs_err::read_to_string(world.root()).unwrap(), "a file\n");
}

#[test]
fn a_root_with_something_in_the_way() {
    let world = World::new();
    fs_err::create_dir_all(world.root().join("packs/mine")).unwrap();
    fs_err::create_dir_all(world.root().join("state")).unwrap();
    let before = world.root_tree().without_touched();
    let run = world.install_from(&standard().bundle_path(), &standard().trust());
    run.fails(1, &["packs", "in the way"]);
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn a_root_that_is_something_else() {
    let world = World::new();
    fs_err::create_dir_all(world.root().join("photographs")).unwrap();
    let before = world.root_tree();
    let run = world.install_from(&standard().bundle_path(), &standard().trust());
    run.fails(1, &["is not empty", "nothing was ever installed"]).with_hint();
    world.root_tree().assert_same(&before);
}

#[test]
fn another_install_is_running() {
    let hosts = Hosts::new();
    let lock = std::fs::File::options().write(true).open(hosts.used().root().join("state/lock")).unwrap();
    lock.lock().unwrap();
    let run = hosts.used().install_from(&standard().bundle_path(), &standard().trust());
    run.fails(8, &["another install is running"]).with_hint();
    hosts.assert_unchanged();
    lock.unlock().unwrap();
    hosts.used().install_from(&standard().bundle_path(), &standard().trust()).succeeds();
}

#[test]
fn listing_needs_no_lock() {
    let installed = World::with_packs(&[&greeter()]);
    installed.install_packs(&["greeter"]).succeeds();
    let lock = std::fs::File::options().write(true).open(installed.root().join("state/lock")).unwrap();
    lock.lock().unwrap();
    assert_eq!(installed.installed(), ["greeter 1.0.0"]);
}

#[test]
fn a_root_with_a_space_and_a_link_above_it() {
    let world = World::new();
    let real = world.path().join("real place");
    fs_err::create_dir(&real).unwrap();
    std::os::unix::fs::symlink(&real, world.path().join("link")).unwrap();
    let root = world.path().join("link/the root");
    let mut command = world.command(Binary::Install);
    command.arg(standard().bundle_path()).arg("--trust").arg(standard().trust()).arg("--root").arg(&root);
    Run::of(command).succeeds();
    let script = root.join("packenvs/reporter/python/bin/shout");
    assert_eq!(Run::of(Command::new(script)).succeeds().stdout, "HELLO!\n");
}

#[test]
fn usage_errors_have_their_own_code() {
    let world = World::new();
    for arguments in [
        &[][..],
        &["weather"],
        &["Not-A-Ref!", "--registry", "http://127.0.0.1:1"],
        &["weather", "--expiry-grace", "soon"],
        &["--no-such-option"],
    ] {
        let run = world.install(arguments);
        assert_eq!(run.status, Some(2), "{arguments:?}: {}", run.stderr);
    }
    let both = [Path::new("x"), &standard().bundle_path()].map(Path::to_owned);
    assert_eq!(world.install(&both).status, Some(2));
    assert!(world.root_tree().is_absent());
}

#[test]
fn errors_are_told_in_json() {
    let world = World::new();
    let run = world.install([standard().bundle_path().as_os_str(), "--json".as_ref()]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(3), ""));
    let error: serde_json::Value = serde_json::from_str(&run.stderr).unwrap();
    assert_eq!(error["error"]["exitCode"], 3);
    assert!(error["error"]["hint"].as_str().unwrap().contains("--trust"));
}
