//! What the host keeps of what it signed: one key, and what kept generations use.

use attune_tests::World;
use attune_tests::standard_packs::{greeter, reporter};

use super::{install, slack, written};

fn blobs(world: &World) -> usize {
    fs_err::read_dir(world.root().join("state/local/registry/blobs/sha256")).unwrap().count()
}

#[test]
fn one_key_signs_everything_and_nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt as _;

    let world = World::new();
    install(&world, &[&written(&world, "made", &slack("1.0.0"))]).succeeds();
    let key = world.root().join("state/local/host.key.json");
    let before = fs_err::read(&key).unwrap();
    assert_eq!(fs_err::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    install(&world, &[&written(&world, "newer", &slack("2.0.0"))]).succeeds();
    assert_eq!(fs_err::read(&key).unwrap(), before);
    world.verify(&[]).succeeds();
}

#[test]
fn a_version_with_other_files_replaces_the_one_before() {
    let world = World::new();
    install(&world, &[&written(&world, "made", &slack("1.0.0"))]).succeeds();
    let other = slack("1.0.0").file("new.txt", "new");
    let report = install(&world, &[&written(&world, "made", &other), "--json"]).succeeds().json();
    assert_eq!(report["packs"][0]["change"], "reinstalled", "{report}");
    assert!(world.root().join("packs/slack/new.txt").exists());
    let again = install(&world, &[&written(&world, "made", &other)]).succeeds();
    assert!(again.stdout.contains("nothing to do"), "{}", again.stdout);
    world.install(["rollback"]).succeeds();
    assert!(!world.root().join("packs/slack/new.txt").exists());
    world.verify(&[]).succeeds();
}

#[test]
fn what_no_kept_generation_uses_is_collected() {
    let world = World::new();
    install(&world, &[&written(&world, "made", &slack("1.0.0"))]).succeeds();
    let of_one = blobs(&world);
    install(&world, &[&written(&world, "newer", &slack("2.0.0"))]).succeeds();
    assert_eq!(blobs(&world), 2 * of_one);
    let looked = world.install(["gc", "--keep", "0", "--dry-run", "--json"]).succeeds().json();
    assert_eq!(blobs(&world), 2 * of_one);
    let report = world.install(["gc", "--keep", "0", "--json"]).succeeds().json();
    assert_eq!(looked["freedBytes"], report["freedBytes"]);
    assert_eq!(blobs(&world), of_one);
    let metadata = fs_err::read_dir(world.root().join("state/local/registry/metadata")).unwrap().count();
    assert_eq!(metadata, 4, "root, targets, snapshot and timestamp");
    install(&world, &[&written(&world, "newest", &slack("3.0.0"))]).succeeds();
    world.install(["uninstall", "slack"]).succeeds();
    world.install(["gc", "--keep", "0"]).succeeds();
    assert_eq!(blobs(&world), 0);
    install(&world, &[&written(&world, "newest", &slack("3.0.0"))]).succeeds();
    world.verify(&[]).succeeds();
}

#[test]
fn a_lost_tree_comes_back_from_what_was_signed() {
    let world = World::new();
    install(&world, &[&written(&world, "made", &slack("1.0.0"))]).succeeds();
    let tree = fs_err::canonicalize(world.root().join("packs/slack")).unwrap();
    assert!(std::process::Command::new("rm").arg("-rf").arg(&tree).status().unwrap().success());
    world.verify(&[]).fails(3, &["1 difference"]);
    world.repair(&[]).succeeds();
    world.verify(&[]).succeeds();
    assert!(world.root().join("packs/slack/actions/post.sh").exists());
}

/// Damages the wheel of `reporter` in the store.
fn damage_a_wheel(world: &World) {
    let python = world.root().join("store/wheels");
    let wheel =
        fs_err::read_dir(python).unwrap().map(|entry| entry.unwrap().path()).find(|path| path.is_dir());
    assert!(std::process::Command::new("rm").arg("-rf").arg(wheel.unwrap()).status().unwrap().success());
}

#[test]
fn environments_are_built_again_from_what_was_signed() {
    let world = World::new();
    let packs = [written(&world, "made", &greeter()), written(&world, "made", &reporter())];
    install(&world, &[&packs[0], &packs[1]]).succeeds();
    damage_a_wheel(&world);
    world.verify(&[]).fails(3, &["difference"]);
    world.install(["env", "rebuild", "reporter"]).succeeds();
    world.verify(&[]).succeeds();
    world.install(["test", "reporter"]).succeeds();
}

#[test]
fn what_a_backup_brings_back_can_be_repaired() {
    let world = World::new();
    let packs = [written(&world, "made", &greeter()), written(&world, "made", &reporter())];
    install(&world, &[&packs[0], &packs[1]]).succeeds();
    let signed = blobs(&world);
    let backup = world.path().join("backup.tar.zst").display().to_string();
    world.install(["uninstall", "greeter", "reporter", "--backup", &backup]).succeeds();
    world.install(["gc", "--keep", "0"]).succeeds();
    assert_eq!(blobs(&world), 0);
    world.install(["restore", &backup]).succeeds();
    assert_eq!(blobs(&world), signed, "what was signed is there again");
    world.verify(&[]).succeeds();
    let tree = fs_err::canonicalize(world.root().join("packs/greeter")).unwrap();
    assert!(std::process::Command::new("rm").arg("-rf").arg(&tree).status().unwrap().success());
    damage_a_wheel(&world);
    world.repair(&[]).succeeds();
    world.verify(&[]).succeeds();
    world.install(["gc", "--keep", "0"]).succeeds();
    assert_eq!(blobs(&world), signed, "what is used stays");
    // Once more, where the registry still has it.
    world.install(["uninstall", "reporter", "--backup", &backup, "--force"]).succeeds();
    world.install(["restore", &backup]).succeeds();
    assert_eq!(blobs(&world), signed);
    world.verify(&[]).succeeds();
}
