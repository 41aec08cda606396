//! All that an installation would check, with nothing changed: trust, every file of a bundle, the choice of releases,
//! whether they fit this host, and what their archives hold.
//!
//! Archives are unpacked by the code that installs them, to a scratch directory outside the root. Environments are not
//! built, and no test runs.

use std::path::{Path, PathBuf};

use attune_host::generation::Generation;
use attune_host::preferences::HostPolicy;
use attune_host::root::{CreatedPaths, HostRoot, RootError};
use attune_host::transaction::Staging;
use attune_host::verification::StoredTrees;
use attune_registry::blob::{BlobSpool, Durability};
use attune_registry::contents::{
    Checked, ContentsError, Damage, Expected, Opened, check_bundle, check_directory,
};
use attune_registry::report::Reporter;

use super::next_generation::{NextGeneration, next_generation};
use super::pack_reports::pack_reports;
use super::planning::Made;
use super::{InstallError, InstallOptions, Session, choose, planned_change};
use crate::operations::{PackReport, PlannedChange};
use crate::plan::{CarriedRuntimes, ChosenReleases};
use crate::source::{VerifiedSource, judge};
use crate::trust::FreshnessReport;
use crate::unpack::fetch_and_unpack;

/// The options of a validation.
#[derive(Debug, Clone)]
pub struct ValidateOptions {
    /// The installation that is validated.
    pub install: InstallOptions,
    /// A bundle's file, or a directory, every file of which is read.
    pub whole: Option<PathBuf>,
    /// An empty directory outside the root, for what is unpacked.
    pub scratch: PathBuf,
}

/// The result of a validation.
#[derive(Debug, Default)]
pub struct Validated {
    /// The registry, once its metadata was verified.
    pub registry: Option<String>,
    /// How fresh the metadata is, once it was verified.
    pub freshness: Option<FreshnessReport>,
    /// The packs that an installation would have, once they were chosen.
    pub packs: Vec<PackReport>,
    /// The extent of the installation, once it was planned.
    pub planned: Option<PlannedChange>,
    /// All that keeps it from being installed, in the order in which it was found.
    pub faults: Vec<ValidationFault>,
}

/// A fault that a validation found.
#[derive(Debug)]
pub enum ValidationFault {
    /// A file of the bundle or registry is damaged or missing.
    Damaged(Damage),
    /// The bundle or registry cannot be read to its end.
    Contents(ContentsError),
    /// An installation would fail.
    Install(Box<InstallError>),
}

/// Checks the installation that `options` describe; the root is untouched, and need not exist.
pub fn validate(options: &ValidateOptions, reporter: &dyn Reporter) -> Validated {
    let mut validated = Validated::default();
    let read = options.whole.as_deref().map(|path| check_files(path, &options.install, reporter));
    let unreadable = match read {
        Some(Ok(damaged)) => {
            validated.faults.extend(damaged.into_iter().map(ValidationFault::Damaged));
            None
        }
        Some(Err(error)) => Some(error),
        None => None,
    };
    if let Err(error) = check_install(options, &mut validated, reporter) {
        validated.faults.push(ValidationFault::Install(Box::new(error)));
    }
    // Where an installation fails as well, its error is the one that people know.
    if let Some(error) = unreadable.filter(|_| validated.faults.is_empty()) {
        validated.faults.push(ValidationFault::Contents(error));
    }
    validated
}

/// Reads every file of the bundle or directory at `path`, by the metadata that this host trusts, else by its own.
fn check_files(
    path: &Path,
    options: &InstallOptions,
    reporter: &dyn Reporter,
) -> Result<Vec<Damage>, ContentsError> {
    let mut opened = Opened::at(path)?;
    let now = options.change.now;
    let trusted = HostRoot::new(&options.root).ok();
    let trusted = trusted.and_then(|root| judge(&*opened.source(), &root, &options.trust, now).ok());
    let repository = match trusted {
        Some(judged) => judged.repository,
        None => opened.verified(path, now, reporter)?.0,
    };
    let expected = Expected::read(opened.source(), &repository);
    reporter.started("verifying", Some(expected.bytes()));
    let checked = match &mut opened {
        Opened::Bundle(bundle) => check_bundle(bundle, &expected, reporter),
        Opened::Directory(_) => check_directory(path, &expected, reporter),
    };
    reporter.finished();
    let Checked { damaged, .. } = checked;
    let mut damaged = [expected.damaged, damaged].concat();
    damaged.sort();
    damaged.dedup();
    Ok(damaged)
}

