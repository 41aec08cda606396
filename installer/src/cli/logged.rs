//! The line that an operation leaves in the log of its root.

use attune_host::inventory::{log_failure, log_operation};
use attune_host::root::HostRoot;
use attune_schemas::problem::FailureKind;
use serde::Serialize;
use serde_json::json;

use super::failure::CommandError;
use crate::operations::ChangeOptions;

/// `result`, with a line on it in the log of `root`, unless nothing was to be changed.
pub(super) fn logged<T: Serialize>(
    root: &HostRoot,
    change: &ChangeOptions,
    result: Result<T, CommandError>,
) -> Result<T, CommandError> {
    let result = failure_logged(root, change, result);
    if let Ok(done) = result.as_ref()
        && !change.dry_run
        && let Err(error) = log_operation(root, &change.operation, "done", &json!({"details": done}))
    {
        // What was done stands without its line.
        tracing::debug!("the log of operations could not be written: {error}");
    }
    result
}

/// `result`, with a line on it in the log of `root`, unless `is_same` says of it that nothing was to be done.
pub(super) fn logged_unless<T: Serialize>(
    root: &HostRoot,
    change: &ChangeOptions,
    is_same: impl FnOnce(&T) -> bool,
    result: Result<T, CommandError>,
) -> Result<T, CommandError> {
    match result {
        Ok(done) if is_same(&done) => Ok(done),
        result => logged(root, change, result),
    }
}

/// The same for an operation that logs by itself what it did.
pub(super) fn failure_logged<T>(
    root: &HostRoot,
    change: &ChangeOptions,
    result: Result<T, CommandError>,
) -> Result<T, CommandError> {
    if let Err(CommandError(failure)) = &result
        && !change.dry_run
        // Whoever came too late, or mistyped, did nothing to this root.
        && !matches!(failure.code().kind(), FailureKind::Usage | FailureKind::Busy)
        && let Err(error) = log_failure(root, &change.operation, failure.code().id(), failure.message())
    {
        tracing::debug!("the log of operations could not be written: {error}");
    }
    result
}
