//! A host with many small packs.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use attune_tests::{PackBuilder, Run, World};

/// A host whose registry has a newer release of its first pack for each round.
pub(crate) struct Host {
    world: World,
}

fn pack(number: usize, version: &str) -> PackBuilder {
    PackBuilder::new(&format!("pack_{number:03}"), version).action("run", "shell", "#!/bin/sh\necho '{}'\n")
}

impl Host {
    pub(crate) fn make(directory: &Path, packs: usize, rounds: usize) -> Self {
        let world = World::in_directory(directory);
        world.init("demo").succeeds();
        let all: Vec<PackBuilder> = (0..packs).map(|number| pack(number, "1.0.0")).collect();
        world.add(&all.iter().collect::<Vec<_>>()).succeeds();
        let names: Vec<String> = (0..packs).map(|number| format!("pack_{number:03}")).collect();
        world.install_packs(&names.iter().map(String::as_str).collect::<Vec<_>>()).succeeds();
        for round in 0..rounds {
            world.add(&[&pack(0, &format!("1.{}.0", round + 1))]).succeeds();
        }
        Self { world }
    }

    fn time(mut command: Command) -> f64 {
        let begun = Instant::now();
        let output = command.output().unwrap();
        let taken = begun.elapsed().as_secs_f64() * 1e3;
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        taken
    }

    /// The times of `list`, `upgrade`, `rollback`, `uninstall`, and of an installation with nothing to do.
    pub(crate) fn round(&self, round: usize) -> [f64; 5] {
        let command = |arguments: &[&str]| {
            let mut command = self.world.installer();
            command.args(arguments);
            command
        };
        let from_registry = |arguments: &[&str]| {
            let mut command = command(arguments);
            command.arg("--registry").arg(self.world.registry());
            command
        };
        let list = Self::time(command(&["list"]));
        let upgrade = Self::time(from_registry(&["upgrade", &format!("pack_000@=1.{}.0", round + 1)]));
        let rollback = Self::time(command(&["rollback"]));
        let uninstall = Self::time(command(&["uninstall", "pack_001"]));
        Run::of(command(&["rollback"])).succeeds();
        let nothing = Self::time(from_registry(&["pack_002"]));
        [list, upgrade, rollback, uninstall, nothing]
    }
}
