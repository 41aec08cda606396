//! The registries that a host knows, and what is told of packs.

mod dependency_views;
mod diffed;
mod inspected;
mod installs;
mod inventoried;
mod known;
mod outdated;
mod searched;
mod validated;

use attune_tests::binaries::Binary;
use attune_tests::{PackBuilder, Run, World};

/// Runs attune-install for the root of `host`, the command first.
fn run(host: &World, arguments: &[&str]) -> Run {
    let mut command = host.command(Binary::Install);
    command.args(arguments).arg("--root").arg(host.root());
    Run::of(command)
}

/// A registry called `name` with `packs`.
fn publisher(name: &str, packs: &[&PackBuilder]) -> World {
    let world = World::new();
    world.init(name).succeeds();
    world.add(packs).succeeds();
    world
}

/// Makes the registry of `publisher` known to `host`.
fn know(host: &World, publisher: &World) {
    let mut command = host.command(Binary::Install);
    command.args(["registry", "add"]).arg(publisher.registry()).arg("--trust").arg(publisher.trust());
    command.arg("--root").arg(host.root());
    Run::of(command).succeeds();
}
