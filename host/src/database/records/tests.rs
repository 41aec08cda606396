//! Rows of test runs.

use serde_json::Value;

use super::json;
use crate::database::DatabaseError;
use crate::database::reader::read;
use crate::root::HostRoot;

/// One run of a pack's tests.
#[derive(Debug, Clone, PartialEq)]
pub struct TestRecord {
    /// Its id.
    pub id: i64,
    /// The id of its pack.
    pub pack_id: i64,
    /// The version that was tested.
    pub pack_version: String,
    /// When, in UTC, in the form of RFC 3339.
    pub execution_time: String,
    /// `install`, `update`, `manual` or `validation`.
    pub trigger_reason: String,
    /// The number of tests.
    pub total_tests: i64,
    /// Those that passed.
    pub passed: i64,
    /// Those that failed.
    pub failed: i64,
    /// Those that were skipped.
    pub skipped: i64,
    /// The share that passed, from 0 to 1.
    pub pass_rate: f64,
    /// The time that they took, in milliseconds.
    pub duration_ms: i64,
    /// The whole result.
    pub result: Value,
    /// When the row was made.
    pub created: String,
}

/// The runs of the tests of `pack` on `root`, the latest first.
pub fn test_records(root: &HostRoot, pack: &str) -> Result<Vec<TestRecord>, DatabaseError> {
    let sql = "SELECT run.* FROM pack_test_execution run JOIN pack ON pack.id = run.pack_id \
         WHERE pack.ref = ?1 ORDER BY run.id DESC";
    let found = read(root, |connection| {
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([pack], |row| {
            Ok(TestRecord {
                id: row.get("id")?,
                pack_id: row.get("pack_id")?,
                pack_version: row.get("pack_version")?,
                execution_time: row.get("execution_time")?,
                trigger_reason: row.get("trigger_reason")?,
                total_tests: row.get("total_tests")?,
                passed: row.get("passed")?,
                failed: row.get("failed")?,
                skipped: row.get("skipped")?,
                pass_rate: row.get("pass_rate")?,
                duration_ms: row.get("duration_ms")?,
                result: json(row, "result")?,
                created: row.get("created")?,
            })
        })?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    })?;
    Ok(found.unwrap_or_default())
}
