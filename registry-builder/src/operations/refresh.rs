//! Signs a registry's snapshot and timestamp anew, so that it stays valid while nothing changes.

use std::path::PathBuf;

use attune_registry::report::Reporter;
use attune_registry::trust::KeyError;
use jiff::Timestamp;
use serde::Serialize;

use crate::registry::{RegistryDirectory, RegistryError};
use crate::signing::KeySettings;

/// Why a registry could not be signed anew.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RefreshError {
    /// The registry could not be read or published to.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// A key could not be read.
    #[error(transparent)]
    Key(#[from] KeyError),
}

/// The registry to sign anew.
#[derive(Debug, Clone)]
pub struct RefreshOptions {
    /// The registry.
    pub registry: PathBuf,
    /// Where its keys are.
    pub keys: KeySettings,
    /// The time of signing.
    pub now: Timestamp,
}

/// The report of a refresh.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct RefreshReport {
    /// Metadata files that were written.
    pub metadata: Vec<String>,
    /// Until when hosts accept the registry: the date of the timestamp, or of the root if that is earlier.
    pub expires: String,
    /// Roles that expire before long, and whose keys are not at hand.
    pub expiring: Vec<ExpiringRole>,
}

/// A role that expires before long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ExpiringRole {
    /// The role.
    pub role: String,
    /// When it expires.
    pub expires: String,
}

/// Refreshes the registry.
pub fn refresh(options: &RefreshOptions, reporter: &dyn Reporter) -> Result<RefreshReport, RefreshError> {
    let registry = RegistryDirectory::open(&options.registry)?;
    let _lock = registry.lock(&options.keys.directory)?;
    let keys = options.keys.load()?;
    let publisher = options.keys.open_to_write(&registry, options.now, reporter)?;
    let (publication, expiring) = publisher.refresh(&keys)?;
    let expiring = expiring.into_iter().map(|(role, expires)| ExpiringRole { role, expires });
    let publisher = registry.publisher(options.now)?;
    let repository = publisher.repository();
    // No host accepts the timestamp after the root's own date.
    let expires = repository.timestamp().role().expires.min(repository.root().role().expires).to_string();
    Ok(RefreshReport { metadata: publication.metadata, expires, expiring: expiring.collect() })
}
