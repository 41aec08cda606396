//! A registry of the host's own that is not what the host wrote.

use attune_tests::World;
use attune_tests::standard_packs::greeter;

use super::{install, slack, written};

fn installed() -> World {
    let world = World::with_packs(&[&greeter()]);
    install(&world, &[&written(&world, "made", &slack("1.0.0"))]).succeeds();
    world
}

#[test]
fn metadata_that_was_changed_is_refused_and_signed_packs_go_on() {
    let world = installed();
    let timestamp = world.root().join("state/local/registry/metadata/timestamp.json");
    let text = fs_err::read_to_string(&timestamp).unwrap();
    fs_err::write(
        &timestamp,
        text.replace("this-host", "this-house").replace("\"version\":", "\"version\":1"),
    )
    .unwrap();
    let before = world.root_tree().without_touched();
    let newer = written(&world, "newer", &slack("2.0.0"));
    install(&world, &[&newer]).fails(3, &["error[T024]", "state/local"]).with_hint();
    world.root_tree().without_touched().assert_same(&before);
    world.install_packs(&["greeter"]).succeeds();
    world.install(["gc", "--keep", "0"]).succeeds();
    assert_eq!(world.installed(), ["greeter 1.0.0", "slack 1.0.0"]);
    // As the hint says.
    fs_err::rename(world.root().join("state/local"), world.path().join("aside")).unwrap();
    install(&world, &[&newer]).succeeds();
    assert_eq!(world.installed(), ["greeter 1.0.0", "slack 2.0.0"]);
    world.verify(&[]).succeeds();
}

#[test]
fn a_key_that_is_lost_or_readable_by_others_is_not_used() {
    use std::os::unix::fs::PermissionsExt;

    let world = installed();
    let key = world.root().join("state/local/host.key.json");
    let newer = written(&world, "newer", &slack("2.0.0"));
    fs_err::set_permissions(&key, PermissionsExt::from_mode(0o644)).unwrap();
    install(&world, &[&newer]).fails(3, &["error[T024]", "0644"]).with_hint();
    fs_err::remove_file(&key).unwrap();
    install(&world, &[&newer]).fails(3, &["error[T024]"]).with_hint();
    assert!(!key.exists());
    assert_eq!(world.installed(), ["slack 1.0.0"]);
}

#[test]
fn a_planted_link_in_its_place_is_not_followed() {
    for place in
        ["state/local", "state/local/registry", "state/local/registry/metadata", "state/local/registry/blobs"]
    {
        let world = installed();
        let path = world.root().join(place);
        let outside = world.path().join("outside");
        fs_err::rename(&path, &outside).unwrap();
        fs_err::os::unix::fs::symlink(&outside, &path).unwrap();
        let newer = written(&world, "newer", &slack("2.0.0"));
        install(&world, &[&newer]).fails(1, &["symbolic link"]).with_hint();
    }
}
