//! `attune-install registry`

use std::ffi::OsString;
use std::path::PathBuf;

use attune_host::preferences::RegistryRank;
use attune_host::process::{Interrupt, OperationKind};
use attune_host::root::HostRoot;
use attune_registry::report::Report;
use attune_schemas::tuf::RegistryName;
use attune_schemas::{Digest, PackRef};
use attune_terminal::{ArgValueCandidates, ConfirmArgs, Output, Table, parse_duration};
use clap::{Args, Subcommand, ValueHint};
use jiff::{SignedDuration, Timestamp};

use super::args::change::WaitArgs;
use super::args::settings::{CommonArgs, netrc};
use super::failure::CommandError;
use super::install::freshness_text;
use super::logged::{failure_logged, logged, logged_unless};
use super::words::known_registries;
use crate::operations::{
    AddRegistryOptions, AddedRegistry, ChangeOptions, ListedRegistries, RegistryChange, RemovedRegistry,
    TrustPolicyOnRemoval, add_registry, known_registry, list_registries, order_registries, remove_registry,
};
use crate::source::{SourceLocation, TrustSettings};
use crate::trust::{AnchorSettings, AskedGrace};

/// Shows and changes the registries that this host knows.
#[derive(Debug, Args)]
pub(super) struct RegistryArgs {
    #[command(subcommand)]
    command: RegistryCommand,
}

#[derive(Debug, Subcommand)]
enum RegistryCommand {
    /// Add a registry, once its metadata is verified, or give a known one another place
    #[command(after_help = "\
Examples:
  attune-install registry add https://packs.example.com --trust root.json
  attune-install registry add /mnt/packs --trust-fingerprint sha256:HEX --first

The list keeps no login: one comes from `.netrc`, or the file that NETRC names.")]
    Add {
        /// The registry, a URL or directory
        #[arg(value_name = "URL|DIR", value_hint = ValueHint::AnyPath)]
        registry: OsString,
        /// Trust the registry that this root metadata belongs to
        #[arg(long, value_name = "ROOT.json")]
        trust: Option<PathBuf>,
        /// Trust only a root with this sha256; without --trust, the root is read from the registry
        #[arg(long, value_name = "sha256:HEX")]
        trust_fingerprint: Option<Digest>,
        /// Accept metadata that expired at most this long ago, such as `30d`, `12h` or `any`
        #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
        expiry_grace: Option<SignedDuration>,
        /// Ask it before all others
        #[arg(long, conflicts_with = "before")]
        first: bool,
        /// Ask it before this one
        #[arg(long, value_name = "REGISTRY", add = ArgValueCandidates::new(known_registries))]
        before: Option<RegistryName>,
        #[command(flatten)]
        wait: WaitArgs,
        #[command(flatten)]
        common: CommonArgs,
    },
    /// List the known registries, in the order in which they are asked
    #[command(visible_alias = "ls")]
    List {
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Forget where a registry is; its packs stay, and so does the trust in it
    #[command(visible_alias = "rm")]
    Remove {
        /// The registry's name
        #[arg(value_name = "REGISTRY", add = ArgValueCandidates::new(known_registries))]
        registry: RegistryName,
        /// Forget its root and the versions seen as well
        #[arg(long)]
        forget_trust: bool,
        #[command(flatten)]
        confirm: ConfirmArgs,
        #[command(flatten)]
        wait: WaitArgs,
        #[command(flatten)]
        common: CommonArgs,
    },
    /// Ask these registries first, in this order
    #[command(after_help = "\
Examples:
  attune-install registry order corp team      corp first, then team, then all others as they were

A pack comes from the first registry that has it.")]
    Order {
        /// The registries' names
        #[arg(value_name = "REGISTRY", required = true, add = ArgValueCandidates::new(known_registries))]
        registries: Vec<RegistryName>,
        #[command(flatten)]
        wait: WaitArgs,
        #[command(flatten)]
        common: CommonArgs,
    },
}

impl RegistryArgs {
    pub(super) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        let (RegistryCommand::Add { common, .. }
        | RegistryCommand::List { common }
        | RegistryCommand::Remove { common, .. }
        | RegistryCommand::Order { common, .. }) = &self.command;
        let output = common.output();
        common.start_log();
        (output, common.host_root().and_then(|root| self.command.run(&root, common, now)))
    }
}

