//! The packs in the report of an installation, and the results of their tests.

use std::collections::BTreeSet;

use attune_host::generation::{Generation, InstalledPack, PackChange, TestSummary};
use attune_schemas::pack_test_result::PackTestResult;
use attune_schemas::{PackRef, Version};

use crate::operations::{PackReport, TestReport};
use crate::plan::InstallPlan;

/// The packs that `plan` installed to `generation`, and those that were there of what was `asked` for and of what that
/// depends on.
pub(super) fn pack_reports(
    asked: &[PackRef],
    generation: &Generation,
    plan: Option<&InstallPlan>,
) -> Vec<PackReport> {
    let planned = plan.iter().flat_map(|plan| &plan.packs);
    let mut reports: Vec<PackReport> = planned
        .filter_map(|planned| {
            let installed = generation.packs.get(&planned.pack)?;
            Some(report(
                &planned.pack,
                installed,
                (
                    PackChange::between(planned.replaces.as_ref(), &installed.version),
                    planned.replaces.clone(),
                ),
            ))
        })
        .collect();
    for pack in closure(asked, generation) {
        if reports.iter().all(|other| other.pack != *pack) {
            reports.push(report(pack, &generation.packs[pack], (PackChange::Unchanged, None)));
        }
    }
    reports
}

/// The packs of `generation` among `asked`, and those that they depend on.
pub(super) fn closure<'a>(asked: &'a [PackRef], generation: &'a Generation) -> BTreeSet<&'a PackRef> {
    let mut found = BTreeSet::new();
    let mut left: Vec<&PackRef> = asked.iter().collect();
    while let Some(pack) = left.pop() {
        if let Some(installed) = generation.packs.get(pack)
            && found.insert(pack)
        {
            left.extend(installed.dependencies.keys());
        }
    }
    found
}

fn report(
    pack: &PackRef,
    installed: &InstalledPack,
    (change, replaces): (PackChange, Option<Version>),
) -> PackReport {
    PackReport {
        pack: pack.clone(),
        version: installed.version.clone(),
        change,
        replaces,
        registry: installed.registry.clone(),
        unsigned: installed.is_unsigned(),
        requested: installed.requested,
        contents: installed.contents.clone(),
        packages: installed.package_count(),
    }
}

/// The results of the tests of the packs of `plan`.
pub(super) fn test_reports(plan: &InstallPlan, results: Vec<PackTestResult>) -> Vec<TestReport> {
    let report = |result: PackTestResult| {
        let planned = plan.packs.iter().find(|planned| planned.pack.as_str() == result.pack_ref)?;
        Some(TestReport {
            pack: planned.pack.clone(),
            version: planned.release.config.pack.version.clone(),
            summary: TestSummary::from(&result),
            duration_ms: result.duration_ms,
            suites: result.test_suites,
        })
    };
    results.into_iter().filter_map(report).collect()
}
