//! A look at an installation: everything is verified, resolved and planned, and nothing is written.

use super::next_generation::{NextGeneration, next_generation};
use super::pack_reports::pack_reports;
use super::pack_set::removed;
use super::planning::carried_by;
use super::{InstallError, Session, registry_of};
use crate::environments::BuiltRecipes;
use crate::operations::{InstallReport, Outcome, PlannedChange, Stopwatch};
use crate::plan::{ChosenReleases, InstallPlan};
use crate::source::VerifiedSource;

impl Session<'_> {
    /// The report of the installation of `chosen` as it would be.
    pub(super) fn look(
        &self,
        chosen: ChosenReleases,
        source: &mut VerifiedSource,
        mut watch: Stopwatch,
    ) -> Result<InstallReport, InstallError> {
        let (asked, registries) = (chosen.asked.clone(), chosen.registries.clone());
        let lacking = chosen.lacking.clone();
        let (kept_newer, held_back) = (chosen.kept_newer.clone(), chosen.held_back.clone());
        let (removed, is_there) = (removed(&chosen), chosen.is_in(self.active));
        let carried = carried_by(&chosen, source);
        let made = self.make(chosen, carried)?;
        watch.lap("plan");
        let mut plan = made.plan;
        self.keeping(&asked, Some(&plan), &registries, source)?.plan(self.root, &mut plan, &|_| true);
        let making = NextGeneration { id: self.active.id, registries: &registries, root: self.root };
        let generation = next_generation(&plan, self.active, &making, &[], self.options.change.now);
        Ok(InstallReport {
            outcome: if is_there { Outcome::Unchanged } else { Outcome::Planned },
            root: self.root.path().to_owned(),
            registry: registry_of(&asked, &generation),
            generation: self.active.id,
            packs: pack_reports(&asked, &generation, Some(&plan)),
            removed,
            set: self.set_report(&generation),
            kept_newer,
            held_back,
            left_out: self.left_out(&lacking, &plan, &BuiltRecipes::default(), &[]),
            migrations: self.planned_migrations(&plan)?,
            read_bytes: 0,
            kept_originals: None,
            freshness: source.freshness(),
            tests: Vec::new(),
            asked: made.asked,
            stages: watch.into_stages(),
            planned: Some(planned_change(&plan)),
        })
    }
}

/// The extent of `plan`.
pub(super) fn planned_change(plan: &InstallPlan) -> PlannedChange {
    let tested = plan.packs.iter().filter(|planned| planned.release.config.pack.testing.is_some());
    PlannedChange {
        fetch_bytes: plan.download_bytes(),
        blobs: plan.blobs.wanted.len(),
        trees: plan.trees.len(),
        environments: plan.environments.len(),
        disk_bytes: plan.space.bytes,
        inodes: plan.space.inodes,
        tested: tested.map(|planned| planned.pack.clone()).collect(),
    }
}
