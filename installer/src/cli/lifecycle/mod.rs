//! Commands on what is installed that need no source: `uninstall`, `restore`, `rollback`, `history`, `hold`, `pin`.

mod history;
mod purge;
mod restore;
mod rollback;
mod rules;
mod uninstall;

use attune_host::generation::{PackChange, PackDifference};
use attune_schemas::Version;
use attune_terminal::Table;

use crate::migrations::{MigrationReport, MigrationState};

pub(super) use history::HistoryArgs;
pub(super) use restore::RestoreArgs;
pub(super) use rollback::RollbackArgs;
pub(super) use rules::{HoldArgs, PinArgs, UnholdArgs, UnpinArgs};
pub(super) use uninstall::UninstallArgs;

/// A table of packs that changed.
pub(super) fn changes_table(packs: &[PackDifference]) -> Table {
    let mut table = Table::new(&["PACK", "FROM", "TO", "CHANGE"]);
    let text = |version: &Option<Version>| version.as_ref().map_or("-".to_owned(), ToString::to_string);
    for difference in packs {
        table.push(vec![
            difference.pack.to_string(),
            text(&difference.from),
            text(&difference.to),
            change_text(difference.change).to_owned(),
        ]);
    }
    table
}

/// A line on each migration.
pub(super) fn migrations_text(migrations: &[MigrationReport]) -> String {
    let line = |migration: &MigrationReport| {
        let MigrationReport { pack, from, to, script, state, wants_network, duration_ms, .. } = migration;
        let script = script.as_ref().map(ToString::to_string).unwrap_or_default();
        let network = if *wants_network { ", with the network" } else { "" };
        match state {
            MigrationState::Planned => {
                format!("would migrate {pack} from {from} to {to} with {script}{network}\n")
            }
            MigrationState::Done => {
                let time = duration_ms.unwrap_or_default();
                format!("migrated {pack} from {from} to {to} with {script}{network} in {time} ms\n")
            }
            MigrationState::Skipped => format!("not migrated: {pack} from {from} to {to} with {script}\n"),
            MigrationState::NoScript => {
                format!("no migration leads {pack} from {from} back to {to}: its data stays as it is\n")
            }
        }
    };
    migrations.iter().map(line).collect()
}

/// The name of a change.
pub(super) const fn change_text(change: PackChange) -> &'static str {
    match change {
        PackChange::New => "new",
        PackChange::Upgraded => "upgraded",
        PackChange::Downgraded => "downgraded",
        PackChange::Reinstalled => "again",
        PackChange::Removed => "removed",
        PackChange::Unchanged => "unchanged",
    }
}

/// `1 pack`; `3 packs`.
pub(super) fn packs_counted(number: usize) -> String {
    if number == 1 { "1 pack".to_owned() } else { format!("{number} packs") }
}
