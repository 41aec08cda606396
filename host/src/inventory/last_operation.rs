//! The operation that ended last, whether it changed the root or failed.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;

use super::History;
use crate::process::OperationKind;

/// The operation that ended last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LastOperation {
    /// Its kind; absent where a later program wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<OperationKind>,
    /// Whether it succeeded.
    pub succeeded: bool,
    /// When it began.
    #[schemars(with = "String")]
    pub started_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Who asked for it.
    pub user: String,
    /// The code of its error; absent where it succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Its error; absent where it succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl LastOperation {
    /// When it ended.
    pub fn ended_at(&self) -> Timestamp {
        let duration = SignedDuration::from_millis(i64::try_from(self.duration_ms).unwrap_or(i64::MAX));
        self.started_at.checked_add(duration).unwrap_or(self.started_at)
    }
}

impl History {
    /// The operation that ended last; `None` where none is recorded. One on rules, registries or trust is none: it would
    /// hide that an upgrade failed.
    pub fn last_operation(&self) -> Option<LastOperation> {
        let done = self.operations.first().map(|done| LastOperation {
            kind: done.kind,
            succeeded: true,
            started_at: done.started_at,
            duration_ms: done.duration_ms,
            user: done.user.clone(),
            code: None,
            error: None,
        });
        let failed = self.failed.iter().find(|failed| !failed.kind.is_of_settings());
        let failed = failed.map(|failed| LastOperation {
            kind: Some(failed.kind),
            succeeded: false,
            started_at: failed.time,
            duration_ms: failed.duration_ms,
            user: failed.user.clone(),
            code: Some(failed.code.clone()),
            error: Some(failed.error.clone()),
        });
        // One that failed in the same moment was refused for the other.
        failed.into_iter().chain(done).max_by_key(LastOperation::ended_at)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{FailedOperation, PastOperation};
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn done(seconds: i64, duration_ms: u64) -> PastOperation {
        PastOperation {
            generation: 1,
            previous: 0,
            kind: Some(OperationKind::Install),
            started_at: at(seconds),
            duration_ms,
            user: "ada".to_owned(),
            command: String::new(),
            source: None,
            forced: Vec::new(),
            packs: Vec::new(),
            migrations: Vec::new(),
            kept: true,
        }
    }

    fn failed(seconds: i64) -> FailedOperation {
        FailedOperation {
            time: at(seconds),
            kind: OperationKind::Upgrade,
            duration_ms: 5,
            user: "ada".to_owned(),
            command: String::new(),
            forced: Vec::new(),
            code: "R001".to_owned(),
            error: "x".to_owned(),
        }
    }

    #[test]
    fn the_last_one_is_the_one_that_ended_last() {
        let last = |operations, failed| {
            let root = "/r".into();
            let settings = Vec::new();
            let history = History { root, generation: Some(1), operations, settings, failed };
            history.last_operation().map(|last| (last.succeeded, last.ended_at()))
        };
        let ended = |seconds, millis| at(seconds) + SignedDuration::from_millis(millis);
        assert_eq!(last(vec![], vec![]), None);
        assert_eq!(last(vec![done(10, 1)], vec![]), Some((true, ended(10, 1))));
        assert_eq!(last(vec![done(10, 1)], vec![failed(11)]), Some((false, ended(11, 5))));
        assert_eq!(last(vec![done(10, 60_000)], vec![failed(11)]), Some((true, ended(70, 0))));
        assert_eq!(last(vec![done(11, 5)], vec![failed(11)]), Some((true, ended(11, 5))));
    }
}
