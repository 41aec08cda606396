//! `attune-install hold`, `unhold`, `pin` and `unpin`

use std::fmt::Write as _;

use attune_schemas::{PackRef, Requirement};
use attune_terminal::{ArgValueCandidates, Output};
use clap::Args;
use jiff::Timestamp;

use crate::cli::args::change::{WaitArgs, interrupt_on_signals};
use crate::cli::args::settings::CommonArgs;
use crate::cli::failure::CommandError;
use crate::cli::logged::logged_unless;
use crate::cli::words::installed_packs;
use crate::operations::{ChangeOptions, PolicyChange, PolicyReport, change_policy, policy};

/// Keep packs at their versions, or list the packs that are kept.
///
/// No installation or upgrade changes a pack that is held. Without a PACK, the packs that are held or pinned are listed.
#[derive(Debug, Args)]
pub(in crate::cli) struct HoldArgs {
    /// The packs; without any, the rules are listed
    #[arg(value_name = "PACK", add = ArgValueCandidates::new(installed_packs))]
    packs: Vec<PackRef>,
    #[command(flatten)]
    common: RuleArgs,
}

/// Lets packs that are held change again.
#[derive(Debug, Args)]
pub(in crate::cli) struct UnholdArgs {
    /// The packs
    #[arg(value_name = "PACK", required = true, add = ArgValueCandidates::new(installed_packs))]
    packs: Vec<PackRef>,
    #[command(flatten)]
    common: RuleArgs,
}

/// Keep a pack within a range of versions.
///
/// No installation or upgrade chooses another version of it: `attune-install pin weather ^1.2`. Without a PACK, the packs
/// that are held or pinned are listed.
#[derive(Debug, Args)]
pub(in crate::cli) struct PinArgs {
    /// The pack; without one, the rules are listed
    #[arg(value_name = "PACK", requires = "requirement", add = ArgValueCandidates::new(installed_packs))]
    pack: Option<PackRef>,
    /// The versions, such as `^1.2` or `>=1,<3`
    #[arg(value_name = "REQUIREMENT")]
    requirement: Option<Requirement>,
    #[command(flatten)]
    common: RuleArgs,
}

/// Lets packs leave the ranges that they are pinned to.
#[derive(Debug, Args)]
pub(in crate::cli) struct UnpinArgs {
    /// The packs
    #[arg(value_name = "PACK", required = true, add = ArgValueCandidates::new(installed_packs))]
    packs: Vec<PackRef>,
    #[command(flatten)]
    common: RuleArgs,
}

#[derive(Debug, Args)]
struct RuleArgs {
    #[command(flatten)]
    wait: WaitArgs,
    #[command(flatten)]
    common: CommonArgs,
}

impl HoldArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        let change = if self.packs.is_empty() { None } else { Some(PolicyChange::Hold(self.packs)) };
        self.common.run(change.as_ref(), now)
    }
}

impl UnholdArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.run(Some(&PolicyChange::Unhold(self.packs)), now)
    }
}

impl PinArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        let change = self.pack.zip(self.requirement).map(|(pack, range)| PolicyChange::Pin(pack, range));
        self.common.run(change.as_ref(), now)
    }
}

impl UnpinArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.run(Some(&PolicyChange::Unpin(self.packs)), now)
    }
}

impl RuleArgs {
    fn run(&self, change: Option<&PolicyChange>, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        (self.common.output(), self.change(change, now))
    }

    fn change(&self, change: Option<&PolicyChange>, now: Timestamp) -> Result<(), CommandError> {
        let root = self.common.host_root()?;
        let report = match change {
            None => policy(&root)?,
            Some(change) => {
                let options = ChangeOptions {
                    interrupt: interrupt_on_signals(),
                    ..self.wait.options(change.kind(), now)
                };
                let before = policy(&root).ok();
                let changed = change_policy(&root, change, &options.access(&self.common.report.reporter()));
                let is_same = |after: &PolicyReport| before.as_ref() == Some(after);
                logged_unless(&root, &options, is_same, changed.map_err(CommandError::from))?
            }
        };
        if self.common.report.is_quiet() && change.is_some() {
            return Ok(());
        }
        self.common.write(&report, render)
    }
}

fn render(report: &PolicyReport) -> String {
    if report.held.is_empty() && report.pinned.is_empty() {
        return format!("no packs are held or pinned in {}\n", report.root.display());
    }
    let mut text = String::new();
    for (pack, version) in &report.held {
        let _ = match version {
            Some(version) => writeln!(text, "{pack} is held at {version}"),
            None => writeln!(text, "{pack} is held, and not installed"),
        };
    }
    for (pack, requirement) in &report.pinned {
        let _ = writeln!(text, "{pack} is pinned to {requirement}");
    }
    text
}
