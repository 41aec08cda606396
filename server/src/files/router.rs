//! Routes requests to the files of one registry.
//!
//! The routes are `/healthz`, and every other path as a registry file. Sockets, logs and shutdown are
//! not its business, so the router can be nested or tested without them.

use attune_schemas::problem::WarningCode;
use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, Response, StatusCode};
use axum::middleware::{self, Next};
use axum::routing::get;
use serde_json::json;

use super::directory::RegistryDirectory;
use super::open_file::{self, FileError, Found};
use super::response::{self, FileRequest};
use super::served_path::ServedPath;

/// The time of day: `SystemTime::now` in a program, a fixed time in a test.
pub type Clock = fn() -> SystemTime;

/// The state that the routes share.
#[derive(Debug, Clone)]
struct Host {
    directory: Arc<RegistryDirectory>,
    clock: Clock,
}

/// The routes that host the registry in `directory`. No `Last-Modified` is later than `clock` says.
pub fn router(directory: RegistryDirectory, clock: Clock) -> Router {
    Router::new()
        .route("/healthz", get(health))
        .fallback(registry_file)
        .layer(middleware::from_fn(only_reads))
        .with_state(Host { directory: Arc::new(directory), clock })
}

async fn only_reads(request: Request, next: Next) -> Response<Body> {
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        next.run(request).await
    } else {
        response::method_not_allowed()
    }
}

/// Healthy means that a client could start here: the head of the trust chain can be read.
async fn health(State(host): State<Host>) -> Response<Body> {
    match blocking(move || host.directory.check()).await {
        Some(Ok(())) => response::json(StatusCode::OK, &json!({"status": "ok"})),
        Some(Err(error)) => {
            tracing::warn!(code = %WarningCode::Unhealthy, "unhealthy: {error}");
            let body = json!({"status": "unavailable", "missing": "metadata/timestamp.json"});
            response::json(StatusCode::SERVICE_UNAVAILABLE, &body)
        }
        None => response::text(StatusCode::INTERNAL_SERVER_ERROR),
    }
}

async fn registry_file(State(host): State<Host>, request: Request) -> Response<Body> {
    let raw = request.uri().path();
    if raw == "/" {
        return front_page(host.directory).await;
    }
    let path = match ServedPath::parse(raw) {
        Ok(path) => path,
        Err(error) => {
            tracing::debug!(path = raw, "refused: {error}");
            return response::text(StatusCode::NOT_FOUND);
        }
    };
    match find(host.directory, path.clone()).await {
        Ok(Found::File(file)) => {
            let request = FileRequest { method: request.method(), headers: request.headers(), path: &path };
            response::file(&request, file, (host.clock)())
                .unwrap_or_else(|error| failure(raw, &FileError::Io(error)))
        }
        Ok(Found::Directory) => directory_redirect(raw),
        Err(error) => failure(raw, &error),
    }
}

/// A browser that opens the host is shown the web catalogue, if there is one.
async fn front_page(directory: Arc<RegistryDirectory>) -> Response<Body> {
    match find(directory, ServedPath::catalog_page()).await {
        // Relative, so that it also holds behind a proxy that adds a prefix.
        Ok(Found::File(_)) => response::redirect("./catalog/"),
        _ => response::text(StatusCode::NOT_FOUND),
    }
}

/// Adds the slash without which the relative links of a page in this directory would not work.
fn directory_redirect(raw: &str) -> Response<Body> {
    match raw.rsplit_once('/') {
        Some((_, name)) if !name.is_empty() && raw.starts_with("/catalog") => {
            response::redirect(&format!("./{name}/"))
        }
        _ => response::text(StatusCode::NOT_FOUND),
    }
}

async fn find(directory: Arc<RegistryDirectory>, path: ServedPath) -> Result<Found, FileError> {
    blocking(move || open_file::find(directory.path(), &path))
        .await
        .unwrap_or_else(|| Err(FileError::Io(std::io::Error::other("the reading task ended"))))
}

/// Runs file operations off the async threads; `None` if the runtime is ending.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    tokio::task::spawn_blocking(work).await.ok()
}

/// Defects of the registry's files are for the operator's log, not for the client.
fn failure(raw: &str, error: &FileError) -> Response<Body> {
    let status = match error {
        FileError::NotFound => return response::text(StatusCode::NOT_FOUND),
        FileError::Link { .. } => StatusCode::NOT_FOUND,
        FileError::Denied => StatusCode::FORBIDDEN,
        FileError::Io(_) => StatusCode::INTERNAL_SERVER_ERROR,
    };
    let source = std::error::Error::source(error).map(tracing::field::display);
    tracing::warn!(code = %WarningCode::NotServed, path = raw, cause = source, "not served: {error}");
    response::text(status)
}
