//! Runs the packs' own tests in their environments, before anything is activated.

mod runner;
mod simple_format;
mod workspace;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use attune_host::environment::EnvironmentDescription;
use attune_host::environment::{Templates, templates_of};
use attune_host::process::CallerEnvironment;
use attune_host::process::Interrupt;
use attune_host::root::{HostRoot, StoreKind};
use attune_registry::report::{NewTask, Reporter};
use attune_schemas::PackRef;
use attune_schemas::pack::{OnFailure, PackMetadata};
use attune_schemas::pack_test_result::PackTestResult;
use attune_schemas::problem::WarningCode;
use attune_schemas::runtime_definition::EnvVar;

use crate::plan::{InstallPlan, PlannedPack};
use runner::run_suite;

/// Why an install stops at the packs' tests.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestError {
    /// The tests of a pack failed.
    #[error("the tests of pack `{pack}` failed: {summary}")]
    Failed {
        /// The pack.
        pack: PackRef,
        /// Counts, and the end of what the tests said.
        summary: String,
    },
    /// The tests could not be run at all.
    #[error("could not run the tests of pack `{pack}`")]
    Run {
        /// The pack.
        pack: PackRef,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
}

/// How tests are run.
#[derive(Debug, Clone, Copy)]
pub struct TestSettings<'a> {
    /// Whether they run, and what a failure does.
    pub policy: TestPolicy,
    /// The caller's environment.
    pub caller: &'a CallerEnvironment,
    /// Tells when to stop.
    pub interrupt: &'a Interrupt,
}

/// Whether tests run and what a failure does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TestPolicy {
    /// Run them; a failure blocks where the pack says so.
    #[default]
    Enforce,
    /// Run them; a failure is told and recorded.
    Force,
    /// Run none.
    Skip,
}

/// An environment that steps built, for tests.
pub(crate) struct TestedRecipe<'a> {
    pub(crate) templates: Templates,
    pub(crate) variables: &'a BTreeMap<String, EnvVar>,
    /// Where its programs are.
    pub(crate) bin: PathBuf,
}

/// The surroundings of a pack's tests.
pub(crate) struct TestBed<'a> {
    pub(crate) pack: &'a PackMetadata,
    /// A copy of the unpacked pack, which tests may change.
    pub(crate) directory: PathBuf,
    /// The Python of its environment.
    pub(crate) python: Option<PathBuf>,
    /// Its Node.js environment.
    pub(crate) node: Option<PathBuf>,
    /// Its environments that steps built.
    pub(crate) recipes: Vec<TestedRecipe<'a>>,
    /// A directory that tests may fill.
    pub(crate) scratch: PathBuf,
    /// The caller's environment.
    pub(crate) caller: &'a CallerEnvironment,
    /// Tells when to stop.
    pub(crate) interrupt: &'a Interrupt,
}

/// Runs the tests of every pack of `plan`, which must be in the store with its environment.
pub fn run_tests(
    plan: &InstallPlan,
    root: &HostRoot,
    scratch: &Path,
    settings: TestSettings<'_>,
    reporter: &dyn Reporter,
) -> Result<Vec<PackTestResult>, TestError> {
    let policy = settings.policy;
    let mut results = Vec::new();
    if policy == TestPolicy::Skip {
        return Ok(results);
    }
    let tested = plan.packs.iter().filter_map(|planned| {
        let testing = planned.release.config.pack.testing.as_ref().filter(|testing| testing.enabled)?;
        Some((planned, testing))
    });
    let tested: Vec<_> = tested.collect();
    for (index, &(planned, testing)) in tested.iter().enumerate() {
        let pack = &planned.release.config.pack;
        let task = reporter.task(NewTask::new(&format!("testing {}", planned.pack)).at(index, tested.len()));
        let bed = test_bed(planned, root, scratch, settings);
        let failed = |source| TestError::Run { pack: planned.pack.clone(), source };
        fs_err::create_dir_all(&bed.scratch).map_err(failed)?;
        workspace::copy_pack(&stored_pack(planned, root), &bed.directory).map_err(failed)?;
        let started = std::time::Instant::now();
        let mut suites = Vec::new();
        for (name, runner) in &testing.runners {
            suites.push(run_suite(name, runner, &bed).map_err(failed)?);
        }
        drop(task);
        let result = PackTestResult::of(pack, suites, started.elapsed());
        judge(&result, testing.on_failure, testing.min_pass_rate, policy, &planned.pack, reporter)?;
        results.push(result);
    }
    Ok(results)
}

fn judge(
    result: &PackTestResult,
    on_failure: OnFailure,
    min_pass_rate: Option<f64>,
    policy: TestPolicy,
    pack: &PackRef,
    reporter: &dyn Reporter,
) -> Result<(), TestError> {
    if result.is_acceptable(min_pass_rate) {
        return Ok(());
    }
    let summary = result.summary();
    match (policy, on_failure) {
        (TestPolicy::Enforce, OnFailure::Block) => Err(TestError::Failed { pack: pack.clone(), summary }),
        (_, OnFailure::Ignore) => Ok(()),
        _ => {
            reporter.warning(
                WarningCode::TestsFailed,
                &format!("the tests of pack `{pack}` failed, installing all the same: {summary}"),
            );
            Ok(())
        }
    }
}

fn test_bed<'a>(
    planned: &'a PlannedPack,
    root: &HostRoot,
    scratch: &Path,
    settings: TestSettings<'a>,
) -> TestBed<'a> {
    let scratch = scratch.join("tests").join(planned.pack.as_str());
    let place = |environment: &EnvironmentDescription| root.store(StoreKind::Envs, &environment.digest());
    let python = planned.environments.get("python").map(|environment| place(environment).join("bin/python3"));
    let node = planned.environments.get("nodejs").map(place);
    let recipes = planned.environments.values().filter_map(|environment| match environment {
        EnvironmentDescription::Recipe(recipe) => Some((place(environment), recipe)),
        _ => None,
    });
    // Of several versions the runtime's own comes last and counts.
    let mut recipes: Vec<_> = recipes.collect();
    recipes.sort_by_key(|(_, recipe)| recipe.version.is_none());
    let recipes = recipes.into_iter();
    let pack_directory = scratch.join("pack");
    let recipes = recipes.map(|(env, recipe)| TestedRecipe {
        templates: templates_of(recipe, &env, &pack_directory),
        variables: &recipe.recipe.env_vars,
        bin: env.join("bin"),
    });
    let recipes = recipes.collect();
    TestBed {
        pack: &planned.release.config.pack,
        directory: scratch.join("pack"),
        python,
        node,
        recipes,
        scratch: scratch.join("tmp"),
        caller: settings.caller,
        interrupt: settings.interrupt,
    }
}

fn stored_pack(planned: &PlannedPack, root: &HostRoot) -> PathBuf {
    root.store(StoreKind::Packs, &planned.release.pack_layer().digest)
}

/// A runner's limit where its file has none.
pub(crate) fn timeout_of(runner: &attune_schemas::pack::TestRunner) -> Duration {
    Duration::from_secs(runner.timeout_seconds)
}
