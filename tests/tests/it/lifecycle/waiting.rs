//! A root that another process holds: its number and its command are told, and it is waited for where that is asked for.

use std::time::{Duration, Instant};

use attune_tests::standard_packs::greeter;
use attune_tests::{Run, World};

fn world() -> World {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    world
}

fn held(world: &World) -> std::fs::File {
    let lock = std::fs::File::options().write(true).open(world.root().join("state/lock")).unwrap();
    lock.lock().unwrap();
    lock
}

#[test]
fn whoever_holds_it_is_told() {
    let world = world();
    let _lock = held(&world);
    let me = format!("process {}", std::process::id());
    for arguments in [&["rollback"][..], &["uninstall", "greeter"], &["hold", "greeter"], &["gc"]] {
        world.install(arguments).fails(8, &["another install is running", &me]).with_hint();
    }
}

#[test]
fn a_wait_ends_with_the_other_change() {
    let world = world();
    let lock = held(&world);
    let mut command = world.installer();
    command.args(["uninstall", "greeter", "--wait"]);
    let waiting = std::thread::spawn(|| Run::of(command));
    std::thread::sleep(Duration::from_millis(300));
    assert!(!waiting.is_finished());
    assert_eq!(world.installed(), ["greeter 1.0.0"], "whoever reads does not wait");
    lock.unlock().unwrap();
    waiting.join().unwrap().succeeds();
    assert!(world.installed().is_empty());
}

#[test]
fn a_wait_has_an_end() {
    let world = world();
    let _lock = held(&world);
    let begun = Instant::now();
    world.install(["uninstall", "greeter", "--wait=1s"]).fails(8, &["another install is running"]);
    assert!(begun.elapsed() >= Duration::from_secs(1));
    world.install(["gc", "--wait=soon"]).fails(2, &["soon", "is not a duration"]);
}

#[test]
fn changes_of_registries_and_trust_wait_as_others_do() {
    let world = world();
    let (registry, root) = (world.registry().display().to_string(), world.trust().display().to_string());
    world.install(["registry", "add", &registry]).succeeds();
    let lock = held(&world);
    let changes = [
        &["registry", "add", &registry, "--first", "--trust", &root][..],
        &["registry", "order", "demo"],
        &["registry", "remove", "demo"],
        &["trust", "add", &root],
        &["trust", "reset", "demo", "--yes"],
        &["trust", "remove", "demo", "--yes"],
    ];
    for change in changes {
        world.install(change).fails(8, &["another install is running"]).with_hint();
        let begun = Instant::now();
        world.install([change, &["--wait=1s"]].concat()).fails(8, &["another install is running"]);
        assert!(begun.elapsed() >= Duration::from_secs(1));
    }
    let mut command = world.installer();
    command.args(["trust", "remove", "demo", "--yes", "--wait"]);
    let waiting = std::thread::spawn(|| Run::of(command));
    std::thread::sleep(Duration::from_millis(300));
    assert!(!waiting.is_finished());
    lock.unlock().unwrap();
    waiting.join().unwrap().succeeds();
}
