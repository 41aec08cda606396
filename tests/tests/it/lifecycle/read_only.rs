//! Commands that only read: they need no right to write, create nothing, and are not content with a wrong name.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use attune_tests::binaries::Binary;
use attune_tests::world::standard;
use attune_tests::{Run, Tree, World};

/// Every command that only reads, of an installation with the standard packs.
const READING: &[&[&str]] = &[
    &["list"],
    &["status"],
    &["outdated"],
    &["show", "reporter"],
    &["tree"],
    &["tree", "greeter", "--invert"],
    &["why", "greeter"],
    &["inspect", "reporter"],
    &["diff", "1"],
    &["registry", "list"],
    &["du"],
    &["gc", "--dry-run"],
    &["env", "list"],
    &["env", "path", "reporter"],
    &["env", "show", "reporter"],
    &["trust", "list"],
    &["trust", "show", "demo"],
];

fn run(world: &World, arguments: &[&str]) -> Run {
    let mut command = world.command(Binary::Install);
    command.args(arguments).arg("--root").arg(world.root());
    Run::of(command)
}

/// A host with the standard packs, on an interpreter that every user can reach.
fn installed() -> World {
    let world = World::new();
    let mut install = world.installer();
    install.arg(standard().bundle_path()).arg("--trust").arg(standard().trust());
    install.env("PATH", "/usr/local/bin:/usr/bin:/bin");
    Run::of(install).succeeds();
    world
}

fn runs_as_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    fs_err::metadata("/proc/self").unwrap().uid() == 0
}

