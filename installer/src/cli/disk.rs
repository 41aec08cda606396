//! `attune-install du` and `attune-install gc`

use attune_host::store::{DiskReport, disk_use};
use attune_host::store::{GcOptions, GcReport, ProcessesSeen, UsingProcess, collect_garbage};
use attune_registry::human_bytes;
use attune_registry::report::Reporter as _;
use attune_schemas::problem::{Warning, WarningCode};
use attune_terminal::{Output, Table, parse_duration};
use clap::Args;
use jiff::{SignedDuration, Timestamp};

use super::args::change::{WaitArgs, interrupt_on_signals};
use super::args::number::parse_count;
use super::args::settings::CommonArgs;
use super::failure::CommandError;

/// The generations that stay besides the active one, where it is not said otherwise.
const KEPT: usize = 1;
/// The time after which a generation that is not active any more may go, where nothing is said.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Shows what each pack costs on disk, alone and shared.
#[derive(Debug, Args)]
pub(super) struct DuArgs {
    #[command(flatten)]
    common: CommonArgs,
}

/// Remove older generations, and the files that only they use.
///
/// A generation goes if it is neither active, nor among the newest that --keep names, nor was active within the time of
/// --keep-for. Without either option, the one before the active one stays, and all that were active in the last 7 days.
/// Files that a live process uses stay. Nothing else removes generations: no installation does.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-install gc --dry-run
  attune-install gc --keep 3 --keep-for 30d
  attune-install gc --keep 0                    all but the active generation")]
pub(super) struct GcArgs {
    /// Keep this many generations besides the active one, newest first; defaults to 1
    #[arg(long, value_name = "N", value_parser = parse_count)]
    keep: Option<usize>,
    /// Keep generations that were active within this time, such as `30d` or `12h`; defaults to `7d`, and to none where
    /// --keep is given
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    keep_for: Option<SignedDuration>,
    /// Keep this generation as well; repeatable
    #[arg(long, value_name = "GENERATION")]
    keep_generation: Vec<u64>,
    #[command(flatten)]
    wait: WaitArgs,
    /// List the removals without removing anything; needs no write permission
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    common: CommonArgs,
}

impl DuArgs {
    pub(super) fn run(self) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        let result = self.common.host_root().and_then(|root| Ok(disk_use(&root)?));
        (self.common.output(), result.and_then(|report| self.common.write(&report, render_costs)))
    }
}

impl GcArgs {
    pub(super) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        let options = GcOptions {
            keep: self.keep.unwrap_or(KEPT),
            keep_for: self.keep_for.unwrap_or(if self.keep.is_some() {
                SignedDuration::ZERO
            } else {
                KEPT_FOR
            }),
            named: self.keep_generation,
            dry_run: self.dry_run,
        };
        let reporter = self.common.report.reporter();
        let interrupt = interrupt_on_signals();
        let access = self.wait.access(now, &interrupt, &reporter);
        let result = self.common.host_root().and_then(|root| Ok(collect_garbage(&root, &options, &access)?));
        let shown = result.and_then(|report| {
            for warning in warnings(&report) {
                reporter.warning(warning.code, &warning.message);
            }
            // What would be removed was asked for; what was is only told.
            if self.common.report.is_quiet() && !options.dry_run {
                return Ok(());
            }
            self.common.write(&report, render_removed)
        });
        (self.common.output(), shown)
    }
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
    let originals = match report.originals_bytes {
        0 => String::new(),
        bytes => format!("{} of originals; ", human_bytes(bytes)),
    };
    format!("{table}\n{packs} together, each file once; {originals}{total} in {}\n", report.root.display())
}

/// What a person has to know of a removal.
fn warnings(report: &GcReport) -> Vec<Warning> {
    let mut warnings = Vec::new();
    if report.unfinished {
        let message = "a change is at work or was cut off; its trees are not counted";
        warnings.push(Warning::new(WarningCode::ChangeAtWork, message));
    }
    let hidden = match report.processes {
        Some(seen) if !seen.visible => {
            "the processes of this host cannot be seen (/proc is not there, or hides them): nothing is kept for them"
                .to_owned()
        }
        Some(ProcessesSeen { unreadable: 1, .. }) => {
            "one process of another user could not be looked into".to_owned()
        }
        Some(ProcessesSeen { unreadable: number @ 2.., .. }) => {
            format!("{number} processes of other users could not be looked into")
        }
        _ => return warnings,
    };
    warnings.push(Warning::new(WarningCode::ProcessesHidden, hidden));
    warnings
}

fn render_removed(report: &GcReport) -> String {
    let in_use: String = report.in_use.iter().map(render_in_use).collect();
    if report.generations.is_empty() && report.entries.is_empty() && report.originals == 0 {
        return format!("nothing to remove\n{in_use}");
    }
    let count = |number: usize, what: &str| format!("{number} {what}{}", if number == 1 { "" } else { "s" });
    let entries = match report.entries.len() {
        1 => "1 store entry".to_owned(),
        number => format!("{number} store entries"),
    };
    format!(
        "{} {} and {entries}{}, {}\n{in_use}",
        if report.dry_run { "would remove" } else { "removed" },
        count(report.generations.len(), "generation"),
        if report.originals == 0 {
            String::new()
        } else {
            format!(" and {}", count(report.originals, "original"))
        },
        human_bytes(report.freed_bytes),
    )
}

/// A line on what stays for a process.
fn render_in_use(using: &UsingProcess) -> String {
    let generations = using.generations.iter().map(|id| format!("generation {id}"));
    let entries = match using.entries.len() {
        0 => None,
        1 => Some("1 store entry".to_owned()),
        number => Some(format!("{number} store entries")),
    };
    let kept = generations.chain(entries).collect::<Vec<_>>().join(", ");
    format!("kept for process {} ({}): {kept}\n", using.pid, using.command)
}
