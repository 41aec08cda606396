//! `attune-install diff`

use std::ffi::OsString;
use std::fmt::Write as _;
use std::process::ExitCode;

use attune_registry::contents::{PackDifference, PackageDifference, ReleaseChange};
use attune_registry::human_bytes;
use attune_terminal::{Table, printable};
use clap::{Args, ValueHint};
use jiff::Timestamp;

use super::inspect::path_of;
use crate::cli::args::settings::CommonArgs;
use crate::cli::args::trust::JudgeArgs;
use crate::cli::failure::CommandError;
use crate::cli::install::UsageError;
use crate::cli::lifecycle::packs_counted;
use crate::operations::{DiffOptions, DiffReport, DiffSide, DiffedSide, diff};
use crate::source::SourceLocation;

/// The exit code of two sides that differ, where one is asked for.
const DIFFERENT: u8 = 1;

/// Show the differences between bundles, generations and what is active.
///
/// A side is a bundle (`-` for standard input) or a registry's directory, the number of a generation, or `current` for what
/// is active. With one side, what is active is held against a bundle, and a generation against what is active. Packs are
/// told with their versions, components, dependencies, packages and sizes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-install diff bundle.tar.zst
  attune-install diff old.tar.zst new.tar.zst
  attune-install diff 3
  attune-install diff 3 5 --exit-code --quiet

Exit codes: 0, also where the sides differ; with --exit-code 1 where they do.")]
pub(in crate::cli) struct DiffArgs {
    /// The first side
    #[arg(value_name = "BUNDLE|GENERATION", value_hint = ValueHint::AnyPath)]
    from: OsString,
    /// The second side
    #[arg(value_name = "BUNDLE|GENERATION", value_hint = ValueHint::AnyPath)]
    to: Option<OsString>,
    /// Exit with 1 where the sides differ
    #[arg(long)]
    exit_code: bool,
    #[command(flatten)]
    judge: JudgeArgs,
    #[command(flatten)]
    common: CommonArgs,
}

impl DiffArgs {
    /// Its exit code may be 1 without a failure, as of other programs that compare.
    pub(in crate::cli) fn run(self, now: Timestamp) -> ExitCode {
        self.common.start_log();
        match self.diff(now) {
            Ok(true) if self.exit_code => ExitCode::from(DIFFERENT),
            Ok(_) => ExitCode::SUCCESS,
            Err(CommandError(failure)) => {
                failure.show(self.common.output());
                ExitCode::from(failure.exit_code())
            }
        }
    }

    /// Whether the sides differ.
    fn diff(&self, now: Timestamp) -> Result<bool, CommandError> {
        let root = self.common.host_root()?;
        let first = side(&self.from)?;
        let (from, to) = match (&self.to, first) {
            (Some(to), first) => (first, side(to)?),
            (None, DiffSide::Source(path)) => (DiffSide::Current, DiffSide::Source(path)),
            (None, first) => (first, DiffSide::Current),
        };
        let options = DiffOptions { from, to, trust: self.judge.settings(), now };
        if options.from == options.to
            && matches!(&options.from, DiffSide::Source(path) if path.as_os_str() == "-")
        {
            return Err(UsageError::InputTwice.into());
        }
        let report = diff(&root, &options, &self.common.report.reporter())?;
        if !self.common.report.is_quiet() {
            self.common.write(&report, render)?;
        }
        Ok(!report.difference.packs.is_empty())
    }
}

fn side(text: &OsString) -> Result<DiffSide, UsageError> {
    let words = text.to_string_lossy();
    if words == "current" {
        return Ok(DiffSide::Current);
    }
    if let Ok(id) = words.parse() {
        return Ok(DiffSide::Generation(id));
    }
    match SourceLocation::of_bundle(text)? {
        Some(location) => Ok(DiffSide::Source(path_of(location))),
        None => Err(UsageError::NotASide(words.into_owned())),
    }
}

fn render(report: &DiffReport) -> String {
    let difference = &report.difference;
    let sides = format!("{} and {}", side_text(&report.from), side_text(&report.to));
    if difference.packs.is_empty() {
        return format!("no difference between {sides}: {}\n", packs_counted(difference.same));
    }
    let mut table = Table::new(&["PACK", "FROM", "TO", "SIZE", "CHANGE"]);
    for pack in &difference.packs {
        let version = |version: &Option<attune_schemas::Version>| {
            version.as_ref().map_or("-".to_owned(), ToString::to_string)
        };
        let size = match (pack.from_size, pack.to_size) {
            (Some(from), Some(to)) if from != to => format!("{} -> {}", human_bytes(from), human_bytes(to)),
            (from, to) => to.or(from).map(human_bytes).unwrap_or_default(),
        };
        let change = change_text(pack.change).to_owned();
        table.push(vec![pack.pack.to_string(), version(&pack.from), version(&pack.to), size, change]);
    }
    let mut text = table.to_string();
    for pack in &difference.packs {
        text += &printable(&parts_text(pack));
    }
    let _ = writeln!(
        text,
        "\n{} between {sides}; {} the same",
        match difference.packs.len() {
            1 => "1 difference".to_owned(),
            count => format!("{count} differences"),
        },
        packs_counted(difference.same),
    );
    text
}

const fn change_text(change: ReleaseChange) -> &'static str {
    match change {
        ReleaseChange::Added => "added",
        ReleaseChange::Removed => "removed",
        ReleaseChange::Upgraded => "upgraded",
        ReleaseChange::Downgraded => "downgraded",
        ReleaseChange::Replaced => "other bytes",
    }
}

fn side_text(side: &DiffedSide) -> String {
    match (&side.source, side.generation) {
        (Some(source), _) => format!("`{}`", source.display()),
        (None, Some(0)) => "an empty host".to_owned(),
        (None, generation) => format!("generation {}", generation.unwrap_or_default()),
    }
}

/// A line for each part of a pack that differs.
fn parts_text(pack: &PackDifference) -> String {
    let mut text = String::new();
    for component in pack.components.values() {
        for (sign, refs) in [('-', &component.removed), ('+', &component.added)] {
            for reference in refs {
                let _ = writeln!(text, "  {sign} {reference}");
            }
        }
    }
    for (needed, requirement) in &pack.dependencies {
        let or_none = |requirement: &Option<attune_schemas::Requirement>| {
            requirement.as_ref().map_or("none".to_owned(), ToString::to_string)
        };
        let (from, to) = (or_none(&requirement.from), or_none(&requirement.to));
        let _ = writeln!(text, "  needs {needed}: {from} -> {to}");
    }
    for (runtime, packages) in &pack.environments {
        for PackageDifference { name, from, to } in packages {
            let or_none = |versions: &[String]| {
                if versions.is_empty() { "none".to_owned() } else { versions.join(", ") }
            };
            let _ = writeln!(text, "  {runtime} package {name}: {} -> {}", or_none(from), or_none(to));
        }
    }
    if text.is_empty() { text } else { format!("\n{}\n{text}", pack.pack) }
}
