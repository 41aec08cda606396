//! `POST /api/v1/packs/{ref}/test`

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response};

use super::super::catalogue::Catalogue;
use super::super::error::ApiError;
use super::super::request::Name;
use super::super::shared::Shared;
use super::answer::{answer, whole};
use super::stages::Arguments;

/// `POST /api/v1/packs/{ref}/test`
pub(in super::super) async fn test(
    State(api): State<Shared>,
    headers: HeaderMap,
    Name(pack): Name,
) -> Result<Response<Body>, ApiError> {
    Catalogue::packs(&api).await?.pack(&pack)?;
    let running = api.installer()?.start(Arguments::of("test").flag("as-action", true).words([&pack]))?;
    Ok(answer(&headers, running, whole("Pack tests executed")).await)
}
