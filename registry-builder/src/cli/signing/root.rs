//! `attune-build root`

use std::num::NonZeroU32;
use std::path::PathBuf;

use attune_registry::trust::{PublishError, SigningRole};
use attune_schemas::tuf::RoleType;
use attune_terminal::{ConfirmArgs, Output, ReportArgs, Table};
use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::reports::RootReport;
use super::root_validity::warn_of_root;
use crate::cli::failure::CommandError;
use crate::cli::settings::{KeyArgs, parse_role_number, write_answer, write_report};
use crate::signing::{
    CeremonyOptions, CeremonyReport, NextRoot, ShownRoot, change_root, default_draft, publish_root,
    show_root, sign_draft,
};

/// Changes the root: prepared here, carried to its signers, signed, carried back, published.
#[derive(Debug, Args)]
#[command(after_help = "\
Example, where two people must sign:
  attune-build root prepare ./registry --threshold timestamp=2   # writes registry.next-root.json
  attune-build root sign registry.next-root.json --key alice.json # each at their own machine
  attune-build root publish ./registry from-alice.json from-bob.json")]
pub(in crate::cli) struct RootArgs {
    #[command(subcommand)]
    command: RootCommand,
}

/// A registry whose root is changed, and who signs.
#[derive(Debug, Args)]
pub(in crate::cli) struct CeremonyArgs {
    /// The registry
    #[arg(value_name = "REGISTRY")]
    pub(in crate::cli) registry: PathBuf,
    /// The file that keeps the next root until enough keys have signed it [default: REGISTRY.next-root.json]
    #[arg(long, value_name = "FILE")]
    draft: Option<PathBuf>,
    /// Do not publish, even if the available keys suffice
    #[arg(long)]
    hold_back: bool,
    #[command(flatten)]
    pub(in crate::cli) keys: KeyArgs,
    #[command(flatten)]
    pub(in crate::cli) common: ReportArgs,
}

#[derive(Debug, Subcommand)]
enum RootCommand {
    /// Show a root or a draft: its fingerprint, its keys and its signatures
    Show {
        /// A registry, or a root metadata file
        #[arg(value_name = "REGISTRY|FILE")]
        what: PathBuf,
        #[command(flatten)]
        common: ReportArgs,
    },
    /// Prepare the next root, with a new expiry date and the requested changes
    Prepare {
        /// The number of keys that must sign a role, such as `root=2`; repeatable
        #[arg(long = "threshold", value_name = "ROLE=K", value_parser = parse_role_number)]
        thresholds: Vec<(SigningRole, NonZeroU32)>,
        /// The number of days that metadata of a role is valid, such as `timestamp=30`; repeatable
        #[arg(long = "expires", value_name = "ROLE=DAYS", value_parser = parse_role_number)]
        expires: Vec<(SigningRole, NonZeroU32)>,
        #[command(flatten)]
        ceremony: CeremonyArgs,
    },
    /// Sign a draft with the named keys; needs no registry
    Sign {
        /// The draft; it is written back
        #[arg(value_name = "DRAFT")]
        draft: PathBuf,
        #[command(flatten)]
        keys: KeyArgs,
        #[command(flatten)]
        common: ReportArgs,
    },
    /// Combine signatures, and publish the next root
    Publish {
        #[command(flatten)]
        ceremony: CeremonyArgs,
        #[command(flatten)]
        confirm: ConfirmArgs,
        /// Drafts that were signed elsewhere
        #[arg(value_name = "DRAFT")]
        drafts: Vec<PathBuf>,
    },
}

impl CeremonyArgs {
    pub(in crate::cli) fn options(&self, now: Timestamp) -> CeremonyOptions {
        CeremonyOptions {
            registry: self.registry.clone(),
            keys: self.keys.settings(Some(&self.registry)),
            draft: self.draft.clone().unwrap_or_else(|| default_draft(&self.registry)),
            hold_back: self.hold_back,
            now,
        }
    }
}

impl RootArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        let common = match &self.command {
            RootCommand::Show { common, .. } | RootCommand::Sign { common, .. } => common,
            RootCommand::Prepare { ceremony, .. } | RootCommand::Publish { ceremony, .. } => &ceremony.common,
        };
        common.start_log();
        (common.output(), self.command.run(now))
    }
}

