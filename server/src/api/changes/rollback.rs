//! `POST /api/v1/host/rollback`

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::error::ApiError;
use super::super::request::Json;
use super::super::shared::Shared;
use super::answer::{answer, whole};
use super::stages::Arguments;

/// The generation to go back to.
#[derive(Debug, Deserialize, JsonSchema)]
pub(in super::super) struct RollbackRequest {
    /// Its number; the one before the active one, if absent.
    generation: Option<u64>,
}

/// `POST /api/v1/host/rollback`
pub(in super::super) async fn rollback(
    State(api): State<Shared>,
    headers: HeaderMap,
    Json(request): Json<RollbackRequest>,
) -> Result<Response<Body>, ApiError> {
    let generation = request.generation.map(|generation| generation.to_string());
    let running = api.installer()?.start(Arguments::of("rollback").words(generation))?;
    Ok(answer(&headers, running, whole("Rolled back")).await)
}
