//! `attune-install export`

use std::ffi::OsString;
use std::path::PathBuf;

use attune_registry::atomic_file::Existing;
use attune_registry::human_bytes;
use attune_schemas::PackRef;
use attune_terminal::{ArgValueCandidates, Output, Table, success};
use clap::{Args, ValueHint};
use jiff::Timestamp;

use super::args::change::interrupt_on_signals;
use super::args::settings::CommonArgs;
use super::failure::CommandError;
use super::words::installed_packs;
use crate::operations::{ExportOptions, ExportReport, export};
use crate::source::SourceLocation;

/// Write a bundle of installed packs, with the signatures of their publisher.
///
/// The very releases that are installed are taken from the originals that this host keeps (`--keep-blobs` of an
/// installation), or from a bundle or registry, with what they need on hosts of this kind. Any host that trusts the
/// registry can install from the bundle. It is of one registry: where packs of several are installed, name those of one.
/// Interpreters are not in it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-install export -o host.tar.zst
  attune-install export -o host.tar.zst --from http://10.0.0.5:8080
  attune-install export weather -o weather.tar.zst --from bundle.tar.zst")]
pub(super) struct ExportArgs {
    /// The packs, with those that they need [default: all]
    #[arg(value_name = "PACK", add = ArgValueCandidates::new(installed_packs))]
    packs: Vec<PackRef>,
    /// The bundle to write
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    output: PathBuf,
    /// The bundle or registry that has the releases which this host does not keep
    #[arg(long, value_name = "BUNDLE|DIR|URL")]
    from: Option<OsString>,
    /// Replace the file if it is there
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    common: CommonArgs,
}

impl ExportArgs {
    pub(super) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        (self.common.output(), self.export(now))
    }

    fn export(self, now: Timestamp) -> Result<(), CommandError> {
        let root = self.common.host_root()?;
        let options = ExportOptions {
            packs: self.packs,
            from: self.from.as_deref().map(SourceLocation::of_either).transpose()?,
            output: self.output,
            existing: if self.force { Existing::Replace } else { Existing::Keep },
            interrupt: interrupt_on_signals(),
            now,
        };
        let report = export(&root, &options, &self.common.report.reporter())?;
        if self.common.report.is_quiet() {
            return Ok(());
        }
        self.common.write(&report, render)
    }
}

fn render(report: &ExportReport) -> String {
    let mut table = Table::new(&["PACK", "VERSION", "SIZE"]);
    for release in &report.releases {
        let (pack, version) = (release.pack.to_string(), release.version.to_string());
        table.push(vec![pack, version, human_bytes(release.size)]);
    }
    let done = success(&format!("wrote {}", report.bundle.display()));
    let (size, registry) = (human_bytes(report.size), &report.registry);
    format!("{table}\n{done}, {size}, of registry `{registry}`; it expires at {}\n", report.expires_at)
}
