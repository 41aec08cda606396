//! Whether the host can be served.

use axum::extract::State;
use axum::http::StatusCode;
use schemars::JsonSchema;
use serde::Serialize;

use super::catalogue::Catalogue;
use super::envelope::Reply;
use super::shared::Shared;

/// Whether the host can be served.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Health {
    /// `ok` or `unavailable`
    status: &'static str,
    /// The version of the server.
    version: &'static str,
}

/// Healthy means that the rows of the packs can be read.
pub(super) async fn health(State(api): State<Shared>) -> Reply<Health> {
    let (code, status) = match Catalogue::packs(&api).await {
        Ok(_) => (StatusCode::OK, "ok"),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable"),
    };
    Reply(code, Health { status, version: env!("CARGO_PKG_VERSION") })
}
