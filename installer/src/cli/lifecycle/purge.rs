//! `attune-install uninstall --all --purge`

use std::fmt::Write as _;

use attune_host::root::HostRoot;
use attune_registry::human_bytes;
use attune_registry::report::Reporter as _;
use attune_schemas::problem::WarningCode;
use attune_terminal::{ConfirmArgs, success};

use super::{changes_table, packs_counted};
use crate::cli::args::settings::CommonArgs;
use crate::cli::failure::CommandError;
use crate::cli::logged::logged;
use crate::operations::{ChangeOptions, PurgeOptions, PurgeReport, purge};

/// Removes `root` once that is confirmed.
pub(super) fn purge_all(
    root: &HostRoot,
    change: ChangeOptions,
    confirm: ConfirmArgs,
    common: &CommonArgs,
) -> Result<(), CommandError> {
    let dry_run = change.dry_run;
    if !dry_run {
        let place = root.path().display();
        let deed = format!("all packs, earlier generations, keys and trust in `{place}` will be removed");
        confirm.confirm(&deed).map_err(CommandError)?;
    }
    let options = PurgeOptions { change: change.forced(&[("--purge", true)]) };
    let reporter = common.report.reporter();
    let result = purge(root, &options, &reporter).map_err(CommandError::from);
    let report = logged(root, &options.change, result)?;
    if !report.processes.visible {
        let message = "the processes of this host cannot be seen: none was looked for that uses the root";
        reporter.warning(WarningCode::ProcessesHidden, message);
    }
    if common.report.is_quiet() && !dry_run {
        return Ok(());
    }
    common.write(&report, render)
}

fn render(report: &PurgeReport) -> String {
    let root = report.root.display();
    let mut text = String::new();
    if !report.packs.is_empty() {
        let _ = writeln!(text, "{}", changes_table(&report.packs));
    }
    let generations = match report.generations.len() {
        1 => "1 generation".to_owned(),
        number => format!("{number} generations"),
    };
    let packs = packs_counted(report.packs.len());
    let bytes = human_bytes(report.freed_bytes);
    let _ = if report.dry_run {
        writeln!(text, "would remove {packs} and {generations} from {root}, {bytes}; only its log would stay")
    } else {
        let done = success(&format!("removed {packs} and {generations}"));
        writeln!(text, "{done} from {root}, {bytes}; only its log stays")
    };
    text
}
