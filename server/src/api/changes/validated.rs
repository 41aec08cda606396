//! `POST /api/v1/packs/validate`: all that an installation would check, and nothing is changed.

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::error::ApiError;
use super::super::request::Json;
use super::super::shared::Shared;
use super::answer::{answer, whole};
use super::stages::{Arguments, some};

/// The packs to validate.
#[derive(Debug, Deserialize, JsonSchema)]
pub(in super::super) struct ValidateRequest {
    /// Packs by name, and paths of packs' directories and bundles in allowed directories.
    #[serde(alias = "pack_paths")]
    packs: Vec<String>,
    /// The registry that packs by name come from: the name of a known one, or a URL of an allowed origin.
    registry_url: Option<String>,
}

/// The result of a validation.
#[derive(Debug, Serialize, JsonSchema)]
pub(in super::super) struct ValidationReport {
    /// Whether all of it would be installed.
    valid: bool,
    /// One for each bundle and directory, and one for all packs together, with `what`, `kind`, `valid`, `findings` and
    /// more.
    checked: Vec<Value>,
}

/// `POST /api/v1/packs/validate`
pub(in super::super) async fn validate(
    State(api): State<Shared>,
    headers: HeaderMap,
    Json(request): Json<ValidateRequest>,
) -> Result<Response<Body>, ApiError> {
    let sources = some(&request.packs, "packs")?.iter().map(|source| api.places.source(source));
    let sources = sources.collect::<Result<Vec<_>, _>>()?;
    let arguments =
        Arguments::of("validate").option("registry", api.registry(request.registry_url.as_deref())?);
    let running = api.installer()?.start(arguments.words(sources))?;
    Ok(answer(&headers, running, whole("Packs validated")).await)
}
