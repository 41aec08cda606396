//! `attune-install du` and `attune-install gc`

use attune_host::store::{DiskReport, disk_use};
use attune_host::store::{GcOptions, GcReport, collect_garbage};
use attune_registry::human_bytes;
use attune_terminal::{Output, Table, write_json_or};
use clap::Args;
use jiff::Timestamp;
use serde::Serialize;

use super::failure::CommandError;
use super::settings::CommonArgs;

/// Shows what each pack costs on disk, alone and shared.
#[derive(Debug, Args)]
pub(super) struct DuArgs {
    #[command(flatten)]
    common: CommonArgs,
}

/// Removes older generations, and what only they used.
#[derive(Debug, Args)]
pub(super) struct GcArgs {
    /// Keep so many generations beside the active one
    #[arg(long, value_name = "N", default_value_t = 1)]
    keep: usize,
    /// Tell what would be removed, and remove nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    common: CommonArgs,
}

impl DuArgs {
    pub(super) fn run(self) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        let result = self.common.host_root().and_then(|root| Ok(disk_use(&root)?));
        (self.common.output(), result.and_then(|report| write(&report, &self.common, render_costs)))
    }
}

impl GcArgs {
    pub(super) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        let options = GcOptions { keep: self.keep, dry_run: self.dry_run };
        let result = self.common.host_root().and_then(|root| Ok(collect_garbage(&root, options, now)?));
        (self.common.output(), result.and_then(|report| write(&report, &self.common, render_removed)))
    }
}

fn write<R: Serialize>(
    report: &R,
    common: &CommonArgs,
    text: impl FnOnce(&R) -> String,
) -> Result<(), CommandError> {
    write_json_or(report, common.output(), text).map_err(|error| CommandError::of_output(&error))
}

fn render_costs(report: &DiskReport) -> String {
    if report.packs.is_empty() {
        return format!("no packs are installed in {}\n", report.root.display());
    }
    let mut table = Table::new(&["PACK", "VERSION", "ALONE", "SHARED"]);
    for pack in &report.packs {
        table.push(vec![
            pack.pack.to_string(),
            pack.version.to_string(),
            human_bytes(pack.alone_bytes),
            human_bytes(pack.shared_bytes),
        ]);
    }
    let (packs, total) = (human_bytes(report.packs_bytes), human_bytes(report.total_bytes));
    format!("{table}\n{packs} together, each file once; {total} in {}\n", report.root.display())
}

fn render_removed(report: &GcReport) -> String {
    if report.generations.is_empty() && report.entries.is_empty() {
        return "nothing to remove\n".to_owned();
    }
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    let entries = match report.entries.len() {
        1 => "1 store entry".to_owned(),
        number => format!("{number} store entries"),
    };
    format!(
        "{} {} and {entries}, {}\n",
        if report.dry_run { "would remove" } else { "removed" },
        count(report.generations.len(), "generation"),
        human_bytes(report.freed_bytes),
    )
}
