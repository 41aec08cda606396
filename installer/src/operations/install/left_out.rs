//! What an installation goes without.

use attune_schemas::pack::OnFailure;
use attune_schemas::pack_test_result::PackTestResult;

use super::Session;
use crate::environments::BuiltRecipes;
use crate::operations::report::{LeftOut, LeftOutKind};
use crate::pack_tests::TestPolicy;
use crate::plan::{EnvironmentPolicy, InstallPlan, LackingDependency, PlannedPack};

impl Session<'_> {
    /// What the packs of `plan` go without, dependencies first, and the packs that cannot be had.
    pub(super) fn left_out(
        &self,
        lacking: &[LackingDependency],
        plan: &InstallPlan,
        recipes: &BuiltRecipes,
        tests: &[PackTestResult],
    ) -> Vec<LeftOut> {
        let dependencies = lacking.iter().map(|LackingDependency { pack, needed }| LeftOut {
            pack: pack.clone(),
            kind: LeftOutKind::Dependency,
            name: needed.to_string(),
            reason: "it is neither installed nor to be had".to_owned(),
            requested: false,
        });
        let requested = self.options.environments == EnvironmentPolicy::LeaveOut;
        let mut left_out: Vec<LeftOut> = dependencies.chain(self.unobtainable.iter().cloned()).collect();
        for planned in &plan.packs {
            let failed = recipes.failed.get(&planned.pack).into_iter().flatten();
            left_out.extend(planned.unplanned.iter().chain(failed).map(|failed| LeftOut {
                pack: planned.pack.clone(),
                kind: LeftOutKind::Environment,
                name: failed.name.to_string(),
                reason: failed.error.clone(),
                requested,
            }));
            left_out.extend(self.tests_left_out(planned, tests));
        }
        left_out
    }

    /// The tests of a pack, where they ran and failed, or could not run.
    fn tests_left_out(&self, planned: &PlannedPack, tests: &[PackTestResult]) -> Option<LeftOut> {
        let testing = planned.release.config.pack.testing.as_ref().filter(|testing| testing.enabled)?;
        let result = tests.iter().find(|result| result.pack_ref == planned.pack.as_str());
        let is_tested = self.options.tests != TestPolicy::Skip;
        let (reason, requested) = match result {
            Some(result)
                if testing.on_failure == OnFailure::Block && !result.is_acceptable(testing.min_pass_rate) =>
            {
                (result.summary(), false)
            }
            None if is_tested && !planned.unplanned.is_empty() => {
                let requested = self.options.environments == EnvironmentPolicy::LeaveOut;
                ("they need an environment that is not there".to_owned(), requested)
            }
            _ => return None,
        };
        let (pack, name) = (planned.pack.clone(), "tests".to_owned());
        Some(LeftOut { pack, kind: LeftOutKind::Tests, name, reason, requested })
    }
}
