//! The publisher's keys: thresholds, rotation, several people who sign apart, encryption, hardware.

use std::os::unix::fs::PermissionsExt as _;

use attune_tests::standard_packs::greeter;
use attune_tests::{Run, World};

fn registry(options: &[&str]) -> World {
    let world = World::new();
    world.build([&["init", "registry", "--name", "demo"], options].concat()).succeeds();
    world
}

fn keys_of(world: &World, role: &str) -> Vec<String> {
    let listed = world.build(["key", "list", "registry", "--json"]).succeeds().json();
    let listed = listed["keys"].as_array().unwrap().iter().filter(|key| key["role"] == role);
    listed.map(|key| key["id"].as_str().unwrap().to_owned()).collect()
}

/// The world's registry, a pack of it bundled, and a host that installed it.
fn installed(options: &[&str]) -> World {
    let world = registry(options);
    world.add(&[&greeter()]).succeeds();
    world.bundle(&["greeter"]).succeeds();
    world.install_bundle().succeeds();
    world
}

fn upgrade(world: &World) -> Run {
    world.add(&[&greeter().version("1.1.0")]).succeeds();
    world.bundle(&["greeter"]).succeeds();
    world.install([world.bundle_path()])
}

#[test]
fn every_role_can_be_handed_to_new_keys() {
    for role in ["root", "targets", "snapshot", "timestamp", "bins"] {
        let world = installed(&["--bins", "4"]);
        let before = keys_of(&world, role);
        let run = world.build(["key", "rotate", "registry", "--role", role]).succeeds();
        assert!(run.stdout.contains(&format!("{role}-2.key.json")), "{}", run.stdout);
        assert_ne!(keys_of(&world, role), before);
        fs_err::remove_file(world.keys().join(format!("{role}.key.json"))).unwrap();
        upgrade(&world).succeeds();
        assert_eq!(world.installed(), ["greeter 1.1.0"], "{role}");
    }
}

#[test]
fn a_root_of_two_people_is_signed_apart() {
    let world = installed(&["--threshold", "root=2"]);
    let alice = world.path().join("alice.json");
    fs_err::rename(world.keys().join("root-2.key.json"), &alice).unwrap();
    let run = world.build(["root", "prepare", "registry", "--expires", "timestamp=7"]).succeeds();
    assert!(run.stdout.contains("1 of 2"), "{}", run.stdout);
    let publish = ["root", "publish", "--yes", "registry"];
    world.build(publish).fails(1, &["needs more signatures: 1 by the keys"]).with_hint();
    // A copy goes to Alice, who signs it where there is no registry, and comes back.
    fs_err::copy(world.path().join("registry.next-root.json"), world.path().join("carried.json")).unwrap();
    let run = world.build(["root", "sign", "carried.json", "--key", "alice.json"]).succeeds();
    assert!(run.stdout.contains("by its own keys: enough"), "{}", run.stdout);
    let shown = world.build(["root", "show", "carried.json", "--json"]).succeeds().json();
    assert_eq!(shown["ownKeys"]["signed"].as_array().unwrap().len(), 2);
    world.build([&publish[..], &["carried.json"]].concat()).succeeds();
    assert!(!world.path().join("registry.next-root.json").exists());
    assert!(world.registry().join("metadata/2.root.json").exists());
    upgrade(&world).succeeds();
    // The draft is of the past now.
    world.build([&publish[..], &["carried.json"]].concat()).fails(3, &["version 2, expected 3"]);
}

#[test]
fn a_change_that_is_refused_leaves_no_new_keys_behind() {
    let world = registry(&["--bins", "4"]);
    world.build(["refresh", "registry"]).succeeds();
    fs_err::rename(world.keys().join("targets.key.json"), world.path().join("targets.json")).unwrap();
    let before = attune_tests::Tree::of(world.path()).without_touched();
    let run = world.build(["key", "rotate", "registry", "--role", "bins"]);
    run.fails(1, &["targets needs 1 signature"]).with_hint();
    attune_tests::Tree::of(world.path()).without_touched().assert_same(&before);
    let rotated = world.build(["key", "rotate", "registry", "--role", "bins", "--key", "targets.json"]);
    assert!(rotated.succeeds().stdout.contains("bins-2.key.json"));
}