impl RootCommand {
    fn run(&self, now: Timestamp) -> Result<(), CommandError> {
        match self {
            Self::Show { what, common } => {
                let shown = show_root(what, now)?;
                let report = RootReport {
                    root_fingerprint: shown.fingerprint,
                    root: shown.draft.root(),
                    own_keys: &shown.own_keys,
                };
                write_answer(&report, common, |_| render_root(&shown))
            }
            Self::Prepare { thresholds, expires, ceremony } => {
                let reporter = ceremony.common.reporter();
                let report = change_root(&ceremony.options(now), &reporter, |draft| {
                    let draft = thresholds.iter().try_fold(draft, |draft, (role, threshold)| {
                        draft.with_threshold(top_level(*role)?, *threshold)
                    })?;
                    expires
                        .iter()
                        .try_fold(draft, |draft, (role, days)| draft.with_expiry(*role, days.get(), now))
                })?;
                warn_of_root(&ceremony.registry, now, &reporter);
                write_report(&report, &ceremony.common, render_ceremony)
            }
            Self::Sign { draft, keys, common } => {
                write_report(&sign_draft(draft, &keys.settings(None))?, common, render_ceremony)
            }
            Self::Publish { drafts, confirm, ceremony } => {
                let registry = ceremony.registry.display();
                confirm.confirm(&format!("every host will follow the next root of `{registry}`"))?;
                let reporter = ceremony.common.reporter();
                let report = publish_root(&ceremony.options(now), drafts, &reporter)?;
                warn_of_root(&ceremony.registry, now, &reporter);
                write_report(&report, &ceremony.common, render_ceremony)
            }
        }
    }
}

fn top_level(role: SigningRole) -> Result<RoleType, PublishError> {
    match role {
        SigningRole::Root => Ok(RoleType::Root),
        SigningRole::Targets => Ok(RoleType::Targets),
        SigningRole::Snapshot => Ok(RoleType::Snapshot),
        SigningRole::Timestamp => Ok(RoleType::Timestamp),
        SigningRole::Bins => Err(PublishError::NotInRoot),
    }
}

fn render_root(ShownRoot { fingerprint, draft, own_keys: own }: &ShownRoot) -> String {
    let root = draft.root();
    let mut table = Table::new(&["ROLE", "NEEDED", "KEY", "SCHEME", "SIGNED"]);
    for role in RoleType::ALL {
        let keys = root.roles.get(role);
        for (at, id) in keys.keyids.iter().enumerate() {
            let signed = role == RoleType::Root && own.signed.contains(&id.to_string());
            table.push(vec![
                if at == 0 { role.to_string() } else { String::new() },
                if at == 0 { format!("{} of {}", keys.threshold, keys.keyids.len()) } else { String::new() },
                id.as_str().chars().take(16).collect(),
                root.keys.get(id).map_or_else(|| "-".to_owned(), |key| key.scheme.clone()),
                if signed { "yes" } else { "" }.to_owned(),
            ]);
        }
    }
    let name = root.registry_name.as_ref().map_or("-", |name| name.as_str());
    format!("root {} of registry `{name}`, expires {}\n{fingerprint}\n\n{table}", root.version, root.expires)
}

/// How far the next root is, for people.
pub(in crate::cli) fn render_ceremony(report: &CeremonyReport) -> String {
    render_next(&report.next, &report.metadata)
}

/// How far the root `next` is, with the files that were written.
pub(super) fn render_next(next: &NextRoot, metadata: &[String]) -> String {
    let NextRoot { version, draft, old_keys, own_keys } = next;
    let Some(draft) = draft else {
        return format!("published root {version}\nsigned {}\n", metadata.join(", "));
    };
    let mut text = format!("the draft of root {version} is at {}\n", draft.display());
    let parts =
        [("by the keys of the root before it", old_keys.as_ref()), ("by its own keys", Some(own_keys))];
    for (whose, progress) in parts {
        let Some(progress) = progress else { continue };
        let missing = (progress.needed as usize).saturating_sub(progress.signed.len());
        let ids: Vec<String> = progress.unsigned.iter().map(|id| id.chars().take(16).collect()).collect();
        let rest = match missing {
            0 => "enough".to_owned(),
            _ => format!(
                "{} of {}, still any {missing} of {}",
                progress.signed.len(),
                progress.needed,
                ids.join(", ")
            ),
        };
        text.extend(["  signed ", whose, ": ", &rest, "\n"]);
    }
    text
}
