//! Changes of versions with scripts that change data outside the root, to be killed.

use super::operation::has;
use super::subject::Subject;
use crate::packs::pack_builder::PackBuilder;
use crate::world::World;

/// A pack in this version, whose scripts write the version of the data to a file in the world.
fn ledger(world: &World, version: &str) -> PackBuilder {
    let data = world.path().join("data");
    let script =
        format!("set -e\ncd '{}'\necho \"$ATTUNE_MIGRATION_TO\" > next\nmv next form\n", data.display());
    let entries = match version {
        "1.0.0" => "  []",
        _ => {
            "- {from: '<1.1.0', to: 1.1.0, script: change.sh, down: change.sh}\n- {from: ^1.1, to: 2.0.0, script: change.sh, down: change.sh}"
        }
    };
    PackBuilder::new("ledger", version)
        .yaml(&format!("runtime_deps: [shell]\nmigrations:\n{entries}"))
        .action("read", "shell", "#!/bin/sh\necho '{}'\n")
        .file("version.txt", version)
        .file("change.sh", script)
}

/// The version of the data.
fn form(world: &World) -> String {
    let text = fs_err::read_to_string(world.path().join("data/form")).unwrap_or_default();
    text.trim().to_owned()
}

fn has_version(world: &World, version: &str) -> Result<(), String> {
    has(world, &[&format!("ledger {version}")], "packs/ledger/version.txt", version)
}

/// The pack is whole in the one or the other version.
fn usable(world: &World) -> Result<(), String> {
    has_version(world, "1.0.0").or_else(|_| has_version(world, "2.0.0"))
}

fn both_in(world: &World, version: &str) -> Result<(), String> {
    has_version(world, version)?;
    if form(world) == version { Ok(()) } else { Err(format!("the data is of `{}`", form(world))) }
}

fn both_old(world: &World) -> Result<(), String> {
    both_in(world, "1.0.0")
}

fn both_new(world: &World) -> Result<(), String> {
    both_in(world, "2.0.0")
}

/// A host with version 1.0.0 and its data, and a registry with 2.0.0.
fn old() -> World {
    let world = World::with_registry();
    world.add(&[&ledger(&world, "1.0.0")]).succeeds();
    world.install_packs(&["ledger"]).succeeds();
    world.add(&[&ledger(&world, "2.0.0")]).succeeds();
    fs_err::create_dir(world.path().join("data")).unwrap();
    fs_err::write(world.path().join("data/form"), "1.0.0\n").unwrap();
    world
}

fn new() -> World {
    let world = old();
    world.install_packs(&["ledger"]).succeeds();
    world
}

pub(super) fn subjects() -> Vec<Subject> {
    let upgraded = old();
    let registry = upgraded.registry();
    let upgrade = ["upgrade".as_ref(), "--registry".as_ref(), registry.as_os_str()];
    let upgrade = Subject::new("upgrade with migrations", upgraded, &upgrade, usable, both_new);
    let rolled_back = Subject::new("rollback with migrations", new(), &["rollback", "1"], usable, both_old);
    let lowered = new();
    let registry = lowered.registry();
    let lower = ["install".as_ref(), "ledger@=1.0.0".as_ref(), "--registry".as_ref(), registry.as_os_str()];
    let lower = Subject::new("downgrade with migrations", lowered, &lower, usable, both_old);
    vec![
        upgrade.outside(&["data"]).undone(both_old),
        rolled_back.outside(&["data"]).undone(both_new),
        lower.outside(&["data"]).undone(both_new),
    ]
}
