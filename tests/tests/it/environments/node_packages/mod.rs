//! npm packages as they are found in the wild: odd tarballs, odd locks, and the words that `add` has for them.

mod locks;
mod registries;
mod tarballs;
mod told;

use attune_tests::{NodeProject, PackBuilder, Run, World};

/// A pack that is tested by `code` of Node.js.
fn tested(code: &str) -> PackBuilder {
    let pack = PackBuilder::new("weaver", "1.0.0").yaml("runtime_deps: [nodejs]");
    let pack = pack.action("run", "shell", "#!/bin/sh\necho '{}'\n");
    pack.tested_by(&format!("set -e\nnode -e \"{code}\"\n"), 60, "block")
}

/// Adds the pack with `project`, whose test is `code`, and installs it; gives what `add` said.
fn added_and_installed(project: &NodeProject, code: &str) -> (World, Run) {
    let world = World::with_registry();
    let added = world.add(&[&project.in_pack(tested(code), 3)]).succeeds();
    world.bundle(&["weaver"]).succeeds();
    world.install_bundle().succeeds();
    (world, added)
}
