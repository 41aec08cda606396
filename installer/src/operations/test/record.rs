//! Writes how tests ended, under the lock and for no longer than that takes.

use std::time::Duration;

use attune_host::database::{Database, TestReason, TestResultRow};
use attune_host::root::{HostRoot, LockError};
use attune_host::transaction::{Access, AccessError, HeldRoot, Wait};
use attune_registry::blob::Durability;
use attune_registry::report::Reporter;
use attune_schemas::pack_test_result::PackTestResult;
use attune_schemas::problem::WarningCode;

use super::{Recorded, TestOptions};

/// How long somebody who holds the lock is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// Records `results`; whatever keeps it from that is told, as the tests have run all the same.
pub(super) fn record(
    root: &HostRoot,
    results: &[PackTestResult],
    options: &TestOptions,
    reporter: &dyn Reporter,
) -> Recorded {
    if results.is_empty() {
        return Recorded::NothingToRecord;
    }
    let warn = |message: &str| reporter.warning(WarningCode::TestsNotRecorded, message);
    let wait = Wait { longest: PATIENCE, interrupt: &options.interrupt, reporter };
    let mut held = match HeldRoot::acquire(root, &Access { now: options.now, wait: Some(wait) }) {
        Ok(held) => held,
        Err(AccessError::Lock(LockError::Busy { .. })) => {
            warn("the results are not recorded: another install holds the root");
            return Recorded::Busy;
        }
        Err(error) => {
            warn(&format!("the results could not be recorded: {}", with_causes(&error)));
            return Recorded::Failed;
        }
    };
    let rows: Vec<TestResultRow<'_>> =
        results.iter().map(|result| TestResultRow { result, reason: TestReason::Manual }).collect();
    let written = Database::open(root, Durability::Synced, held.created());
    match written.and_then(|mut database| database.record_tests(&rows, options.now)) {
        Ok(left_out) => {
            held.keep();
            if left_out.is_empty() {
                return Recorded::Yes;
            }
            let packs = left_out.join(", ");
            warn(&format!(
                "not all results are recorded: another version was installed meanwhile of {packs}"
            ));
            Recorded::InPart
        }
        Err(error) => {
            warn(&format!("the results could not be recorded: {}", with_causes(&error)));
            Recorded::Failed
        }
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
