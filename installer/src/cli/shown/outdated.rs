//! `attune-install outdated`

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use attune_host::machine::InterpreterSearch;
use attune_host::process::OperationKind;
use attune_schemas::PackRef;
use attune_schemas::problem::ErrorCode;
use attune_schemas::tuf::THIS_HOST;
use attune_terminal::{ArgValueCandidates, Failure, Output, Table, success};
use clap::Args;
use jiff::Timestamp;

use crate::cli::args::asked_registry::AskedRegistryArgs;
use crate::cli::args::change::look_only;
use crate::cli::args::settings::{CommonArgs, caller_environment, netrc};
use crate::cli::failure::CommandError;
use crate::cli::install::{UsageError, freshness_text, registry_source};
use crate::cli::lifecycle::packs_counted;
use crate::cli::words::installed_packs;
use crate::migrations::MigrationPolicy;
use crate::operations::{
    InstallOptions, InstalledRelease, OriginalsPolicy, OutdatedReport, ReleaseState, outdated,
};
use crate::pack_tests::TestPolicy;
use crate::plan::{ChooseOptions, EnvironmentPolicy, Purpose};
use crate::source::PackSource;

/// List the installed packs of which there are newer releases.
///
/// WANTED is the version that `attune-install upgrade` installs now: within what is held and pinned, and with all packs
/// working together. LATEST is the newest release for this machine that is neither yanked nor a prerelease. Where the
/// upgrade itself would fail, so does this, with the same error. Packs whose registry is not known are named as such.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-install outdated
  attune-install outdated weather --json
  attune-install outdated --exit-code")]
pub(in crate::cli) struct OutdatedArgs {
    /// Show these packs alone, also those that are current
    #[arg(value_name = "PACK", add = ArgValueCandidates::new(installed_packs))]
    packs: Vec<PackRef>,
    /// Exit with 1 if a pack is outdated
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    asked: AskedRegistryArgs,
    /// Plan with this Python and no other
    #[arg(long, value_name = "PATH", env = "ATTUNE_PYTHON")]
    python: Option<PathBuf>,
    /// Plan with this Node.js and no other
    #[arg(long, value_name = "PATH", env = "ATTUNE_NODE")]
    node: Option<PathBuf>,
    #[command(flatten)]
    common: CommonArgs,
}

impl OutdatedArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        (self.common.output(), self.outdated(now))
    }

    fn outdated(&self, now: Timestamp) -> Result<(), CommandError> {
        let root = self.common.host_root()?;
        let options = self.options(now)?;
        let report = outdated(&root, &self.packs, &options, &self.common.report.reporter())?;
        self.common.write(&report, |report| render(report, !self.packs.is_empty()))?;
        match report.outdated().count() {
            count if count > 0 && self.exit_code => Err(are_outdated(&report, count)),
            _ => Ok(()),
        }
    }

    /// The options of an upgrade of everything, which is only looked at.
    fn options(&self, now: Timestamp) -> Result<InstallOptions, UsageError> {
        let source = match registry_source(&self.common.root, self.asked.registry.clone()) {
            // Each pack is told as one whose registry is not known.
            Err(UsageError::NoSource) => PackSource::Known { only: None, netrc: netrc() },
            source => source?,
        };
        if self.asked.is_trust_without_source(&source) {
            return Err(UsageError::TrustWithoutSource);
        }
        let caller = caller_environment();
        let search = |only: Option<&PathBuf>| InterpreterSearch::of(&caller, only.cloned());
        Ok(InstallOptions {
            root: self.common.root.clone(),
            source,
            requests: Vec::new(),
            channels: Vec::new(),
            reinstall: false,
            originals: OriginalsPolicy::Forget,
            set: None,
            choose: ChooseOptions { purpose: Purpose::Upgrade, ..ChooseOptions::default() },
            environments: EnvironmentPolicy::default(),
            trust: self.asked.trust(),
            interpreters: search(self.python.as_ref()),
            nodes: search(self.node.as_ref()),
            programs: search(None),
            caller,
            link_mode: crate::cli::args::link_mode::LinkModeArg::default().into(),
            compile_bytecode: false,
            ignore_missing_libraries: false,
            tests: TestPolicy::Skip,
            migrations: MigrationPolicy::default(),
            helper: None,
            change: look_only(OperationKind::Upgrade, now),
        })
    }
}

fn are_outdated(report: &OutdatedReport, count: usize) -> CommandError {
    let verb = if count == 1 { "is" } else { "are" };
    let message = format!("{} {verb} outdated in `{}`", packs_counted(count), report.root.display());
    let hint = if report.outdated().any(|pack| pack.wanted.as_ref() != Some(&pack.installed)) {
        "run `attune-install upgrade`; `--dry-run` tells what would change"
    } else {
        "let them change with `attune-install unhold PACK` or `attune-install unpin PACK`, or upgrade the packs that need \
         the older releases"
    };
    CommandError(Failure::from_message(message, ErrorCode::PacksOutdated).with_hint(Some(hint.to_owned())))
}

fn render(report: &OutdatedReport, has_current: bool) -> String {
    let mut text = freshness_text(&report.freshness);
    let mut table = Table::new(&["PACK", "INSTALLED", "WANTED", "LATEST", "RULE", "REGISTRY"]);
    let is_shown = |pack: &&InstalledRelease| {
        has_current && pack.wanted.is_some() || pack.state == ReleaseState::Outdated
    };
    let mut shown = 0;
    for pack in report.packs.iter().filter(is_shown) {
        let or_none = |version: Option<String>| version.unwrap_or_else(|| "-".to_owned());
        table.push(vec![
            pack.pack.to_string(),
            pack.installed.to_string(),
            or_none(pack.wanted.as_ref().map(ToString::to_string)),
            or_none(pack.latest.as_ref().map(ToString::to_string)),
            rule_text(pack),
            pack.registry.clone(),
        ]);
        shown += 1;
    }
    if shown > 0 {
        let _ = write!(text, "{table}");
    }
    text += &not_known_text(report);
    if text.is_empty() {
        let _ = writeln!(text, "{} in {}", success("everything is current"), report.root.display());
    }
    text
}

fn rule_text(pack: &InstalledRelease) -> String {
    match (pack.held, &pack.pinned) {
        (true, _) => "held".to_owned(),
        (false, Some(range)) => format!("pinned to {range}"),
        (false, None) => "-".to_owned(),
    }
}

/// A line for each registry that nobody was asked about, with its packs.
fn not_known_text(report: &OutdatedReport) -> String {
    let mut packs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for pack in report.packs.iter().filter(|pack| pack.state == ReleaseState::RegistryNotKnown) {
        packs.entry(&pack.registry).or_default().push(pack.pack.as_str());
    }
    let lines = packs.into_iter().map(|(registry, packs)| {
        let packs = packs.join(", ");
        if registry == THIS_HOST {
            format!("nobody but this host signed, and so nobody has newer releases of: {packs}\n")
        } else {
            format!("registry `{registry}` was not asked, since its place is not known: {packs}\n")
        }
    });
    lines.collect()
}
