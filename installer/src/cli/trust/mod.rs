//! `attune-install trust`

pub(in crate::cli) mod reports;

use std::path::PathBuf;

use attune_host::process::OperationKind;
use attune_host::root::HostRoot;
use attune_registry::report::Report;
use attune_schemas::Digest;
use attune_schemas::tuf::RegistryName;
use attune_terminal::{ArgValueCandidates, ConfirmArgs, Output, Table, parse_duration};
use clap::{Args, Subcommand};
use jiff::{SignedDuration, Timestamp};

use super::args::change::WaitArgs;
use super::args::settings::CommonArgs;
use super::failure::CommandError;
use super::logged::{failure_logged, logged, logged_unless};
use super::words::trusted;
use crate::trust::{
    TrustDetails, TrustedRegistry, check_trusted, remove_trust, reset_trust, trust, trust_details,
    trusted_registries,
};
use reports::{RemovedTrust, ResetTrust, TrustedRegistries};

/// Shows and changes whom this host trusts.
#[derive(Debug, Args)]
pub(super) struct TrustArgs {
    #[command(subcommand)]
    command: TrustCommand,
}

#[derive(Debug, Subcommand)]
enum TrustCommand {
    /// Trust a registry by its root metadata, or change the policy of a trusted one
    Add {
        /// The registry's root metadata, obtained over a channel you trust
        #[arg(value_name = "ROOT.json")]
        file: PathBuf,
        /// Refuse the file unless it has this sha256
        #[arg(long, value_name = "sha256:HEX")]
        trust_fingerprint: Option<Digest>,
        /// From now on, accept its metadata for this long after expiry, such as `30d` or `any`; `0d` for never
        #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
        expiry_grace: Option<SignedDuration>,
        #[command(flatten)]
        wait: WaitArgs,
        #[command(flatten)]
        common: CommonArgs,
    },
    /// List the trusted registries
    #[command(visible_alias = "ls")]
    List {
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Show the trust state of a registry: keys, versions seen, expiry dates
    Show {
        /// The registry's name
        #[arg(value_name = "REGISTRY", add = ArgValueCandidates::new(trusted))]
        registry: RegistryName,
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Forget a registry and its trust state; installed packs stay
    #[command(visible_alias = "rm")]
    Remove {
        /// The registry's name
        #[arg(value_name = "REGISTRY", add = ArgValueCandidates::new(trusted))]
        registry: RegistryName,
        #[command(flatten)]
        confirm: ConfirmArgs,
        #[command(flatten)]
        wait: WaitArgs,
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Forget the versions seen of a registry that was restored from a backup; its root stays trusted
    Reset {
        /// The registry's name
        #[arg(value_name = "REGISTRY", add = ArgValueCandidates::new(trusted))]
        registry: RegistryName,
        #[command(flatten)]
        confirm: ConfirmArgs,
        #[command(flatten)]
        wait: WaitArgs,
        #[command(flatten)]
        common: CommonArgs,
    },
}

impl TrustArgs {
    pub(super) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        let (TrustCommand::Add { common, .. }
        | TrustCommand::List { common }
        | TrustCommand::Show { common, .. }
        | TrustCommand::Remove { common, .. }
        | TrustCommand::Reset { common, .. }) = &self.command;
        let output = common.output();
        common.start_log();
        (output, common.host_root().and_then(|root| self.command.run(&root, common, now)))
    }
}

impl TrustCommand {
    fn run(&self, root: &HostRoot, common: &CommonArgs, now: Timestamp) -> Result<(), CommandError> {
        let place = || root.path().to_owned();
        let reporter = common.report.reporter();
        let changing = |kind: OperationKind, wait: &WaitArgs| wait.options(kind, now);
        match self {
            Self::Add { file, trust_fingerprint, expiry_grace, wait, .. } => {
                let change = changing(OperationKind::TrustAdd, wait);
                let before = trusted_registries(root).unwrap_or_default();
                let is_same = |registry: &TrustedRegistry| before.contains(registry);
                let access = change.access(&reporter);
                let trusted = trust(root, file, *trust_fingerprint, *expiry_grace, &access);
                let trusted = trusted.map_err(CommandError::from);
                let registry = logged_unless(root, &change, is_same, trusted)?;
                tell(&registry, common, |registry| render(std::slice::from_ref(registry)))
            }
            Self::List { .. } => {
                let trusted = TrustedRegistries { root: place(), registries: trusted_registries(root)? };
                common.write(&trusted, |trusted| render(&trusted.registries))
            }
            Self::Show { registry, .. } => common.write(&trust_details(root, registry)?, render_details),
            Self::Remove { registry, confirm, wait, .. } => {
                let change = changing(OperationKind::TrustRemove, wait);
                if let Err(error) = check_trusted(root, registry) {
                    // What a removal that was cut off left behind goes all the same.
                    remove_trust(root, registry, &change.access(&reporter))?;
                    return failure_logged(root, &change, Err(error.into()));
                }
                confirm
                    .confirm(&format!("the host will forget registry `{registry}` and all that it saw of it"))
                    .map_err(CommandError)?;
                let removed = remove_trust(root, registry, &change.access(&reporter));
                let removed =
                    removed.map(|()| RemovedTrust { root: place(), registry: registry.to_string() });
                let removed = logged(root, &change, removed.map_err(CommandError::from))?;
                tell(&removed, common, |RemovedTrust { registry, .. }| {
                    format!("registry `{registry}` is no longer trusted; pass --trust to trust it anew\n")
                })
            }
            Self::Reset { registry, confirm, wait, .. } => {
                let change = changing(OperationKind::TrustReset, wait);
                failure_logged(root, &change, check_trusted(root, registry).map_err(CommandError::from))?;
                let deed = format!(
                    "the host will forget which versions it saw of registry `{registry}`, and accept older ones"
                );
                confirm.confirm(&deed).map_err(CommandError)?;
                let reset = reset_trust(root, registry, &change.access(&reporter));
                let reset = reset.map(|()| ResetTrust { root: place(), registry: registry.to_string() });
                let reset = logged(root, &change, reset.map_err(CommandError::from))?;
                tell(&reset, common, |ResetTrust { registry, .. }| {
                    format!(
                        "the versions seen of registry `{registry}` are forgotten; the next install may be from older ones\n"
                    )
                })
            }
        }
    }
}

/// Writes the report of a deed, unless nothing is to be told of it.
fn tell<R: Report>(
    report: &R,
    common: &CommonArgs,
    text: impl FnOnce(&R) -> String,
) -> Result<(), CommandError> {
    if common.report.is_quiet() { Ok(()) } else { common.write(report, text) }
}

fn render(registries: &[TrustedRegistry]) -> String {
    if registries.is_empty() {
        return "no registry is trusted\n".to_owned();
    }
    let mut table = Table::new(&["REGISTRY", "ROOT", "EXPIRES", "GRACE", "FINGERPRINT"]);
    for registry in registries {
        table.push(vec![
            registry.registry.clone(),
            registry.root_version.to_string(),
            registry.root_expires_at.clone(),
            registry.expiry_grace.clone().unwrap_or_else(|| "-".to_owned()),
            registry.root_fingerprint.to_string(),
        ]);
    }
    table.to_string()
}

fn render_details(details: &TrustDetails) -> String {
    let mut keys = Table::new(&["ROLE", "SIGNED BY", "KEY"]);
    for role in &details.roles {
        for (at, key) in role.keys.iter().enumerate() {
            let (name, needed) = match at {
                0 => (role.role, format!("{} of {}", role.threshold, role.keys.len())),
                _ => ("", String::new()),
            };
            keys.push(vec![name.to_owned(), needed, key.clone()]);
        }
    }
    let head = render(std::slice::from_ref(&details.registry));
    if details.seen.is_empty() {
        return format!("{head}\n{keys}\nnothing was seen of it yet\n");
    }
    let mut seen = Table::new(&["SEEN", "VERSION", "EXPIRES"]);
    // Of the bins only the number: there are thousands.
    let is_bin = |role: &str| role.starts_with("bin-");
    for role in details.seen.iter().filter(|role| !is_bin(&role.role)) {
        let expires = role.expires_at.clone().unwrap_or_else(|| "-".to_owned());
        seen.push(vec![role.role.clone(), role.version.to_string(), expires]);
    }
    let bins = match details.seen.iter().filter(|role| is_bin(&role.role)).count() {
        0 => String::new(),
        bins => format!("and {bins} bins\n"),
    };
    let signed = details.signed_at.as_ref().map(|signed| format!("last signed {signed}\n"));
    format!("{head}\n{keys}\n{seen}{bins}{}", signed.unwrap_or_default())
}
