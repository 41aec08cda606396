//! Runs the packs' own tests in their environments, before anything is activated.

mod counts;
mod runner;
mod turns;
mod workspace;

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

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
use turns::Turns;

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
        source: io::Error,
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

/// Runs the tests of every pack of `plan`, which must be in the store with its environment: as many packs at a time as
/// there are processors. Results, warnings and the pack whose failure stops the install are those of one after another.
pub fn run_tests(
    plan: &InstallPlan,
    root: &HostRoot,
    scratch: &Path,
    settings: TestSettings<'_>,
    reporter: &dyn Reporter,
) -> Result<Vec<PackTestResult>, TestError> {
    let is_tested = |planned: &&PlannedPack| {
        let testing = planned.release.config.pack.testing.as_ref();
        settings.policy != TestPolicy::Skip && testing.is_some_and(|testing| testing.enabled)
    };
    let tested: Vec<&PlannedPack> = plan.packs.iter().filter(is_tested).collect();
    let of = tested.len();
    let turns = Turns::new(tested.into_iter().enumerate().collect(), settings.interrupt);
    let outcomes = turns.take(|&(index, planned), interrupt| {
        let _task = reporter.task(NewTask::new(&format!("testing {}", planned.pack)).at(index, of));
        let settings = TestSettings { interrupt, ..settings };
        let outcome = test_pack(planned, root, scratch, settings);
        let is_last = outcome.as_ref().map_or(true, |(_, verdict)| matches!(verdict, Verdict::Blocked(_)));
        (outcome, is_last)
    });
    let mut results = Vec::new();
    for ((_, planned), outcome) in outcomes {
        let pack = &planned.pack;
        let (result, verdict) = outcome.map_err(|source| TestError::Run { pack: pack.clone(), source })?;
        match verdict {
            Verdict::Good => {}
            Verdict::Overruled(summary) => reporter.warning(
                WarningCode::TestsFailed,
                &format!("the tests of pack `{pack}` failed, installed all the same: {summary}"),
            ),
            Verdict::Blocked(summary) => return Err(TestError::Failed { pack: pack.clone(), summary }),
        }
        results.push(result);
    }
    Ok(results)
}

/// Runs the tests of one pack.
fn test_pack(
    planned: &PlannedPack,
    root: &HostRoot,
    scratch: &Path,
    settings: TestSettings<'_>,
) -> io::Result<(PackTestResult, Verdict)> {
    let pack = &planned.release.config.pack;
    let testing = pack.testing.as_ref().expect("only packs with tests are tested");
    let bed = test_bed(planned, root, scratch, settings);
    fs_err::create_dir_all(&bed.scratch)?;
    workspace::copy_pack(&stored_pack(planned, root), &bed.directory)?;
    let started = Instant::now();
    let suites = testing.runners.iter().map(|(name, runner)| run_suite(name, runner, &bed));
    let suites = suites.collect::<io::Result<_>>()?;
    let result = PackTestResult::of(pack, suites, started.elapsed());
    let verdict = judge(&result, testing.on_failure, testing.min_pass_rate, settings.policy);
    Ok((result, verdict))
}

/// The effect of a pack's results, with a summary of those that are not good.
enum Verdict {
    Good,
    Overruled(String),
    Blocked(String),
}

fn judge(
    result: &PackTestResult,
    on_failure: OnFailure,
    min_pass_rate: Option<f64>,
    policy: TestPolicy,
) -> Verdict {
    if result.is_acceptable(min_pass_rate) {
        return Verdict::Good;
    }
    match (policy, on_failure) {
        (TestPolicy::Enforce, OnFailure::Block) => Verdict::Blocked(result.summary()),
        (_, OnFailure::Ignore) => Verdict::Good,
        _ => Verdict::Overruled(result.summary()),
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
