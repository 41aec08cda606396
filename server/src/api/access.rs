//! Who may do what: the token that a request brings.

use attune_schemas::problem::WarningCode;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::Response;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::IntoResponse;

use super::changes::on_behalf;
use super::error::ApiError;
use super::shared::Shared;
use crate::tokens::{Refusal, Scope};

/// The access that a route needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Access {
    /// None.
    Open,
    /// A token of this scope, or of one that allows more.
    Token(Scope),
}

/// Lets a request through whose token allows `access`.
pub(super) async fn require(
    State((api, access)): State<(Shared, Access)>,
    request: Request,
    next: Next,
) -> Response<Body> {
    let Access::Token(needed) = access else { return next.run(request).await };
    let sent = request.headers().get(AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
    let refusal = match api.tokens.check(sent, (api.clock)()) {
        Ok(token) if token.scope >= needed => return on_behalf(token.name, next.run(request)).await,
        Ok(token) => {
            tracing::info!(token = token.id, "refused: the token may only read");
            return ApiError::forbidden("Insufficient permissions: this token may only read").into_response();
        }
        Err(refusal) => refusal,
    };
    let told = match refusal {
        Refusal::Absent => "Missing authentication token",
        Refusal::Unknown => "Invalid authentication token",
        Refusal::Expired => "Authentication token expired",
    };
    if refusal != Refusal::Absent {
        tracing::warn!(code = %WarningCode::NotServed, path = request.uri().path(), "refused: {told}");
    }
    ApiError::unauthorized(told).into_response()
}
