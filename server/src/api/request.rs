//! What a request brings, or a refusal in the shape of all errors.

use axum::extract::{FromRequest, FromRequestParts, Path, Request};
use axum::http::header::CONTENT_LENGTH;
use axum::http::request::Parts;
use futures_util::StreamExt as _;
use serde::de::DeserializeOwned;

use super::error::ApiError;
use super::patience::Patience;

/// The most bytes of a body in JSON.
const MOST_JSON: u64 = 1024 * 1024;

/// The query of a request. Keys that are not known are ignored, as Attune does.
#[derive(Debug)]
pub(super) struct Query<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        axum::extract::Query::try_from_uri(&parts.uri)
            .map(|axum::extract::Query(query)| Self(query))
            .map_err(|rejection| ApiError::bad_request(rejection.body_text()))
    }
}

/// The part of the path that is not fixed.
#[derive(Debug)]
pub(super) struct Name(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for Name {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        let found = Path::<String>::from_request_parts(parts, state).await;
        found.map(|Path(name)| Self(name)).map_err(|_| ApiError::not_found("no such path"))
    }
}

/// A body in JSON. Keys that are not known are ignored, as Attune does.
#[derive(Debug)]
pub(super) struct Json<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Json<T> {
    type Rejection = ApiError;

    async fn from_request(request: Request, _state: &S) -> Result<Self, ApiError> {
        let bytes = whole(request).await?;
        serde_json::from_slice(&bytes).map(Self).map_err(|error| match error.classify() {
            serde_json::error::Category::Data => ApiError::unprocessable(error.to_string()),
            _ => ApiError::bad_request(format!("the body is not JSON: {error}")),
        })
    }
}

/// The whole body, unless it is too large or comes too slowly.
async fn whole(request: Request) -> Result<Vec<u8>, ApiError> {
    let declared = request.headers().get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if declared.is_some_and(|declared: u64| declared > MOST_JSON) {
        return Err(ApiError::too_large(MOST_JSON));
    }
    let mut parts = request.into_body().into_data_stream();
    let mut patience = Patience::new();
    let mut bytes = Vec::new();
    while let Some(part) = patience.wait(parts.next()).await? {
        let part = part.map_err(|_| ApiError::bad_request("the body cannot be read"))?;
        bytes.extend_from_slice(&part);
        patience.received(part.len());
        if bytes.len() as u64 > MOST_JSON {
            return Err(ApiError::too_large(MOST_JSON));
        }
    }
    Ok(bytes)
}