/// Verifies, chooses, plans and unpacks as an installation does.
fn check_install(
    options: &ValidateOptions,
    validated: &mut Validated,
    reporter: &dyn Reporter,
) -> Result<(), InstallError> {
    let install = &options.install;
    let root = HostRoot::new(&install.root)
        .map_err(|source| RootError::Io { root: install.root.clone(), source })?;
    root.require_no_others()?;
    let source = install.source.open((install.change.now, &install.change.interrupt), reporter)?;
    let mut source = source.verify(&root, &install.trust, (install.change.now, &install.change.interrupt))?;
    if source.search().is_none() {
        validated.registry = Some(source.registry().to_string());
        validated.freshness = Some(source.freshness());
    }
    let is_bundle = source.search().is_none() && source.source().description().is_some();
    if !is_bundle && options.whole.is_some() {
        // A registry's directory: which of its packs would be installed, nobody said.
        return Ok(());
    }
    let active = Generation::active(&root).map_err(|source| root.failed(source))?;
    let stored = StoredTrees::new(&root, &active);
    let rules = HostPolicy::load(&root).map_err(|source| root.failed(source))?;
    let session = Session {
        options: install,
        unobtainable: &[],
        root: &root,
        active: &active,
        stored: &stored,
        made_on_host: Vec::new(),
        reporter,
    };
    let chosen = choose(&session, &rules, &mut source)?;
    validated.freshness = Some(source.freshness());
    let (asked, registries) = (chosen.asked.clone(), chosen.registries.clone());
    validated.registry = validated.registry.take().or_else(|| {
        let first = asked.iter().find_map(|pack| registries.get(pack));
        first.map(ToString::to_string)
    });
    let Some(Made { plan, .. }) = plan_all(&session, chosen, &mut source, validated) else { return Ok(()) };
    let making = NextGeneration { id: active.id, registries: &registries, root: &root };
    let generation = next_generation(&plan, &active, &making, &[], install.change.now);
    validated.packs = pack_reports(&asked, &generation, Some(&plan));
    validated.planned = Some(planned_change(&plan));
    // Of a damaged bundle each fault was told already.
    if !validated.faults.is_empty() || (plan.trees.is_empty() && options.whole.is_some()) {
        return Ok(());
    }
    let io = |source| RootError::Io { root: options.scratch.clone(), source };
    let scratch = HostRoot::new(&options.scratch).map_err(io)?;
    let staging = Staging::create(&scratch, 1, Durability::Unsynced, CreatedPaths::default()).map_err(io)?;
    let spool = BlobSpool::default();
    fetch_and_unpack(&plan, source.source(), &spool, &staging, &install.change.interrupt, reporter)?;
    Ok(())
}

/// The plan of everything; where there is none, the faults of each release are noted by themselves.
fn plan_all(
    session: &Session<'_>,
    chosen: ChosenReleases,
    source: &mut VerifiedSource,
    validated: &mut Validated,
) -> Option<Made> {
    let each = if chosen.install.len() > 1 { apart(&chosen) } else { Vec::new() };
    let first = match make(session, chosen, source) {
        Ok(made) => return Some(made),
        Err(error) => error,
    };
    let mut told = vec![first.to_string()];
    validated.faults.push(ValidationFault::Install(Box::new(first)));
    for one in each {
        if let Err(error) = make(session, one, source)
            && !told.contains(&error.to_string())
        {
            told.push(error.to_string());
            validated.faults.push(ValidationFault::Install(Box::new(error)));
        }
    }
    None
}

fn make(
    session: &Session<'_>,
    chosen: ChosenReleases,
    source: &mut VerifiedSource,
) -> Result<Made, InstallError> {
    let carried = match chosen.runtimes.clone() {
        Some(bundled) => CarriedRuntimes::of_bundle(bundled),
        None => CarriedRuntimes::of_source(source),
    };
    session.make(chosen, carried)
}

/// Each release of `chosen` by itself.
fn apart(chosen: &ChosenReleases) -> Vec<ChosenReleases> {
    let alone = |(pack, release, requested): &(_, _, bool)| ChosenReleases {
        lacking: Vec::new(),
        asked: Vec::new(),
        install: vec![(Clone::clone(pack), Clone::clone(release), *requested)],
        registries: chosen.registries.clone(),
        kept: chosen.kept.clone(),
        removed: chosen.removed.clone(),
        replaced: chosen.replaced.clone(),
        kept_newer: Vec::new(),
        held_back: Vec::new(),
        allowed: chosen.allowed.clone(),
        made_for: chosen.made_for.clone(),
        runtimes: chosen.runtimes.clone(),
    };
    chosen.install.iter().map(alone).collect()
}
