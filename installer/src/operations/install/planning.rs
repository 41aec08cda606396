//! The plan of an install, while its source is read on: what a bundle holds must be read and checked whatever the plan
//! says, and making one is mostly waiting for interpreters.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use attune_host::Prepared;
use attune_host::database::defined_runtimes;
use attune_host::machine::{AskedProgram, Interpreters, KeptAnswers, KnownTags, NodeInterpreters};
use attune_host::root::CreatedPaths;
use attune_registry::blob::BlobSpool;
use attune_registry::source::SourceError;
use attune_registry::workers::start;
use attune_schemas::Digest;

use super::{InstallError, Session};
use crate::operations::Stopwatch;
use crate::plan::{CarriedRuntimes, ChosenReleases, HostRuntimes, InstallPlan, check_libraries, check_space};
use crate::source::VerifiedSource;

/// A plan, before anything is written.
pub(super) struct Made {
    pub(super) plan: InstallPlan,
    /// The programs that were asked whether the host has a runtime.
    pub(super) asked: Vec<AskedProgram>,
    kept: KeptAnswers,
    learnt: KeptAnswers,
}

/// A plan, and the change of the root that has begun for it.
pub(super) struct Planned<'a> {
    pub(super) plan: InstallPlan,
    /// The programs that were asked whether the host has a runtime.
    pub(super) asked: Vec<AskedProgram>,
    /// The answers of interpreters that the root kept, and those to keep.
    pub(super) kept: KeptAnswers,
    pub(super) learnt: KeptAnswers,
    pub(super) prepared: Prepared<'a>,
}

impl<'a> Session<'a> {
    /// Plans the installation of `chosen` and begins the change of the root. A bundle is read ahead into `spool`
    /// meanwhile.
    pub(super) fn plan(
        &self,
        chosen: ChosenReleases,
        source: &mut VerifiedSource,
        spool: &BlobSpool,
        created: CreatedPaths,
        watch: &mut Stopwatch,
    ) -> Result<Planned<'a>, InstallError> {
        let Some(bundled) = chosen.runtimes.clone() else {
            return self.plan_with(chosen, CarriedRuntimes::of_source(source), created, watch);
        };
        let allowed: BTreeMap<Digest, u64> = chosen.allowed.clone();
        let is_planned = AtomicBool::new(false);
        let is_done = || is_planned.load(Ordering::Acquire) || self.options.change.interrupt.is_raised();
        let blobs = source.source();
        let (planned, read) = thread::scope(|scope| {
            let reading = start(scope, || blobs.read_ahead(&allowed, spool, &is_done));
            let planned = self.plan_with(chosen, CarriedRuntimes::of_bundle(bundled), created, watch);
            is_planned.store(true, Ordering::Release);
            let read: Option<Result<(), SourceError>> =
                reading.map(|reading| reading.join().expect("reading does not panic"));
            (planned, read)
        });
        // What is wrong with the plan is told first, as where nothing is read ahead.
        let planned = planned?;
        read.transpose()?;
        Ok(planned)
    }

    fn plan_with(
        &self,
        chosen: ChosenReleases,
        carried: CarriedRuntimes<'_>,
        created: CreatedPaths,
        watch: &mut Stopwatch,
    ) -> Result<Planned<'a>, InstallError> {
        let Made { plan, asked, kept, learnt } = self.make(chosen, carried)?;
        watch.lap("plan");
        let mut prepared = Prepared::begin(self.root, created, self.options.change.durability)?;
        prepared.write_back();
        Ok(Planned { plan, asked, kept, learnt, prepared })
    }

    /// The plan of the installation of `chosen`; writes nothing.
    pub(super) fn make(
        &self,
        chosen: ChosenReleases,
        carried: CarriedRuntimes<'_>,
    ) -> Result<Made, InstallError> {
        let options = self.options;
        let kept = KeptAnswers::load(&self.root.interpreters_file());
        let mut pythons =
            Interpreters::new(options.interpreters.clone(), self.active.unchanged_interpreters())
                .with_answers(kept.pythons.clone());
        let mut nodes = NodeInterpreters::new(options.nodes.clone(), self.active.unchanged_nodes())
            .with_answers(kept.nodes.clone());
        let mut hosted = HostRuntimes {
            pythons: &mut pythons,
            tags: KnownTags::default(),
            nodes: &mut nodes,
            carried,
            root: self.root,
            programs: &options.programs,
            definitions: defined_runtimes(self.root)?,
            caller: &options.caller,
            interrupt: &options.change.interrupt,
            asked: RefCell::default(),
        };
        let plan =
            InstallPlan::new(chosen, &mut hosted, (options.link_mode, options.environments), self.stored)?;
        let asked = hosted.asked.take();
        let learnt = KeptAnswers::new(pythons.into_answers(), nodes.into_answers());
        check_libraries(&plan, options.ignore_missing_libraries, &options.caller, self.reporter)?;
        check_space(plan.space, self.root)?;
        Ok(Made { plan, asked, kept, learnt })
    }
}

/// The interpreters that come along with what was chosen: those of the bundle, or of `source`.
pub(super) fn carried_by<'s>(chosen: &ChosenReleases, source: &'s mut VerifiedSource) -> CarriedRuntimes<'s> {
    match chosen.runtimes.clone() {
        Some(bundled) => CarriedRuntimes::of_bundle(bundled),
        None => CarriedRuntimes::of_source(source),
    }
}
