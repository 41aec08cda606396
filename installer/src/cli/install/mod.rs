//! `attune-install SOURCE_OR_PACK...` and `attune-install upgrade`

mod asked;
mod pack_set;
mod render;
mod source_args;
mod usage;

use std::ffi::OsString;
use std::path::PathBuf;

use attune_host::root::{HostRoot, RootError};
use attune_schemas::problem::ErrorCode;
use attune_terminal::{ArgValueCandidates, Failure, Output};
use clap::{Args, ValueHint};
use jiff::Timestamp;

use super::failure::CommandError;
use super::logged::failure_logged;
use super::words::{installed_packs, offered_packs};
use crate::operations::{InstallOptions, InstallReport, LeftOut, Outcome, install};
use crate::plan::{OtherPacks, Purpose};
pub(super) use asked::{Asked, parse_request, registry_source};
use pack_set::SetFile;
pub(super) use render::freshness_text;
use render::{left_out_text, render};
pub(super) use source_args::SourceArgs;
pub(super) use usage::UsageError;

/// The packs to install.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-install bundle.tar.zst --trust root.json
  attune-install weather net_tools@^1
  attune-install --from-file packs.toml --prune --dry-run")]
pub(super) struct InstallArgs {
    /// A bundle file, a pipe or an unpacked bundle (`-` for standard input), then packs: `weather`, `net_tools@^1.2`,
    /// `weather@stable`
    ///
    /// Without packs, those that the bundle was made for are installed; without a bundle or --registry, packs come from
    /// the registries that the host knows, each from the first that has it.
    #[arg(value_name = "BUNDLE|PACK", required_unless_present = "from_file", value_hint = ValueHint::AnyPath)]
    #[arg(add = ArgValueCandidates::new(offered_packs))]
    what: Vec<OsString>,
    /// Bring the host to the packs and versions of this file (`-` for standard input), in the format attune.set/v1
    ///
    /// Its packs come from the bundle or --registry, else from the file's own registries, which the host must know.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    from_file: Option<PathBuf>,
    /// Remove the packs that --from-file does not name and that its packs do not need
    #[arg(long, requires = "from_file")]
    prune: bool,
    /// Unpack and build the named packs again, even if they are installed
    #[arg(long)]
    reinstall: bool,
    #[command(flatten)]
    source: SourceArgs,
}

/// Replace installed packs by their newest releases.
///
/// Each pack comes from the registry that it was installed from, and keeps what else is installed working. Packs that are
/// held stay, and packs that are pinned stay within their ranges. `--dry-run` tells what would change.
#[derive(Debug, Args)]
pub(super) struct UpgradeArgs {
    /// A bundle (`-` for standard input), then installed packs: `weather`, `net_tools@^1.2`; all if none are named
    ///
    /// Without a bundle or --registry, packs come from the registries that the host knows.
    #[arg(value_name = "BUNDLE|PACK", value_hint = ValueHint::AnyPath, add = ArgValueCandidates::new(installed_packs))]
    what: Vec<OsString>,
    #[command(flatten)]
    source: SourceArgs,
}

impl InstallArgs {
    pub(super) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        let options = |args: &SourceArgs| {
            let reinstall = self.reinstall || args.force;
            let Some(file) = &self.from_file else {
                let asked = Asked::of(&self.what, args)?;
                return Ok(InstallOptions { reinstall, ..args.options(asked, Purpose::Install, now) });
            };
            let (asked, set) = SetFile::read(file)?.asked(&self.what, args)?;
            let mut options = args.options(asked, Purpose::Install, now);
            options.choose.others = if self.prune { OtherPacks::Go } else { OtherPacks::Stay };
            Ok(InstallOptions { reinstall, set: Some(set), ..options })
        };
        self.source.run(options)
    }
}

impl UpgradeArgs {
    pub(super) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        let options = |args: &SourceArgs| {
            let asked = Asked::of(&self.what, args)?;
            Ok(args.options(asked, Purpose::Upgrade, now))
        };
        self.source.run(options)
    }
}

/// The failure of an installation that was forced to go without something.
fn lacking(report: &InstallReport) -> Option<CommandError> {
    let forced: Vec<&LeftOut> = report.left_out.iter().filter(|left_out| !left_out.requested).collect();
    let first = forced.first()?;
    let more = if forced.len() == 1 { String::new() } else { format!(", and {} more", forced.len() - 1) };
    let done = if report.outcome == Outcome::Planned { "would be installed" } else { "installed" };
    let message = format!("{done}, but without {}{more}", left_out_text(first));
    let hint = "mend the cause, and install the packs again with --reinstall, without --force".to_owned();
    Some(CommandError(Failure::from_message(message, ErrorCode::LeftOut).with_hint(Some(hint))))
}

impl SourceArgs {
    fn run(
        &self,
        options: impl FnOnce(&Self) -> Result<InstallOptions, UsageError>,
    ) -> (Output, Result<(), CommandError>) {
        let common = &self.common;
        common.start_log();
        let run = || {
            let options = options(self)?;
            let root = HostRoot::new(&options.root)
                .map_err(|source| RootError::Io { root: options.root.clone(), source })?;
            self.packs_base_dir.check(&root)?;
            let limit = self.timeout.start(&options.change.interrupt);
            let result = install(&options, &common.report.reporter()).map_err(CommandError::from);
            let result = limit.told(result);
            let report = failure_logged(&root, &options.change, result)?;
            if !common.report.is_quiet() || options.change.dry_run {
                let with_stages = common.report.verbose > 0;
                common.write(&report, |report| render(report, with_stages))?;
            }
            lacking(&report).map_or(Ok(()), Err)
        };
        (common.output(), run())
    }
}
