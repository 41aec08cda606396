//! The runs of packs' tests.

use attune_host::database::{TestRecord, test_records};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use super::catalogue::Catalogue;
use super::envelope::{Data, List, PageQuery, Reply};
use super::error::ApiError;
use super::request::{Name, Query};
use super::shared::{Shared, blocking};

/// A run of a pack's tests.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TestRun {
    /// Its id.
    id: i64,
    /// The id of its pack.
    pack_id: i64,
    /// The version that was tested.
    pack_version: String,
    /// When.
    execution_time: String,
    /// Why: `install`, `update`, `manual` or `validation`.
    trigger_reason: String,
    /// The number of tests.
    total_tests: i64,
    /// Those that passed.
    passed: i64,
    /// Those that failed.
    failed: i64,
    /// Those that were skipped.
    skipped: i64,
    /// The share that passed, from 0 to 1.
    pass_rate: f64,
    /// The time that they took, in milliseconds.
    duration_ms: i64,
    /// The whole result.
    result: Value,
    /// When it was recorded.
    created: String,
}

impl From<TestRecord> for TestRun {
    fn from(record: TestRecord) -> Self {
        Self {
            id: record.id,
            pack_id: record.pack_id,
            pack_version: record.pack_version,
            execution_time: record.execution_time,
            trigger_reason: record.trigger_reason,
            total_tests: record.total_tests,
            passed: record.passed,
            failed: record.failed,
            skipped: record.skipped,
            pass_rate: record.pass_rate,
            duration_ms: record.duration_ms,
            result: record.result,
            created: record.created,
        }
    }
}

async fn runs(api: Shared, pack: String) -> Result<Vec<TestRecord>, ApiError> {
    Catalogue::packs(&api).await?.pack(&pack)?;
    blocking(move || Ok(test_records(&api.root, &pack)?)).await
}

/// `GET /api/v1/packs/{ref}/tests`
pub(super) async fn list(
    State(api): State<Shared>,
    Name(pack): Name,
    Query(page): Query<PageQuery>,
) -> Result<Reply<List<TestRun>>, ApiError> {
    let runs = runs(api, pack).await?;
    let (items, pagination) = page.of(&runs)?;
    Ok(Reply::ok(List { items: items.iter().cloned().map(TestRun::from).collect(), pagination }))
}

/// `GET /api/v1/packs/{ref}/tests/latest`
pub(super) async fn latest(
    State(api): State<Shared>,
    Name(pack): Name,
) -> Result<Reply<Data<TestRun>>, ApiError> {
    let latest = runs(api, pack.clone()).await?.into_iter().next();
    let latest =
        latest.ok_or_else(|| ApiError::not_found(format!("the tests of pack '{pack}' never ran")))?;
    Ok(Reply::ok(Data::of(latest.into())))
}
