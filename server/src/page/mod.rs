//! A page for people: static files in the program, which read the Pack API with the token that somebody enters.
//!
//! Nothing comes from another server, and the policy that goes along keeps it so.

mod api_docs;

use attune_schemas::workflow::DRAWING_STYLE;
use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::http::{HeaderValue, Response, StatusCode};
use axum::routing::get;

/// Only the server's own scripts and styles, and calls of its own API; no frame around it, no form that leads away.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JAVASCRIPT: &str = "text/javascript; charset=utf-8";

/// The page, and the description of the API for people.
pub fn pages() -> Router {
    Router::new()
        .route("/", get(|| async { file(HTML, include_str!("index.html"), POLICY) }))
        .route("/page/{name}", get(part))
        .merge(api_docs::routes())
}

async fn part(Path(name): Path<String>) -> Response<Body> {
    match name.as_str() {
        "style.css" => file(CSS, include_str!("style.css"), POLICY),
        "drawing.css" => file(CSS, DRAWING_STYLE, POLICY),
        "page.js" => file(JAVASCRIPT, include_str!("page.js"), POLICY),
        "workflow.js" => file(JAVASCRIPT, include_str!("workflow.js"), POLICY),
        _ => absent(),
    }
}

fn file(media_type: &'static str, content: impl Into<Body>, policy: &'static str) -> Response<Body> {
    let mut response = Response::new(content.into());
    let headers = response.headers_mut();
    for (name, value) in [
        (CONTENT_TYPE, media_type),
        (CONTENT_SECURITY_POLICY, policy),
        // It belongs to this version of the program.
        (CACHE_CONTROL, "no-cache"),
        (REFERRER_POLICY, "no-referrer"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (X_FRAME_OPTIONS, "DENY"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

fn absent() -> Response<Body> {
    let mut response = Response::new(Body::from("404 not found\n"));
    *response.status_mut() = StatusCode::NOT_FOUND;
    response
}
