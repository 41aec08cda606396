//! `attune-build lint`

use std::fmt::Write as _;
use std::path::PathBuf;

use attune_registry::human_bytes;
use attune_terminal::{Output, ReportArgs, Table, write_result};
use clap::{Args, ValueEnum};

use super::failure::CommandError;
use super::findings::{ShownFindings, show_findings};
use super::sarif::sarif;
use super::settings::{SecretArgs, write_report};
use crate::operations::{Fixing, LintOptions, LintedPack, LintedPacks, PackFixes, lint};

/// Check packs as `add` does, without a registry, and list the files to be packed
///
/// `--fix` corrects older forms that have one form of today, and refs that a name gives: comments and layout stay, and a
/// file whose corrected text would be read otherwise is left alone.
#[derive(Debug, Args)]
pub(super) struct LintArgs {
    /// The packs' directories
    #[arg(value_name = "PACK", required = true)]
    packs: Vec<PathBuf>,
    #[command(flatten)]
    secrets: SecretArgs,
    /// Correct the files where the meaning is certain to stay the same
    #[arg(long)]
    fix: bool,
    /// Show the corrections as a unified diff, and write nothing
    #[arg(long, conflicts_with_all = ["fix", "format"])]
    diff: bool,
    /// Write the findings to standard output in another form: `sarif`, for code hosts and editors
    #[arg(long, value_name = "FORM", value_enum, hide_possible_values = true, conflicts_with = "json")]
    format: Option<FindingsForm>,
    #[command(flatten)]
    common: ReportArgs,
}

/// A form of findings that other tools read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FindingsForm {
    /// The Static Analysis Results Interchange Format, 2.1.0.
    Sarif,
}

impl LintArgs {
    pub(super) fn run(self) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        let output = self.common.output();
        let fixing = match (self.fix, self.diff) {
            (true, _) => Fixing::Write,
            (false, true) => Fixing::Show,
            (false, false) => Fixing::Count,
        };
        let options =
            LintOptions { packs: self.packs, include_secrets: self.secrets.include_secrets, fixing };
        let result = lint(&options).map_err(CommandError::from);
        let result = result.and_then(|(report, failure)| {
            match self.format {
                Some(FindingsForm::Sarif) => {
                    write_result(&sarif(&report)).map_err(|error| CommandError::of_output(&error))?;
                }
                None if self.diff => write_report(&report, &self.common, render_diff)?,
                None => {
                    for pack in &report.packs {
                        show_findings(&pack.directory, &pack.findings, ShownFindings::asked(&self.common));
                    }
                    write_report(&report, &self.common, render)?;
                }
            }
            match failure {
                None => Ok(()),
                Some(failure) => Err(failure.into()),
            }
        });
        (output, result)
    }
}

fn render(report: &LintedPacks) -> String {
    report.packs.iter().map(render_pack).collect::<Vec<_>>().join("\n")
}

fn render_pack(pack: &LintedPack) -> String {
    let name = match (&pack.pack, &pack.version) {
        (Some(pack), Some(version)) => format!("{pack} {version}"),
        _ => pack.directory.clone(),
    };
    let mut table = Table::new(&["FILE", "SIZE"]);
    for file in &pack.files {
        table.push(vec![file.path.to_string(), human_bytes(file.size)]);
    }
    let files = pack.files.len();
    let files = format!("{files} file{}", if files == 1 { "" } else { "s" });
    let mut text = format!("{name}\n{table}{files}, {}\n", human_bytes(pack.size));
    for left in &pack.left_out {
        let _ = writeln!(text, "left out: {}, which {}", left.path, left.reason);
    }
    text + &render_fixes(&pack.fixes)
}

/// The corrections that were made, or can be; nothing if there are none.
fn render_fixes(fixes: &PackFixes) -> String {
    let PackFixes { written, fixed, remaining, files, left_alone } = fixes;
    let mut text = String::new();
    if *written {
        for file in files {
            let _ = writeln!(text, "corrected: {} ({})", file.path, file.fixed);
        }
        let _ = writeln!(text, "{} corrected, {remaining} remain", findings(*fixed));
    } else if *fixed > 0 {
        let _ = writeln!(text, "{} can be corrected by --fix; --diff shows how", findings(*fixed));
    }
    for left in left_alone.iter().filter(|_| *written || *fixed > 0) {
        let _ = writeln!(text, "left alone: {}, since {}", left.path, left.reason);
    }
    text
}

fn findings(count: usize) -> String {
    format!("{count} finding{}", if count == 1 { "" } else { "s" })
}

/// The differences, for `patch -p1`.
fn render_diff(report: &LintedPacks) -> String {
    let files = report.packs.iter().flat_map(|pack| &pack.fixes.files);
    files.filter_map(|file| file.diff.as_deref()).collect()
}
