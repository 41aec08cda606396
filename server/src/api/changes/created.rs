//! `POST /api/v1/packs` and `PUT /api/v1/packs/{ref}`: packs that clients describe field by field.
//!
//! Such a pack is put together in a directory of its own, of the fields and of the files that are there already, and
//! registered as any other that nobody signed.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use attune_host::database::PackRecord;
use attune_registry::atomic_file::write_unshared;
use attune_schemas::{PackRef, Version};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tempfile::TempDir;

use super::super::catalogue::Catalogue;
use super::super::envelope::Data;
use super::super::error::ApiError;
use super::super::packs::Pack;
use super::super::request::{Json, Name};
use super::super::shared::{Shared, blocking};
use super::answer::{Shape, answer};
use super::copied::copy_files;
use super::installer::detached;
use super::register::{register_arguments, registered};

/// A pack to make.
#[derive(Debug, Deserialize, JsonSchema)]
pub(in super::super) struct CreateRequest {
    /// Its ref.
    #[schemars(length(min = 1, max = 255))]
    r#ref: String,
    /// Its label.
    #[schemars(length(min = 1, max = 255))]
    label: String,
    /// Its version.
    #[schemars(length(min = 1, max = 50))]
    version: String,
    /// Its description.
    description: Option<String>,
    /// The schema of its configuration.
    #[serde(default)]
    conf_schema: Map<String, Value>,
    /// Its configuration.
    #[serde(default)]
    config: Map<String, Value>,
    /// Whatever else is kept of it.
    #[serde(default)]
    meta: Map<String, Value>,
    /// Its tags.
    #[serde(default)]
    tags: Vec<String>,
    /// The runtimes that it runs on.
    #[serde(default)]
    runtime_deps: Vec<String>,
    /// The packs that it needs.
    #[serde(default)]
    dependencies: Vec<String>,
}

/// The fields of a pack to change; those that are absent stay.
#[derive(Debug, Deserialize, JsonSchema)]
pub(in super::super) struct UpdateRequest {
    /// Its label.
    #[schemars(length(min = 1, max = 255))]
    label: Option<String>,
    /// Its version.
    #[schemars(length(min = 1, max = 50))]
    version: Option<String>,
    /// Its description: a text, or `{"op": "set", "value": "..."}` or `{"op": "clear"}`.
    description: Option<Value>,
    /// The schema of its configuration.
    conf_schema: Option<Map<String, Value>>,
    /// Its configuration.
    config: Option<Map<String, Value>>,
    /// Whatever else is kept of it.
    meta: Option<Map<String, Value>>,
    /// Its tags.
    tags: Option<Vec<String>>,
    /// The runtimes that it runs on.
    runtime_deps: Option<Vec<String>>,
    /// The packs that it needs.
    dependencies: Option<Vec<String>>,
}

