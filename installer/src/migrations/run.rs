//! Runs the migrations of a change, one after another.

use std::io;
use std::path::Path;

use attune_host::process::{
    CallerEnvironment, Interrupt, MigrationDirection, MigrationReport, MigrationState,
};
use attune_host::root::HostRoot;
use attune_host::transaction::Staging;
use attune_registry::report::{NewTask, Reporter};

use super::back::{TakingBack, WayBack};
use super::error::MigrationError;
use super::report::{report_of, script_of};
use super::script::{Script, Workplace};
use super::subject::MigratedPack;

/// Whether migrations run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MigrationPolicy {
    /// Run them; one that fails stops the change.
    #[default]
    Run,
    /// Run none.
    Skip,
}

impl MigrationPolicy {
    /// The state of migrations that have a script and were not run yet.
    pub(crate) const fn planned(self) -> MigrationState {
        match self {
            Self::Run => MigrationState::Planned,
            Self::Skip => MigrationState::Skipped,
        }
    }
}

/// How migrations are run.
#[derive(Debug, Clone, Copy)]
pub struct MigrationSettings<'a> {
    /// Whether they run.
    pub policy: MigrationPolicy,
    /// The caller's environment.
    pub caller: &'a CallerEnvironment,
    /// Tells when to stop.
    pub interrupt: &'a Interrupt,
    /// This program, for scripts without a network.
    pub helper: Option<&'a Path>,
}

/// A migration that is ready to run.
struct Ready {
    report: MigrationReport,
    script: Option<Script>,
    back: Option<Script>,
}

/// Runs the migrations of `packs`, in their order. If the change behind `staging` is undone afterwards, those that have
/// run are taken back, and `taking_back` can tell that.
///
/// # Errors
/// One of them failed or cannot be run; all scripts are looked at before the first one runs.
pub(crate) fn migrate(
    packs: &[MigratedPack<'_>],
    root: &HostRoot,
    staging: &mut Staging,
    settings: &MigrationSettings<'_>,
    (taking_back, reporter): (&TakingBack, &dyn Reporter),
) -> Result<Vec<MigrationReport>, MigrationError> {
    if settings.policy == MigrationPolicy::Skip {
        return Ok(packs.iter().flat_map(|migrated| migrated.planned(MigrationState::Skipped)).collect());
    }
    let mut ready = Vec::new();
    for migrated in packs {
        ready.extend(prepare(migrated, root, staging.directory(), settings)?);
    }
    if ready.iter().any(|ready| ready.script.is_some()) {
        let taking_back = taking_back.clone();
        staging.before_undo(move || taking_back.take_back());
    }
    let of = ready.len();
    let mut reports = Vec::with_capacity(of);
    for (index, Ready { mut report, script, back }) in ready.into_iter().enumerate() {
        if let Some(script) = script {
            settings.interrupt.check()?;
            let task = format!("migrating {} to {}", report.pack, report.to);
            let _task = reporter.task(NewTask::new(&task).at(index, of));
            let name = script.name.clone();
            let failed = |source| MigrationError::Io { pack: name.pack.clone(), source };
            staging.begin_outside(name.to_string()).map_err(failed)?;
            let (network, duration) = script.run(settings.interrupt).inspect_err(|error| {
                if matches!(error, MigrationError::Interrupted(_)) {
                    taking_back.cut_off(&name);
                }
            })?;
            taking_back.push(WayBack { migration: name, script: back });
            report.done(network, duration);
        }
        reports.push(report);
    }
    Ok(reports)
}

/// The migrations of one pack, each with its script and the one that leads back.
fn prepare(
    migrated: &MigratedPack<'_>,
    root: &HostRoot,
    scratch: &Path,
    settings: &MigrationSettings<'_>,
) -> Result<Vec<Ready>, MigrationError> {
    let steps = migrated.steps();
    if !steps.iter().any(|step| script_of(step).is_some()) {
        let report = |report| Ready { report, script: None, back: None };
        return Ok(migrated.planned(MigrationState::Planned).into_iter().map(report).collect());
    }
    let failed = |source: io::Error| MigrationError::Io { pack: migrated.pack.pack.clone(), source };
    let place = Workplace::make(migrated, root, scratch, settings).map_err(failed)?;
    let ready = steps.iter().map(|step| {
        let up = || place.script(&step.migration.script, step, MigrationDirection::Up);
        let down =
            || step.migration.down.as_ref().map(|down| place.script(down, step, MigrationDirection::Down));
        let (script, back) = match step.direction {
            MigrationDirection::Up => (Some(up()?), down().transpose()?),
            // Without a script that leads down nothing runs that would have to be taken back.
            MigrationDirection::Down => {
                let script = down().transpose()?;
                let back = script.as_ref().map(|_| up()).transpose()?;
                (script, back)
            }
        };
        let report = report_of(&migrated.pack.pack, step, MigrationState::Planned);
        Ok(Ready { report, script, back })
    });
    ready.collect()
}
