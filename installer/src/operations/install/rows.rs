//! The releases that a generation keeps of a plan, and the rows of the database.

use std::collections::BTreeMap;

use attune_host::database::{RegisteredPack, TestReason, TestResultRow};
use attune_host::generation::{Generation, KeptRelease};
use attune_schemas::PackRef;
use attune_schemas::pack_test_result::PackTestResult;

use crate::environments::BuiltRecipes;
use crate::plan::InstallPlan;

/// The releases of `plan`, as the new generation keeps them.
pub(super) fn kept_releases(plan: &InstallPlan, mut recipes: BuiltRecipes) -> BTreeMap<PackRef, KeptRelease> {
    let kept = plan.packs.iter().map(|planned| {
        let logs = planned.environments.iter().filter_map(|(name, environment)| {
            Some((name.clone(), recipes.logs.get(&environment.digest())?.clone()))
        });
        let logs = logs.collect();
        let mut failed = recipes.failed.remove(&planned.pack).unwrap_or_default();
        failed.extend(planned.unplanned.iter().cloned());
        (planned.pack.clone(), KeptRelease::new(planned.release.config.clone(), logs, failed))
    });
    kept.collect()
}

/// The packs of `plan` as `generation` has them.
pub(super) fn registered_packs<'a>(
    plan: &'a InstallPlan,
    generation: &'a Generation,
    releases: &'a BTreeMap<PackRef, KeptRelease>,
) -> Vec<RegisteredPack<'a>> {
    let registered = plan.packs.iter().map(|planned| RegisteredPack {
        pack: &planned.pack,
        installed: &generation.packs[&planned.pack],
        release: &releases[&planned.pack],
        environments: planned.environments.iter().collect(),
    });
    registered.collect()
}

/// The results of the packs' tests, as rows.
pub(super) fn test_rows<'a>(plan: &InstallPlan, tests: &'a [PackTestResult]) -> Vec<TestResultRow<'a>> {
    let reason = |result: &PackTestResult| {
        let planned = plan.packs.iter().find(|planned| planned.pack.as_str() == result.pack_ref);
        let is_update = planned.is_some_and(|planned| planned.replaces.is_some());
        if is_update { TestReason::Update } else { TestReason::Install }
    };
    tests.iter().map(|result| TestResultRow { result, reason: reason(result) }).collect()
}
