//! The step from a plan that was carried out to the next generation.

use std::collections::{BTreeMap, BTreeSet};

use attune_host::generation::{Generation, PackDifference};
use attune_host::transaction::Step;
use attune_host::{Change, Prepared, Rows};
use attune_schemas::PackRef;
use attune_schemas::pack_test_result::PackTestResult;
use attune_schemas::tuf::RegistryName;

use super::next_generation::{NextGeneration, next_generation};
use super::rows::{kept_releases, registered_packs, test_rows};
use super::{InstallError, Session};
use crate::environments::BuiltRecipes;
use crate::migrations::MigrationReport;
use crate::operations::Stopwatch;
use crate::plan::InstallPlan;

/// Where the new packs of a change come from, and the packs that go.
pub(super) struct PackSources<'a> {
    pub(super) registries: &'a BTreeMap<PackRef, RegistryName>,
    /// The sources that nobody signed, for people.
    pub(super) unsigned: &'a [String],
    pub(super) removed: &'a [PackDifference],
    /// The migrations that ran, or were left out.
    pub(super) migrations: &'a [MigrationReport],
}

impl Session<'_> {
    /// Commits the change to the generation that `plan` makes, and returns that.
    pub(super) fn commit(
        &self,
        plan: &InstallPlan,
        recipes: BuiltRecipes,
        tests: &[PackTestResult],
        prepared: Prepared<'_>,
        &PackSources { registries, unsigned, removed, migrations }: &PackSources<'_>,
        watch: &mut Stopwatch,
    ) -> Result<Generation, InstallError> {
        let making = NextGeneration { id: prepared.id(), registries, root: self.root };
        let generation = next_generation(plan, self.active, &making, tests, self.options.change.now);
        let releases = kept_releases(plan, recipes);
        let descriptions = plan.packs.iter().flat_map(|pack| pack.environments.values());
        let names: BTreeSet<&str> = plan.packs.iter().map(|pack| registries[&pack.pack].as_str()).collect();
        let source =
            names.into_iter().chain(unsigned.iter().map(String::as_str)).collect::<Vec<_>>().join(", ");
        let operation = self.options.change.operation.clone().with_migrations(migrations.to_vec());
        let operation = if source.is_empty() { operation } else { operation.with_source(source) };
        let gone: Vec<PackRef> = removed.iter().map(|removed| removed.pack.clone()).collect();
        let change = Change {
            from: self.active,
            to: &generation,
            descriptions: &descriptions.collect::<Vec<_>>(),
            releases: &releases,
            files_of: self.active,
            rows: Rows::Packs {
                gone: &gone,
                packs: &registered_packs(plan, &generation, &releases),
                tests: &test_rows(plan, tests),
            },
            operation: &operation,
            prepared,
            now: self.options.change.now,
        };
        change.commit(&mut |step| {
            match step {
                Step::Synced => watch.lap("sync"),
                Step::Registered => watch.lap("register"),
                Step::Written | Step::TrustKept | Step::Activated => {}
            }
            self.options.change.interrupt.check()
        })?;
        Ok(generation)
    }
}
