//! One log line per request.
//!
//! Wraps the router, and gives each request an id, which the response tells in `x-request-id`: the client's own, if it
//! brings a short one, else the next of this server. Goes to `tracing` at the level `info` under the target `access`, which the binary
//! shows with `-v`. The time is measured until the headers; the length is the promised one, and a client
//! that hangs up early gets less.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::header::{CONTENT_LENGTH, RANGE};
use axum::http::{HeaderName, HeaderValue, Response};
use axum::middleware::Next;

/// The id of a request.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The most characters of an id that a client chose.
const MOST_CHARACTERS: usize = 64;

/// The id that a request has, or gets.
fn request_id(request: &Request) -> HeaderValue {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let is_plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let sent = request
        .headers()
        .get(&REQUEST_ID)
        .filter(|sent| (1..=MOST_CHARACTERS).contains(&sent.len()) && sent.as_bytes().iter().all(is_plain));
    sent.cloned().unwrap_or_else(|| NEXT.fetch_add(1, Ordering::Relaxed).into())
}

/// Gives a request its id, and logs it once its response is known.
pub(crate) async fn access_log(request: Request, next: Next) -> Response<Body> {
    let id = request_id(&request);
    let mut response = logged(request, &id, next).await;
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

async fn logged(request: Request, id: &HeaderValue, next: Next) -> Response<Body> {
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
        id = id.to_str().unwrap_or_default(),
        micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        "{method} {path}"
    );
    response
}
