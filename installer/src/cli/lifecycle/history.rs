//! `attune-install history`

use std::fmt::Write as _;

use attune_host::generation::{PackChange, PackDifference};
use attune_host::inventory::{History, PastOperation, SettingsChange, history};
use attune_schemas::problem::ErrorCode;
use attune_terminal::{Failure, Output, Table};
use clap::Args;
use jiff::Timestamp;

use super::{change_text, changes_table};
use crate::cli::args::number::{parse_generation, parse_limit};
use crate::cli::args::settings::CommonArgs;
use crate::cli::failure::CommandError;
use crate::migrations::{MigrationReport, MigrationState};

/// Show the operations that changed this host.
///
/// Each shows the generation that it led to, who asked for it, and the packs that changed. Those marked `*` are still
/// there for `attune-install rollback`. Changes of rules, registries and trust make no generation.
#[derive(Debug, Args)]
#[command(override_usage = "\
attune-install history [OPTIONS] [GENERATION]
       attune-install history [OPTIONS] show <GENERATION>")]
pub(in crate::cli) struct HistoryArgs {
    /// Show the operations that led to this generation, with their command lines, packs and migrations
    #[arg(value_name = "GENERATION", num_args = ..=2, value_parser = parse_word)]
    words: Vec<Word>,
    /// Show the operations that failed and changed nothing
    #[arg(long, conflicts_with = "words")]
    failed: bool,
    /// Show at most this many
    #[arg(long, short = 'n', value_name = "N", value_parser = parse_limit)]
    limit: Option<usize>,
    #[command(flatten)]
    common: CommonArgs,
}

/// A word of `history show 3`, or of `history 3`, which is the same.
#[derive(Debug, Clone, Copy)]
enum Word {
    Show,
    Generation(u64),
}

fn parse_word(text: &str) -> Result<Word, String> {
    if text == "show" { Ok(Word::Show) } else { parse_generation(text).map(Word::Generation) }
}

impl HistoryArgs {
    pub(in crate::cli) fn run(self) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        (self.common.output(), self.show())
    }

    /// The generation that is to be shown; none where all operations are.
    fn generation(&self) -> Result<Option<u64>, CommandError> {
        match self.words[..] {
            [] => Ok(None),
            [Word::Generation(generation)] | [Word::Show, Word::Generation(generation)] => {
                Ok(Some(generation))
            }
            _ => {
                let message = "one generation is shown at a time".to_owned();
                let hint = "name one, `attune-install history show GENERATION`".to_owned();
                let failure = Failure::from_message(message, ErrorCode::CommandLine);
                Err(CommandError(failure.with_hint(Some(hint))))
            }
        }
    }

    fn show(&self) -> Result<(), CommandError> {
        let generation = self.generation()?;
        let mut past = history(&self.common.host_root()?)?;
        if let Some(generation) = generation {
            past.operations.retain(|operation| operation.generation == generation);
            past.failed.clear();
            past.settings.clear();
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
            past.settings.clear();
        }
        let limit = self.limit.unwrap_or(usize::MAX);
        past.operations.truncate(limit);
        past.settings.truncate(limit);
        past.failed.truncate(limit);
        let text = |past: &History| match (generation, self.failed) {
            (Some(_), _) => past.operations.iter().map(render_one).collect(),
            (None, true) => render_failed(past),
            (None, false) => render(past, limit),
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

fn render(past: &History, limit: usize) -> String {
    if past.operations.is_empty() && past.settings.is_empty() {
        return format!("no operation is recorded in {}\n", past.root.display());
    }
    let mut table = Table::new(&["GENERATION", "TIME (UTC)", "OPERATION", "USER", "CHANGES"]);
    let (mut operations, mut settings) = (past.operations.iter().peekable(), past.settings.iter().peekable());
    for _ in 0..limit {
        let row = match (operations.peek(), settings.peek()) {
            (Some(operation), Some(setting)) if setting.time > operation.started_at => {
                settings.next().map(settings_row)
            }
            (None, _) => settings.next().map(settings_row),
            (Some(_), _) => operations.next().map(|operation| operation_row(operation, past.generation)),
        };
        let Some(row) = row else { break };
        table.push(row);
    }
    table.to_string()
}

fn operation_row(operation: &PastOperation, active: Option<u64>) -> Vec<String> {
    let mark = if Some(operation.generation) == active {
        " (active)"
    } else if operation.kept {
        " *"
    } else {
        ""
    };
    let forced = if operation.forced.is_empty() { "" } else { ", forced" };
    vec![
        format!("{}{mark}", operation.generation),
        time_text(operation.started_at),
        format!("{}{forced}", kind_text(operation)),
        operation.user.clone(),
        packs_text(&operation.packs),
    ]
}

/// An operation that made no generation; its command line says what it changed.
fn settings_row(change: &SettingsChange) -> Vec<String> {
    let command = change.command.split_once(' ').map_or(change.command.as_str(), |(_, words)| words);
    vec![
        "-".to_owned(),
        time_text(change.time),
        change.kind.as_str().to_owned(),
        change.user.clone(),
        command.to_owned(),
    ]
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
    text += &changes_table(&operation.packs).to_string();
    if !operation.migrations.is_empty() {
        let _ = write!(text, "\n{}", migrations_table(&operation.migrations));
    }
    text
}

fn migrations_table(migrations: &[MigrationReport]) -> Table {
    let mut table = Table::new(&["MIGRATION", "FROM", "TO", "DIRECTION", "SCRIPT", "RESULT"]);
    for migration in migrations {
        let script = migration.script.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
        let result = match (migration.state, migration.exit_code) {
            (MigrationState::Done, Some(code)) => {
                format!("exit {code}, {} ms", migration.duration_ms.unwrap_or_default())
            }
            (MigrationState::Done, None) => "done".to_owned(),
            (MigrationState::Skipped, _) => "skipped".to_owned(),
            (MigrationState::NoScript, _) => "no script".to_owned(),
            (MigrationState::Planned, _) => "planned".to_owned(),
        };
        table.push(vec![
            migration.pack.to_string(),
            migration.from.to_string(),
            migration.to.to_string(),
            migration.direction.as_str().to_owned(),
            script,
            result,
        ]);
    }
    table
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
