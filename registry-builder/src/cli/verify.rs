//! `attune-build verify`

use std::path::PathBuf;

use attune_registry::human_bytes;
use attune_terminal::{Output, ReportArgs, success};
use clap::Args;
use jiff::Timestamp;

use super::failure::CommandError;
use super::settings::write_report;
use crate::operations::{VerifyOptions, VerifyReport, verify};

/// Reads every file of a registry or a bundle and checks it.
#[derive(Debug, Args)]
pub(super) struct VerifyArgs {
    /// A registry's directory, a bundle, or - for a bundle on standard input
    #[arg(value_name = "REGISTRY|BUNDLE")]
    source: PathBuf,
    #[command(flatten)]
    common: ReportArgs,
}

impl VerifyArgs {
    pub(super) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        self.common.start_log();
        let options = VerifyOptions { source: self.source, now };
        let reporter = self.common.reporter();
        let result = verify(&options, &reporter).map_err(CommandError::of_verify);
        let result = result.and_then(|report| write_report(&report, &self.common, render));
        (self.common.output(), result)
    }
}

fn render(report: &VerifyReport) -> String {
    let VerifyReport { metadata, indexes, releases, blobs, .. } = report;
    let unreferenced = match report.unreferenced {
        0 => String::new(),
        count => format!("{count} more blobs belong to no release\n"),
    };
    let expired = match &report.expired[..] {
        [] => String::new(),
        roles => format!("expired: {}\n", roles.join(", ")),
    };
    format!(
        "registry {}, first root {}\nvalid until {}\n{expired}\
         checked {metadata} metadata files with their signatures, {indexes} indexes, {releases} releases, \
         {blobs} blobs ({})\n{unreferenced}{}\n",
        report.registry,
        report.root_fingerprint,
        report.expires,
        human_bytes(report.bytes),
        success("everything is whole"),
    )
}