/// `POST /api/v1/packs`
pub(in super::super) async fn create(
    State(api): State<Shared>,
    headers: HeaderMap,
    Json(request): Json<CreateRequest>,
) -> Result<Response<Body>, ApiError> {
    let pack = checked_ref(&request.r#ref)?;
    require_texts(Some(&request.label), Some(&request.version))?;
    if Catalogue::packs(&api).await?.pack(pack.as_str()).is_ok() {
        return Err(ApiError::conflict(format!("Pack with ref '{pack}' already exists")));
    }
    let manifest = json!({
        "ref": request.r#ref, "label": request.label, "version": request.version,
        "description": request.description, "conf_schema": request.conf_schema, "config": request.config,
        "meta": request.meta, "tags": request.tags, "runtime_deps": request.runtime_deps,
        "dependencies": request.dependencies,
    });
    let files = api.places.directory_called(pack.as_str());
    let whole = (StatusCode::CREATED, "Pack created successfully");
    put_together(api, headers, (pack, manifest, files), whole).await
}

/// `PUT /api/v1/packs/{ref}`
pub(in super::super) async fn update(
    State(api): State<Shared>,
    headers: HeaderMap,
    Name(pack): Name,
    Json(request): Json<UpdateRequest>,
) -> Result<Response<Body>, ApiError> {
    require_texts(request.label.as_deref(), request.version.as_deref())?;
    let all = Catalogue::packs(&api).await?;
    let record = all.pack(&pack)?;
    if record.checksum_verified {
        let source = record.source_url.as_deref().unwrap_or_default();
        return Err(ApiError::conflict(format!(
            "registry '{source}' signed pack '{pack}': its fields are those of its release; install another"
        )));
    }
    let manifest = updated(record, request)?;
    let pack = checked_ref(&pack)?;
    let files = match api.places.directory_called(pack.as_str()) {
        Some(files) => Some(files),
        None => fs_err::canonicalize(api.root.pack(&pack)).ok(),
    };
    put_together(api, headers, (pack, manifest, files), (StatusCode::OK, "Pack updated successfully")).await
}

fn checked_ref(text: &str) -> Result<PackRef, ApiError> {
    text.parse().map_err(|error| ApiError::unprocessable(format!("`ref`: {error}")))
}

fn require_texts(label: Option<&str>, version: Option<&str>) -> Result<(), ApiError> {
    if label.is_some_and(|label| label.is_empty() || label.chars().count() > 255) {
        return Err(ApiError::unprocessable("`label` has 1 to 255 characters"));
    }
    match version.map(str::parse::<Version>) {
        Some(Err(error)) => Err(ApiError::unprocessable(format!("`version`: {error}"))),
        _ => Ok(()),
    }
}

/// The manifest of the pack of `record` with the changes of `request`.
fn updated(record: &PackRecord, request: UpdateRequest) -> Result<Value, ApiError> {
    let description = match request.description {
        None => json!(record.description),
        Some(Value::String(text)) => Value::String(text),
        Some(Value::Object(patch)) => match (patch.get("op").and_then(Value::as_str), patch.get("value")) {
            (Some("set"), Some(Value::String(text))) => json!(text),
            (Some("clear"), _) => Value::Null,
            _ => {
                return Err(ApiError::unprocessable("`description` is a text, or has `op` `set` or `clear`"));
            }
        },
        Some(_) => {
            return Err(ApiError::unprocessable("`description` is a text, or has `op` `set` or `clear`"));
        }
    };
    let or = |new: Option<Map<String, Value>>, old: &Value| new.map_or_else(|| old.clone(), Value::Object);
    Ok(json!({
        "ref": record.pack,
        "label": request.label.as_ref().unwrap_or(&record.label),
        "version": request.version.as_ref().unwrap_or(&record.version),
        "description": description,
        "conf_schema": or(request.conf_schema, &record.conf_schema),
        "config": or(request.config, &record.config),
        "meta": or(request.meta, &record.meta),
        "tags": request.tags.as_ref().unwrap_or(&record.tags),
        "runtime_deps": request.runtime_deps.as_ref().unwrap_or(&record.runtime_deps),
        "dependencies": request.dependencies.as_ref().unwrap_or(&record.dependencies),
    }))
}

/// Puts a pack of this manifest and these files together, and registers it.
async fn put_together(
    api: Shared,
    headers: HeaderMap,
    (pack, mut manifest, files): (PackRef, Value, Option<PathBuf>),
    (status, message): (StatusCode, &'static str),
) -> Result<Response<Body>, ApiError> {
    if !api.places.unsigned() {
        return Err(ApiError::forbidden("this server takes packs alone that a registry signed"));
    }
    if let Value::Object(fields) = &mut manifest {
        fields.retain(|_, value| !is_empty(value));
    }
    // The directory has to stay until the end, whether the client does or not.
    detached(async move {
        let named = pack.clone();
        let (directory, path) = blocking(move || written(&named, &manifest, files.as_deref())).await?;
        let running = api.installer()?.start(register_arguments(&api, true, true).words([path]))?;
        let shape = Shape::of_success(move |_| {
            let data = Pack::from(&registered(&api.root, pack.as_str())?);
            Ok((status, json!(Data { data, message: Some(message.to_owned()) })))
        });
        let response = answer(&headers, running, shape.hiding(directory.path())).await;
        drop(directory);
        Ok(response)
    })
    .await
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        _ => false,
    }
}

/// `value` in YAML, which JSON is but for some characters.
fn as_yaml(value: &Value) -> String {
    let mut text = String::new();
    for character in format!("{value:#}\n").chars() {
        match character {
            '\u{7f}'..='\u{9f}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}' => {
                write!(text, "\\u{:04x}", u32::from(character)).expect("writing to memory does not fail");
            }
            _ => text.push(character),
        }
    }
    text
}

/// A directory with the pack, and the pack's own in it.
fn written(pack: &PackRef, manifest: &Value, files: Option<&Path>) -> Result<(TempDir, PathBuf), ApiError> {
    let failed = |error: std::io::Error| {
        tracing::error!("pack `{pack}` cannot be put together: {error}");
        ApiError::internal("the server has no room to put the pack together")
    };
    let directory = tempfile::tempdir().map_err(failed)?;
    let path = directory.path().join(pack.as_str());
    fs_err::create_dir(&path).map_err(failed)?;
    if let Some(files) = files {
        copy_files(files, &path).map_err(failed)?;
    }
    write_unshared(&path.join("pack.yaml"), as_yaml(manifest)).map_err(failed)?;
    Ok((directory, path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_the_same_in_yaml() {
        let text: String =
            ('\0'..='\u{2100}').chain(['\u{feff}', '\u{fffe}', '\u{ffff}', '\u{10ffff}']).collect();
        let value = json!({ "text": text, "list": ["yes", "0x1f", "- a", "#"], "none": null });
        let read: Value = serde_yaml::from_str(&as_yaml(&value)).unwrap();
        assert_eq!(read, value);
    }
}
