//! `attune-build key`

use std::path::PathBuf;

use attune_registry::trust::SigningRole;
use attune_terminal::{ConfirmArgs, Output, ReportArgs, Table};
use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::reports::KeyList;
use super::root::{CeremonyArgs, render_next};
use super::root_validity::warn_of_root;
use crate::cli::failure::CommandError;
use crate::cli::outputs::check_new_key;
use crate::cli::settings::{KeyArgs, PassphraseArgs, write_answer, write_report};
use crate::signing::{
    KeyChange, KeyChangeReport, ListedKey, change_keys, generate_key, list_keys, public_key,
};

/// Makes keys, and says which of them sign which role.
#[derive(Debug, Args)]
pub(in crate::cli) struct KeyCommandArgs {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    /// Create a key, and FILE.pub.json for the registry's owner
    Generate {
        /// The file to write
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Encrypt it with a passphrase
        #[arg(long)]
        encrypt: bool,
        /// Replace an existing key, which is lost then
        #[arg(long)]
        force: bool,
        #[command(flatten)]
        passphrase: PassphraseArgs,
        #[command(flatten)]
        common: ReportArgs,
    },
    /// List the keys of each role
    #[command(visible_alias = "ls")]
    List {
        /// The registry
        #[arg(value_name = "REGISTRY")]
        registry: PathBuf,
        #[command(flatten)]
        keys: KeyArgs,
        #[command(flatten)]
        common: ReportArgs,
    },
    /// Add keys to a role
    Add {
        #[command(flatten)]
        ceremony: CeremonyArgs,
        /// The public keys: key files, keys from metadata, or PEM
        #[arg(value_name = "PUBLIC_KEY", required = true)]
        public_keys: Vec<PathBuf>,
        /// The role: root, targets, snapshot, timestamp or bins
        #[arg(long)]
        role: SigningRole,
    },
    /// Remove a key from a role
    #[command(visible_alias = "rm")]
    Remove {
        #[command(flatten)]
        ceremony: CeremonyArgs,
        #[command(flatten)]
        confirm: ConfirmArgs,
        /// The key's id, or its beginning
        #[arg(value_name = "ID")]
        id: String,
        /// The role: root, targets, snapshot, timestamp or bins
        #[arg(long)]
        role: SigningRole,
    },
    /// Replace all keys of a role by new ones
    Rotate {
        /// The role: root, targets, snapshot, timestamp or bins
        #[arg(long)]
        role: SigningRole,
        /// Encrypt the new keys with a passphrase
        #[arg(long)]
        encrypt: bool,
        #[command(flatten)]
        ceremony: CeremonyArgs,
    },
}

impl KeyCommandArgs {
    pub(in crate::cli) fn run(self, now: Timestamp) -> (Output, Result<(), CommandError>) {
        let common = match &self.command {
            KeyCommand::Generate { common, .. } | KeyCommand::List { common, .. } => common,
            KeyCommand::Add { ceremony, .. }
            | KeyCommand::Remove { ceremony, .. }
            | KeyCommand::Rotate { ceremony, .. } => &ceremony.common,
        };
        common.start_log();
        (common.output(), self.command.run(now))
    }
}

impl KeyCommand {
    fn run(&self, now: Timestamp) -> Result<(), CommandError> {
        let change = |role: &SigningRole, ceremony: &CeremonyArgs, change: &KeyChange| {
            let reporter = ceremony.common.reporter();
            let report = change_keys(&ceremony.options(now), *role, change, &reporter)?;
            warn_of_root(&ceremony.registry, now, &reporter);
            write_report(&report, &ceremony.common, render_change)
        };
        match self {
            Self::Generate { file, encrypt, force, passphrase, common } => {
                check_new_key(file, *force)?;
                let name = file.display().to_string();
                let passphrase = passphrase.new_passphrase(*encrypt, &name)?;
                let made = generate_key(file, passphrase.as_ref(), *force)?;
                write_report(&made, common, |made| {
                    format!(
                        "made key {}\nprivate  {}\npublic   {}\n",
                        made.id,
                        made.file.display(),
                        made.public_file.display()
                    )
                })
            }
            Self::List { registry, keys, common } => {
                let keys = list_keys(registry, &keys.directory(registry), now)?;
                let registry = std::path::absolute(registry).unwrap_or_else(|_| registry.clone());
                write_answer(&KeyList { registry, keys }, common, |listed| render_list(&listed.keys))
            }
            Self::Add { public_keys, role, ceremony } => {
                let keys = public_keys.iter().map(|path| public_key(path)).collect::<Result<_, _>>()?;
                change(role, ceremony, &KeyChange::Add(keys))
            }
            Self::Remove { id, role, confirm, ceremony } => {
                confirm.confirm(&format!("what key {id} signs for {role} will count no more"))?;
                change(role, ceremony, &KeyChange::Remove(id.clone()))
            }
            Self::Rotate { role, encrypt, ceremony } => {
                let passphrase = ceremony.keys.new_passphrase(*encrypt, &format!("the keys of {role}"))?;
                change(role, ceremony, &KeyChange::Rotate(passphrase))
            }
        }
    }
}

fn render_list(keys: &[ListedKey]) -> String {
    let mut table = Table::new(&["ROLE", "NEEDED", "KEY", "SCHEME", "AT HAND"]);
    let mut last = "";
    for key in keys {
        let is_first = key.role != last;
        last = &key.role;
        let of = keys.iter().filter(|other| other.role == key.role).count();
        table.push(vec![
            if is_first { key.role.clone() } else { String::new() },
            if is_first { format!("{} of {of}", key.threshold) } else { String::new() },
            key.id.chars().take(16).collect(),
            key.scheme.clone(),
            key.file.as_ref().map_or("-".to_owned(), |file| file.display().to_string()),
        ]);
    }
    table.to_string()
}

fn render_change(report: &KeyChangeReport) -> String {
    let mut text = String::new();
    for path in &report.made {
        text.extend(["made ", &path.display().to_string(), "\n"]);
    }
    text + &match &report.root {
        Some(root) => render_next(root, &report.metadata),
        None => format!("signed {} files anew\n", report.metadata.len()),
    }
}
