//! Packs that nobody signed, on a host: obtained, signed by the host's own key, marked.

mod damaged;
mod kept;
mod mixed;
mod packages;
mod refused;
mod sources;

use attune_tests::{PackBuilder, Run, World};

/// A pack that needs nothing.
fn slack(version: &str) -> PackBuilder {
    PackBuilder::new("slack", version).action("post", "shell", "#!/bin/sh\necho posted\n")
}

/// The directory of `pack`, written below `parent`.
fn written(world: &World, parent: &str, pack: &PackBuilder) -> String {
    pack.write(&world.path().join(parent)).to_str().unwrap().to_owned()
}

/// Installs with the option that it takes, and asserts that nothing is left in the cache.
fn install(world: &World, arguments: &[&str]) -> Run {
    let run = world.install([arguments, &["--allow-unsigned"]].concat());
    let work = world.path().join("cache/work");
    if work.exists() {
        let left: Vec<_> = fs_err::read_dir(&work).unwrap().map(|entry| entry.unwrap().path()).collect();
        assert!(left.is_empty(), "{left:?}");
    }
    run
}
