//! The registries that the host knows, in the shape of Attune's pack indices.

use std::collections::BTreeMap;

use attune_host::preferences::{KnownRegistries, KnownRegistry, RegistryPlace};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::envelope::Reply;
use super::error::ApiError;
use super::shared::{Shared, blocking};

/// The registries that the host knows.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Indices {
    /// In the order in which they are asked.
    data: Vec<Index>,
}

/// A registry that the host knows.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Index {
    /// Its place in the list, from 1.
    id: usize,
    /// Its name, as its root metadata says.
    name: String,
    /// Where it is.
    url: String,
    /// Its place in the order, from 0.
    position: usize,
    /// Always true: a registry that is known is asked.
    enabled: bool,
    /// Always empty: logins come from the host's `.netrc`.
    headers: BTreeMap<String, String>,
}

impl Index {
    pub(super) fn of((position, known): (usize, &KnownRegistry)) -> Self {
        let url = match &known.place {
            RegistryPlace::Url(url) => url.clone(),
            RegistryPlace::Directory(path) => format!("file://{}", path.display()),
        };
        Self {
            id: position + 1,
            name: known.name.to_string(),
            url,
            position,
            enabled: true,
            headers: BTreeMap::new(),
        }
    }
}

/// The registries that the host knows.
pub(super) async fn known(api: &Shared) -> Result<KnownRegistries, ApiError> {
    let api = Shared::clone(api);
    blocking(move || {
        KnownRegistries::load(&api.root).map_err(|error| {
            tracing::error!("{error}");
            ApiError::internal("the host's list of registries cannot be read")
        })
    })
    .await
}

/// `GET /api/v1/pack-indices`
pub(super) async fn list(State(api): State<Shared>) -> Result<Reply<Indices>, ApiError> {
    let known = known(&api).await?;
    Ok(Reply::ok(Indices { data: known.iter().enumerate().map(Index::of).collect() }))
}
