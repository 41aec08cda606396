//! Shows what a registry or a bundle holds, without installing it.
//!
//! A bundle is held against its own first root, whose fingerprint is told: whether that is the right one is
//! for whoever knows it to say.

use std::path::PathBuf;

use attune_registry::reader::{ReaderError, RegistryReader};
use attune_registry::report::Reporter;
use attune_registry::source::SourceError;
use attune_registry::trust::{MetadataError, TrustError};
use attune_schemas::coverage::ReleaseCoverage;
use attune_schemas::runtime_index::RuntimeName;
use attune_schemas::{Digest, PackRef, Platform, Version};
use jiff::Timestamp;
use serde::Serialize;

use super::opened::Opened;
use crate::registry::RegistryError;

/// Why a registry or bundle could not be looked into.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    /// It has no such pack.
    #[error("pack `{pack}` is not there")]
    NoPack {
        /// The pack.
        pack: PackRef,
    },
    /// It is no registry.
    #[error(transparent)]
    Registry(#[from] RegistryError),
    /// It is not what its metadata says.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// Its files could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// Its metadata could not be verified.
    #[error(transparent)]
    Trust(#[from] TrustError),
}

impl From<MetadataError> for InspectError {
    fn from(error: MetadataError) -> Self {
        Self::Trust(error.into())
    }
}

/// The registry or bundle to look into.
#[derive(Debug, Clone)]
pub struct InspectOptions {
    /// A registry's directory, a bundle, or `-` for a bundle on standard input.
    pub source: PathBuf,
    /// Only these packs.
    pub packs: Vec<PackRef>,
    /// The time that metadata is judged by.
    pub now: Timestamp,
}

/// Its content.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InspectReport {
    /// The registry's name.
    pub registry: String,
    /// The fingerprint of its first root.
    pub root_fingerprint: Digest,
    /// When its timestamp expires.
    pub expires: String,
    /// The releases, by pack, the newest first.
    pub releases: Vec<InspectedRelease>,
    /// The interpreters that it carries.
    pub runtimes: Vec<InspectedRuntime>,
}

/// A release.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InspectedRelease {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its version.
    pub version: Version,
    /// Bytes of all its blobs.
    pub size: u64,
    /// Where it installs.
    pub coverage: Vec<ReleaseCoverage>,
}

/// An interpreter.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InspectedRuntime {
    /// The runtime.
    pub runtime: RuntimeName,
    /// Its version.
    pub version: Version,
    /// The machine that it is for.
    pub platform: Platform,
    /// Bytes of its archive.
    pub size: u64,
}

/// Looks into `options.source`; nothing is written.
pub fn inspect(options: &InspectOptions, reporter: &dyn Reporter) -> Result<InspectReport, InspectError> {
    let mut opened = Opened::at(&options.source)?;
    let (repository, fingerprint) = opened.verified(&options.source, options.now, reporter)?;
    let source = opened.source();
    let description = source.description().cloned();
    let mut reader = RegistryReader::new(source, &repository);
    let packs = match (&options.packs[..], &description) {
        ([], Some(description)) => description.releases.iter().map(|release| release.pack.clone()).collect(),
        ([], None) => reader.known_packs(),
        (named, _) => named.to_vec(),
    };
    let mut releases = Vec::new();
    for pack in packs {
        let index = reader.pack_index(&pack)?.ok_or_else(|| InspectError::NoPack { pack: pack.clone() })?;
        for release in &index.releases {
            let is_held = description.as_ref().is_none_or(|description| {
                description.releases.iter().any(|held| held.manifest == release.manifest.digest)
            });
            if is_held {
                let config = reader.release(&pack, release)?.config;
                let coverage = match &description {
                    Some(bundle) => ReleaseCoverage::of(&config)
                        .into_iter()
                        .filter(|cell| {
                            cell.platform.is_none_or(|platform| bundle.platforms.contains(&platform))
                                && cell.python.is_none_or(|python| bundle.pythons.contains(&python))
                        })
                        .collect(),
                    None => ReleaseCoverage::of(&config),
                };
                let (pack, version, size) = (pack.clone(), release.version.clone(), release.size);
                releases.push(InspectedRelease { pack, version, size, coverage });
            }
        }
    }
    let mut runtimes = Vec::new();
    for runtime in RuntimeName::ALL {
        for release in reader.runtime_index(runtime)?.map(|index| index.releases).unwrap_or_default() {
            let is_held = description.as_ref().is_none_or(|description| {
                description.runtimes.iter().any(|held| held.archive == release.archive.digest)
            });
            if is_held {
                let (version, platform, size) = (release.version, release.platform, release.archive.size);
                runtimes.push(InspectedRuntime { runtime, version, platform, size });
            }
        }
    }
    Ok(InspectReport {
        registry: repository.registry_name().to_string(),
        root_fingerprint: fingerprint,
        expires: repository.timestamp().role().expires.to_string(),
        releases,
        runtimes,
    })
}
