//! `POST`, `PUT` and `DELETE` of `/api/v1/pack-indices`: the registries that the host knows.
//!
//! A registry is known by its root, so that one is added with the fingerprint of that.

use attune_host::preferences::KnownRegistries;
use attune_schemas::Digest;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::envelope::Data;
use super::super::error::ApiError;
use super::super::indices::{Index, known};
use super::super::request::{Json, Name};
use super::super::shared::{Api, Shared};
use super::answer::{Shape, answer};
use super::stages::Arguments;

/// A registry to add.
#[derive(Debug, Deserialize, JsonSchema)]
pub(in super::super) struct AddRequest {
    /// Its URL, of an allowed origin, or `file://` and a path in an allowed directory.
    url: String,
    /// The sha256 of its first root, `sha256:` and 64 hex digits; not needed for a registry that is trusted.
    trust_fingerprint: Option<String>,
    /// Its place in the order, from 0; the last, if absent.
    position: Option<usize>,
}

/// The place of a registry.
#[derive(Debug, Deserialize, JsonSchema)]
pub(in super::super) struct MoveRequest {
    /// Its place in the order, from 0.
    position: usize,
}

/// A registry that is not known any more.
#[derive(Debug, Serialize, JsonSchema)]
pub(in super::super) struct Forgotten {
    /// Always true.
    success: bool,
    /// What was done, in words.
    message: String,
}

/// The answer that tells of the registry called `name`, as it is known then.
fn told(
    api: &Shared,
    status: StatusCode,
    name: impl Fn(&Map<String, Value>) -> Option<String> + Send + 'static,
) -> Shape {
    let api = Shared::clone(api);
    Shape::of_success(move |report| {
        let name = name(&report).unwrap_or_default();
        let known = KnownRegistries::load(&api.root).map_err(|error| {
            tracing::error!("{error}");
            ApiError::internal("the host's list of registries cannot be read")
        })?;
        let mut places = known.iter().enumerate();
        let place = places.find(|(_, place)| place.name.as_str() == name);
        let place =
            place.ok_or_else(|| ApiError::internal(format!("registry '{name}' was removed meanwhile")))?;
        Ok((status, json!(Data::of(Index::of(place)))))
    })
}

/// The name of the registry with this id.
fn name_of(known: &KnownRegistries, id: &str) -> Result<String, ApiError> {
    let place = id.parse::<usize>().ok().and_then(|id| id.checked_sub(1));
    let found = place.and_then(|place| known.iter().nth(place));
    let found = found.ok_or_else(|| ApiError::not_found(format!("there is no registry with id {id}")))?;
    Ok(found.name.to_string())
}

impl Api {
    /// The place of a registry, as the command takes it.
    fn registry_place(&self, url: &str) -> Result<String, ApiError> {
        match url.strip_prefix("file://") {
            Some(path) => self.places.present(path).map(|_| path.to_owned()),
            None => self.places.url(url).map(String::from),
        }
    }
}

/// `POST /api/v1/pack-indices`
pub(in super::super) async fn add(
    State(api): State<Shared>,
    headers: HeaderMap,
    Json(request): Json<AddRequest>,
) -> Result<Response<Body>, ApiError> {
    let place = api.registry_place(&request.url)?;
    if let Some(fingerprint) = &request.trust_fingerprint {
        fingerprint
            .parse::<Digest>()
            .map_err(|error| ApiError::unprocessable(format!("`trust_fingerprint`: {error}")))?;
    }
    let registries = known(&api).await?;
    let before = request.position.and_then(|position| registries.iter().nth(position));
    let arguments = Arguments::of("registry")
        .word("add")
        .option("trust-fingerprint", request.trust_fingerprint)
        .option("before", before.map(|before| before.name.to_string()));
    let running = api.installer()?.start(arguments.words([place]))?;
    let name = |report: &Map<String, Value>| report["registry"]["name"].as_str().map(str::to_owned);
    Ok(answer(&headers, running, told(&api, StatusCode::CREATED, name)).await)
}

/// `PUT /api/v1/pack-indices/{id}`
pub(in super::super) async fn put(
    State(api): State<Shared>,
    headers: HeaderMap,
    Name(id): Name,
    Json(request): Json<MoveRequest>,
) -> Result<Response<Body>, ApiError> {
    let registries = known(&api).await?;
    let moved = name_of(&registries, &id)?;
    let mut names: Vec<String> = registries.iter().map(|registry| registry.name.to_string()).collect();
    names.retain(|name| *name != moved);
    names.insert(request.position.min(names.len()), moved.clone());
    let running = api.installer()?.start(Arguments::of("registry").word("order").words(names))?;
    Ok(answer(&headers, running, told(&api, StatusCode::OK, move |_| Some(moved.clone()))).await)
}

/// `DELETE /api/v1/pack-indices/{id}`
pub(in super::super) async fn remove(
    State(api): State<Shared>,
    headers: HeaderMap,
    Name(id): Name,
) -> Result<Response<Body>, ApiError> {
    let name = name_of(&known(&api).await?, &id)?;
    let running = api.installer()?.start(Arguments::of("registry").word("remove").words([&name]))?;
    let shape = Shape::of_success(move |_| {
        let message = format!("Pack index '{name}' deleted successfully");
        Ok((StatusCode::OK, json!(Forgotten { success: true, message })))
    });
    Ok(answer(&headers, running, shape).await)
}
