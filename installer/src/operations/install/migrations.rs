//! The migrations of an installation: first the ways back of packs that get an older version, dependents first, then those
//! of packs that get a newer one, dependencies first.

use std::collections::BTreeSet;

use attune_host::root::HostRoot;
use attune_host::transaction::Staging;
use attune_schemas::PackRef;

use super::Session;
use crate::migrations::{
    GoingBack, MigratedPack, MigrationError, MigrationPolicy, MigrationReport, MigrationSettings, TakingBack,
    migrate,
};
use crate::plan::{InstallPlan, PlannedPack};

impl Session<'_> {
    /// The migrations of `plan`, as they would run.
    pub(super) fn planned_migrations(
        &self,
        plan: &InstallPlan,
    ) -> Result<Vec<MigrationReport>, MigrationError> {
        let back = self.going_back(plan)?;
        let state = self.options.migrations.planned();
        Ok(migrated(plan, &back, self.root).iter().flat_map(|migrated| migrated.planned(state)).collect())
    }

    /// Runs the migrations of `plan`, whose packs and environments are in the store.
    pub(super) fn migrate(
        &self,
        plan: &InstallPlan,
        staging: &mut Staging,
        taking_back: &TakingBack,
    ) -> Result<Vec<MigrationReport>, MigrationError> {
        let back = self.going_back(plan)?;
        let settings = MigrationSettings {
            policy: self.options.migrations,
            caller: &self.options.caller,
            interrupt: &self.options.change.interrupt,
            helper: self.options.helper.as_deref(),
        };
        let packs = migrated(plan, &back, self.root);
        if settings.policy == MigrationPolicy::Run {
            back.require_whole(&packs, self.root, self.active)?;
        }
        migrate(&packs, self.root, staging, &settings, (taking_back, self.reporter))
    }

    /// The installed packs that `plan` replaces by older versions.
    fn going_back(&self, plan: &InstallPlan) -> Result<GoingBack, MigrationError> {
        let packs: BTreeSet<&PackRef> = going_down(plan).map(|planned| &planned.pack).collect();
        let back = GoingBack::load(self.root, self.active, &packs);
        match back {
            // Nothing of them is run, and this may be how they are replaced.
            Err(_) if self.options.migrations == MigrationPolicy::Skip => {
                GoingBack::load(self.root, self.active, &BTreeSet::new())
            }
            back => back,
        }
    }
}

fn going_down(plan: &InstallPlan) -> impl DoubleEndedIterator<Item = &PlannedPack> {
    plan.packs.iter().filter(|planned| {
        planned.replaces.as_ref().is_some_and(|old| *old > planned.release.config.pack.version)
    })
}

fn migrated<'a>(plan: &'a InstallPlan, back: &'a GoingBack, root: &HostRoot) -> Vec<MigratedPack<'a>> {
    let down = going_down(plan).rev();
    let down =
        down.filter_map(|planned| back.pack(&planned.pack, &planned.release.config.pack.version, root));
    let up = plan.packs.iter().filter_map(|planned| MigratedPack::upgraded(planned, root));
    down.chain(up).collect()
}