impl RegistryCommand {
    fn run(&self, root: &HostRoot, common: &CommonArgs, now: Timestamp) -> Result<(), CommandError> {
        let reporter = common.report.reporter();
        match self {
            Self::Add { registry, trust, trust_fingerprint, expiry_grace, first, before, wait, .. } => {
                let change = ChangeOptions {
                    interrupt: Interrupt::on_signals().unwrap_or_default(),
                    ..wait.options(OperationKind::RegistryAdd, now)
                };
                let kept = SourceLocation::of_registry(registry);
                let options = AddRegistryOptions {
                    location: kept.clone().with_login(&netrc()),
                    kept,
                    trust: TrustSettings {
                        anchor: AnchorSettings { file: trust.clone(), fingerprint: *trust_fingerprint },
                        grace: expiry_grace.map(|duration| AskedGrace { duration, option: "--expiry-grace" }),
                    },
                    rank: match before {
                        Some(before) => RegistryRank::Before(before.clone()),
                        None if *first => RegistryRank::First,
                        None => RegistryRank::Unchanged,
                    },
                    interrupt: change.interrupt.clone(),
                };
                let is_same = |added: &AddedRegistry| added.change == RegistryChange::Unchanged;
                let added = add_registry(root, &options, &change.access(&reporter));
                let added = logged_unless(root, &change, is_same, added.map_err(CommandError::from))?;
                tell(&added, common, render_added)
            }
            Self::List { .. } => common.write(&list_registries(root)?, render),
            Self::Remove { registry, forget_trust, confirm, wait, .. } => {
                let change = wait.options(OperationKind::RegistryRemove, now);
                let known = known_registry(root, registry).map_err(CommandError::from);
                failure_logged(root, &change, known)?;
                if *forget_trust {
                    let deed =
                        format!("the host will forget registry `{registry}` and all that it saw of it");
                    confirm.confirm(&deed).map_err(CommandError)?;
                }
                let policy =
                    if *forget_trust { TrustPolicyOnRemoval::Forget } else { TrustPolicyOnRemoval::Keep };
                let removed = remove_registry(root, registry, policy, &change.access(&reporter));
                let removed = logged(root, &change, removed.map_err(CommandError::from))?;
                tell(&removed, common, render_removed)
            }
            Self::Order { registries, wait, .. } => {
                let change = wait.options(OperationKind::RegistryOrder, now);
                let before = list_registries(root).ok();
                let is_same = |after: &ListedRegistries| before.as_ref() == Some(after);
                let ordered = order_registries(root, registries, &change.access(&reporter));
                let ordered = ordered.map_err(CommandError::from);
                tell(&logged_unless(root, &change, is_same, ordered)?, common, render)
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

fn render(listed: &ListedRegistries) -> String {
    if listed.registries.is_empty() {
        return format!(
            "{} knows no registry; add one with `attune-install registry add URL|DIR --trust ROOT.json`\n",
            listed.root.display()
        );
    }
    let mut table = Table::new(&["ORDER", "REGISTRY", "INSTALLED", "SIGNED", "PLACE"]);
    for (at, registry) in listed.registries.iter().enumerate() {
        let signed = match (&registry.signed_at, registry.root_version) {
            (Some(signed), _) => signed.clone(),
            (None, Some(_)) => "-".to_owned(),
            (None, None) => "not trusted".to_owned(),
        };
        table.push(vec![
            (at + 1).to_string(),
            registry.registry.name.to_string(),
            packs_text(&registry.installed),
            signed,
            registry.registry.place.to_string(),
        ]);
    }
    table.to_string()
}

fn packs_text(packs: &[PackRef]) -> String {
    match packs.len() {
        0 => "-".to_owned(),
        1 => "1 pack".to_owned(),
        count => format!("{count} packs"),
    }
}

fn render_added(added: &AddedRegistry) -> String {
    let AddedRegistry { registry, rank, .. } = added;
    let done = match added.change {
        RegistryChange::Added => "added registry",
        RegistryChange::Changed => "changed registry",
        RegistryChange::Unchanged => "nothing to do: the host knows registry",
    };
    let stale = freshness_text(&added.freshness);
    format!("{stale}{done} `{}` at {} as number {rank}\n", registry.registry.name, registry.registry.place)
}

fn render_removed(removed: &RemovedRegistry) -> String {
    let name = &removed.registry.name;
    let trust = if removed.trusted { "; its root stays trusted" } else { ", and the trust in it" };
    let packs: Vec<&str> = removed.installed.iter().map(PackRef::as_str).collect();
    let left = match packs.join(", ") {
        packs if packs.is_empty() => String::new(),
        packs => format!("installed from it, and still here: {packs}\n"),
    };
    format!("removed registry `{name}`{trust}\n{left}")
}
