//! One log line per request.
//!
//! Wraps the router. Goes to `tracing` at the level `info` under the target `access`, which the binary
//! shows with `-v`. The time is measured until the headers; the length is the promised one, and a client
//! that hangs up early gets less.

use std::net::SocketAddr;
use std::time::Instant;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::Response;
use axum::http::header::{CONTENT_LENGTH, RANGE};
use axum::middleware::Next;

/// Logs a request once its response is known.
pub(crate) async fn access_log(request: Request, next: Next) -> Response<Body> {
    if !tracing::enabled!(target: "access", tracing::Level::INFO) {
        return next.run(request).await;
    }
    let started = Instant::now();
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let range = request.headers().get(RANGE).cloned();
    let peer =
        request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| tracing::field::display(info.0));
    let response = next.run(request).await;
    let bytes =
        response.headers().get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    tracing::info!(
        target: "access",
        peer,
        status = response.status().as_u16(),
        bytes,
        range = range.as_ref().map(tracing::field::debug),
        micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        "{method} {path}"
    );
    response
}
