//! `attune-serve token`

use std::path::PathBuf;

use attune_registry::report::Report;
use attune_terminal::{Failure, Output, Table, parse_duration, write_report};
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use crate::cli::failure::{code, hint};
use crate::tokens::{
    NewToken, Scope, TokenEntry, TokenError, TokenFile, TokenState, create_token, revoke_token,
};

/// Makes, lists and revokes tokens.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  attune-serve token create ci --scope write --expires 30d --tokens tokens.json
  attune-serve token list --tokens tokens.json
  attune-serve token revoke ci --tokens tokens.json

A token is shown once, when it is made: the file keeps its hash alone.")]
pub struct TokenArgs {
    #[command(subcommand)]
    command: TokenCommand,
}

#[derive(Debug, Subcommand)]
enum TokenCommand {
    /// Make a token, and print it
    Create {
        /// A name to know it by
        #[arg(value_name = "NAME")]
        name: String,
        /// What it allows: `read`, or `write`, which allows reading as well
        #[arg(long, value_enum, default_value_t = AskedScope::Read)]
        scope: AskedScope,
        /// The time after which it is refused, such as `30d` or `12h`, or `any` for none
        #[arg(long, value_name = "DURATION", default_value = "365d", value_parser = parse_duration)]
        expires: SignedDuration,
        #[command(flatten)]
        file: FileArg,
    },
    /// List the tokens, with what each allows and until when
    #[command(visible_alias = "ls")]
    List {
        #[command(flatten)]
        file: FileArg,
    },
    /// Refuse a token from now on
    #[command(visible_alias = "rm")]
    Revoke {
        /// Its name or id
        #[arg(value_name = "NAME")]
        name: String,
        #[command(flatten)]
        file: FileArg,
    },
}

#[derive(Debug, Args)]
struct FileArg {
    /// The file of the tokens
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    tokens: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum AskedScope {
    Read,
    Write,
}

/// A token that was made.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::cli) struct CreatedReport {
    /// The token. It is kept nowhere.
    token: String,
    /// What the file keeps of it.
    #[serde(flatten)]
    listed: ListedToken,
}

/// The tokens.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::cli) struct ListReport {
    /// In the order in which they were made.
    tokens: Vec<ListedToken>,
}

/// A token that is refused from now on.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::cli) struct RevokedReport {
    /// The token.
    #[serde(flatten)]
    listed: ListedToken,
}

impl Report for CreatedReport {
    const FORMAT: &'static str = "attune-serve.token-create/v1";
}

impl Report for ListReport {
    const FORMAT: &'static str = "attune-serve.token-list/v1";
}

impl Report for RevokedReport {
    const FORMAT: &'static str = "attune-serve.token-revoke/v1";
}

/// A token, without its secret.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct ListedToken {
    /// The part of it that is no secret.
    id: String,
    /// Its name.
    name: String,
    /// What it allows.
    scope: Scope,
    /// Whether it is accepted.
    state: TokenState,
    /// When it was made.
    created_at: String,
    /// When it ends; never, if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    /// When it was revoked.
    #[serde(skip_serializing_if = "Option::is_none")]
    revoked_at: Option<String>,
}

impl ListedToken {
    fn of(entry: &TokenEntry, now: Timestamp) -> Self {
        Self {
            id: entry.id.clone(),
            name: entry.name.clone(),
            scope: entry.scope,
            state: entry.state(now),
            created_at: entry.created_at.to_string(),
            expires_at: entry.expires_at.map(|time| time.to_string()),
            revoked_at: entry.revoked_at.map(|time| time.to_string()),
        }
    }
}

impl TokenArgs {
    /// Does what was asked, and writes the result; returns the exit code.
    pub(in crate::cli) fn run(&self, output: Output, now: Timestamp) -> u8 {
        let written = match &self.command {
            TokenCommand::Create { name, scope, expires, file } => create(name, *scope, *expires, file, now)
                .and_then(|report| write(&report, output, |report| format!("{}\n", report.token))),
            TokenCommand::List { file } => {
                list(file, now).and_then(|report| write(&report, output, render_list))
            }
            TokenCommand::Revoke { name, file } => revoke(name, file, now).and_then(|report| {
                write(&report, output, |report| format!("revoked token `{}`\n", report.listed.name))
            }),
        };
        written.map_or_else(
            |failure| {
                failure.show(output);
                failure.exit_code()
            },
            |()| 0,
        )
    }
}

fn create(
    name: &str,
    scope: AskedScope,
    expires: SignedDuration,
    file: &FileArg,
    now: Timestamp,
) -> Result<CreatedReport, Failure> {
    let scope = match scope {
        AskedScope::Read => Scope::Read,
        AskedScope::Write => Scope::Write,
    };
    // A time that no calendar has is none that is reached.
    let expires = now.checked_add(expires).ok();
    let new = NewToken { name: name.to_owned(), scope, expires };
    let created = create_token(&file.tokens, new, now).map_err(failed)?;
    Ok(CreatedReport { token: created.text, listed: ListedToken::of(&created.entry, now) })
}

fn list(file: &FileArg, now: Timestamp) -> Result<ListReport, Failure> {
    let file = TokenFile::read(&file.tokens).map_err(failed)?;
    Ok(ListReport { tokens: file.tokens.iter().map(|entry| ListedToken::of(entry, now)).collect() })
}

fn revoke(name: &str, file: &FileArg, now: Timestamp) -> Result<RevokedReport, Failure> {
    let entry = revoke_token(&file.tokens, name, now).map_err(failed)?;
    Ok(RevokedReport { listed: ListedToken::of(&entry, now) })
}

fn failed(error: TokenError) -> Failure {
    let error = anyhow::Error::new(error);
    Failure::new(error.as_ref(), code(&error)).with_hint(hint(&error).map(str::to_owned))
}

fn write<R: Report>(report: &R, output: Output, render: impl FnOnce(&R) -> String) -> Result<(), Failure> {
    write_report(report, output, render).map_err(|error| Failure::of_output(&error))
}

fn render_list(report: &ListReport) -> String {
    if report.tokens.is_empty() {
        return "there are no tokens\n".to_owned();
    }
    let mut table = Table::new(&["NAME", "ID", "SCOPE", "STATE", "EXPIRES"]);
    for token in &report.tokens {
        let state = match token.state {
            TokenState::Active => "active",
            TokenState::Expired => "expired",
            TokenState::Revoked => "revoked",
        };
        table.push(vec![
            token.name.clone(),
            token.id.clone(),
            token.scope.as_str().to_owned(),
            state.to_owned(),
            token.expires_at.as_deref().map_or("never", |time| &time[..10]).to_owned(),
        ]);
    }
    format!("{table}\n")
}