#[test]
fn only_roots_keys_of_a_directory_sign_a_draft_and_none_is_told() {
    let world = registry(&[]);
    world.build(["root", "prepare", "registry", "--hold-back"]).succeeds();
    let draft = world.path().join("registry.next-root.json");
    let signers = || {
        let draft: serde_json::Value = serde_json::from_slice(&fs_err::read(&draft).unwrap()).unwrap();
        draft["signatures"].as_array().unwrap().len()
    };
    world.build(["root", "sign", "registry.next-root.json", "--keys", "registry.keys"]).succeeds();
    assert_eq!(signers(), 1);
    let run = world.build(["root", "sign", "registry.next-root.json"]);
    run.fails(2, &["no key to sign with"]).with_hint();
    world
        .build(["root", "sign", "registry.next-root.json", "--key", "registry.keys/targets.key.json"])
        .succeeds();
    assert_eq!(signers(), 2);
}

#[test]
fn keys_are_added_and_removed_and_thresholds_kept() {
    let world = registry(&[]);
    let made = world.build(["key", "generate", "bob.json", "--json"]).succeeds().json();
    assert_eq!(made["publicFile"], "bob.pub.json");
    world.build(["key", "add", "registry", "bob.pub.json", "--role", "root"]).succeeds();
    let keys = keys_of(&world, "root");
    assert!(keys.len() == 2 && keys.contains(&made["id"].as_str().unwrap().to_owned()));
    world.build(["root", "prepare", "registry", "--threshold", "root=2"]).succeeds();
    world.build(["root", "publish", "--yes", "registry"]).fails(1, &["1 by its own keys"]);
    world.build(["root", "publish", "--yes", "registry", "--key", "bob.json"]).succeeds();
    let first = keys.iter().find(|id| **id != made["id"]).unwrap();
    let remove = |id: &str| world.build(["key", "remove", "--yes", "registry", id, "--role", "root"]);
    remove(&first[..8]).fails(1, &["would need 2 signatures and have 1 key"]).with_hint();
    remove("ffffffffffffffff").fails(1, &["no key whose id is"]).with_hint();
    remove("").fails(1, &["no key whose id is"]);
    let run = world.build(["root", "prepare", "registry", "--threshold", "root=3"]);
    run.fails(1, &["would need 3 signatures and have 2 keys"]);
    assert!(!world.path().join("registry.next-root.json").exists());
}

