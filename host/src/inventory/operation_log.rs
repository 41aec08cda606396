//! `state/log/operations.jsonl`: a line for each operation that ended, also those that failed.

use std::io::{self, Write as _};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::process::{Operation, OperationKind};
use crate::root::{HostRoot, read_regular};

/// An operation that failed and changed nothing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FailedOperation {
    /// When it began.
    #[schemars(with = "String")]
    pub time: Timestamp,
    /// Its kind.
    pub kind: OperationKind,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Who asked for it.
    pub user: String,
    /// The command line, without secrets.
    pub command: String,
    /// The options by which checks were left out.
    #[serde(default)]
    pub forced: Vec<String>,
    /// The code of the error.
    pub code: String,
    /// The error.
    pub error: String,
}

/// A line of the log.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Line<'a, T: Serialize> {
    outcome: &'a str,
    time: Timestamp,
    kind: OperationKind,
    duration_ms: u64,
    user: &'a str,
    command: &'a str,
    forced: &'a [String],
    #[serde(flatten)]
    details: &'a T,
}

/// A line that was written, as far as it is looked at.
#[derive(Deserialize)]
struct Read {
    outcome: String,
}

/// Adds a line on an operation that ended with `outcome`; `details` is an object. The state directory must be there.
///
/// # Errors
/// The log cannot be written.
pub fn log_operation(
    root: &HostRoot,
    operation: &Operation,
    outcome: &str,
    details: &impl Serialize,
) -> io::Result<()> {
    let line = Line {
        outcome,
        time: operation.started_at,
        kind: operation.kind,
        duration_ms: operation.duration_ms(),
        user: &operation.user,
        command: &operation.command,
        forced: &operation.forced,
        details,
    };
    let mut line = serde_json::to_vec(&line)?;
    line.push(b'\n');
    let log = root.log_file();
    let directory = log.parent().unwrap_or(root.path());
    // A change that was refused for a planted link is logged, too, and not to where the link leads.
    for path in [&root.state(), directory, &log] {
        if fs_err::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) {
            let message = format!("`{}` is a symbolic link", path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, message));
        }
    }
    fs_err::create_dir_all(directory)?;
    // In one write, so that lines of two processes stay apart.
    fs_err::OpenOptions::new().create(true).append(true).open(log)?.write_all(&line)
}

/// Adds a line on an operation that failed with `error`. A root to which nothing was ever installed is left as it is.
///
/// # Errors
/// The log cannot be written.
pub fn log_failure(root: &HostRoot, operation: &Operation, code: &str, error: &str) -> io::Result<()> {
    if !fs_err::symlink_metadata(root.database()).is_ok_and(|found| found.is_file()) {
        return Ok(());
    }
    log_operation(root, operation, "failed", &serde_json::json!({"code": code, "error": error}))
}

/// The operations of `root` that failed, the oldest first. Lines that cannot be read are passed over.
///
/// # Errors
/// The log cannot be read.
pub fn failures(root: &HostRoot) -> io::Result<Vec<FailedOperation>> {
    let bytes = match read_regular(&root.log_file()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        bytes => bytes?,
    };
    let lines = bytes.split(|byte| *byte == b'\n');
    let failed =
        lines.filter(|line| serde_json::from_slice(line).is_ok_and(|Read { outcome }| outcome == "failed"));
    Ok(failed.filter_map(|line| serde_json::from_slice(line).ok()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn operation() -> Operation {
        Operation::begin(
            OperationKind::Upgrade,
            Timestamp::UNIX_EPOCH,
            "ada".to_owned(),
            "attune-install upgrade".to_owned(),
        )
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        let directory = tempfile::tempdir().unwrap();
        let root = HostRoot::new(&directory.path().join("root")).unwrap();
        let outside = directory.path().join("outside");
        fs_err::create_dir_all(root.state()).unwrap();
        fs_err::create_dir(&outside).unwrap();
        fs_err::os::unix::fs::symlink(&outside, root.state().join("log")).unwrap();
        log_operation(&root, &operation(), "failed", &serde_json::json!({})).unwrap_err();
        assert_eq!(fs_err::read_dir(outside).unwrap().count(), 0);
    }

    #[test]
    fn failures_are_logged_where_something_was_installed() {
        let directory = tempfile::tempdir().unwrap();
        let root = HostRoot::new(directory.path()).unwrap();
        let operation = operation();
        log_failure(&root, &operation, "R001", "there is no pack").unwrap();
        assert!(!root.state().exists());
        fs_err::create_dir(root.state()).unwrap();
        fs_err::write(root.database(), "").unwrap();
        log_operation(&root, &operation, "installed", &serde_json::json!({"generation": 1})).unwrap();
        log_failure(&root, &operation, "R001", "there is no pack\nat all").unwrap();
        let mut log = fs_err::OpenOptions::new().append(true).open(root.log_file()).unwrap();
        log.write_all(b"half a li").unwrap();
        let found = failures(&root).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].kind, found[0].code.as_str()), (OperationKind::Upgrade, "R001"));
        assert_eq!(found[0].error, "there is no pack\nat all");
    }
}
