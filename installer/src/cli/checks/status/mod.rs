//! `attune-install status`

mod line;
mod prometheus;

use std::io;
use std::path::{Path, PathBuf};

use attune_registry::atomic_file::{AtomicWrite, Durability};
use attune_schemas::problem::ErrorCode;
use attune_terminal::{Failure, Output, write_result};
use clap::{Args, ValueHint};
use jiff::Timestamp;

use crate::cli::args::settings::CommonArgs;
use crate::cli::failure::CommandError;
use crate::operations::{ConcernKind, StatusReport, status};
use line::line;
use prometheus::metrics;

/// Tell in one line whether the host is well.
///
/// Exits with 0 if it is, and with 1 if something needs attention: metadata of a trusted registry is expired, beyond its
/// grace, or cannot be read; a quick look finds differences, as `attune-install verify` does without reading what nobody
/// touched; the last operation failed; or a change was cut off. A change that is running is none of these. Nothing is
/// written to the root, and any user that may read it can ask.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-install status
  attune-install status --json
  attune-install status --quiet --prometheus /var/lib/node_exporter/textfile/attune.prom")]
pub(in crate::cli) struct StatusArgs {
    /// Write metrics to this file for the textfile collector of Prometheus' node exporter, whatever the status is; `-` for
    /// standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    prometheus: Option<PathBuf>,
    #[command(flatten)]
    common: CommonArgs,
}

impl StatusArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        (self.common.output(), self.status(now))
    }

    fn status(&self, now: Timestamp) -> Result<(), CommandError> {
        let to_output = self.prometheus.as_deref() == Some(Path::new("-"));
        if to_output && self.common.report.json {
            return Err(two_results());
        }
        let root = self.common.host_root()?;
        let found = status(&root, now).map_err(CommandError::from);
        if let Some(file) = &self.prometheus {
            let metrics = metrics(root.path(), found.as_ref().ok(), now);
            if to_output {
                write_result(&metrics).map_err(|error| CommandError::of_output(&error))?;
            } else {
                write_metrics(file, &metrics).map_err(|error| CommandError::of_machine(&error))?;
            }
        }
        let report = found?;
        if !to_output && !self.common.report.is_quiet() {
            self.common.write(&report, |report| line(report, now) + "\n")?;
        }
        if report.ok { Ok(()) } else { Err(needs_attention(&report)) }
    }
}

/// Writes the file whole or not at all: a collector reads it at any time.
fn write_metrics(file: &Path, metrics: &str) -> io::Result<()> {
    if file.is_dir() {
        let message = format!("`{}` is a directory", file.display());
        return Err(io::Error::new(io::ErrorKind::IsADirectory, message));
    }
    let folder = file.parent().filter(|folder| !folder.as_os_str().is_empty());
    if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
        let message = format!("there is no directory `{}`", folder.display());
        return Err(io::Error::new(io::ErrorKind::NotFound, message));
    }
    // Whatever a power failure takes is written again soon.
    AtomicWrite { durability: Durability::Unsynced, ..AtomicWrite::default() }.write(file, metrics.as_bytes())
}

fn two_results() -> CommandError {
    let message = "`--prometheus -` and `--json` both write to standard output".to_owned();
    let hint = "leave one of them out, or name a file with --prometheus".to_owned();
    CommandError(Failure::from_message(message, ErrorCode::CommandLine).with_hint(Some(hint)))
}

fn needs_attention(report: &StatusReport) -> CommandError {
    let facts: Vec<&str> = report.concerns.iter().map(|concern| concern.message.as_str()).collect();
    let message = format!("`{}` needs attention: {}", report.root.display(), facts.join("; "));
    let has = |kind| report.concerns.iter().any(|concern| concern.kind == kind);
    let hint = if has(ConcernKind::Differences) {
        "list the differences with `attune-install verify`"
    } else if has(ConcernKind::ChangeUnfinished) {
        "run `attune-install repair`, which completes or undoes the change"
    } else if has(ConcernKind::OperationFailed) {
        "read about it with `attune-install history --failed`, and run it again once its cause is mended"
    } else {
        "install from a bundle or registry that was signed since"
    };
    CommandError(Failure::from_message(message, ErrorCode::NeedsAttention).with_hint(Some(hint.to_owned())))
}
