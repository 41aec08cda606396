//! `attune-install history`

use std::fmt::Write as _;

use attune_host::generation::{PackChange, PackDifference};
use attune_host::inventory::{History, PastOperation, history};
use attune_schemas::problem::ErrorCode;
use attune_terminal::{Failure, Output, Table};
use clap::Args;
use jiff::Timestamp;

use super::{change_text, changes_table};
use crate::cli::args::settings::CommonArgs;
use crate::cli::failure::CommandError;

/// Show the operations that changed this host.
///
/// Each shows the generation that it led to, who asked for it, and the packs that changed. Those marked `*` are still
/// there for `attune-install rollback`.
#[derive(Debug, Args)]
pub(in crate::cli) struct HistoryArgs {
    /// Show the operations that led to this generation, with their command lines
    #[arg(value_name = "GENERATION")]
    generation: Option<u64>,
    /// Show the operations that failed and changed nothing
    #[arg(long, conflicts_with = "generation")]
    failed: bool,
    /// Show at most this many
    #[arg(long, short = 'n', value_name = "N")]
    limit: Option<usize>,
    #[command(flatten)]
    common: CommonArgs,
}

impl HistoryArgs {
    pub(in crate::cli) fn run(self) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        (self.common.output(), self.show())
    }

    fn show(&self) -> Result<(), CommandError> {
        let mut past = history(&self.common.host_root()?)?;
        if let Some(generation) = self.generation {
            past.operations.retain(|operation| operation.generation == generation);
            past.failed.clear();
            if past.operations.is_empty() {
                let message =
                    format!("no operation in `{}` led to generation {generation}", past.root.display());
                let hint = "list the operations with `attune-install history`".to_owned();
                let failure = Failure::from_message(message, ErrorCode::NoSuchGeneration);
                return Err(CommandError(failure.with_hint(Some(hint))));
            }
        }
        if self.failed {
            past.operations.clear();
        }
        past.operations.truncate(self.limit.unwrap_or(usize::MAX));
        past.failed.truncate(self.limit.unwrap_or(usize::MAX));
        let text = |past: &History| match (self.generation, self.failed) {
            (Some(_), _) => past.operations.iter().map(render_one).collect(),
            (None, true) => render_failed(past),
            (None, false) => render(past),
        };
        self.common.write(&past, text)
    }
}

fn time_text(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

fn kind_text(operation: &PastOperation) -> &'static str {
    operation.kind.map_or("unknown", attune_host::process::OperationKind::as_str)
}

fn render(past: &History) -> String {
    if past.operations.is_empty() {
        return format!("no operation is recorded in {}\n", past.root.display());
    }
    let mut table = Table::new(&["GENERATION", "TIME (UTC)", "OPERATION", "USER", "PACKS"]);
    for operation in &past.operations {
        let mark = if Some(operation.generation) == past.generation {
            " (active)"
        } else if operation.kept {
            " *"
        } else {
            ""
        };
        let forced = if operation.forced.is_empty() { "" } else { ", forced" };
        table.push(vec![
            format!("{}{mark}", operation.generation),
            time_text(operation.started_at),
            format!("{}{forced}", kind_text(operation)),
            operation.user.clone(),
            packs_text(&operation.packs),
        ]);
    }
    table.to_string()
}

/// `weather 1.0.0 -> 2.0.0, net_tools removed, and 3 more`.
fn packs_text(packs: &[PackDifference]) -> String {
    const SHOWN: usize = 3;
    let mut words: Vec<String> = packs.iter().take(SHOWN).map(difference_text).collect();
    if packs.len() > SHOWN {
        words.push(format!("and {} more", packs.len() - SHOWN));
    }
    if words.is_empty() { "-".to_owned() } else { words.join(", ") }
}

fn difference_text(PackDifference { pack, change, from, to }: &PackDifference) -> String {
    match (change, from, to) {
        (PackChange::New, _, Some(to)) => format!("{pack} {to}"),
        (PackChange::Upgraded | PackChange::Downgraded, Some(from), Some(to)) => {
            format!("{pack} {from} -> {to}")
        }
        (change, ..) => format!("{pack} {}", change_text(*change)),
    }
}

fn render_one(operation: &PastOperation) -> String {
    let mut text = String::new();
    let PastOperation { generation, previous, duration_ms, user, command, .. } = operation;
    let _ = writeln!(text, "generation  {generation}, after {previous}");
    let _ = writeln!(text, "operation   {}", kind_text(operation));
    let _ = writeln!(text, "time        {} UTC, {duration_ms} ms", time_text(operation.started_at));
    let _ = writeln!(text, "user        {user}");
    let _ = writeln!(text, "command     {command}");
    if let Some(source) = &operation.source {
        let _ = writeln!(text, "registry    {source}");
    }
    if !operation.forced.is_empty() {
        let _ = writeln!(text, "forced      {}", operation.forced.join(" "));
    }
    let _ = writeln!(text, "kept        {}\n", if operation.kept { "yes" } else { "no" });
    text + &changes_table(&operation.packs).to_string()
}

fn render_failed(past: &History) -> String {
    if past.failed.is_empty() {
        return format!("no operation that failed is recorded in {}\n", past.root.display());
    }
    let mut text = String::new();
    for failed in &past.failed {
        let (time, kind) = (time_text(failed.time), failed.kind.as_str());
        let first = failed.error.lines().next().unwrap_or_default();
        let _ = writeln!(text, "{time}  {kind}  {}  {}: {first}", failed.user, failed.code);
    }
    text
}
