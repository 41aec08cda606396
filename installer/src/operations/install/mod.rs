//! The whole installation, stage by stage.

mod commit;
mod dry_run;
mod error;
mod left_out;
mod migrations;
mod next_generation;
mod obtainable;
mod options;
mod originals;
mod pack_reports;
mod pack_set;
mod planning;
mod rows;
mod validate;

use attune_host::environment::EnvironmentDescription;
use attune_host::generation::{Generation, InstalledPack, create_entry_links};
use attune_host::machine::{AskedInterpreter, Interpreter, NodeInterpreter};
use attune_host::preferences::HostPolicy;
use attune_host::process::Interrupted;
use attune_host::root::{CreatedPaths, HostRoot, RootError, StoreKind};
use attune_host::transaction::HeldRoot;
use attune_host::verification::StoredTrees;
use attune_registry::blob::BlobSpool;
use attune_registry::report::Reporter;
use attune_schemas::PackRef;
use attune_schemas::problem::WarningCode;

use commit::PackSources;
use dry_run::planned_change;
pub use error::InstallError;
pub use options::{InstallOptions, OriginalsPolicy};
pub use pack_set::{PackSetError, PackSetOptions, PackSetReport};
use planning::Planned;
pub use validate::{ValidateOptions, Validated, ValidationFault, validate};

use originals::kept_originals;
use pack_reports::{pack_reports, test_reports};
use pack_set::removed;

use super::{InstallReport, LeftOut, Outcome, Stopwatch};
use crate::environments::{RecipeSettings, build_environments, build_recipes, compile_bytecode};
use crate::migrations::TakingBack;
use crate::pack_tests::{TestSettings, run_tests};
use crate::plan::{
    ChosenReleases, EnvironmentPolicy, InstallPlan, InstalledPacks, PlanError, Purpose, channel_requests,
    check_space, choose_releases, upgrade_requests,
};
use crate::source::{SignedHere, VerifiedSource};
use crate::unpack::fetch_and_unpack;

/// Installs what `options` asks for. When this fails, the root is as it was.
pub fn install(options: &InstallOptions, reporter: &dyn Reporter) -> Result<InstallReport, InstallError> {
    let result = match install_or_stop((options, &[]), reporter) {
        Err(error) if obtainable::goes_on(options, &error) => {
            obtainable::install_obtainable(options, error, reporter)
        }
        result => result,
    };
    result.map_err(|error| match error {
        // Whatever broke off is a consequence.
        error if options.change.interrupt.is_raised() && !error.is_unfinished() => Interrupted.into(),
        error => error,
    })
}

/// What `options` ask for, and the packs that were asked for besides and cannot be had.
type AskedFor<'a> = (&'a InstallOptions, &'a [LeftOut]);

fn install_or_stop(asked: AskedFor<'_>, reporter: &dyn Reporter) -> Result<InstallReport, InstallError> {
    chosen(asked, reporter, |session, Choice { releases, source, held, watch }| match held {
        None => session.look(releases, source, watch),
        Some(held) if releases.is_in(session.active) => session.unchanged(source, releases, held, watch),
        Some(held) => session.run(releases, source, held, watch),
    })
}

/// Plans what `options`, which are those of a dry run, ask for, and asks `question` about that: its report, its source and
/// what is installed. Writes nothing.
pub(super) fn plan_and_ask<T>(
    options: &InstallOptions,
    reporter: &dyn Reporter,
    question: impl FnOnce(InstallReport, &mut VerifiedSource, &Generation) -> Result<T, InstallError>,
) -> Result<T, InstallError> {
    chosen((options, &[]), reporter, |session, Choice { releases, source, watch, .. }| {
        let active = session.active;
        let report = session.look(releases, source, watch)?;
        question(report, source, active)
    })
}

/// The releases that were chosen, and what they are installed with.
struct Choice<'a> {
    releases: ChosenReleases,
    source: &'a mut VerifiedSource,
    /// The root, unless nothing is to be changed.
    held: Option<HeldRoot>,
    watch: Stopwatch,
}

