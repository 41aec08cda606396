//! Options that several commands have.

use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use attune_registry::report::Report;
use attune_registry::trust::{Passphrase, SigningRole, SigningRoleError};
use attune_schemas::{Platform, PythonMinor};
use attune_terminal::{ReportArgs, rendered, tell};
use clap::Args;

use super::failure::CommandError;
use crate::signing::{
    KeyReference, KeySettings, PASSPHRASE_VARIABLE, Passphrases, default_key_directory, new_passphrase,
};
use crate::targets::TargetSelection;

/// Where the registry's keys are.
#[derive(Debug, Args)]
pub(super) struct KeyArgs {
    /// The directory with the registry's private keys [default: REGISTRY.keys, beside the registry]
    #[arg(long, value_name = "DIR", env = "ATTUNE_KEYS")]
    keys: Option<PathBuf>,
    /// A further key: a file, env:NAME, or `cmd:PROGRAM ARG...` for keys in hardware; repeatable
    #[arg(long = "key", value_name = "KEY")]
    references: Vec<KeyReference>,
    #[command(flatten)]
    passphrase: PassphraseArgs,
    /// Sign although the clock is more than a year after the last signature
    #[arg(long)]
    accept_clock: bool,
}

/// The passphrase of encrypted keys.
#[derive(Debug, Args)]
pub(super) struct PassphraseArgs {
    /// A file whose first line is the passphrase of encrypted keys; otherwise it is read from `ATTUNE_KEY_PASSPHRASE`,
    /// or asked for
    #[arg(long, value_name = "FILE", env = "ATTUNE_KEY_PASSPHRASE_FILE")]
    passphrase_file: Option<PathBuf>,
}

impl PassphraseArgs {
    pub(super) fn passphrases(&self) -> Passphrases {
        Passphrases::new(variable(PASSPHRASE_VARIABLE), self.passphrase_file.clone())
    }

    /// The passphrase for keys that are to be made, if they are to be encrypted.
    pub(super) fn new_passphrase(
        &self,
        encrypt: bool,
        name: &str,
    ) -> Result<Option<Passphrase>, CommandError> {
        if !encrypt {
            return Ok(None);
        }
        Ok(Some(new_passphrase(&self.passphrases(), name)?))
    }
}

impl KeyArgs {
    /// Where new keys go.
    pub(super) fn directory(&self, registry: &Path) -> PathBuf {
        self.keys.clone().unwrap_or_else(|| default_key_directory(registry))
    }

    /// The keys of `registry`; where there is none, only those that were named.
    pub(super) fn settings(&self, registry: Option<&Path>) -> KeySettings {
        let directory = match registry {
            Some(registry) => self.directory(registry),
            None => self.keys.clone().unwrap_or_default(),
        };
        KeySettings {
            directory,
            references: self.references.clone(),
            passphrases: Arc::new(self.passphrase.passphrases()),
            variable,
            accepts_clock: self.accept_clock,
        }
    }

    /// See [`PassphraseArgs::new_passphrase`].
    pub(super) fn new_passphrase(
        &self,
        encrypt: bool,
        name: &str,
    ) -> Result<Option<Passphrase>, CommandError> {
        self.passphrase.new_passphrase(encrypt, name)
    }
}

#[expect(clippy::disallowed_methods, reason = "the command line is where variables are read")]
fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// `ROLE=NUMBER` on the command line.
pub(super) fn parse_role_number(text: &str) -> Result<(SigningRole, NonZeroU32), String> {
    let usage = || format!("`{text}` is not of the form ROLE=NUMBER");
    let (role, number) = text.split_once('=').ok_or_else(usage)?;
    let role = role.parse().map_err(|error: SigningRoleError| error.to_string())?;
    match number.parse::<u32>() {
        Ok(number) => match NonZeroU32::new(number) {
            Some(number) => Ok((role, number)),
            None => Err("the number must be at least 1".to_owned()),
        },
        Err(_) => Err(usage()),
    }
}

/// Writes an answer that was asked for to standard output, as JSON or as `text` says.
pub(super) fn write_answer<R: Report>(
    answer: &R,
    args: &ReportArgs,
    text: impl FnOnce(&R) -> String,
) -> Result<(), CommandError> {
    attune_terminal::write_report(answer, args.output(), text)
        .map_err(|error| CommandError::of_output(&error))
}

/// Writes the report of a deed to standard output, unless nothing is to be told of it.
pub(super) fn write_report<R: Report>(
    report: &R,
    args: &ReportArgs,
    text: impl FnOnce(&R) -> String,
) -> Result<(), CommandError> {
    if args.is_quiet() {
        return Ok(());
    }
    write_answer(report, args, text)
}

/// Writes a report to standard error, where standard output has the result itself.
pub(super) fn write_report_beside<R: Report>(report: &R, args: &ReportArgs, text: impl FnOnce(&R) -> String) {
    if args.is_quiet() {
        return;
    }
    // There is nowhere left to report a closed standard error.
    let text = rendered(report, args.output(), text);
    let _ = text.and_then(|text| tell(&text));
}

/// The targets to build for.
#[derive(Debug, Args)]
pub(super) struct TargetArgs {
    /// The platforms to build for, such as linux/amd64,linux/arm64/musl; repeatable [default: this machine]
    #[arg(long = "platform", value_name = "OS/ARCH", value_delimiter = ',', value_parser = Platform::named)]
    platforms: Vec<Platform>,
    /// The Python versions to build for, such as 3.11,3.12; repeatable [default: that of python3 here]
    #[arg(long = "python", value_name = "3.N", value_delimiter = ',')]
    pythons: Vec<PythonMinor>,
}

impl TargetArgs {
    pub(super) fn selection(&self) -> TargetSelection {
        TargetSelection { platforms: self.platforms.clone(), pythons: self.pythons.clone() }
    }
}

/// Whether files that hold secrets are published.
#[derive(Debug, Args)]
pub(super) struct SecretArgs {
    /// Allow files that look like secrets: logins, private keys, credentials
    #[arg(long)]
    pub(super) include_secrets: bool,
}
