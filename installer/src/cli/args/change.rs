//! Options of every command that changes a host, and who gave it.

use std::time::Duration;

use attune_host::process::{Interrupt, Operation, OperationKind};
use attune_host::transaction::{Access, Wait};
use attune_registry::blob::Durability;
use attune_registry::report::{Reporter, without_secrets};
use attune_schemas::problem::WarningCode;
use attune_terminal::parse_duration;
use clap::Args;
use jiff::{SignedDuration, Timestamp};

use crate::cli::args::settings::variable;
use crate::operations::ChangeOptions;

/// The patience with another change.
#[derive(Debug, Args)]
pub(in crate::cli) struct WaitArgs {
    /// Wait while another change of this root is running, at most this long, such as `10m`; without a duration until it
    /// ends
    #[arg(long, value_name = "DURATION", value_parser = parse_duration, num_args = 0..=1, require_equals = true)]
    #[arg(default_missing_value = "any")]
    wait: Option<SignedDuration>,
}

/// Options of every command that makes a generation.
#[derive(Debug, Args)]
pub(in crate::cli) struct ChangeArgs {
    #[command(flatten)]
    wait: WaitArgs,
    /// Verify and plan without changing anything; needs no write permission
    #[arg(long)]
    dry_run: bool,
    /// Do not wait until all files are on disk; faster, but a power failure may lose them
    #[arg(long)]
    no_sync: bool,
}

impl WaitArgs {
    /// How long another change is waited for.
    fn patience(&self) -> Option<Duration> {
        self.wait.map(|longest| Duration::try_from(longest).unwrap_or_default())
    }

    /// How a root is taken hold of.
    pub(in crate::cli) fn access<'a>(
        &self,
        now: Timestamp,
        interrupt: &'a Interrupt,
        reporter: &'a dyn Reporter,
    ) -> Access<'a> {
        Access { now, wait: self.patience().map(|longest| Wait { longest, interrupt, reporter }) }
    }

    /// The options of an operation on settings, which begins now and makes no generation.
    pub(in crate::cli) fn options(&self, kind: OperationKind, now: Timestamp) -> ChangeOptions {
        ChangeOptions { dry_run: false, patience: self.patience(), ..look_only(kind, now) }
    }
}

/// An interrupt that signals raise.
pub(in crate::cli) fn interrupt_on_signals() -> Interrupt {
    Interrupt::on_signals().unwrap_or_else(|error| {
        tracing::warn!(code = %WarningCode::SignalsNotHeard, "signals will end the command without a message: {error}");
        Interrupt::default()
    })
}

/// The same options, of an operation that signals ask to stop from here on: whoever is asked something before is not.
pub(in crate::cli) fn heeding_signals(change: ChangeOptions) -> ChangeOptions {
    ChangeOptions { interrupt: interrupt_on_signals(), ..change }
}

impl ChangeArgs {
    /// The options of an operation that begins now; signals ask it to stop from here on.
    pub(in crate::cli) fn options(&self, kind: OperationKind, now: Timestamp) -> ChangeOptions {
        ChangeOptions {
            operation: Operation::begin(kind, now, user(), command_line()),
            dry_run: self.dry_run,
            patience: self.wait.patience(),
            durability: if self.no_sync { Durability::Unsynced } else { Durability::Synced },
            interrupt: interrupt_on_signals(),
            now,
        }
    }
}

/// The options of a look at a change, which nobody has to hold the root for.
pub(in crate::cli) fn look_only(kind: OperationKind, now: Timestamp) -> ChangeOptions {
    ChangeOptions {
        operation: Operation::begin(kind, now, user(), command_line()),
        dry_run: true,
        patience: None,
        durability: Durability::Unsynced,
        // Nothing is changed: a signal may end it at once.
        interrupt: Interrupt::default(),
        now,
    }
}

/// The variable by which a program names whom it asks for, such as `token ci`.
const ON_BEHALF: &str = "ATTUNE_ON_BEHALF_OF";

/// The user who asked: `root`, or `root for ada` where sudo made ada root, or a program acts for somebody.
fn user() -> String {
    let id = rustix::process::getuid().as_raw();
    let name = fs_err::read_to_string("/etc/passwd").ok().and_then(|users| name_in(&users, id));
    let name = name.unwrap_or_else(|| id.to_string());
    let sudo = || variable("SUDO_USER").filter(|caller| id == 0 && *caller != name);
    match variable(ON_BEHALF).or_else(sudo) {
        Some(caller) => format!("{name} for {}", caller.escape_debug()),
        None => name,
    }
}

/// The name of user `id` in `/etc/passwd`.
fn name_in(users: &str, id: u32) -> Option<String> {
    let mut entries = users.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let entry = entries.find(|entry| entry.get(2).is_some_and(|found| found.parse() == Ok(id)))?;
    entry.first().filter(|name| !name.is_empty()).map(|name| (*name).to_owned())
}

/// The command line of this process, without secrets.
fn command_line() -> String {
    let words = std::env::args_os().enumerate().map(|(index, word)| {
        let word = word.to_string_lossy().into_owned();
        let name = if index == 0 { word.rsplit('/').next().unwrap_or(&word) } else { &word };
        let is_plain = |c: char| c.is_alphanumeric() || "-_=+.,:/@^~%*".contains(c);
        if !name.is_empty() && name.chars().all(is_plain) {
            name.to_owned()
        } else {
            format!("'{}'", name.escape_debug())
        }
    });
    without_secrets(&words.collect::<Vec<_>>().join(" ")).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn users_are_told_by_their_names() {
        let users = "root:x:0:0:root:/root:/bin/sh\nbroken\n:x:7:\nada:x:1000:1000::/home/ada:/bin/sh\n";
        assert_eq!(name_in(users, 0).as_deref(), Some("root"));
        assert_eq!(name_in(users, 1000).as_deref(), Some("ada"));
        assert_eq!(name_in(users, 7), None);
        assert_eq!(name_in(users, 1001), None);
    }
}
