//! Upgrades, downgrades, removals, declared sets, ways back and rules, to be killed.

use std::path::Path;

use rusqlite::Connection;

use super::operation::{all_is_well, has};
use super::subject::Subject;
use crate::packs::standard_packs::{greeter, reporter, watcher};
use crate::world::World;

/// A host with `greeter`, `reporter` and `watcher`, and a newer `greeter` in its registry.
pub(super) fn installed() -> World {
    let world = World::with_packs(&[&greeter(), &reporter(), &watcher()]);
    world.install_packs(&["reporter", "watcher"]).succeeds();
    world.add(&[&greeter().version("1.1.0").file("new.txt", "new")]).succeeds();
    world
}

fn has_new(world: &World) -> Result<(), String> {
    let packs = ["greeter 1.1.0", "reporter 1.0.0", "watcher 1.0.0"];
    has(world, &packs, "packs/greeter/new.txt", "new")?;
    all_is_well(world)
}

pub(super) fn has_old(world: &World) -> Result<(), String> {
    let packs = ["greeter 1.0.0", "reporter 1.0.0", "watcher 1.0.0"];
    has(world, &packs, "packs/greeter/actions/greet.sh", "hello")?;
    all_is_well(world)
}

pub(super) fn upgrade_one() -> Subject {
    let world = installed();
    let registry = world.registry();
    let arguments = ["upgrade".as_ref(), "greeter".as_ref(), "--registry".as_ref(), registry.as_os_str()];
    Subject::new("upgrade one", world, &arguments, all_is_well, has_new)
}

pub(super) fn uninstall() -> Subject {
    // What is gone is not installed, which is what a second removal says.
    Subject::new("uninstall", installed(), &["uninstall", "watcher"], all_is_well, |world| {
        has(world, &["greeter 1.0.0", "reporter 1.0.0"], "packs/greeter/actions/greet.sh", "hello")?;
        all_is_well(world)
    })
    .repeated(4)
}

pub(super) fn declare() -> Subject {
    let world = installed();
    let set = world.path().join("packs.toml");
    fs_err::write(&set, "format = \"attune.set/v1\"\n[[packs]]\npack = \"greeter\"\nversion = \"^1.1\"\n")
        .unwrap();
    let registry = world.registry();
    let arguments = [
        "install".as_ref(),
        "--from-file".as_ref(),
        set.as_os_str(),
        "--prune".as_ref(),
        "--registry".as_ref(),
        registry.as_os_str(),
    ];
    Subject::new("a declared set", world, &arguments, all_is_well, |world| {
        has(world, &["greeter 1.1.0"], "packs/greeter/new.txt", "new")?;
        all_is_well(world)
    })
}

pub(super) fn rollbacks() -> Vec<Subject> {
    let upgraded = installed();
    upgraded.install_packs(&["greeter"]).succeeds();
    let removed = installed();
    removed.install(["uninstall", "watcher"]).succeeds();
    vec![
        Subject::new("rollback of an upgrade", upgraded, &["rollback", "1"], all_is_well, has_old),
        Subject::new("rollback of a removal", removed, &["rollback", "1"], all_is_well, has_old),
    ]
}

pub(super) fn hold() -> Subject {
    Subject::new("hold", installed(), &["hold", "greeter"], has_old, |world| {
        let rules = world.install(["hold", "--json"]).succeeds().json();
        if rules["held"]["greeter"] != "1.0.0" {
            return Err(format!("greeter is not held: {rules}"));
        }
        has_old(world)
    })
}

/// The installation of an older version.
pub(super) fn downgrade() -> Subject {
    let world = installed();
    world.install_packs(&["greeter"]).succeeds();
    let registry = world.registry();
    let arguments =
        ["install".as_ref(), "greeter@=1.0.0".as_ref(), "--registry".as_ref(), registry.as_os_str()];
    Subject::new("downgrade", world, &arguments, all_is_well, has_old)
}

/// Rows of workflows as an earlier program made them, which are no difference, and are brought up to date.
pub(super) fn workflow_sync() -> Subject {
    let world = installed();
    let database = Connection::open(world.root().join("state/attune.db")).unwrap();
    let earlier = "DELETE FROM workflow_source; UPDATE workflow_definition SET definition = '{}'";
    database.execute_batch(earlier).unwrap();
    drop(database);
    Subject::new("workflow sync", world, &["workflow", "sync"], has_old, |world| {
        let report = world.install(["workflow", "sync", "--dry-run", "--json"]).succeeds().json();
        if report["changed"] != false {
            return Err(format!("rows are not in step: {report}"));
        }
        has_old(world)
    })
}

/// The removal of all packs, and of all that an installer made.
pub(super) fn removals() -> Vec<Subject> {
    let none = |world: &World| match world.installed()[..] {
        [] => Ok(()),
        ref left => Err(format!("{left:?} are left")),
    };
    let only_log = |world: &World| {
        let tree = world.root_tree();
        let is_log = |path: &Path| {
            path.as_os_str().is_empty() || path == Path::new("state") || path.starts_with("state/log")
        };
        match tree.paths().find(|path| !is_log(path)) {
            None => Ok(()),
            Some(left) => Err(format!("`{}` is left", left.display())),
        }
    };
    let purge = ["uninstall", "--all", "--purge", "--yes"];
    vec![
        Subject::new("uninstall all", installed(), &["uninstall", "--all"], all_is_well, none),
        Subject::new("purge", installed(), &purge, |_| Ok(()), only_log).in_parts(),
    ]
}
