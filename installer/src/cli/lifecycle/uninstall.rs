//! `attune-install uninstall`

use std::fmt::Write as _;
use std::path::PathBuf;

use attune_host::process::OperationKind;
use attune_host::store::Overwrite;
use attune_registry::human_bytes;
use attune_schemas::PackRef;
use attune_terminal::{ArgValueCandidates, ConfirmArgs, Output, success};
use clap::{Args, ValueHint};
use jiff::Timestamp;

use super::purge::purge_all;
use super::{changes_table, packs_counted};
use crate::cli::args::change::ChangeArgs;
use crate::cli::args::settings::CommonArgs;
use crate::cli::failure::CommandError;
use crate::cli::logged::logged;
use crate::cli::words::installed_packs;
use crate::operations::{BackupOptions, UninstallOptions, UninstallReport, uninstall};

/// Remove packs.
///
/// A pack stays while another pack, or a rule or workflow of another pack, needs it. The files of what is removed stay in
/// the store until `attune-install gc`, so that `attune-install rollback` brings the packs back; a backup brings them back
/// at any later time, with `attune-install restore`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-install uninstall weather
  attune-install uninstall weather --backup weather.backup.tar.zst
  attune-install uninstall --all
  attune-install uninstall --all --purge --yes        nothing of the root but its log stays")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
pub(in crate::cli) struct UninstallArgs {
    /// The packs
    #[arg(value_name = "PACK", required_unless_present_any = ["unused", "all"])]
    #[arg(add = ArgValueCandidates::new(installed_packs))]
    packs: Vec<PackRef>,
    /// Remove every pack
    #[arg(long, conflicts_with = "packs")]
    all: bool,
    /// Remove everything else of the root as well: the files of earlier generations, the database, keys, and all that is
    /// known of registries; the log of operations stays
    #[arg(long, requires = "all", conflicts_with_all = ["packs", "backup", "cascade", "unused"])]
    purge: bool,
    /// Write all that is needed to restore the packs on this host to this file first; without it, nothing is removed
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    backup: Option<PathBuf>,
    /// Replace the file of --backup if it is there
    #[arg(long, requires = "backup")]
    force: bool,
    /// Remove the packs that need them, too
    #[arg(long)]
    cascade: bool,
    /// Remove dependencies that no pack needs any more, too; without a PACK, these alone
    #[arg(long)]
    unused: bool,
    #[command(flatten)]
    confirm: ConfirmArgs,
    #[command(flatten)]
    change: ChangeArgs,
    #[command(flatten)]
    common: CommonArgs,
}

impl UninstallArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        (self.common.output(), self.uninstall(now))
    }

    fn uninstall(self, now: Timestamp) -> Result<(), CommandError> {
        let root = self.common.host_root()?;
        let change = self.change.options(OperationKind::Uninstall, now);
        if self.purge {
            return purge_all(&root, change, self.confirm, &self.common);
        }
        let change = change.forced(&[("--cascade", self.cascade)]);
        let overwrite = if self.force { Overwrite::Replace } else { Overwrite::Refuse };
        let backup = self.backup.map(|path| BackupOptions { path, overwrite });
        let options = UninstallOptions {
            packs: self.packs,
            all: self.all,
            cascade: self.cascade,
            unused: self.unused,
            backup,
            change,
        };
        let result = uninstall(&root, &options, &self.common.report.reporter()).map_err(CommandError::from);
        let report = logged(&root, &options.change, result)?;
        if self.common.report.is_quiet() && !options.change.dry_run {
            return Ok(());
        }
        self.common.write(&report, render)
    }
}

fn render(report: &UninstallReport) -> String {
    let root = report.root.display();
    if report.packs.is_empty() {
        return format!("nothing to remove in {root} (generation {})\n", report.generation);
    }
    let mut text = changes_table(&report.packs).to_string();
    let removed = packs_counted(report.packs.len());
    let _ = if report.dry_run {
        writeln!(text, "\nwould remove {removed} from {root}")
    } else {
        let done = success(&format!("removed {removed}"));
        writeln!(text, "\n{done} from {root} (generation {})", report.generation)
    };
    if let Some(backup) = &report.backup {
        let (path, bytes) = (backup.path.display(), human_bytes(backup.bytes));
        let _ = if report.dry_run {
            writeln!(text, "a backup of about {bytes} would be written to {path}")
        } else {
            writeln!(text, "the backup is {path}, {bytes}: `attune-install restore` brings the packs back")
        };
    }
    if !report.unused.is_empty() {
        let unused = report.unused.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let _ = writeln!(text, "no pack needs {unused} any more: `attune-install uninstall --unused`");
    }
    text
}
