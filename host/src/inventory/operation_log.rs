//! `state/log/operations.jsonl`: a line for each operation that ended, also those that failed.

use std::io;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::log_files::{append, contents};
use crate::process::{Operation, OperationKind};
use crate::root::HostRoot;

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

/// An operation that changed what the host was told to do: its rules, its registries, or whom it trusts. No generation
/// came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SettingsChange {
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
    kind: String,
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
    append(root, &line)
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

/// What the log tells that the database does not, the newest first.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Logged {
    /// The operations that failed.
    pub(super) failed: Vec<FailedOperation>,
    /// The changes of what the host was told to do.
    pub(super) settings: Vec<SettingsChange>,
    /// Whether it tells of an operation on packs, however that ended.
    is_of_packs: bool,
}

/// How much of the log is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LogDepth {
    /// As far as the newest file that tells of an operation on packs.
    Newest,
    /// Every file.
    All,
}

impl Logged {
    /// Reads the log of `root`. Lines that cannot be read are passed over.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(super) fn read(root: &HostRoot, depth: LogDepth) -> io::Result<Self> {
        let mut logged = Self::default();
        for bytes in contents(root) {
            for line in bytes?.split(|byte| *byte == b'\n').rev() {
                logged.take(line);
            }
            if depth == LogDepth::Newest && logged.is_of_packs {
                break;
            }
        }
        Ok(logged)
    }

    fn take(&mut self, line: &[u8]) {
        let Ok(Read { outcome, kind }) = serde_json::from_slice(line) else { return };
        let is_of_settings = OperationKind::parse(&kind).is_some_and(OperationKind::is_of_settings);
        self.is_of_packs |= !is_of_settings;
        match outcome.as_str() {
            "failed" => self.failed.extend(serde_json::from_slice::<FailedOperation>(line)),
            "done" if is_of_settings => {
                self.settings.extend(serde_json::from_slice::<SettingsChange>(line));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn operation(kind: OperationKind) -> Operation {
        let command = format!("attune-install {}", kind.as_str());
        Operation::begin(kind, Timestamp::UNIX_EPOCH, "ada".to_owned(), command)
    }

    #[test]
    fn nothing_is_written_through_a_link() {
        let directory = tempfile::tempdir().unwrap();
        let root = HostRoot::new(&directory.path().join("root")).unwrap();
        let outside = directory.path().join("outside");
        fs_err::create_dir_all(root.state()).unwrap();
        fs_err::create_dir(&outside).unwrap();
        fs_err::os::unix::fs::symlink(&outside, root.state().join("log")).unwrap();
        log_operation(&root, &operation(OperationKind::Upgrade), "failed", &serde_json::json!({}))
            .unwrap_err();
        assert_eq!(fs_err::read_dir(outside).unwrap().count(), 0);
    }

    #[test]
    fn failures_are_logged_where_something_was_installed() {
        let directory = tempfile::tempdir().unwrap();
        let root = HostRoot::new(directory.path()).unwrap();
        let operation = operation(OperationKind::Upgrade);
        log_failure(&root, &operation, "R001", "there is no pack").unwrap();
        assert!(!root.state().exists());
        fs_err::create_dir(root.state()).unwrap();
        fs_err::write(root.database(), "").unwrap();
        log_operation(&root, &operation, "installed", &serde_json::json!({"generation": 1})).unwrap();
        log_failure(&root, &operation, "R001", "there is no pack\nat all").unwrap();
        log_operation(
            &root,
            &self::operation(OperationKind::Hold),
            "done",
            &serde_json::json!({"details": {"root": "/"}}),
        )
        .unwrap();
        let mut log = fs_err::OpenOptions::new().append(true).open(root.log_file()).unwrap();
        log.write_all(b"half a li").unwrap();
        for depth in [LogDepth::Newest, LogDepth::All] {
            let Logged { failed, settings, .. } = Logged::read(&root, depth).unwrap();
            assert_eq!(failed.len(), 1);
            assert_eq!((failed[0].kind, failed[0].code.as_str()), (OperationKind::Upgrade, "R001"));
            assert_eq!(failed[0].error, "there is no pack\nat all");
            assert_eq!(settings.iter().map(|one| one.kind).collect::<Vec<_>>(), [OperationKind::Hold]);
        }
    }
}