#[test]
fn encrypted_keys_ask_for_their_passphrase_and_no_private_half_is_ever_shown() {
    let world = World::new();
    let run = |arguments: &[&str], passphrase: Option<&str>| {
        let mut command = world.command(attune_tests::binaries::Binary::Build);
        command.args(arguments);
        if let Some(passphrase) = passphrase {
            command.env("ATTUNE_KEY_PASSPHRASE", passphrase);
        }
        Run::of(command)
    };
    let init = ["init", "registry", "--name", "demo", "--encrypt"];
    run(&init, None).fails(1, &["no passphrase"]);
    assert!(!world.keys().exists() && !world.registry().exists());
    run(&init, Some("correct horse")).succeeds();
    for entry in fs_err::read_dir(world.keys()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(fs_err::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(fs_err::read_to_string(&path).unwrap().contains("BEGIN ENCRYPTED PRIVATE KEY"));
    }
    // Looking needs no passphrase, signing does.
    run(&["key", "list", "registry"], None).succeeds();
    run(&["refresh", "registry"], None).fails(1, &["no passphrase", "ATTUNE_KEY_PASSPHRASE"]);
    run(&["refresh", "registry"], Some("wrong")).fails(1, &["does not open key"]).with_hint();
    run(&["refresh", "registry", "--verbose", "--verbose"], Some("correct horse")).succeeds();
    let file = world.path().join("passphrase");
    fs_err::write(&file, "correct horse\n").unwrap();
    let refresh = ["refresh", "registry", "--passphrase-file", "passphrase"];
    run(&refresh, None).fails(1, &["can be read by others"]);
    fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    run(&refresh, None).succeeds();
}

#[test]
fn a_damaged_key_file_is_not_quoted() {
    let world = registry(&[]);
    let path = world.keys().join("timestamp.key.json");
    let text = fs_err::read_to_string(&path).unwrap();
    let private = serde_json::from_str::<serde_json::Value>(&text).unwrap()["keyval"]["private"].clone();
    let private = private.as_str().unwrap();
    fs_err::write(&path, text.replace(private, &format!("{}zz", &private[2..]))).unwrap();
    for output in [&["--verbose", "--verbose"][..], &["--json"]] {
        let run = world.build([&["refresh", "registry"], output].concat());
        assert_eq!(run.status, Some(1));
        assert!(
            run.stderr.contains("timestamp.key.json") && !run.stderr.contains(&private[2..]),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn a_damaged_key_file_that_no_role_needs_is_a_warning() {
    let world = registry(&[]);
    fs_err::write(world.keys().join("timestamp-2.key.json"), "").unwrap();
    let run = world.build(["refresh", "registry"]).succeeds();
    assert!(run.stderr.contains("timestamp-2.key.json"), "{}", run.stderr);
    let listed = world.build(["key", "list", "registry", "--json"]).succeeds().json();
    assert_eq!(listed["keys"].as_array().unwrap().len(), 4);
    // The new key takes the next name, and the damaged file stays for its owner to judge.
    let run = world.build(["key", "rotate", "registry", "--role", "timestamp"]).succeeds();
    assert!(run.stdout.contains("timestamp-3.key.json"), "{}", run.stdout);
    assert_eq!(fs_err::read(world.keys().join("timestamp-2.key.json")).unwrap(), b"");
}

#[test]
fn a_damaged_key_file_that_a_role_needs_is_an_error() {
    let world = registry(&[]);
    fs_err::write(world.keys().join("timestamp.key.json"), "").unwrap();
    let run = world.build(["refresh", "registry"]).fails(1, &["timestamp needs 1 signature"]).with_hint();
    assert!(run.stderr.contains("timestamp.key.json"), "{}", run.stderr);
}

#[test]
fn a_key_in_hardware_signs_through_a_program() {
    let world = registry(&[]);
    // The program signs with a key of its own, by the very tool under test.
    world.build(["key", "generate", "hsm.json"]).succeeds();
    let signer = world.path().join("hsm-sign");
    let script = include_str!("../../../peers/signer.py");
    fs_err::write(&signer, script.replace("KEY_FILE", &world.path().join("hsm.json").display().to_string()))
        .unwrap();
    fs_err::set_permissions(&signer, std::fs::Permissions::from_mode(0o755)).unwrap();
    let key = format!("cmd:'{}' --pin 1234", signer.display());
    world.build(["key", "add", "registry", "hsm.pub.json", "--role", "timestamp"]).succeeds();
    fs_err::remove_file(world.keys().join("timestamp.key.json")).unwrap();
    world.build(["refresh", "registry"]).fails(1, &["timestamp needs 1 signature"]).with_hint();
    world.build(["refresh", "registry", "--key", &key]).succeeds();
    let failing = format!("cmd:'{}' --fail --pin 1234", signer.display());
    let run =
        world.build(["refresh", "registry", "--key", &failing]).fails(1, &["the token is not plugged in"]);
    assert!(!run.stderr.contains("1234"), "{}", run.stderr);
    world.build(["refresh", "registry", "--key", "cmd:/nonexistent/hsm"]).fails(1, &["cannot be run"]);
    let run =
        world.build(["refresh", "registry", "--key", "env:NOT_SET"]).fails(1, &["the variable is not set"]);
    assert_eq!(run.status, Some(1));
}
