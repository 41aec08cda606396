//! Everything that must work without a network, in a network namespace that has none.

use std::process::Command;

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::world::standard;
use attune_tests::{Run, World};

/// `binary` where there is no network; `None` where the kernel allows no namespace.
fn without_network(world: &World, binary: Binary) -> Option<Command> {
    let mut probe = Command::new("unshare");
    probe.args(["-rn", "true"]);
    if !probe.output().is_ok_and(|output| output.status.success()) {
        println!("skipped: the kernel allows no network namespace here");
        return None;
    }
    let mut command = Command::new("unshare");
    world.prepare(&mut command);
    command.arg("-rn").arg(binary.path());
    Some(command)
}

#[test]
fn a_bundle_installs_without_a_network() {
    let world = World::new();
    let Some(mut command) = without_network(&world, Binary::Install) else { return };
    command.arg("--root").arg(world.root()).arg(standard().bundle_path());
    command.arg("--trust").arg(standard().trust());
    Run::of(command).succeeds();
    assert_eq!(world.installed(), ["greeter 1.0.0", "reporter 1.0.0", "watcher 1.0.0"]);
}

#[test]
fn packs_with_a_committed_lock_are_added_and_bundled_without_a_network() {
    let world = World::with_registry();
    let parent = world.path().join("packs");
    let Some(mut command) = without_network(&world, Binary::Build) else { return };
    command.arg("add").arg(world.registry()).arg(greeter().write(&parent)).arg(reporter().write(&parent));
    Run::of(command).succeeds();
    let mut command = without_network(&world, Binary::Build).unwrap();
    command.arg("bundle").arg(world.registry()).arg("reporter").arg("-o").arg(world.bundle_path());
    Run::of(command).succeeds();
}