/// Chooses the releases that `options` ask for, and goes on with them as `then` says.
fn chosen<T>(
    (options, unobtainable): AskedFor<'_>,
    reporter: &dyn Reporter,
    then: impl FnOnce(Session<'_>, Choice<'_>) -> Result<T, InstallError>,
) -> Result<T, InstallError> {
    let mut watch = Stopwatch::start();
    let root = HostRoot::new(&options.root)
        .map_err(|source| RootError::Io { root: options.root.clone(), source })?;
    root.require_no_others()?;
    let source = options.source.open((options.change.now, &options.change.interrupt), reporter)?;
    watch.lap("open");

    let mut held = options.change.hold(&root, reporter)?;
    // Under the lock: what this host has seen must not grow while it is compared.
    let mut source = source.verify(&root, &options.trust, (options.change.now, &options.change.interrupt))?;
    watch.lap("verify");
    let active = held.as_mut().and_then(HeldRoot::take_active);
    let active =
        active.map_or_else(|| Generation::active(&root), Ok).map_err(|source| root.failed(source))?;
    let stored = StoredTrees::new(&root, &active);
    let stored = if options.reinstall { stored.trusting_none() } else { stored };
    let stored = if options.change.dry_run { stored.writing_nothing() } else { stored };
    let rules = HostPolicy::load(&root).map_err(|source| root.failed(source))?;
    let made_on_host = Vec::new();
    let mut session = Session {
        options,
        unobtainable,
        root: &root,
        active: &active,
        stored: &stored,
        made_on_host,
        reporter,
    };
    let releases = choose(&session, &rules, &mut source)?;
    if let Some(set) = &options.set {
        session.made_on_host = set.require_removable(&releases, (&root, &rules), reporter)?;
    }
    watch.lap("resolve");
    if let Some(warning) = source.freshness().clock_warning() {
        reporter.warning(WarningCode::ClockBehind, &warning);
    }
    then(session, Choice { releases, source: &mut source, held, watch })
}

/// The releases that an installation leads to.
fn choose(
    &Session { options, unobtainable, active, stored, reporter, .. }: &Session<'_>,
    rules: &HostPolicy,
    source: &mut VerifiedSource,
) -> Result<ChosenReleases, InstallError> {
    let is_whole =
        |pack: &PackRef, installed: &InstalledPack| !options.reinstall && stored.is_whole(pack, installed);
    let differs = |pack: &PackRef| {
        if !options.reinstall {
            let told = format!("{pack} differs from its installed files, and is installed again");
            reporter.warning(WarningCode::InstalledAgain, &told);
        }
    };
    let look_at = |packs: &[&InstalledPack]| stored.look_at(packs);
    let are_there = |installed: &InstalledPack| stored.are_there(installed);
    let stays = &obtainable::stays(unobtainable);
    let installed = InstalledPacks {
        active,
        rules,
        stays,
        look_at: &look_at,
        is_whole: &is_whole,
        are_there: &are_there,
        differs: &differs,
    };
    let mut requests = options.requests.clone();
    requests.extend(source.signed_here().into_iter().flat_map(SignedHere::requests));
    requests.extend(channel_requests(&options.channels, options.choose.registry, source, active)?);
    if options.choose.purpose == Purpose::Upgrade {
        for request in &requests {
            active.installed_pack(&request.pack)?;
        }
        requests = upgrade_requests(requests, rules, source, active);
    }
    if let Some(set) = &options.set {
        set.require_allowed(rules, active)?;
    }
    Ok(choose_releases(&requests, &options.choose, source, &installed)?)
}

/// One installation; it holds the lock, unless nothing is changed.
struct Session<'a> {
    options: &'a InstallOptions,
    /// Packs that were asked for besides, and cannot be had.
    unobtainable: &'a [LeftOut],
    root: &'a HostRoot,
    active: &'a Generation,
    stored: &'a StoredTrees<'a>,
    /// Components that were made on this host, and go.
    made_on_host: Vec<String>,
    reporter: &'a dyn Reporter,
}

