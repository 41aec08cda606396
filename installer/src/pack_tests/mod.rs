//! Runs the packs' own tests in their environments, before anything is activated or at any later time.
//!
//! ```text
//! suites        runners, or what the discovery finds
//! bed           a copy of the pack, its environments
//! command       the program of a suite
//! runner        runs it without a network, with limits
//! results       what it says: numbers, JUnit XML, TAP, JSON
//! ```

mod bed;
mod command;
mod result_files;
mod results;
mod runner;
mod suites;
mod turns;
mod workspace;

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use attune_host::process::{CallerEnvironment, Interrupt};
use attune_host::root::{HostRoot, StoreKind};
use attune_registry::report::{NewTask, Reporter};
use attune_schemas::PackRef;
use attune_schemas::pack::OnFailure;
use attune_schemas::pack_test_result::{NetworkAccess, PackTestResult};
use attune_schemas::problem::WarningCode;
use jiff::Timestamp;

pub use bed::TestedPack;

use crate::plan::{InstallPlan, PlannedPack};
use bed::TestBed;
use runner::run_suite;
pub(crate) use runner::without_network;
use suites::suites;
pub(crate) use turns::Turns;
pub(crate) use workspace::copy_pack;

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
    /// This program, which can start another with the loopback interface alone; without it that is down as well.
    pub helper: Option<&'a Path>,
    /// The limit of each program, in the place of its own.
    pub timeout: Option<Duration>,
    /// The time.
    pub now: Timestamp,
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
        settings.policy != TestPolicy::Skip
            && planned.unplanned.is_empty()
            && testing.is_some_and(|testing| testing.enabled)
    };
    let tested: Vec<&PlannedPack> = plan.packs.iter().filter(is_tested).collect();
    let of = tested.len();
    let turns = Turns::new(tested.into_iter().enumerate().collect(), settings.interrupt);
    let outcomes = turns.take(|&(index, planned), interrupt| {
        let _task = reporter.task(NewTask::new(&format!("testing {}", planned.pack)).at(index, of));
        let settings = TestSettings { interrupt, ..settings };
        let outcome = test_planned(planned, root, scratch, settings);
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

/// Runs the tests of a pack of the plan, and judges them.
fn test_planned(
    planned: &PlannedPack,
    root: &HostRoot,
    scratch: &Path,
    settings: TestSettings<'_>,
) -> io::Result<(PackTestResult, Verdict)> {
    let pack = &planned.release.config.pack;
    let testing = pack.testing.as_ref().expect("only packs with tests are tested");
    let tested = TestedPack {
        pack,
        tree: root.store(StoreKind::Packs, &planned.release.pack_layer().digest),
        environments: planned.environments.iter().collect(),
    };
    let result = test_pack(&tested, root, scratch, settings)?;
    let verdict = judge(&result, testing.on_failure, testing.min_pass_rate, settings.policy);
    Ok((result, verdict))
}

/// Runs the tests of one pack, in a directory of its own below `scratch`.
///
/// # Errors
/// The system fails; tests that fail or cannot run are a result.
pub fn test_pack(
    tested: &TestedPack<'_>,
    root: &HostRoot,
    scratch: &Path,
    settings: TestSettings<'_>,
) -> io::Result<PackTestResult> {
    let bed = TestBed::of(tested, root, scratch, settings);
    fs_err::create_dir_all(&bed.scratch)?;
    fs_err::create_dir_all(&bed.results)?;
    workspace::copy_pack(&tested.tree, &bed.directory)?;
    let started = Instant::now();
    let suites = tested.pack.testing.as_ref().map(|testing| suites(testing, &bed)).transpose()?;
    let mut results = Vec::new();
    let mut network = NetworkAccess::None;
    for suite in suites.iter().flatten() {
        let (result, access) = run_suite(suite, &bed)?;
        if access == NetworkAccess::Reachable {
            network = access;
        }
        results.push(result);
        fs_err::remove_dir_all(&bed.results)?;
        fs_err::create_dir(&bed.results)?;
    }
    Ok(PackTestResult::of(tested.pack, results, started.elapsed(), network, settings.now))
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
