//! The migrations of a rollback: packs that get an older version are led back by the scripts of the installed one,
//! dependents first; then those that get a newer one are led on by its scripts, dependencies first.

use std::collections::BTreeSet;

use attune_host::generation::{Generation, InstalledGeneration};
use attune_host::root::HostRoot;
use attune_host::transaction::Staging;
use attune_registry::report::Reporter;
use attune_schemas::{PackRef, Version};

use super::rollback::RollbackOptions;
use crate::migrations::{
    GoingBack, MigratedPack, MigrationError, MigrationPolicy, MigrationReport, MigrationSettings, TakingBack,
    dependencies_first, migrate,
};

/// The packs whose versions a rollback changes.
pub(super) struct Migrated<'a> {
    root: &'a HostRoot,
    active: &'a Generation,
    target: &'a Generation,
    back: GoingBack,
    options: &'a RollbackOptions,
}

impl<'a> Migrated<'a> {
    /// Those on the way from `active` to `target`.
    ///
    /// # Errors
    /// What is kept of a pack that is led back cannot be read.
    pub(super) fn load(
        root: &'a HostRoot,
        (active, target): (&'a Generation, &'a Generation),
        options: &'a RollbackOptions,
    ) -> Result<Self, MigrationError> {
        let is_newer = |pack: &&PackRef| {
            target.packs.get(pack).is_some_and(|other| other.version < active.packs[*pack].version)
        };
        let down: BTreeSet<&PackRef> = active.packs.keys().filter(is_newer).collect();
        let back = match GoingBack::load(root, active, &down) {
            // Nothing of them is run.
            Err(_) if options.migrations == MigrationPolicy::Skip => {
                GoingBack::load(root, active, &BTreeSet::new())?
            }
            back => back?,
        };
        Ok(Self { root, active, target, back, options })
    }

    /// The packs in the order of their migrations; `kept` is what the target keeps of those that differ.
    pub(super) fn packs<'b>(&'b self, kept: &'b InstalledGeneration) -> Vec<MigratedPack<'b>> {
        let (active, target) = (self.active, self.target);
        let version = |of: &'b Generation, pack: &PackRef| -> Option<&'b Version> {
            of.packs.get(pack).map(|installed| &installed.version)
        };
        let versions = |pack: &PackRef| version(active, pack).zip(version(target, pack));
        let down = dependencies_first(active).into_iter().rev().filter_map(|pack| {
            let (_, to) = versions(pack).filter(|(from, to)| from > to)?;
            self.back.pack(pack, to, self.root)
        });
        let up = dependencies_first(target).into_iter().filter_map(|pack| {
            let way = versions(pack).filter(|(from, to)| from < to)?;
            MigratedPack::installed(kept, pack, way, self.root)
        });
        down.chain(up).collect()
    }

    /// The migrations of `packs`, as they would run.
    pub(super) fn planned(&self, packs: &[MigratedPack<'_>]) -> Vec<MigrationReport> {
        let state = self.options.migrations.planned();
        packs.iter().flat_map(|migrated| migrated.planned(state)).collect()
    }

    /// Runs the migrations of `packs`.
    pub(super) fn run(
        &self,
        packs: &[MigratedPack<'_>],
        staging: &mut Staging,
        (taking_back, reporter): (&TakingBack, &dyn Reporter),
    ) -> Result<Vec<MigrationReport>, MigrationError> {
        let settings = MigrationSettings {
            policy: self.options.migrations,
            caller: &self.options.caller,
            interrupt: &self.options.change.interrupt,
            helper: self.options.helper.as_deref(),
        };
        if settings.policy == MigrationPolicy::Run {
            self.back.require_whole(packs, self.root, self.active)?;
        }
        migrate(packs, self.root, staging, &settings, (taking_back, reporter))
    }
}
