//! `POST /api/v1/packs/{register,register-batch,install}`

use attune_host::database::{PackRecord, pack_records};
use attune_host::root::HostRoot;
use attune_schemas::yaml::YamlDocument;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::super::catalogue::Catalogue;
use super::super::envelope::Data;
use super::super::error::ApiError;
use super::super::packs::Pack;
use super::super::request::Json;
use super::super::shared::{Api, Shared};
use super::answer::{Shape, answer, whole};
use super::stages::{Arguments, some};

/// The pack to register.
#[derive(Debug, Deserialize, JsonSchema)]
pub(in super::super) struct RegisterRequest {
    /// Its directory, in an allowed one.
    path: String,
    /// Whether its tests are left out.
    #[serde(default)]
    skip_tests: bool,
    /// Whether one that is installed is replaced, and failures of tests are accepted.
    #[serde(default)]
    force: bool,
}

/// The packs to register: all of them, or none.
#[derive(Debug, Deserialize, JsonSchema)]
pub(in super::super) struct RegisterBatchRequest {
    /// Their directories, in allowed ones.
    pack_paths: Vec<String>,
    /// Always the root's own.
    packs_base_dir: Option<String>,
    /// Whether tests are left out.
    #[serde(default)]
    skip_tests: bool,
    /// Whether failures are accepted.
    #[serde(default)]
    force: bool,
}

/// The pack to install.
#[derive(Debug, Deserialize, JsonSchema)]
pub(in super::super) struct InstallRequest {
    /// A pack by name, a path in an allowed directory, or a URL of an allowed origin.
    source: String,
    /// The branch, tag or commit of a git repository.
    ref_spec: Option<String>,
    /// The registry that it comes from: the name of a known one, or a URL of an allowed origin.
    registry_url: Option<String>,
    /// Whether tests are left out.
    #[serde(default)]
    skip_tests: bool,
    /// Whether the packs that it needs are left out.
    #[serde(default)]
    skip_deps: bool,
    /// Whether failures are accepted.
    #[serde(default)]
    force: bool,
}

/// A pack that was installed.
#[derive(Debug, Serialize, JsonSchema)]
pub(in super::super) struct Installed {
    /// The pack.
    pack: Pack,
    /// How its tests ended; null where none ran.
    test_result: Option<Value>,
    /// Whether its tests were left out.
    tests_skipped: bool,
}

/// A pack that was registered: the pack itself, and what goes with it.
#[derive(Debug, Serialize, JsonSchema)]
pub(in super::super) struct Registered {
    #[serde(flatten)]
    own: Pack,
    #[serde(flatten)]
    installed: Installed,
}

fn installed(
    root: &HostRoot,
    pack: Option<&str>,
    test_result: Value,
    tests_skipped: bool,
) -> Result<(Pack, Installed), ApiError> {
    let pack = pack.ok_or_else(|| ApiError::internal("the report names no pack"))?;
    let record = registered(root, pack)?;
    let test_result = Some(test_result).filter(|result| !result.is_null());
    Ok(((&record).into(), Installed { pack: (&record).into(), test_result, tests_skipped }))
}

/// The row of a pack that was just registered.
pub(super) fn registered(root: &HostRoot, pack: &str) -> Result<PackRecord, ApiError> {
    let record = pack_records(root)?.into_iter().find(|record| record.pack == pack);
    record.ok_or_else(|| ApiError::internal(format!("pack '{pack}' was removed meanwhile")))
}

/// The arguments that register packs of directories.
pub(super) fn register_arguments(api: &Api, skip_tests: bool, force: bool) -> Arguments {
    Arguments::of("register")
        .flag("skip-tests", skip_tests)
        .flag("force", force)
        .flag("allow-unsigned", api.places.unsigned())
}

/// The answer to an upload.
pub(super) fn registered_upload(api: &Shared, skip_tests: bool) -> Shape {
    let api = Shared::clone(api);
    Shape::of_success(move |report| {
        let registered = &report["registered_packs"][0];
        let pack = registered["pack_ref"].as_str();
        let (_, data) = installed(&api.root, pack, registered["test_result"].clone(), skip_tests)?;
        Ok((
            StatusCode::CREATED,
            json!(Data { data, message: Some("Pack uploaded successfully".to_owned()) }),
        ))
    })
}

