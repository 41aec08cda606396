//! The stages of an installation as commands, to be killed.

use std::path::PathBuf;

use super::lifecycle::{has_old, installed};
use super::operation::{all_is_well, has};
use super::subject::{Subject, remove};
use super::unsigned::{signs, slack, written};
use crate::packs::standard_packs::{greeter, reporter, watcher};
use crate::tree::Tree;
use crate::world::World;

/// A host that knows a registry, whose packs were downloaded.
fn downloaded() -> World {
    let world = World::with_packs(&[&greeter(), &watcher()]);
    let (registry, trust) = (world.registry(), world.trust());
    let add =
        ["registry".as_ref(), "add".as_ref(), registry.as_os_str(), "--trust".as_ref(), trust.as_os_str()];
    world.install(add).succeeds();
    world.install(["download", "greeter", "watcher", "-d", "downloaded"]).succeeds();
    world
}

pub(super) fn registrations() -> Vec<Subject> {
    let unsigned = World::new();
    let directory = written(&unsigned, "1.0.0");
    vec![
        Subject::new(
            "register",
            downloaded(),
            &["register", "downloaded/greeter", "downloaded/watcher"],
            all_is_well,
            |world| {
                let packs = ["greeter 1.0.0", "watcher 1.0.0"];
                has(world, &packs, "packs/greeter/actions/greet.sh", "hello")
            },
        ),
        Subject::new(
            "register, unsigned",
            unsigned,
            &["register", &directory, "--allow-unsigned"],
            signs,
            |world| {
                has(world, &["slack 1.0.0"], "packs/slack/version.txt", "1.0.0")?;
                signs(world)
            },
        ),
    ]
}

pub(super) fn environments() -> Vec<Subject> {
    let damaged = installed();
    let environment = fs_err::canonicalize(damaged.root().join("packenvs/reporter/python")).unwrap();
    remove(&environment.join("pyvenv.cfg"));
    let force = ["build-envs", "reporter", "--force-rebuild"];
    vec![
        Subject::new("build-envs", installed(), &force, has_old, has_old),
        Subject::new(
            "build-envs of a damaged one",
            damaged,
            &["build-envs", "reporter"],
            |_| Ok(()),
            has_old,
        )
        .damaged()
        .in_parts(),
    ]
}

/// Whether what is in the destination is whole; with `count` directories, if it is told.
fn landed(world: &World, count: Option<usize>) -> Result<(), String> {
    let names = |place: PathBuf| -> Vec<_> {
        let entries = fs_err::read_dir(place).into_iter().flatten();
        entries.map(|entry| entry.unwrap().file_name()).filter(|name| name != ".attune-download").collect()
    };
    let found = names(world.path().join("out"));
    if count.is_some_and(|count| count != found.len()) {
        return Err(format!("{found:?} were downloaded"));
    }
    for name in found {
        let tree = |parent: &str| Tree::of(&world.path().join(parent).join(&name)).as_packed();
        let differences = tree("out").differences(&tree("expected"));
        if !differences.is_empty() {
            return Err(format!("{} is not whole: {differences}", name.display()));
        }
    }
    Ok(())
}

pub(super) fn downloads() -> Vec<Subject> {
    let signed = World::with_packs(&[&greeter(), &reporter(), &watcher()]);
    let (registry, trust) = (signed.registry(), signed.trust());
    let download = |destination: &'static str| {
        [
            "download",
            "reporter",
            "watcher",
            "--registry",
            registry.to_str().unwrap(),
            "--trust",
            trust.to_str().unwrap(),
            "-d",
            destination,
        ]
        .map(str::to_owned)
    };
    signed.install(download("expected")).succeeds();
    let arguments = download("out");
    let unsigned = World::new();
    let directory = slack("1.0.0").write(&unsigned.path().join("made")).display().to_string();
    let copied = |destination: &str| {
        ["download", &directory, "--allow-unsigned", "-d", destination].map(str::to_owned)
    };
    unsigned.install(copied("expected")).succeeds();
    let copied = copied("out");
    let usable = |world: &World| landed(world, None);
    vec![
        Subject::new("download", signed, &arguments, usable, |world| landed(world, Some(2)))
            .outside(&["out"]),
        Subject::new("download, unsigned", unsigned, &copied, usable, |world| landed(world, Some(1)))
            .outside(&["out"]),
    ]
}

pub(super) fn test() -> Subject {
    Subject::new("test", installed(), &["test", "reporter", "greeter"], has_old, has_old)
}
