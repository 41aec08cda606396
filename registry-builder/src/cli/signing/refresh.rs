//! `attune-build refresh`

use attune_schemas::problem::WarningCode;
use std::path::PathBuf;

use attune_registry::report::Reporter as _;
use attune_terminal::{Output, ReportArgs};
use clap::Args;
use jiff::Timestamp;

use super::root_validity::warn_of_root;
use crate::cli::failure::CommandError;
use crate::cli::settings::{KeyArgs, write_report};
use crate::operations::{RefreshOptions, RefreshReport, refresh};

/// Signs snapshot and timestamp anew, from cron for example, so that the registry stays valid while nothing
/// changes.
#[derive(Debug, Args)]
pub(in crate::cli) struct RefreshArgs {
    /// The registry
    #[arg(value_name = "REGISTRY")]
    registry: PathBuf,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    common: ReportArgs,
}

impl RefreshArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        let output = self.common.output();
        self.common.start_log();
        let keys = self.keys.settings(Some(&self.registry));
        let reporter = self.common.reporter();
        let options = RefreshOptions { registry: self.registry, keys, now };
        let result =
            refresh(&options, &reporter).map_err(CommandError::from).and_then(|report| {
                // Of the root there is more to say than a date.
                for role in report.expiring.iter().filter(|role| role.role != "root") {
                    reporter.alarm(WarningCode::KeysNotAtHand, &format!(
                    "{} expires on {}, and its keys are not available: sign with --keys DIR or --key KEY",
                    role.role, role.expires_at
                ));
                }
                warn_of_root(&options.registry, now, &reporter);
                write_report(&report, &self.common, render)
            });
        (output, result)
    }
}

fn render(report: &RefreshReport) -> String {
    format!("signed {}\nvalid until {}\n", report.metadata.join(", "), report.expires_at)
}
