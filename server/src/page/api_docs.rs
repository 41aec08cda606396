//! The description of the API for people, by Swagger UI, which the program brings.

use std::io::{Cursor, Read as _};
use std::sync::OnceLock;

use axum::Router;
use axum::body::Body;
use axum::extract::Path;
use axum::http::header::LOCATION;
use axum::http::{HeaderValue, Response, StatusCode};
use axum::routing::get;
use bytes::Bytes;
use utoipa_swagger_ui_vendored::SWAGGER_UI_VENDORED;

use super::{CSS, HTML, JAVASCRIPT, absent, file};

/// As that of the page, and styles and pictures that Swagger UI makes itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const PAGE: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Attune Pack API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="swagger-ui.css">
<script src="swagger-ui-bundle.js" defer></script>
<script src="start.js" defer></script>
</head>
<body><div id="api"></div></body>
</html>
"#;

const START: &str = r##""use strict";
SwaggerUIBundle({ url: "../openapi.json", dom_id: "#api", deepLinking: true, persistAuthorization: false, validatorUrl: null });
"##;

pub(super) fn routes() -> Router {
    Router::new()
        .route("/docs", get(with_slash))
        .route("/docs/", get(|| async { file(HTML, PAGE, POLICY) }))
        .route("/docs/{name}", get(part))
}

/// Relative links lead below `/docs/` alone.
async fn with_slash() -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::FOUND;
    response.headers_mut().insert(LOCATION, HeaderValue::from_static("./docs/"));
    response
}

async fn part(Path(name): Path<String>) -> Response<Body> {
    static BUNDLE: OnceLock<Option<Bytes>> = OnceLock::new();
    static STYLE: OnceLock<Option<Bytes>> = OnceLock::new();
    let (kind, kept) = match name.as_str() {
        "start.js" => return file(JAVASCRIPT, START, POLICY),
        "swagger-ui-bundle.js" => (JAVASCRIPT, &BUNDLE),
        "swagger-ui.css" => (CSS, &STYLE),
        _ => return absent(),
    };
    match kept.get_or_init(|| unpacked(&name)) {
        Some(content) => file(kind, content.clone(), POLICY),
        None => absent(),
    }
}

/// A file of Swagger UI, which the program has in an archive.
fn unpacked(name: &str) -> Option<Bytes> {
    let mut archive = zip::ZipArchive::new(Cursor::new(SWAGGER_UI_VENDORED)).ok()?;
    let ending = format!("/dist/{name}");
    let path =
        archive.file_names().find(|path| path.ends_with(&ending) && !path.contains("flavors"))?.to_owned();
    let mut content = Vec::new();
    archive.by_name(&path).ok()?.read_to_end(&mut content).ok()?;
    Some(content.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_archive_has_what_the_page_names() {
        for name in ["swagger-ui-bundle.js", "swagger-ui.css"] {
            assert!(PAGE.contains(name));
            assert!(unpacked(name).is_some_and(|content| content.len() > 100_000), "{name}");
        }
    }
}
