//! `POST /api/v1/packs/upload`: a pack in an archive that the client sends.
//!
//! The archive is unpacked by `attune-install download`, which has the limits and refusals for archives of strangers, and
//! its directory registered as any other.

use std::path::{Path, PathBuf};

use axum::body::Body;
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest as _, Multipart, Request, State};
use axum::http::{Response, StatusCode};
use schemars::JsonSchema;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;

use super::super::error::ApiError;
use super::super::patience::Patience;
use super::super::shared::{Api, Shared};
use super::answer::{answer, refused_by};
use super::installer::detached;
use super::register::{register_arguments, registered_upload};
use super::stages::Arguments;

/// The most bytes of an archive.
const MOST_BYTES: u64 = 100 * 1024 * 1024;
/// The most bytes of the whole form.
pub(in super::super) const MOST_FORM_BYTES: usize = 100 * 1024 * 1024 + 64 * 1024;
/// The most bytes of a field that is no file.
const MOST_TEXT: usize = 16;
/// The endings of archives that are known.
const ENDINGS: [&str; 6] = [".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".txz", ".zip"];

/// The fields of an upload.
#[derive(Debug, JsonSchema)]
#[expect(dead_code, reason = "it describes the fields, which are read one by one")]
pub(in super::super) struct UploadRequest {
    /// The archive: a `.tar.gz`, or another by the ending of its name.
    #[schemars(extend("format" = "binary"))]
    pack: String,
    /// `true` to replace a pack that is installed, and to accept failures of tests.
    force: Option<String>,
    /// `true` to leave out the tests.
    skip_tests: Option<String>,
}

/// An archive that was received.
struct Upload {
    directory: TempDir,
    archive: PathBuf,
    force: bool,
    skip_tests: bool,
}

/// `POST /api/v1/packs/upload`
pub(in super::super) async fn upload(
    State(api): State<Shared>,
    request: Request,
) -> Result<Response<Body>, ApiError> {
    let headers = request.headers().clone();
    let upload = receive(request).await?;
    // The directory has to stay until the end, whether the client does or not.
    detached(async move {
        let directory = unpack(&api, &upload).await?;
        if !upload.force {
            api.require_new(&api, &directory).await?;
        }
        let arguments = register_arguments(&api, upload.skip_tests, upload.force);
        let running = api.installer()?.start(arguments.words([directory]))?;
        let shape = registered_upload(&api, upload.skip_tests).hiding(upload.directory.path());
        let response = answer(&headers, running, shape).await;
        drop(upload);
        Ok(response)
    })
    .await
}

async fn receive(request: Request) -> Result<Upload, ApiError> {
    let multipart = Multipart::from_request(request, &()).await;
    let mut multipart = multipart.map_err(|rejection| ApiError::bad_request(rejection.body_text()))?;
    let directory = tempfile::tempdir().map_err(|error| {
        tracing::error!("no temporary directory can be made: {error}");
        ApiError::internal("the server has no room for uploads")
    })?;
    let mut upload = Upload { archive: PathBuf::new(), directory, force: false, skip_tests: false };
    let mut patience = Patience::new();
    while let Some(mut field) = patience.wait(multipart.next_field()).await?.map_err(|error| cut(&error))? {
        match field.name() {
            Some("pack") => {
                let ending = ENDINGS.into_iter().find(|ending| {
                    field.file_name().is_some_and(|name| name.to_lowercase().ends_with(ending))
                });
                upload.archive =
                    upload.directory.path().join(format!("upload{}", ending.unwrap_or(ENDINGS[0])));
                save(&mut field, &upload.archive, &mut patience).await?;
            }
            Some("force") => upload.force = is_true(&mut field, &patience).await?,
            Some("skip_tests") => upload.skip_tests = is_true(&mut field, &patience).await?,
            _ => {}
        }
    }
    if upload.archive.as_os_str().is_empty() {
        return Err(ApiError::bad_request("Missing required field 'pack'"));
    }
    Ok(upload)
}

fn cut(error: &MultipartError) -> ApiError {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return ApiError::too_large(MOST_BYTES);
    }
    ApiError::bad_request(format!("the body cannot be read: {}", error.body_text()))
}

async fn save(field: &mut Field<'_>, path: &Path, patience: &mut Patience) -> Result<(), ApiError> {
    let failed = |error: std::io::Error| {
        tracing::error!("an upload cannot be kept: {error}");
        ApiError::internal("the server has no room for the upload")
    };
    let mut file = tokio::fs::File::create(path).await.map_err(failed)?;
    let mut received = 0;
    while let Some(part) = patience.wait(field.chunk()).await?.map_err(|error| cut(&error))? {
        received += part.len() as u64;
        patience.received(part.len());
        if received > MOST_BYTES {
            return Err(ApiError::too_large(MOST_BYTES));
        }
        file.write_all(&part).await.map_err(failed)?;
    }
    file.flush().await.map_err(failed)
}

async fn is_true(field: &mut Field<'_>, patience: &Patience) -> Result<bool, ApiError> {
    let mut text = Vec::new();
    while let Some(part) = patience.wait(field.chunk()).await?.map_err(|error| cut(&error))? {
        text.extend_from_slice(&part);
        if text.len() > MOST_TEXT {
            return Ok(false);
        }
    }
    Ok(text.trim_ascii().eq_ignore_ascii_case(b"true"))
}

/// Unpacks the archive beside it; returns the pack's directory.
async fn unpack(api: &Api, upload: &Upload) -> Result<String, ApiError> {
    let destination = upload.directory.path().join("packs");
    let arguments = Arguments::of("download")
        .option("destination-dir", destination.to_str())
        .flag("allow-unsigned", true);
    let running = api.installer()?.start(arguments.words([&upload.archive]))?;
    let ended = running.end().await?;
    if let Some(path) = ended.report["downloaded_packs"][0]["pack_path"].as_str() {
        return Ok(path.to_owned());
    }
    let failure = &ended.report["failed_packs"][0]["error"];
    Err(match (failure, &ended.error) {
        (Value::String(failure), _) => {
            // Where the server keeps it is no client's business.
            let own = format!("{}/", upload.directory.path().display());
            ApiError::bad_request(failure.replace(&own, ""))
        }
        (_, Some(document)) => refused_by(&document["error"], None),
        _ => ApiError::internal("the archive cannot be unpacked"),
    })
}
