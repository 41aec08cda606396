//! The tests of installed packs, at any later time.
//!
//! 1. The active generation is read, without the lock: an install goes on meanwhile.
//! 2. Each pack is copied out of the root and tested, as many at a time as there are processors.
//! 3. The lock is taken for as long as the results take to be written; whoever holds it is waited for a short while.

mod error;
mod record;
mod report;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use attune_host::environment::{EnvironmentDescription, EnvironmentName};
use attune_host::generation::{Generation, InstalledPack, KeptRelease, TestSummary};
use attune_host::inventory::installed;
use attune_host::process::{CallerEnvironment, Interrupt};
use attune_host::root::{HostRoot, ScratchDirectory, StoreKind};
use attune_registry::report::{NewTask, Reporter};
use attune_schemas::PackRef;
use attune_schemas::pack::Testing;
use attune_schemas::pack_test_result::PackTestResult;
use jiff::Timestamp;

use crate::pack_tests::{TestError, TestPolicy, TestSettings, TestedPack, Turns, test_pack};
pub use error::TestsError;
use record::record;
pub use report::{Recorded, TestedReport, TestsReport, UntestedReport};

/// Which packs to test, and how.
#[derive(Debug, Clone)]
pub struct TestOptions {
    /// The packs; all if none are named.
    pub packs: Vec<PackRef>,
    /// The limit of each program, in the place of its own.
    pub timeout: Option<Duration>,
    /// Where the copies of packs are made.
    pub scratch: PathBuf,
    /// The caller's environment.
    pub caller: CallerEnvironment,
    /// This program, for tests without a network.
    pub helper: Option<PathBuf>,
    /// Tells when to stop.
    pub interrupt: Interrupt,
    /// The time.
    pub now: Timestamp,
}

/// Runs the tests of packs that are installed in `root`, and records how they ended.
pub fn test_packs(
    root: &HostRoot,
    options: &TestOptions,
    reporter: &dyn Reporter,
) -> Result<TestsReport, TestsError> {
    let generation = installed(root)?;
    let chosen = chosen(&generation, &options.packs)?;
    let mut tested = Vec::new();
    let mut untested = Vec::new();
    for (pack, installed) in chosen {
        let subject = Subject::load(root, &generation, pack, installed)?;
        match subject.testing() {
            Some(testing) if testing.enabled => tested.push(subject),
            testing => untested.push(UntestedReport {
                pack: pack.clone(),
                version: installed.version.clone(),
                disabled: testing.is_some(),
            }),
        }
    }
    let results = run(root, &tested, options, reporter)?;
    let recorded = record(root, &results, options, reporter);
    let packs = tested.iter().zip(results).map(|(subject, result)| subject.report(result));
    Ok(TestsReport {
        root: root.path().to_owned(),
        generation: generation.id,
        packs: packs.collect(),
        untested,
        recorded,
    })
}

/// The packs to test, each once and in order.
fn chosen<'a>(
    generation: &'a Generation,
    named: &[PackRef],
) -> Result<BTreeMap<&'a PackRef, &'a InstalledPack>, TestsError> {
    for pack in named {
        generation.installed_pack(pack)?;
    }
    let is_chosen = |pack: &PackRef| named.is_empty() || named.contains(pack);
    Ok(generation.packs.iter().filter(|(pack, _)| is_chosen(pack)).collect())
}

/// An installed pack with what the generation keeps of it.
struct Subject<'a> {
    pack: &'a PackRef,
    release: KeptRelease,
    tree: PathBuf,
    environments: Vec<(&'a EnvironmentName, EnvironmentDescription)>,
}

impl<'a> Subject<'a> {
    fn load(
        root: &HostRoot,
        generation: &Generation,
        pack: &'a PackRef,
        installed: &'a InstalledPack,
    ) -> Result<Self, TestsError> {
        let directory = root.generation(generation.id);
        let lost = |source| TestsError::Lost { pack: pack.clone(), source };
        let release = KeptRelease::load(&directory, pack).map_err(|error| lost(Some(error)))?;
        let release = release.ok_or_else(|| lost(None))?;
        let mut environments = Vec::new();
        for (name, environment) in &installed.environments {
            let description = Generation::load_description(&directory, &environment.digest);
            let description = description.map_err(|error| lost(Some(error)))?.ok_or_else(|| lost(None))?;
            environments.push((name, description));
        }
        let tree = root.store(StoreKind::Packs, &installed.pack);
        Ok(Self { pack, release, tree, environments })
    }

    const fn testing(&self) -> Option<&Testing> {
        self.release.config.pack.testing.as_ref()
    }

    fn tested(&self) -> TestedPack<'_> {
        TestedPack {
            pack: &self.release.config.pack,
            tree: self.tree.clone(),
            environments: self.environments.iter().map(|(name, known)| (*name, known)).collect(),
        }
    }

    fn report(&self, result: PackTestResult) -> TestedReport {
        let testing = self.testing().expect("only packs with tests are tested");
        let acceptable = result.is_acceptable(testing.min_pass_rate);
        TestedReport {
            pack: self.pack.clone(),
            version: self.release.config.pack.version.clone(),
            execution_time: result.execution_time,
            summary: TestSummary::from(&result),
            pass_rate: result.pass_rate,
            min_pass_rate: testing.min_pass_rate,
            on_failure: testing.on_failure,
            acceptable,
            failure: (!acceptable).then(|| result.summary()),
            duration_ms: result.duration_ms,
            network: result.network,
            suites: result.test_suites,
        }
    }
}

/// The results of `tested`, in their order.
fn run(
    root: &HostRoot,
    tested: &[Subject<'_>],
    options: &TestOptions,
    reporter: &dyn Reporter,
) -> Result<Vec<PackTestResult>, TestsError> {
    let scratch = ScratchDirectory::new(&options.scratch, "attune-test-");
    let scratch =
        scratch.map_err(|source| TestsError::Scratch { directory: options.scratch.clone(), source })?;
    let of = tested.len();
    let turns = Turns::new(tested.iter().enumerate().collect(), &options.interrupt);
    let outcomes = turns.take(|&(index, subject), interrupt| {
        let _task = reporter.task(NewTask::new(&format!("testing {}", subject.pack)).at(index, of));
        let settings = TestSettings {
            policy: TestPolicy::Enforce,
            caller: &options.caller,
            interrupt,
            helper: options.helper.as_deref(),
            timeout: options.timeout,
            now: options.now,
        };
        let outcome = test_pack(&subject.tested(), root, scratch.path(), settings);
        let is_last = outcome.is_err();
        (outcome, is_last)
    });
    drop(scratch);
    options.interrupt.check()?;
    let results = outcomes.into_iter().map(|((_, subject), outcome)| {
        outcome.map_err(|source| TestError::Run { pack: subject.pack.clone(), source })
    });
    Ok(results.collect::<Result<_, _>>()?)
}
