//! Packs that nobody signed, installed and collected, to be killed.

use super::operation::has;
use super::subject::Subject;
use crate::packs::pack_builder::PackBuilder;
use crate::world::World;

pub(super) fn slack(version: &str) -> PackBuilder {
    let pack = PackBuilder::new("slack", version).file("version.txt", version);
    pack.action("post", "shell", "#!/bin/sh\necho posted\n")
}

/// The directory of the pack in this version.
pub(super) fn written(world: &World, version: &str) -> String {
    slack(version).write(&world.path().join(version)).to_str().unwrap().to_owned()
}

/// Whether what the host signed is whole: it signs another pack on top of it, and takes lost trees from it.
pub(super) fn signs(world: &World) -> Result<(), String> {
    let other = written(world, "9.0.0");
    let run = world.install(["install", &*other, "--allow-unsigned", "--dry-run"]);
    if run.status == Some(0) { Ok(()) } else { Err(format!("the host does not sign: {run:?}")) }
}

fn has_second(world: &World) -> Result<(), String> {
    has(world, &["slack 2.0.0"], "packs/slack/version.txt", "2.0.0")?;
    signs(world)
}

pub(super) fn subjects() -> Vec<Subject> {
    let fresh = World::new();
    let first = written(&fresh, "1.0.0");
    let install =
        |directory: &str| ["install".to_owned(), directory.to_owned(), "--allow-unsigned".to_owned()];
    let later = World::new();
    later.install(install(&written(&later, "1.0.0"))).succeeds();
    let second = written(&later, "2.0.0");
    let full = World::new();
    for version in ["1.0.0", "2.0.0"] {
        full.install(install(&written(&full, version))).succeeds();
    }
    vec![
        Subject::new("unsigned, the first time", fresh, &install(&first), signs, |world| {
            has(world, &["slack 1.0.0"], "packs/slack/version.txt", "1.0.0")?;
            signs(world)
        }),
        Subject::new("unsigned, again", later, &install(&second), signs, has_second),
        Subject::new("gc of what the host signed", full, &["gc", "--keep", "0"], signs, has_second)
            .in_parts(),
    ]
}
