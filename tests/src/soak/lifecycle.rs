//! Upgrades, removals, declared sets, ways back and rules, to be killed.

use super::operation::{Subject, all_is_well, has};
use crate::packs::standard_packs::{greeter, reporter, watcher};
use crate::world::World;

/// A host with `greeter`, `reporter` and `watcher`, and a newer `greeter` in its registry.
fn installed() -> World {
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

fn has_old(world: &World) -> Result<(), String> {
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

/// The removal of a pack with a backup, and the restoration of one whose trees are gone.
pub(super) fn backups() -> Vec<Subject> {
    let backed_up = installed();
    let file = backed_up.path().join("backup.tar.zst");
    let uninstall =
        ["uninstall".as_ref(), "watcher".as_ref(), "--force".as_ref(), "--backup".as_ref(), file.as_os_str()];
    let gone = installed();
    let kept = gone.path().join("backup.tar.zst");
    let remove = ["uninstall".as_ref(), "watcher".as_ref(), "--backup".as_ref(), kept.as_os_str()];
    gone.install(remove).succeeds();
    gone.install(["gc", "--keep", "0"]).succeeds();
    let restore = ["restore".as_ref(), kept.as_os_str()];
    vec![
        Subject::new("uninstall with a backup", backed_up, &uninstall, all_is_well, |world| {
            has(world, &["greeter 1.0.0", "reporter 1.0.0"], "packs/greeter/actions/greet.sh", "hello")?;
            if !world.path().join("backup.tar.zst").is_file() {
                return Err("there is no backup".to_owned());
            }
            all_is_well(world)
        })
        .repeated(4),
        Subject::new("restore", gone, &restore, all_is_well, has_old),
    ]
}
