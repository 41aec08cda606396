//! `POST /api/v1/packs/{download,dependencies,build-envs}`: the stages of an installation.

use std::ffi::OsString;

use attune_schemas::PackRef;
use attune_schemas::tuf::RegistryName;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response};
use schemars::JsonSchema;
use serde::Deserialize;

use super::super::error::ApiError;
use super::super::request::Json;
use super::super::shared::{Api, Shared};
use super::answer::{answer, whole};

/// The packs to download.
#[derive(Debug, Deserialize, JsonSchema)]
pub(in super::super) struct DownloadRequest {
    /// Packs by name, paths in allowed directories, and URLs of allowed origins.
    packs: Vec<String>,
    /// The directory that the packs are put into, in an allowed one.
    destination_dir: String,
    /// The registry that packs by name come from: the name of a known one, or a URL of an allowed origin.
    registry_url: Option<String>,
    /// The branch, tag or commit of git repositories.
    ref_spec: Option<String>,
    /// The time that all of it may take, in seconds: 300.
    timeout: Option<u32>,
    /// Always true: certificates are verified.
    verify_ssl: Option<bool>,
}

/// The packs whose dependencies are asked for.
#[derive(Debug, Deserialize, JsonSchema)]
pub(in super::super) struct DependenciesRequest {
    /// Their directories, in allowed ones.
    pack_paths: Vec<String>,
    /// Whether only their `pack.yaml` is read.
    #[serde(default)]
    skip_validation: bool,
}

/// The packs whose environments are built.
#[derive(Debug, Deserialize, JsonSchema)]
pub(in super::super) struct BuildEnvsRequest {
    /// Installed packs, by ref or directory, and directories in allowed ones.
    pack_paths: Vec<String>,
    /// Always the root's own.
    packs_base_dir: Option<String>,
    /// The version of Python that an environment is needed for.
    python_version: Option<String>,
    /// The version of Node.js that an environment is needed for.
    nodejs_version: Option<String>,
    /// Whether environments of Python are left alone.
    #[serde(default)]
    skip_python: bool,
    /// Whether environments of Node.js are left alone.
    #[serde(default)]
    skip_nodejs: bool,
    /// Whether whole environments are built again.
    #[serde(default)]
    force_rebuild: bool,
    /// The time that all of it may take, in seconds: 600.
    timeout: Option<u32>,
}

/// The arguments of a run.
#[derive(Debug, Default)]
pub(super) struct Arguments(Vec<OsString>);

impl Arguments {
    pub(super) fn of(command: &str) -> Self {
        Self(vec![command.into()])
    }

    /// The command's own next word.
    pub(super) fn word(mut self, word: &str) -> Self {
        self.0.push(word.into());
        self
    }

    /// `--name`, if `is_set`.
    pub(super) fn flag(mut self, name: &str, is_set: bool) -> Self {
        if is_set {
            self.0.push(format!("--{name}").into());
        }
        self
    }

    /// `--name=value`, if there is one.
    pub(super) fn option(mut self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        self.0.extend(value.map(|value| OsString::from(format!("--{name}={}", value.as_ref()))));
        self
    }

    /// The words that a client chose, none of which is taken for an option.
    pub(super) fn words(mut self, words: impl IntoIterator<Item = impl Into<OsString>>) -> Vec<OsString> {
        self.0.push("--".into());
        self.0.extend(words.into_iter().map(Into::into));
        self.0
    }
}

pub(super) fn seconds(limit: Option<u32>, usual: u32) -> String {
    format!("{}s", limit.unwrap_or(usual).max(1))
}

/// `words`, of which there must be one.
pub(super) fn some<'a, T>(words: &'a [T], name: &str) -> Result<&'a [T], ApiError> {
    if words.is_empty() { Err(ApiError::unprocessable(format!("`{name}` is empty"))) } else { Ok(words) }
}

