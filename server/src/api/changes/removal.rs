//! `DELETE /api/v1/packs/{ref}`

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};

use super::super::catalogue::Catalogue;
use super::super::error::ApiError;
use super::super::request::Name;
use super::super::shared::Shared;
use super::answer::{Shape, answer};
use super::stages::Arguments;

/// A pack that was removed.
#[derive(Debug, Serialize, JsonSchema)]
pub(in super::super) struct Removed {
    /// Always true.
    success: bool,
    /// What was done, in words.
    message: String,
    /// The report of the removal.
    data: Value,
}

/// `DELETE /api/v1/packs/{ref}`
pub(in super::super) async fn remove(
    State(api): State<Shared>,
    headers: HeaderMap,
    Name(pack): Name,
) -> Result<Response<Body>, ApiError> {
    Catalogue::packs(&api).await?.pack(&pack)?;
    let running = api.installer()?.start(Arguments::of("uninstall").words([&pack]))?;
    let shape = Shape::of_success(move |report| {
        let message = format!("Pack '{pack}' deleted successfully");
        Ok((StatusCode::OK, json!(Removed { success: true, message, data: Value::Object(report) })))
    });
    Ok(answer(&headers, running, shape).await)
}
