//! `attune-build refresh`

use std::path::PathBuf;

use attune_registry::report::Reporter as _;
use attune_terminal::{Output, ReportArgs, TerminalReporter};
use clap::Args;
use jiff::Timestamp;

use super::failure::CommandError;
use super::settings::{KeyArgs, write_report};
use crate::operations::{RefreshOptions, RefreshReport, refresh};

/// Signs snapshot and timestamp anew, from cron for example, so that the registry stays valid while nothing
/// changes.
#[derive(Debug, Args)]
pub(super) struct RefreshArgs {
    /// The registry
    #[arg(value_name = "REGISTRY")]
    registry: PathBuf,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    common: ReportArgs,
}

impl RefreshArgs {
    pub(super) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        let output = self.common.output();
        self.common.start_log();
        let keys = self.keys.settings(Some(&self.registry));
        let reporter = TerminalReporter::new(self.common.is_silent());
        let result = refresh(&RefreshOptions { registry: self.registry, keys, now });
        let result = result.map_err(CommandError::from).and_then(|report| {
            for role in &report.expiring {
                reporter.warning(&format!(
                    "{} expires on {}, and its keys are not at hand",
                    role.role, role.expires
                ));
            }
            write_report(&report, &self.common, render)
        });
        (output, result)
    }
}

fn render(report: &RefreshReport) -> String {
    format!("signed {}\nvalid until {}\n", report.metadata.join(", "), report.expires)
}
