//! `attune-build bundle`

use std::path::PathBuf;

use attune_registry::human_bytes;
use attune_schemas::PackRequest;
use attune_terminal::{Output, ReportArgs, Table};
use clap::Args;
use jiff::Timestamp;

use super::failure::CommandError;
use super::inspect::{COVERAGE_COLUMNS, push_coverage};
use super::settings::{TargetArgs, write_report, write_report_beside};
use super::signing::warn_of_root;
use crate::bundle::{BundleOptions, BundleReport, bundle, is_standard_output};

/// Cuts a bundle.
#[derive(Debug, Args)]
pub(super) struct BundleArgs {
    /// The registry
    #[arg(value_name = "REGISTRY")]
    registry: PathBuf,
    /// The packs: `weather`, `net_tools@^1.2`; what they depend on comes with them
    #[arg(value_name = "PACK", required = true)]
    packs: Vec<PackRequest>,
    /// The file to write; a pipe or device is written to in place
    #[arg(short, long, value_name = "FILE", default_value = "bundle.tar.zst")]
    output: PathBuf,
    /// Carry the interpreters that the packs need, for targets that have none
    #[arg(long)]
    with_runtimes: bool,
    #[command(flatten)]
    targets: TargetArgs,
    #[command(flatten)]
    common: ReportArgs,
}

impl BundleArgs {
    pub(super) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        let output = self.common.output();
        self.common.start_log();
        let beside = is_standard_output(&self.output);
        let options = BundleOptions {
            registry: self.registry,
            requests: self.packs,
            targets: self.targets.selection(),
            with_runtimes: self.with_runtimes,
            output: self.output,
            now,
        };
        let reporter = self.common.reporter();
        let result = bundle(&options, &reporter);
        let result = result.map_err(CommandError::from).and_then(|report| {
            warn_of_root(&options.registry, now, &reporter);
            if beside {
                write_report_beside(&report, &self.common, render);
                return Ok(());
            }
            write_report(&report, &self.common, render)
        });
        (output, result)
    }
}

fn render(report: &BundleReport) -> String {
    let mut table = Table::new(&["PACK", "VERSION", "STATUS", "SIZE"]);
    for release in &report.releases {
        table.push(vec![
            release.pack.to_string(),
            release.version.to_string(),
            if release.requested { "requested" } else { "dependency" }.to_owned(),
            human_bytes(release.size),
        ]);
    }
    let mut coverage = Table::new(COVERAGE_COLUMNS);
    for release in &report.releases {
        push_coverage(&mut coverage, &format!("{} {}", release.pack, release.version), &release.targets);
    }
    let join = |items: Vec<String>| items.join(", ");
    let platforms = join(report.platforms.iter().map(ToString::to_string).collect());
    let pythons = match &report.pythons[..] {
        [] => String::new(),
        pythons => format!(" with Python {}", join(pythons.iter().map(ToString::to_string).collect())),
    };
    let runtimes = report.runtimes.iter().fold(String::new(), |text, carried| {
        text + &format!("carries {} {} for {}\n", carried.runtime, carried.version, carried.platform)
    });
    format!(
        "{table}\n{coverage}\n{runtimes}wrote {} ({}) for {platforms}{pythons}\n{}\ninstall it before {}\n",
        report.bundle.display(),
        human_bytes(report.size),
        report.digest,
        report.expires_at,
    )
}