impl Api {
    /// Refuses a pack in the directory at `path` that is installed already.
    pub(super) async fn require_new(&self, api: &Shared, path: &str) -> Result<(), ApiError> {
        let Ok(text) = fs_err::read_to_string(std::path::Path::new(path).join("pack.yaml")) else {
            return Err(ApiError::bad_request(format!("pack.yaml not found in directory: {path}")));
        };
        // Whatever is wrong with it, the command tells.
        let metadata = YamlDocument::parse("pack.yaml", &text).ok();
        let named = metadata.as_ref().and_then(|metadata| metadata.value().get("ref")?.as_str());
        let Some(pack) = named else { return Ok(()) };
        match Catalogue::packs(api).await?.pack(pack) {
            Ok(_) => {
                Err(ApiError::conflict(format!("Pack '{pack}' already exists. Use force=true to overwrite.")))
            }
            Err(_) => Ok(()),
        }
    }
}

/// `POST /api/v1/packs/register`
pub(in super::super) async fn register(
    State(api): State<Shared>,
    headers: HeaderMap,
    Json(request): Json<RegisterRequest>,
) -> Result<Response<Body>, ApiError> {
    let path = api.places.present(&request.path)?;
    if !request.force {
        api.require_new(&api, &request.path).await?;
    }
    let arguments = register_arguments(&api, request.skip_tests, request.force);
    let running = api.installer()?.start(arguments.words([path]))?;
    let shape = move |report: Map<String, Value>| {
        let registered = &report["registered_packs"][0];
        let pack = registered["pack_ref"].as_str();
        let (own, installed) =
            installed(&api.root, pack, registered["test_result"].clone(), request.skip_tests)?;
        let message = format!("Pack '{}' registered successfully", pack.unwrap_or_default());
        Ok((StatusCode::CREATED, json!(Data { data: Registered { own, installed }, message: Some(message) })))
    };
    Ok(answer(&headers, running, Shape::of_success(shape)).await)
}

/// `POST /api/v1/packs/register-batch`
pub(in super::super) async fn register_batch(
    State(api): State<Shared>,
    headers: HeaderMap,
    Json(request): Json<RegisterBatchRequest>,
) -> Result<Response<Body>, ApiError> {
    let directories = api.directories(some(&request.pack_paths, "pack_paths")?)?;
    let arguments = register_arguments(&api, request.skip_tests, request.force)
        .option("packs-base-dir", request.packs_base_dir);
    let running = api.installer()?.start(arguments.words(directories))?;
    Ok(answer(&headers, running, whole("Packs registered")).await)
}

/// `POST /api/v1/packs/install`
pub(in super::super) async fn install(
    State(api): State<Shared>,
    headers: HeaderMap,
    Json(request): Json<InstallRequest>,
) -> Result<Response<Body>, ApiError> {
    let source = api.places.source(&request.source)?;
    let is_name = !source.contains('/');
    let arguments = Arguments::of("install")
        .option("registry", api.registry(request.registry_url.as_deref())?)
        .option("ref", request.ref_spec)
        .flag("skip-tests", request.skip_tests)
        .flag("skip-deps", request.skip_deps)
        .flag("force", request.force)
        .flag("allow-unsigned", api.places.unsigned() && !is_name);
    let running = api.installer()?.start(arguments.words([source]))?;
    let shape = move |report: Map<String, Value>| {
        let packs = report["packs"].as_array().map(Vec::as_slice).unwrap_or_default();
        let asked = packs.iter().find(|pack| pack["requested"] == true).or(packs.first());
        let asked = asked.unwrap_or(&Value::Null);
        let (_, data) =
            installed(&api.root, asked["ref"].as_str(), asked["tests"].clone(), request.skip_tests)?;
        Ok((StatusCode::OK, json!(Data { data, message: Some("Pack installed successfully".to_owned()) })))
    };
    Ok(answer(&headers, running, Shape::of_success(shape)).await)
}
