//! `GET /api/v1/pack-indices/packs` and `GET /api/v1/packs/registry/lookup`: the packs of the registries that the host
//! knows.

use attune_host::preferences::KnownRegistries;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::error::ApiError;
use super::super::indices::{Index, known};
use super::super::request::{Name, Query};
use super::super::shared::Shared;
use super::answer::{Shape, answer};
use super::stages::Arguments;

/// The packs that are looked for.
#[derive(Debug, Deserialize, JsonSchema)]
pub(in super::super) struct SearchQuery {
    /// Words, each of which is in the ref, label, description, author or keywords.
    q: Option<String>,
    /// The registry to look into alone, by its id.
    registry_id: Option<usize>,
}

/// The pack that is looked for.
#[derive(Debug, Deserialize, JsonSchema)]
pub(in super::super) struct LookupQuery {
    /// Its ref.
    r#ref: String,
}

/// The packs that were found.
#[derive(Debug, Serialize, JsonSchema)]
pub(in super::super) struct FoundPacks {
    /// Each once, with the registry that an installation takes it from.
    data: Vec<Found>,
}

/// A pack of a registry.
#[derive(Debug, Serialize, JsonSchema)]
pub(in super::super) struct Found {
    /// The pack: `ref`, `label`, `description`, `version`, `author`, `keywords`, `channels`, `installed`.
    pack: Map<String, Value>,
    /// The registry.
    registry: Index,
}

/// The pack that was found.
#[derive(Debug, Serialize, JsonSchema)]
pub(in super::super) struct FoundPack {
    /// The pack.
    data: Found,
}

fn found(report: &Map<String, Value>, known: &KnownRegistries) -> Vec<Found> {
    let packs = report["packs"].as_array().map(Vec::as_slice).unwrap_or_default();
    let found = packs.iter().filter_map(|pack| {
        let pack = pack.as_object()?;
        let registry = pack["registry"].as_str()?;
        let mut places = known.iter().enumerate();
        let place = places.find(|(_, place)| place.name.as_str() == registry)?;
        Some(Found { pack: pack.clone(), registry: Index::of(place) })
    });
    found.collect()
}

/// `GET /api/v1/pack-indices/packs`
pub(in super::super) async fn search(
    State(api): State<Shared>,
    headers: HeaderMap,
    Query(query): Query<SearchQuery>,
) -> Result<Response<Body>, ApiError> {
    let registries = known(&api).await?;
    let only = match query.registry_id {
        None => None,
        Some(id) => {
            let place = id.checked_sub(1).and_then(|at| registries.iter().nth(at));
            let place =
                place.ok_or_else(|| ApiError::not_found(format!("there is no registry with id {id}")))?;
            Some(place.name.to_string())
        }
    };
    let words = query.q.unwrap_or_default();
    let running = api
        .installer()?
        .start(Arguments::of("search").option("registry", only).words(words.split_whitespace()))?;
    let shape = move |report: Map<String, Value>| {
        Ok((StatusCode::OK, json!(FoundPacks { data: found(&report, &registries) })))
    };
    Ok(answer(&headers, running, Shape::of_success(shape)).await)
}

/// `GET /api/v1/pack-indices/packs/{ref}`
pub(in super::super) async fn show(
    State(api): State<Shared>,
    headers: HeaderMap,
    Name(pack): Name,
) -> Result<Response<Body>, ApiError> {
    let registries = known(&api).await?;
    let running = api.installer()?.start(Arguments::of("search").words([&pack]))?;
    let shape = move |report: Map<String, Value>| {
        let all = found(&report, &registries);
        let data = all.into_iter().find(|found| found.pack["ref"] == pack.as_str());
        let data = data.ok_or_else(|| {
            ApiError::not_found(format!("Pack '{pack}' not found in any registry that the host knows"))
        })?;
        Ok((StatusCode::OK, json!(FoundPack { data })))
    };
    Ok(answer(&headers, running, Shape::of_success(shape)).await)
}

/// `GET /api/v1/packs/registry/lookup`
pub(in super::super) async fn lookup(
    state: State<Shared>,
    headers: HeaderMap,
    Query(query): Query<LookupQuery>,
) -> Result<Response<Body>, ApiError> {
    show(state, headers, Name(query.r#ref)).await
}
