//! Two hosts on which the same thing is refused: one without anything, one with packs from elsewhere.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use crate::packs::pack_builder::PackBuilder;
use crate::run::Run;
use crate::tree::Tree;
use crate::world::{World, standard};

/// A host without a root, and one with an installation from a registry called `early`.
#[derive(Debug)]
pub struct Hosts {
    fresh: World,
    used: World,
    before: Tree,
}

impl Default for Hosts {
    fn default() -> Self {
        Self::new()
    }
}

impl Hosts {
    /// Makes both.
    pub fn new() -> Self {
        let used = World::new();
        used.install_from(early_bundle(), &early_bundle().with_file_name("root.json")).succeeds();
        let before = used.root_tree().without_touched();
        Self { fresh: World::new(), used, before }
    }

    /// Asserts that `attempt` fails on both hosts with `code` and a message that has all of `words`,
    /// and that both are as they were. Returns the run on the fresh host.
    #[track_caller]
    pub fn refuse(&self, code: i32, words: &[&str], attempt: impl Fn(&World) -> Run) -> Run {
        let run = attempt(&self.fresh).fails(code, words);
        let left: Vec<_> = self.fresh.root_tree().paths().map(Path::to_owned).collect();
        assert!(left.is_empty(), "the fresh root is not gone: {left:?}\n{}", run.stderr);
        attempt(&self.used).fails(code, words);
        self.assert_unchanged();
        run
    }

    /// Asserts that both hosts are as they were made.
    #[track_caller]
    pub fn assert_unchanged(&self) {
        assert!(self.fresh.root_tree().is_absent(), "the fresh root is not gone");
        self.used.root_tree().without_touched().assert_same(&self.before);
    }

    /// The host without anything.
    pub const fn fresh(&self) -> &World {
        &self.fresh
    }

    /// The host with an earlier installation.
    pub const fn used(&self) -> &World {
        &self.used
    }
}

/// A bundle of a registry called `early`, with its root metadata beside it; made once per process.
fn early_bundle() -> &'static Path {
    static BUNDLE: OnceLock<PathBuf> = OnceLock::new();
    BUNDLE.get_or_init(|| {
        let world = World::new();
        world.init("early").succeeds();
        let pack = PackBuilder::new("early_bird", "1.0.0").action("sing", "shell", "#!/bin/sh\necho '{}'\n");
        world.add(&[&pack]).succeeds();
        world.bundle(&["early_bird"]).succeeds();
        let kept = standard().path().join("early");
        fs_err::create_dir(&kept).unwrap();
        fs_err::copy(world.trust(), kept.join("root.json")).unwrap();
        let bundle = kept.join("bundle.tar.zst");
        fs_err::copy(world.bundle_path(), &bundle).unwrap();
        bundle
    })
}
