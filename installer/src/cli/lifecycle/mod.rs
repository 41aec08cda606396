//! Commands on what is installed that need no source: `uninstall`, `rollback`, `history`, `hold`, `pin`.

mod history;
mod rollback;
mod rules;
mod uninstall;

use attune_host::generation::{PackChange, PackDifference};
use attune_host::inventory::{log_failure, log_operation};
use attune_host::process::Operation;
use attune_host::root::HostRoot;
use attune_schemas::Version;
use attune_schemas::problem::FailureKind;
use attune_terminal::Table;

pub(super) use history::HistoryArgs;
pub(super) use rollback::RollbackArgs;
pub(super) use rules::{HoldArgs, PinArgs, UnholdArgs, UnpinArgs};
pub(super) use uninstall::UninstallArgs;

use super::failure::CommandError;

/// `result`, with a line in the log of `root` on how `operation` ended. A line that cannot be written changes nothing of
/// that.
pub(super) fn logged<T>(
    root: &HostRoot,
    operation: &Operation,
    result: Result<T, CommandError>,
    details: impl FnOnce(&T) -> Option<serde_json::Value>,
) -> Result<T, CommandError> {
    let written = match &result {
        Ok(done) => details(done).map_or(Ok(()), |details| {
            let line = serde_json::json!({
                "time": operation.started_at,
                "kind": operation.kind,
                "durationMs": operation.duration_ms(),
                "user": operation.user,
                "command": operation.command,
                "forced": operation.forced,
                "details": details,
            });
            log_operation(root, "done", &line)
        }),
        // Whoever came too late, or mistyped, did nothing to this root.
        Err(CommandError(failure))
            if matches!(failure.code().kind(), FailureKind::Usage | FailureKind::Busy) =>
        {
            Ok(())
        }
        Err(CommandError(failure)) => log_failure(root, operation, failure.code().id(), failure.message()),
    };
    if let Err(error) = written {
        tracing::debug!("the log of operations could not be written: {error}");
    }
    result
}

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
