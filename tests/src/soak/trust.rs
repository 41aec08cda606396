//! The commands about trust that are killed.

use serde_json::Value;

use super::subject::Subject;
use crate::binaries::Binary;
use crate::packs::standard_packs::greeter;
use crate::run::Run;
use crate::world::{NEVER_INSTALLED, World};

/// The commands that change whom a host trusts.
pub(super) fn subjects() -> Vec<Subject> {
    vec![add(), add_again(), reset(), remove(), add_registry()]
}

/// The registries that the host knows.
fn listed(world: &World) -> Result<usize, String> {
    let mut command = world.command(Binary::Install);
    command.args(["registry", "list", "--json", "--root"]).arg(world.root());
    let run = Run::of(command);
    match run.status {
        Some(0) => Ok(run.json()["registries"].as_array().map_or(0, Vec::len)),
        Some(1) if NEVER_INSTALLED.iter().any(|words| run.stderr.contains(words)) => Ok(0),
        _ => Err(format!("registry list: {run:?}")),
    }
}

fn add_registry() -> Subject {
    let world = World::with_packs(&[&greeter()]);
    let (registry, root) = (world.registry(), world.trust());
    let arguments =
        ["registry".as_ref(), "add".as_ref(), registry.as_os_str(), "--trust".as_ref(), root.as_os_str()];
    let usable = |world: &World| must_be(&listed(world)?, &[0, 1]);
    Subject::new("registry add", world, &arguments, usable, |world| must_be(&listed(world)?, &[1]))
}

/// What `trust` says in JSON; nothing where there is no root.
fn trust(world: &World, arguments: &[&str]) -> Result<Value, String> {
    let mut command = world.command(Binary::Install);
    command.arg("trust").args(arguments).arg("--json").arg("--root").arg(world.root());
    let run = Run::of(command);
    match run.status {
        Some(0) => Ok(run.json()),
        Some(1) if NEVER_INSTALLED.iter().any(|words| run.stderr.contains(words)) => Ok(Value::Null),
        _ => Err(format!("trust {arguments:?}: {run:?}")),
    }
}

/// The registries that are trusted, and for how long after their expiry.
fn known(world: &World) -> Result<Vec<(String, String)>, String> {
    let listed = trust(world, &["list"])?;
    let field = |registry: &Value, name: &str| registry[name].as_str().unwrap_or_default().to_owned();
    let registries = listed["registries"].as_array().into_iter().flatten();
    Ok(registries.map(|registry| (field(registry, "registry"), field(registry, "expiryGrace"))).collect())
}

fn must_be<T: PartialEq + std::fmt::Debug>(found: &T, good: &[T]) -> Result<(), String> {
    if good.contains(found) { Ok(()) } else { Err(format!("{found:?} is none of {good:?}")) }
}

fn demo(grace: &str) -> Vec<(String, String)> {
    vec![("demo".to_owned(), grace.to_owned())]
}

/// The number of versions that are remembered of the registry.
fn seen(world: &World) -> Result<usize, String> {
    Ok(trust(world, &["show", "demo"])?["seen"].as_array().map_or(0, Vec::len))
}

fn add() -> Subject {
    let world = World::with_packs(&[&greeter()]);
    let root = world.trust().display().to_string();
    let arguments = ["trust", "add", &root, "--expiry-grace", "30d"];
    // The registry is known with what was decided about it, or not at all.
    let usable = |world: &World| must_be(&known(world)?, &[Vec::new(), demo("30d")]);
    Subject::new("trust add", world, &arguments, usable, |world| must_be(&known(world)?, &[demo("30d")]))
}

/// A host that trusts the registry, has seen it, and accepts it for a week after its expiry.
fn trusting() -> World {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    let root = world.trust().display().to_string();
    trust(&world, &["add", &root, "--expiry-grace", "7d"]).unwrap();
    world
}

fn add_again() -> Subject {
    let world = trusting();
    let root = world.trust().display().to_string();
    let arguments = ["trust", "add", &root, "--expiry-grace", "30d"];
    let usable = |world: &World| must_be(&known(world)?, &[demo("7d"), demo("30d")]);
    Subject::new("trust add again", world, &arguments, usable, |world| {
        must_be(&known(world)?, &[demo("30d")])
    })
}

fn reset() -> Subject {
    let usable = |world: &World| {
        must_be(&known(world)?, &[demo("7d")])?;
        must_be(&seen(world)?, &[0, 3])
    };
    Subject::new("trust reset", trusting(), &["trust", "reset", "--yes", "demo"], usable, |world| {
        must_be(&known(world)?, &[demo("7d")])?;
        must_be(&seen(world)?, &[0])
    })
}

fn remove() -> Subject {
    let usable = |world: &World| must_be(&known(world)?, &[Vec::new(), demo("7d")]);
    let end = |world: &World| must_be(&known(world)?, &[Vec::new()]);
    // Once it is gone it cannot be removed again.
    Subject::new("trust remove", trusting(), &["trust", "remove", "--yes", "demo"], usable, end).repeated(1)
}
