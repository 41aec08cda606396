//! The installed packs.

use attune_host::database::PackRecord;
use axum::extract::State;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalogue::Catalogue;
use super::envelope::{Data, List, PageQuery, Reply};
use super::error::ApiError;
use super::request::{Name, Query};
use super::shared::Shared;

/// A pack, among others.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct PackSummary {
    /// Its id, which an upgrade keeps.
    id: i64,
    /// Its ref.
    r#ref: String,
    /// Its label.
    label: String,
    /// Its description.
    description: Option<String>,
    /// Its version.
    version: String,
    /// Its tags.
    tags: Vec<String>,
    /// Whether it comes with Attune.
    is_standard: bool,
    /// When it was registered first.
    created: String,
    /// When it was registered last.
    updated: String,
}

/// A pack with all that is known of it.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Pack {
    /// Its id, which an upgrade keeps.
    id: i64,
    /// Its ref.
    r#ref: String,
    /// Its label.
    label: String,
    /// Its description.
    description: Option<String>,
    /// Its version.
    version: String,
    /// The schema of its configuration.
    conf_schema: Value,
    /// Its configuration.
    config: Value,
    /// Whatever else is kept of it.
    meta: Value,
    /// Its tags.
    tags: Vec<String>,
    /// The runtimes that it runs on.
    runtime_deps: Vec<String>,
    /// The packs that it needs.
    dependencies: Vec<String>,
    /// Whether it comes with Attune.
    is_standard: bool,
    /// When it was registered first.
    created: String,
    /// When it was registered last.
    updated: String,
}

/// The packs that are asked for.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct ListQuery {
    /// A part of the ref or label, whatever its case.
    name: Option<String>,
    /// The number of the page, from 1.
    #[schemars(range(min = 1))]
    page: Option<usize>,
    /// The number of items of a page: 50, and at most 100.
    #[serde(alias = "per_page", alias = "limit")]
    #[schemars(range(min = 1))]
    page_size: Option<usize>,
}

impl From<&PackRecord> for PackSummary {
    fn from(record: &PackRecord) -> Self {
        Self {
            id: record.id,
            r#ref: record.pack.clone(),
            label: record.label.clone(),
            description: record.description.clone(),
            version: record.version.clone(),
            tags: record.tags.clone(),
            is_standard: record.is_standard,
            created: record.created.clone(),
            updated: record.updated.clone(),
        }
    }
}

impl From<&PackRecord> for Pack {
    fn from(record: &PackRecord) -> Self {
        let record = record.clone();
        Self {
            id: record.id,
            r#ref: record.pack,
            label: record.label,
            description: record.description,
            version: record.version,
            conf_schema: record.conf_schema,
            config: record.config,
            meta: record.meta,
            tags: record.tags,
            runtime_deps: record.runtime_deps,
            dependencies: record.dependencies,
            is_standard: record.is_standard,
            created: record.created,
            updated: record.updated,
        }
    }
}

/// `GET /api/v1/packs`
pub(super) async fn list(
    State(api): State<Shared>,
    Query(query): Query<ListQuery>,
) -> Result<Reply<List<PackSummary>>, ApiError> {
    let all = Catalogue::packs(&api).await?;
    let asked = PageQuery { page: query.page, page_size: query.page_size };
    let Some(name) = query.name.map(|name| name.to_lowercase()) else {
        let (page, pagination) = asked.of(&all.packs)?;
        return Ok(Reply::ok(List { items: page.iter().map(PackSummary::from).collect(), pagination }));
    };
    let is_meant =
        |record: &&PackRecord| record.pack.contains(&name) || record.label.to_lowercase().contains(&name);
    let meant: Vec<&PackRecord> = all.packs.iter().filter(is_meant).collect();
    let (page, pagination) = asked.of(&meant)?;
    Ok(Reply::ok(List { items: page.iter().map(|record| PackSummary::from(*record)).collect(), pagination }))
}

/// `GET /api/v1/packs/{ref}`
pub(super) async fn show(State(api): State<Shared>, Name(pack): Name) -> Result<Reply<Data<Pack>>, ApiError> {
    let all = Catalogue::packs(&api).await?;
    Ok(Reply::ok(Data::of(all.pack(&pack)?.into())))
}
