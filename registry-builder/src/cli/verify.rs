//! `attune-build verify`

use std::path::PathBuf;

use attune_registry::human_bytes;
use attune_terminal::{Output, ReportArgs, success};
use clap::Args;
use jiff::Timestamp;

use super::failure::CommandError;
use super::inspect::roots_text;
use super::settings::write_report;
use crate::operations::{VerifyError, VerifyOptions, VerifyReport, verify};

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
        let output = self.common.output();
        let result = match verify(&options, &reporter) {
            Ok(report) => write_report(&report, &self.common, render),
            Err(error) => {
                // For people the error lists the damage; for programs the document does.
                let written = match &error {
                    VerifyError::Damaged(report) if output == Output::Json => {
                        write_report(&**report, &self.common, render)
                    }
                    _ => Ok(()),
                };
                written.and_then(|()| Err(error.into()))
            }
        };
        (output, result)
    }
}

fn render(report: &VerifyReport) -> String {
    let unreferenced = match report.unreferenced {
        0 => String::new(),
        count => format!("{count} more blobs belong to no release\n"),
    };
    let expired = match &report.expired[..] {
        [] => String::new(),
        roles => format!("expired: {}\n", roles.join(", ")),
    };
    format!(
        "{}valid until {}\n{expired}\
         checked {}, {}, {}, {} ({})\n{unreferenced}{}\n",
        roots_text(&report.registry, &report.roots),
        report.expires_at,
        counted(report.metadata, "metadata file"),
        counted(report.indexes, "index"),
        counted(report.releases, "release"),
        counted(report.blobs, "blob"),
        human_bytes(report.bytes),
        success("everything is whole"),
    )
}

fn counted(count: usize, noun: &str) -> String {
    let ending = match (count, noun) {
        (1, _) => "",
        (_, "index") => "es",
        _ => "s",
    };
    format!("{count} {noun}{ending}")
}
