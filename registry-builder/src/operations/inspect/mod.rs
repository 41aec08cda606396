//! Shows what a registry or a bundle holds, without installing it.
//!
//! A bundle is held against its own first root, whose fingerprint is told: whether that is the right one is
//! for whoever knows it to say.

mod report;

use std::path::{Path, PathBuf};

use attune_registry::blob::digest_of_reader;
use attune_registry::reader::{ReaderError, RegistryReader, VerifiedRelease};
use attune_registry::report::Reporter;
use attune_registry::source::SourceError;
use attune_registry::trust::{MetadataError, TrustError};
use attune_schemas::PackRef;
use attune_schemas::bundle::BundleDescription;
use attune_schemas::coverage::ReleaseCoverage;
use attune_schemas::pack_index::Release;
use attune_schemas::release::Descriptor;
use attune_schemas::runtime_index::RuntimeName;
use jiff::Timestamp;

pub use report::{InspectReport, InspectedBundle, InspectedRelease, InspectedRuntime};

use super::opened::{Opened, absolute_source};
use super::verify::files_for;
use crate::registry::RegistryError;

/// Why a registry or bundle could not be looked into.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InspectError {
    /// It has no such pack.
    #[error("there is no pack `{pack}`")]
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
    /// The packs; all if none are named.
    pub packs: Vec<PackRef>,
    /// The time that metadata is judged by.
    pub now: Timestamp,
}

/// Looks into `options.source`; nothing is written.
pub fn inspect(options: &InspectOptions, reporter: &dyn Reporter) -> Result<InspectReport, InspectError> {
    let mut opened = Opened::at(&options.source)?;
    let (repository, roots) = opened.verified(&options.source, options.now, reporter)?;
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
        for release in index.releases.iter().filter(|release| is_held(description.as_ref(), release)) {
            let verified = reader.release(&pack, release)?;
            releases.push(inspected(&pack, &verified, description.as_ref()));
        }
    }
    let runtimes = inspected_runtimes(&reader, description.as_ref())?;
    Ok(InspectReport {
        source: absolute_source(&options.source),
        registry: repository.registry_name().to_string(),
        roots,
        expires_at: repository.expires_at().to_string(),
        bundle: description.map(|description| inspected_bundle(&options.source, description)).transpose()?,
        releases,
        runtimes,
    })
}

fn is_held(description: Option<&BundleDescription>, release: &Release) -> bool {
    description.is_none_or(|description| {
        description.releases.iter().any(|held| held.manifest == release.manifest.digest)
    })
}

/// A release; of a bundle, as far as it is there.
fn inspected(
    pack: &PackRef,
    release: &VerifiedRelease,
    description: Option<&BundleDescription>,
) -> InspectedRelease {
    let archive = release.pack_layer().digest;
    let needed = description.map(|bundle| files_for(release, bundle));
    let is_there = |layer: &&Descriptor| needed.as_ref().is_none_or(|needed| needed.contains(&layer.digest));
    let vendored = release.manifest.layers.iter().filter(|layer| layer.digest != archive).filter(is_there);
    let fits = |cell: &ReleaseCoverage| {
        description.is_none_or(|bundle| {
            cell.platform.is_none_or(|platform| bundle.platforms.contains(&platform))
                && cell.python.is_none_or(|python| bundle.pythons.contains(&python))
        })
    };
    InspectedRelease {
        pack: pack.clone(),
        version: release.config.pack.version.clone(),
        manifest: release.manifest_digest,
        size: release.pack_layer().size + vendored.clone().map(|layer| layer.size).sum::<u64>(),
        vendored: vendored.count(),
        requested: description.map(|bundle| bundle.requested.iter().any(|request| request.pack == *pack)),
        origin: release.config.origin.clone(),
        targets: ReleaseCoverage::of(&release.config).into_iter().filter(fits).collect(),
    }
}

fn inspected_runtimes(
    reader: &RegistryReader<'_>,
    description: Option<&BundleDescription>,
) -> Result<Vec<InspectedRuntime>, InspectError> {
    let mut runtimes = Vec::new();
    for runtime in RuntimeName::ALL {
        for release in reader.runtime_index(runtime)?.map(|index| index.releases).unwrap_or_default() {
            let is_held = description.is_none_or(|description| {
                description.runtimes.iter().any(|held| held.archive == release.archive.digest)
            });
            if is_held {
                runtimes.push(InspectedRuntime::of(runtime, release));
            }
        }
    }
    Ok(runtimes)
}

fn inspected_bundle(path: &Path, description: BundleDescription) -> Result<InspectedBundle, SourceError> {
    let is_file = fs_err::metadata(path).is_ok_and(|metadata| metadata.is_file());
    let file = is_file
        .then(|| digest_of_reader(fs_err::File::open(path)?))
        .transpose()
        .map_err(SourceError::Open)?;
    let BundleDescription { requested, platforms, pythons, .. } = description;
    let (digest, size) = file.unzip();
    Ok(InspectedBundle { size, digest, requested, platforms, pythons })
}