impl Session<'_> {
    /// Everything is there: writes nothing, unless the source taught something new about trust.
    fn unchanged(
        &self,
        source: &mut VerifiedSource,
        chosen: ChosenReleases,
        mut held: HeldRoot,
        mut watch: Stopwatch,
    ) -> Result<InstallReport, InstallError> {
        let kept_originals = self.keep_unchanged(&chosen.asked, source, &mut held)?;
        if kept_originals.is_some() {
            watch.lap("keep");
        }
        source.persist()?;
        self.mend_entry_links()?;
        let report = InstallReport {
            outcome: Outcome::Unchanged,
            root: self.root.path().to_owned(),
            registry: registry_of(&chosen.asked, self.active),
            generation: self.active.id,
            packs: pack_reports(&chosen.asked, self.active, None),
            removed: Vec::new(),
            set: self.set_report(self.active),
            kept_newer: chosen.kept_newer,
            held_back: chosen.held_back,
            left_out: self.unobtainable.to_vec(),
            migrations: Vec::new(),
            read_bytes: kept_originals.as_ref().map_or(0, |kept| kept.bytes),
            kept_originals,
            freshness: source.freshness(),
            tests: Vec::new(),
            asked: Vec::new(),
            stages: watch.into_stages(),
            planned: None,
        };
        if report.freshness.is_stale() {
            self.log(&report);
        }
        Ok(report)
    }

    /// Makes the links again by which packs and environments are found, where somebody removed them.
    fn mend_entry_links(&self) -> Result<(), RootError> {
        let mut created = CreatedPaths::default();
        create_entry_links(self.root, &mut created).map_err(|source| self.root.failed(source))?;
        created.keep();
        Ok(())
    }

    fn run(
        &self,
        chosen: ChosenReleases,
        source: &mut VerifiedSource,
        held: HeldRoot,
        watch: Stopwatch,
    ) -> Result<InstallReport, InstallError> {
        let taking_back = TakingBack::default();
        let result = self.change(chosen, source, (held, &taking_back), watch);
        if result.is_err() {
            taking_back.tell(self.reporter);
        }
        result
    }

    fn change(
        &self,
        chosen: ChosenReleases,
        source: &mut VerifiedSource,
        (mut held, taking_back): (HeldRoot, &TakingBack),
        mut watch: Stopwatch,
    ) -> Result<InstallReport, InstallError> {
        let (asked_for, kept_newer) = (chosen.asked.clone(), chosen.kept_newer.clone());
        let (held_back, removed) = (chosen.held_back.clone(), removed(&chosen));
        let (registries, lacking) = (chosen.registries.clone(), chosen.lacking.clone());
        let spool = BlobSpool::default();
        let planned = self.plan(chosen, source, &spool, held.take_created(), &mut watch)?;
        let Planned { mut plan, asked, kept, learnt, mut prepared } = planned;

        let io = |source| self.root.failed(source);
        let keeping = self.keeping(&asked_for, Some(&plan), &registries, source)?;
        keeping.plan(self.root, &mut plan, &|_| true);
        check_space(plan.space, self.root)?;
        let staging = &mut prepared.trees;
        plan.originals = keeping.begin(source, (self.root, &mut *staging), &|_| true)?;
        for (kind, digest, list) in self.stored.whole() {
            staging.take_over(kind, digest, list);
        }
        let interrupt = &self.options.change.interrupt;
        fetch_and_unpack(&plan, source.source(), &spool, staging, interrupt, self.reporter)?;
        // Those to compile can still be written before they are put into place.
        let waits = |kind| self.options.compile_bytecode && kind == StoreKind::Wheels;
        let (later, first): (Vec<_>, Vec<_>) = plan.trees.keys().copied().partition(|(kind, _)| waits(*kind));
        staging.promote(first).map_err(io)?;
        start_runtimes(&plan)?;
        watch.lap("unpack");
        interrupt.check()?;

        if self.options.compile_bytecode {
            let environments = plan.packs.iter().flat_map(|pack| pack.environments.values());
            let environments = environments.filter_map(EnvironmentDescription::as_python);
            compile_bytecode(environments, self.root, staging, interrupt).map_err(io)?;
            staging.promote(later).map_err(io)?;
            watch.lap("bytecode");
            interrupt.check()?;
        }
        let built = build_environments(plan.environments.values(), self.root, staging)?;
        staging.promote(built.into_iter().map(|digest| (StoreKind::Envs, digest))).map_err(io)?;
        let settings = RecipeSettings {
            programs: &self.options.programs,
            caller: &self.options.caller,
            goes_on_without: self.options.environments != EnvironmentPolicy::Require,
            interrupt,
        };
        let recipes = build_recipes(&mut plan, self.root, staging, &settings, self.reporter)?;
        watch.lap("environments");
        interrupt.check()?;

        let settings = TestSettings {
            policy: self.options.tests,
            caller: &self.options.caller,
            interrupt,
            helper: self.options.helper.as_deref(),
            timeout: None,
            now: self.options.change.now,
        };
        let tests = run_tests(&plan, self.root, staging.directory(), settings, self.reporter)?;
        watch.lap("test");

        let left_out = self.left_out(&lacking, &plan, &recipes, &tests);
        source.persist_to(&staging.trust(), self.options.change.durability)?;
        if let Some(signed) = source.signed_here() {
            staging.take_local(&signed.directory()).map_err(io)?;
        }
        let unsigned: Vec<String> =
            source.signed_here().into_iter().flat_map(SignedHere::shown).map(str::to_owned).collect();
        let migrations = self.migrate(&plan, staging, taking_back)?;
        if !migrations.is_empty() {
            watch.lap("migrate");
        }
        let sources = PackSources {
            registries: &registries,
            unsigned: &unsigned,
            removed: &removed,
            migrations: &migrations,
        };
        let generation = self.commit(&plan, recipes, &tests, prepared, &sources, &mut watch)?;
        watch.lap("activate");
        let report = InstallReport {
            outcome: Outcome::Installed,
            root: self.root.path().to_owned(),
            registry: registry_of(&asked_for, &generation),
            generation: generation.id,
            packs: pack_reports(&asked_for, &generation, Some(&plan)),
            removed,
            set: self.set_report(&generation),
            kept_newer,
            held_back,
            left_out,
            migrations,
            read_bytes: plan.download_bytes(),
            kept_originals: kept_originals(&keeping, &plan),
            freshness: source.freshness(),
            tests: test_reports(&plan, tests),
            asked,
            stages: watch.into_stages(),
            planned: None,
        };
        self.log(&report);
        if let Err(error) = learnt.save(kept, &self.root.interpreters_file()) {
            tracing::info!("what interpreters answered could not be kept: {error}");
        }
        Ok(report)
    }

    fn set_report(&self, generation: &Generation) -> Option<PackSetReport> {
        let set = self.options.set.as_ref()?;
        Some(set.report(generation, self.made_on_host.clone()))
    }

    /// Adds a line to the install log; the installation is done by now and stands without it.
    fn log(&self, report: &InstallReport) {
        if let Err(error) = report.log(self.root, self.options.tests, &self.options.change.operation) {
            self.reporter.warning(
                WarningCode::LogNotWritten,
                &format!("the install log could not be written: {error}"),
            );
        }
    }
}

/// The registry of the first of the packs that were asked for.
fn registry_of(asked: &[PackRef], generation: &Generation) -> String {
    let first = asked.iter().find_map(|pack| generation.packs.get(pack));
    first.map(|installed| installed.registry.clone()).unwrap_or_default()
}

/// Starts every interpreter that came along, before anything is built on it.
fn start_runtimes(plan: &InstallPlan) -> Result<(), PlanError> {
    let came_along = |environment: &&EnvironmentDescription| {
        environment.runtime().is_some_and(|runtime| plan.trees.contains_key(&(StoreKind::Runtimes, runtime)))
    };
    for environment in plan.environments.values().filter(came_along) {
        match environment {
            EnvironmentDescription::Python(python) => {
                Interpreter::probe(&python.interpreter.executable)?;
            }
            EnvironmentDescription::Recipe(_) => {}
            EnvironmentDescription::Node(node) => {
                NodeInterpreter::probe(&node.interpreter.executable)?;
            }
        }
    }
    Ok(())
}