impl Api {
    /// The paths of packs' directories, each in an allowed one.
    pub(super) fn directories(&self, paths: &[String]) -> Result<Vec<String>, ApiError> {
        let checked =
            some(paths, "pack_paths")?.iter().map(|path| self.places.present(path).map(|_| path.clone()));
        checked.collect()
    }

    /// The directory of an installed pack as its ref, or a directory in an allowed one.
    fn installed_or_directory(&self, path: &str) -> Result<String, ApiError> {
        let named = path.strip_prefix(&format!("{}/packs/", self.root.path().display())).unwrap_or(path);
        match named.trim_end_matches('/').parse::<PackRef>() {
            Ok(pack) => Ok(pack.to_string()),
            Err(_) => self.places.present(path).map(|_| path.to_owned()),
        }
    }

    /// A registry as the command takes it: the name of one that the host knows, or a URL of an allowed origin.
    pub(super) fn registry(&self, named: Option<&str>) -> Result<Option<String>, ApiError> {
        let Some(named) = named.filter(|named| !named.is_empty()) else { return Ok(None) };
        if named.contains("://") {
            return self.places.url(named).map(|url| Some(url.into()));
        }
        named.parse::<RegistryName>().map(|name| Some(name.to_string())).map_err(|_| {
            ApiError::bad_request(format!("`{named}` is neither the name of a registry nor a URL"))
        })
    }
}

/// `POST /api/v1/packs/download`
pub(in super::super) async fn download(
    State(api): State<Shared>,
    headers: HeaderMap,
    Json(request): Json<DownloadRequest>,
) -> Result<Response<Body>, ApiError> {
    if request.verify_ssl == Some(false) {
        return Err(ApiError::bad_request("certificates are always verified: leave out `verify_ssl`"));
    }
    let sources = some(&request.packs, "packs")?.iter().map(|source| api.places.source(source));
    let sources = sources.collect::<Result<Vec<_>, _>>()?;
    let destination = api.places.confined(&request.destination_dir)?;
    let arguments = Arguments::of("download")
        .option("destination-dir", destination.to_str())
        .option("registry", api.registry(request.registry_url.as_deref())?)
        .option("ref-spec", request.ref_spec)
        .option("timeout", Some(seconds(request.timeout, 300)))
        .flag("allow-unsigned", api.places.unsigned());
    let running = api.installer()?.start(arguments.words(sources))?;
    Ok(answer(&headers, running, whole("Packs downloaded")).await)
}

/// `POST /api/v1/packs/dependencies`
pub(in super::super) async fn dependencies(
    State(api): State<Shared>,
    headers: HeaderMap,
    Json(request): Json<DependenciesRequest>,
) -> Result<Response<Body>, ApiError> {
    let directories = api.directories(&request.pack_paths)?;
    let arguments = Arguments::of("deps").flag("skip-validation", request.skip_validation);
    let running = api.installer()?.start(arguments.words(directories))?;
    Ok(answer(&headers, running, whole("Dependencies analyzed")).await)
}

/// `POST /api/v1/packs/build-envs`
pub(in super::super) async fn build_envs(
    State(api): State<Shared>,
    headers: HeaderMap,
    Json(request): Json<BuildEnvsRequest>,
) -> Result<Response<Body>, ApiError> {
    let packs = some(&request.pack_paths, "pack_paths")?;
    let packs = packs.iter().map(|path| api.installed_or_directory(path)).collect::<Result<Vec<_>, _>>()?;
    let arguments = Arguments::of("build-envs")
        .option("packs-base-dir", request.packs_base_dir)
        .option("python-version", request.python_version)
        .option("nodejs-version", request.nodejs_version)
        .flag("skip-python", request.skip_python)
        .flag("skip-nodejs", request.skip_nodejs)
        .flag("force-rebuild", request.force_rebuild)
        .option("timeout", Some(seconds(request.timeout, 600)));
    let running = api.installer()?.start(arguments.words(packs))?;
    Ok(answer(&headers, running, whole("Environments checked")).await)
}
