//! `attune-build init`

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::path::PathBuf;

use attune_registry::trust::{BinCount, SigningRole};
use attune_schemas::tuf::{ExpiryDays, RegistryName, RegistryNameError};
use attune_terminal::{Output, ReportArgs};
use clap::Args;
use jiff::Timestamp;

use crate::cli::failure::CommandError;
use crate::cli::settings::{KeyArgs, parse_role_number, write_report};
use crate::operations::{InitOptions, InitReport, init};

/// Makes a new, empty, signed registry.
#[derive(Debug, Args)]
pub(in crate::cli) struct InitArgs {
    /// The directory to make
    #[arg(value_name = "REGISTRY")]
    registry: PathBuf,
    /// The registry's permanent name, by which hosts remember it
    #[arg(long, value_parser = parse_name)]
    name: RegistryName,
    /// Divide the packs into this many bins, a power of two, of which each publication signs only one; for registries
    /// of thousands of packs
    #[arg(long, value_name = "N")]
    bins: Option<BinCount>,
    /// The number of keys that must sign a role and are created for it, such as `root=2`; repeatable [default: 1]
    #[arg(long = "threshold", value_name = "ROLE=K", value_parser = parse_role_number)]
    thresholds: Vec<(SigningRole, NonZeroU32)>,
    /// The number of days that metadata of a role is valid, such as `timestamp=30`; repeatable
    /// [default: root=1825 targets=365 bins=365 snapshot=365 timestamp=90]
    #[arg(long = "expires", value_name = "ROLE=DAYS", value_parser = parse_role_number)]
    expires: Vec<(SigningRole, NonZeroU32)>,
    /// Encrypt the keys with a passphrase
    #[arg(long)]
    encrypt: bool,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    common: ReportArgs,
}

fn parse_name(text: &str) -> Result<RegistryName, String> {
    let name: RegistryName = text.parse().map_err(|error: RegistryNameError| error.to_string())?;
    if name.is_this_host() {
        return Err("the name is kept for packs that hosts sign themselves".to_owned());
    }
    Ok(name)
}

impl InitArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        let output = self.common.output();
        self.common.start_log();
        let result = self.options(now).and_then(|options| Ok(init(&options)?));
        (output, result.and_then(|report| write_report(&report, &self.common, render)))
    }

    fn options(&self, now: Timestamp) -> Result<InitOptions, CommandError> {
        let mut expiry = ExpiryDays::default();
        for (role, days) in &self.expires {
            *role.days_mut(&mut expiry) = days.get();
        }
        Ok(InitOptions {
            registry: self.registry.clone(),
            name: self.name.clone(),
            keys: self.keys.directory(&self.registry),
            passphrase: self.keys.new_passphrase(self.encrypt, "the registry's keys")?,
            bins: self.bins,
            thresholds: self.thresholds.iter().copied().collect::<BTreeMap<_, _>>(),
            expiry,
            now,
        })
    }
}

fn render(report: &InitReport) -> String {
    let bins = report.bins.map_or(String::new(), |bins| format!(" with {bins} bins"));
    let offline = if report.bins.is_some() { "root.key.json and targets.key.json" } else { "root.key.json" };
    format!(
        "made registry `{}`{bins} in {}\n\n\
         root   {}\n       {}\n       hosts trust this file, 1.root.json: bring it to them over a channel you trust; it expires {}\n\
         keys   {}\n       keep them private; move {offline} to a safe place, publishing does not need it\n",
        report.name,
        report.registry.display(),
        report.root.display(),
        report.root_fingerprint,
        report.root_expires_at,
        report.keys.display(),
    )
}
