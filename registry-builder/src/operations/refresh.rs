//! Signs a registry's snapshot and timestamp anew, so that it stays valid while nothing changes.

use std::path::PathBuf;

use attune_registry::report::{Report, Reporter};
use attune_registry::trust::KeyError;
use jiff::Timestamp;
use schemars::JsonSchema;
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RefreshReport {
    /// Metadata files that were written.
    pub metadata: Vec<String>,
    /// Until when hosts accept the registry: the date of the role that expires first.
    pub expires_at: String,
    /// Roles that expire before long, and whose keys are not at hand.
    pub expiring: Vec<ExpiringRole>,
}

impl Report for RefreshReport {
    const FORMAT: &'static str = "attune-build.refresh/v1";
}

/// A role that expires before long.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExpiringRole {
    /// The role.
    pub role: String,
    /// When it expires.
    pub expires_at: String,
}

/// Refreshes the registry.
pub fn refresh(options: &RefreshOptions, reporter: &dyn Reporter) -> Result<RefreshReport, RefreshError> {
    let registry = RegistryDirectory::open(&options.registry)?;
    let _lock = registry.lock(&options.keys.directory)?;
    let keys = options.keys.load()?;
    let publisher = options.keys.open_to_write(&registry, options.now, reporter)?;
    let (publication, expiring) = publisher.refresh(&keys)?;
    let expiring = expiring.into_iter().map(|(role, expires)| ExpiringRole { role, expires_at: expires });
    let publisher = registry.publisher(options.now)?;
    let expires_at = publisher.repository().expires_at().to_string();
    Ok(RefreshReport { metadata: publication.metadata, expires_at, expiring: expiring.collect() })
}
