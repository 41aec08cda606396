//! `attune-build init`

use std::path::PathBuf;

use attune_registry::terminal::{Output, write_result};
use attune_schemas::tuf::RegistryName;
use clap::Args;
use jiff::Timestamp;

use super::settings::{CommonArgs, KeyArgs};
use crate::error::BuildError;
use crate::init::{InitOptions, InitReport, init};

/// Makes a new, empty, signed registry.
#[derive(Debug, Args)]
pub(super) struct InitArgs {
    /// The directory to make
    #[arg(value_name = "REGISTRY")]
    registry: PathBuf,
    /// The registry's name, for life: hosts remember whom they trust by it
    #[arg(long)]
    name: RegistryName,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    common: CommonArgs,
}

impl InitArgs {
    pub(super) fn run(self, now: Timestamp) -> (Output, Result<(), BuildError>) {
        let output = self.common.output();
        self.common.start_log();
        let keys = self.keys.directory(&self.registry);
        let options = InitOptions { registry: self.registry, name: self.name, keys, now };
        let result = init(&options).and_then(|report| {
            let text = match output {
                Output::Json => serde_json::to_string_pretty(&report).expect("a report serialises") + "\n",
                Output::Text if self.common.is_quiet() => return Ok(()),
                Output::Text => render(&report),
            };
            write_result(&text).map_err(BuildError::Output)
        });
        (output, result)
    }
}

fn render(report: &InitReport) -> String {
    format!(
        "made registry `{}` in {}\n\n\
         root   {}\n       {}\n       hosts trust this file: bring it to them on a way that you trust; it expires {}\n\
         keys   {}\n       keep them private; move root.json to a safe place, publishing does not need it\n",
        report.name,
        report.registry.display(),
        report.root.display(),
        report.root_digest,
        report.root_expires,
        report.keys.display(),
    )
}