/// What `arguments` say to a user who may write nowhere; `None` where there is no way to become one.
#[expect(clippy::print_stderr, reason = "a test that was skipped says so")]
fn as_another_user(world: &World, arguments: &[&str]) -> Option<Run> {
    if !runs_as_root() {
        eprintln!("skipped: only root becomes another user");
        return None;
    }
    let installer = world.path().join("installer");
    if !installer.exists() {
        // What is copied while another test starts a program is busy for that long.
        fs_err::hard_link(Binary::Install.path(), &installer)
            .or_else(|_| fs_err::copy(Binary::Install.path(), &installer).map(drop))
            .unwrap();
        fs_err::set_permissions(world.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let mut command = Command::new("setpriv");
    world.prepare(&mut command);
    command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(installer);
    command.args(arguments).arg("--root").arg(world.root());
    Some(Run::of(command))
}

/// The same with the root on a read-only mount.
#[expect(clippy::print_stderr, reason = "a test that was skipped says so")]
fn on_a_read_only_mount(world: &World, arguments: &[&str]) -> Option<Run> {
    let root = world.root();
    let script = format!(
        "mount --bind {0} {0} && mount -o remount,bind,ro {0} || exit 99\nexec {1} {2} --root {0}",
        root.display(),
        Binary::Install.path().display(),
        arguments.join(" ")
    );
    let mut command = Command::new("unshare");
    world.prepare(&mut command);
    command.args(["-rm", "sh", "-c", &script]);
    let run = Run::of(command);
    if run.status == Some(99) || run.stderr.starts_with("unshare:") {
        eprintln!("skipped: the kernel allows no mount of one's own here: {}", run.stderr);
        return None;
    }
    Some(run)
}

/// What is printed, without numbers that differ with who looks.
fn said(run: &Run) -> String {
    // The last operation of `status` is told with its age.
    run.stdout.split(", last operation").next().unwrap_or_default().to_owned()
}

#[test]
fn any_user_may_ask_and_nothing_changes() {
    let world = installed();
    let before = world.root_tree();
    for arguments in READING {
        let owner = run(&world, arguments).succeeds();
        world.root_tree().assert_same(&before);
        let Some(other) = as_another_user(&world, arguments) else { return };
        assert_eq!(said(&other.succeeds()), said(&owner), "{arguments:?}");
        world.root_tree().assert_same(&before);
    }
}

/// The inventory, without the time.
fn inventory(run: Run) -> serde_json::Value {
    let mut inventory = run.succeeds().json();
    inventory["writtenAt"].take();
    inventory
}

#[test]
fn an_inventory_needs_no_right_to_write() {
    let world = installed();
    let before = world.root_tree();
    let own = inventory(run(&world, &["inventory"]));
    if let Some(other) = as_another_user(&world, &["inventory"]) {
        assert_eq!(inventory(other)["packs"], own["packs"]);
    }
    if let Some(there) = on_a_read_only_mount(&world, &["inventory"]) {
        assert_eq!(inventory(there)["packs"], own["packs"]);
    }
    world.root_tree().assert_same(&before);
}

#[test]
fn a_read_only_mount_is_enough() {
    let world = installed();
    let before = world.root_tree();
    for arguments in READING {
        let Some(there) = on_a_read_only_mount(&world, arguments) else { return };
        assert_eq!(said(&there.succeeds()), said(&run(&world, arguments).succeeds()), "{arguments:?}");
    }
    world.root_tree().assert_same(&before);
}

/// Leaves the files beside the database that a writer leaves which is killed.
fn leave_a_log(world: &World, with_index: bool) {
    let path = world.root().join("state/attune.db");
    let scratch = world.path().join("scratch.db");
    fs_err::copy(&path, &scratch).unwrap();
    let connection = rusqlite::Connection::open(&scratch).unwrap();
    connection.pragma_update(None, "journal_mode", "WAL").unwrap();
    connection.execute("UPDATE pack_environment SET status = 'outdated'", []).unwrap();
    for name in ["db", "db-wal", "db-shm"] {
        if name != "db-shm" || with_index {
            fs_err::copy(scratch.with_extension(name), path.with_extension(name)).unwrap();
        }
    }
}

#[test]
fn the_log_of_a_writer_that_was_killed_is_read_by_everybody() {
    for with_index in [true, false] {
        let world = installed();
        leave_a_log(&world, with_index);
        let before = world.root_tree();
        let is_told = |run: Run, who: &str| {
            let run = run.succeeds();
            assert!(run.stdout.contains("outdated"), "{who}, index {with_index}:\n{}", run.stdout);
            world.root_tree().assert_same(&before);
        };
        is_told(run(&world, &["env", "list"]), "the owner");
        if let Some(other) = as_another_user(&world, &["env", "list"]) {
            is_told(other, "another user");
        }
        if let Some(there) = on_a_read_only_mount(&world, &["env", "list"]) {
            is_told(there, "a read-only mount");
        }
    }
}

#[test]
fn a_root_that_is_not_there_is_an_error_and_is_not_created() {
    let world = installed();
    let before = Tree::of(world.path());
    for arguments in READING {
        for (root, words) in [
            (world.path().join("roott"), &["does not exist"][..]),
            (world.path().join("nowhere/near"), &["does not exist"]),
        ] {
            let mut command = world.command(Binary::Install);
            command.args(*arguments).arg("--root").arg(&root);
            let run = Run::of(command).fails(1, words).with_hint();
            let meant = format!("name `{}`, which is beside it", world.root().display());
            assert_eq!(run.stderr.contains(&meant), root.ends_with("roott"), "{}", run.stderr);
            assert!(!root.exists(), "{arguments:?}");
        }
    }
    Tree::of(world.path()).assert_same(&before);
}

#[test]
fn a_directory_that_nothing_was_installed_to_is_an_error_and_stays_refused() {
    let world = World::new();
    let sources = world.path().join("packs");
    fs_err::create_dir(&sources).unwrap();
    fs_err::write(sources.join("pack.yaml"), "ref: mine\n").unwrap();
    let empty = world.path().join("empty");
    fs_err::create_dir(&empty).unwrap();
    let before = Tree::of(world.path());
    for arguments in READING {
        for root in [&sources, &empty, &sources.join("pack.yaml")] {
            let mut command = world.command(Binary::Install);
            command.args(*arguments).arg("--root").arg(root);
            Run::of(command).fails(1, &["nothing was ever installed to"]).with_hint();
        }
    }
    Tree::of(world.path()).assert_same(&before);
    let (bundle, trust) = (standard().bundle_path(), standard().trust());
    let mut install = world.command(Binary::Install);
    install.arg(bundle).arg("--trust").arg(trust).arg("--root").arg(&sources);
    Run::of(install).fails(1, &["is not empty", "nothing was ever installed"]);
}

#[test]
fn a_root_that_only_trusts_a_registry_has_no_installation() {
    let world = World::new();
    let trust = standard().trust();
    run(&world, &["trust", "add", trust.to_str().unwrap()]).succeeds();
    let before = world.root_tree();
    for arguments in READING {
        let run = run(&world, arguments);
        if ["trust", "registry"].contains(&arguments[0]) {
            run.succeeds();
        } else {
            run.fails(1, &["nothing was ever installed to"]).with_hint();
        }
    }
    world.root_tree().assert_same(&before);
}

#[test]
fn a_pack_that_is_not_installed_is_an_error_with_the_one_that_was_meant() {
    let world = installed();
    let before = world.root_tree();
    for arguments in [&["env", "path", "reportr"][..], &["env", "show", "reportr"]] {
        run(&world, arguments)
            .fails(4, &["pack `reportr` is not installed; did you mean `reporter`?"])
            .with_hint();
    }
    run(&world, &["env", "path", "wholly_other"])
        .fails(4, &["pack `wholly_other` is not installed\n"])
        .with_hint();
    let none = ["pack `greeter` has no environment for `python`"];
    run(&world, &["env", "path", "greeter"]).fails(5, &none).with_hint();
    let others = ["has no environment for `ruby`; it has `python`"];
    run(&world, &["env", "path", "reporter", "--runtime", "ruby"]).fails(5, &others).with_hint();
    run(&world, &["trust", "show", "dmo"]).fails(1, &["no registry `dmo` is trusted", "demo"]);
    world.root_tree().assert_same(&before);
}

#[test]
fn a_link_that_is_gone_is_no_empty_root() {
    let world = installed();
    let current = world.root().join("current");
    fs_err::remove_file(&current).unwrap();
    for arguments in [&["list"][..], &["du"], &["env", "list"], &["env", "path", "reporter"]] {
        let run = run(&world, arguments).fails(1, &["`current` is gone"]).with_hint();
        assert!(run.stderr.contains("attune-install repair"), "{}", run.stderr);
    }
    std::os::unix::fs::symlink("generations/7", &current).unwrap();
    run(&world, &["list"]).fails(1, &["generation 7, which is not there"]).with_hint();
    world.repair(&[]).succeeds();
    run(&world, &["list"]).succeeds();
}

#[test]
fn a_database_that_cannot_be_read_is_no_fault_of_a_registration() {
    let world = installed();
    let database = world.root().join("state/attune.db");
    fs_err::write(&database, "no database\n".repeat(500)).unwrap();
    for arguments in [&["env", "list"][..], &["env", "path", "reporter"], &["env", "show", "reporter"]] {
        run(&world, arguments).fails(3, &["could not read the database"]).with_hint();
    }
    // Of those that need none, nothing is asked.
    run(&world, &["list"]).succeeds();
    fs_err::set_permissions(&database, std::fs::Permissions::from_mode(0o600)).unwrap();
    if let Some(other) = as_another_user(&world, &["env", "list"]) {
        other.fails(1, &["could not read the database"]).with_hint();
    }
    assert!(Path::new(&database).exists());
}
