//! A registry whose metadata has been verified: every file it hands out has a link above it.
//!
//! ```text
//! metadata (trust) -> packs/<ref>.json -> release manifest -> config and layers
//! ```
//!
//! Bytes are parsed only after the link above has vouched for them, and the ref, version and format in
//! them must agree with where they were found.

use std::ops::ControlFlow;

use attune_schemas::pack_config::{PACK_CONFIG_FORMAT, PackConfig};
use attune_schemas::pack_index::{PACK_INDEX_FORMAT, PackIndex, Release};
use attune_schemas::problem::ErrorCode;
use attune_schemas::release::{Descriptor, ManifestError, ReleaseManifest};
use attune_schemas::runtime_index::{RUNTIME_INDEX_FORMAT, RuntimeIndex, RuntimeName};
use attune_schemas::{Digest, PackRef};

use crate::layout::{LayoutError, RegistryPath};
use crate::source::{Source, SourceError};
use crate::trust::{Fetch, FetchError, Fetched, TrustError, VerifiedRepository, VerifiedTarget};

/// The largest release manifest, in bytes.
const MAX_MANIFEST_BYTES: u64 = 4 << 20;
/// The largest config blob, in bytes.
const MAX_CONFIG_BYTES: u64 = 16 << 20;

/// Why a verified registry could not give a release.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReaderError {
    /// The metadata does not vouch for the file.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The file could not be fetched.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The file that the metadata names is not there.
    #[error("{source_name} lacks `{path}`, which its metadata names")]
    Missing {
        /// The source.
        source_name: String,
        /// The file.
        path: RegistryPath,
    },
    /// The file does not follow its format.
    #[error("`{path}` is not valid: {reason}")]
    Invalid {
        /// The file.
        path: RegistryPath,
        /// The defect.
        reason: String,
    },
}

impl ReaderError {
    /// The code of the failure.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Trust(error) => error.code(),
            Self::Source(error) => error.code(),
            Self::Missing { .. } => ErrorCode::FileLacking,
            Self::Invalid { .. } => ErrorCode::FileInvalid,
        }
    }
}

/// A release with everything needed to plan its installation.
#[derive(Debug, Clone, PartialEq)]
pub struct VerifiedRelease {
    /// Digest of the manifest.
    pub manifest_digest: Digest,
    /// Size of the manifest in bytes.
    pub manifest_size: u64,
    /// The manifest.
    pub manifest: ReleaseManifest,
    /// The config blob.
    pub config: PackConfig,
}

impl VerifiedRelease {
    /// The pack archive.
    pub fn pack_layer(&self) -> &Descriptor {
        self.manifest.pack_layer().expect("a manifest without one is refused when it is read")
    }
}

/// Reads metadata files from a source, for the trust module.
pub struct MetadataFetch<'a>(pub &'a dyn Source);

impl Fetch for MetadataFetch<'_> {
    fn fetch(&self, name: &str, max_bytes: u64) -> Result<Option<Vec<u8>>, FetchError> {
        let path = RegistryPath::metadata(name).map_err(|error: LayoutError| FetchError::damaged(error))?;
        self.0.read(&path, max_bytes).map_err(fetch_error)
    }

    fn fetch_each(&self, files: &[(String, u64)]) -> Vec<Fetched> {
        let paths = files.iter().map(|(name, max_bytes)| Ok((RegistryPath::metadata(name)?, *max_bytes)));
        let paths: Result<Vec<_>, LayoutError> = paths.collect();
        let mut fetched = Vec::with_capacity(files.len());
        match paths {
            Err(error) => fetched.push(Err(FetchError::damaged(error))),
            Ok(paths) => self.0.read_each(&paths, &mut |file| {
                let flow = if file.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
                fetched.push(file.map_err(fetch_error));
                flow
            }),
        }
        fetched
    }
}

fn fetch_error(error: SourceError) -> FetchError {
    match error {
        error if error.is_damage() => FetchError::damaged(error),
        error if error.is_forbidden() => FetchError::forbidden(error),
        error => FetchError::source(error),
    }
}

/// A file that the metadata vouches for, and where it is.
struct Target {
    vouched: VerifiedTarget,
    path: RegistryPath,
}

/// A source with the metadata that vouches for its files.
pub struct RegistryReader<'a> {
    source: &'a mut dyn Source,
    repository: &'a VerifiedRepository,
}

impl<'a> RegistryReader<'a> {
    /// Reads `source` as far as `repository` vouches for it.
    pub fn new(source: &'a mut dyn Source, repository: &'a VerifiedRepository) -> Self {
        Self { source, repository }
    }

    /// The packs that the metadata fetched so far lists: all of them, unless the registry has bins.
    pub fn known_packs(&self) -> Vec<PackRef> {
        let targets = self.repository.known_targets();
        let targets = targets.iter();
        let names = targets.filter_map(|path| path.strip_prefix("packs/")?.strip_suffix(".json"));
        names.filter_map(|name| name.parse().ok()).collect()
    }

    /// Every pack that the registry lists, by ref; of a registry with bins, all bins are fetched. A bundle lists the
    /// packs that it carries.
    ///
    /// # Errors
    /// A bin could not be fetched or checked.
    pub fn all_packs(&self) -> Result<Vec<PackRef>, ReaderError> {
        let mut packs: Vec<PackRef> = if let Some(description) = self.source.description() {
            description.releases.iter().map(|release| release.pack.clone()).collect()
        } else {
            self.repository.fetch_all_roles(&MetadataFetch(&*self.source))?;
            self.known_packs()
        };
        packs.sort_unstable();
        packs.dedup();
        Ok(packs)
    }

    /// Path and bytes of the index of `pack`; `None` if the registry has no such pack.
    pub fn pack_index_bytes(&self, pack: &PackRef) -> Result<Option<(RegistryPath, Vec<u8>)>, ReaderError> {
        let name = PackIndex::target_path(pack);
        self.target_bytes(&name, |digest| RegistryPath::PackIndex { digest, pack: pack.clone() })
    }

    /// Path and bytes of the target called `name`; `None` if the metadata does not list it.
    fn target_bytes(
        &self,
        name: &str,
        path: impl FnOnce(Digest) -> RegistryPath,
    ) -> Result<Option<(RegistryPath, Vec<u8>)>, ReaderError> {
        let Some(target) = self.target(name, path)? else { return Ok(None) };
        let bytes = self.source.read(&target.path, target.vouched.length())?;
        let bytes = self.checked(&target, bytes)?;
        Ok(Some((target.path, bytes)))
    }

    /// The target called `name`, whose file is not read yet; `None` if the metadata does not list it.
    fn target(
        &self,
        name: &str,
        path: impl FnOnce(Digest) -> RegistryPath,
    ) -> Result<Option<Target>, ReaderError> {
        let vouched = match self.repository.target(name, &MetadataFetch(&*self.source)) {
            Ok(target) => target,
            Err(TrustError::TargetNotFound { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let path = path(vouched.sha256()?);
        Ok(Some(Target { vouched, path }))
    }

    /// The bytes that were read of `target`, once the metadata vouches for them.
    fn checked(&self, target: &Target, bytes: Option<Vec<u8>>) -> Result<Vec<u8>, ReaderError> {
        let path = &target.path;
        let bytes = bytes
            .ok_or_else(|| ReaderError::Missing { source_name: self.source.name(), path: path.clone() })?;
        target.vouched.check(&bytes)?;
        Ok(bytes)
    }

    /// The index of `pack`; `None` if the registry has no such pack.
    pub fn pack_index(&self, pack: &PackRef) -> Result<Option<PackIndex>, ReaderError> {
        let Some((path, bytes)) = self.pack_index_bytes(pack)? else { return Ok(None) };
        index_of(pack, &path, &bytes).map(Some)
    }

    /// The indexes of those of `packs` that the registry has, in the order of `packs`; several are read at a time where
    /// the source allows it. The first failure ends the list.
    pub fn pack_indexes(&self, packs: &[PackRef]) -> Vec<(PackRef, Result<PackIndex, ReaderError>)> {
        let (mut listed, mut failed) = (Vec::new(), None);
        for pack in packs {
            let path = |digest| RegistryPath::PackIndex { digest, pack: pack.clone() };
            match self.target(&PackIndex::target_path(pack), path) {
                Ok(target) => listed.extend(target.map(|target| (pack, target))),
                Err(error) => {
                    failed = Some((pack.clone(), Err(error)));
                    break;
                }
            }
        }
        let file = |target: &Target| (target.path.clone(), target.vouched.length());
        let files: Vec<_> = listed.iter().map(|(_, target)| file(target)).collect();
        let mut indexes = Vec::with_capacity(packs.len());
        self.source.read_each(&files, &mut |read| {
            let (pack, target) = &listed[indexes.len()];
            let index = read.map_err(ReaderError::from).and_then(|bytes| {
                let bytes = self.checked(target, bytes)?;
                index_of(pack, &target.path, &bytes)
            });
            let flow = if index.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) };
            indexes.push(((*pack).clone(), index));
            flow
        });
        if indexes.iter().all(|(_, index)| index.is_ok()) {
            indexes.extend(failed);
        }
        indexes
    }

    /// Path and bytes of the index of `runtime`; `None` if the registry carries no such interpreter.
    pub fn runtime_index_bytes(
        &self,
        runtime: RuntimeName,
    ) -> Result<Option<(RegistryPath, Vec<u8>)>, ReaderError> {
        let name = runtime.target_path();
        self.target_bytes(&name, |digest| RegistryPath::RuntimeIndex { digest, runtime })
    }

    /// The index of `runtime`; `None` if the registry, or the bundle, carries no such interpreter.
    pub fn runtime_index(&self, runtime: RuntimeName) -> Result<Option<RuntimeIndex>, ReaderError> {
        let found = match self.runtime_index_bytes(runtime) {
            // A bundle has the indexes of those runtimes alone that it carries.
            Err(ReaderError::Missing { .. }) if self.source.description().is_some() => None,
            found => found?,
        };
        let Some((path, bytes)) = found else { return Ok(None) };
        let invalid = |reason: String| ReaderError::Invalid { path: path.clone(), reason };
        let index: RuntimeIndex =
            serde_json::from_slice(&bytes).map_err(|error| invalid(error.to_string()))?;
        if index.format != RUNTIME_INDEX_FORMAT {
            return Err(invalid(format!("its format is `{}`", index.format.escape_debug())));
        }
        if index.runtime != runtime {
            return Err(invalid(format!("it lists interpreters of {}", index.runtime)));
        }
        Ok(Some(index))
    }

    /// The release that `release` of the index of `pack` points to.
    pub fn release(&mut self, pack: &PackRef, release: &Release) -> Result<VerifiedRelease, ReaderError> {
        let digest = release.manifest.digest;
        let manifest = self.manifest(release)?;
        let config = self.config(&manifest)?;
        let path = RegistryPath::Blob(manifest.config.digest);
        if config.pack.pack != *pack || config.pack.version != release.version {
            let reason = format!(
                "it is the config of {} {}, expected {pack} {}",
                config.pack.pack, config.pack.version, release.version
            );
            return Err(ReaderError::Invalid { path, reason });
        }
        if let Some(stranger) = locked_digests(&config).find(|digest| manifest.layer(digest).is_none()) {
            let reason = format!("its lock names {stranger}, which its manifest does not carry");
            return Err(ReaderError::Invalid { path, reason });
        }
        Ok(VerifiedRelease {
            manifest_digest: digest,
            manifest_size: release.manifest.size,
            manifest,
            config,
        })
    }

    /// The manifest that `release` of an index points to.
    ///
    /// # Errors
    /// It cannot be read, or does not follow its format.
    pub fn manifest(&mut self, release: &Release) -> Result<ReleaseManifest, ReaderError> {
        let path = RegistryPath::Blob(release.manifest.digest);
        let bytes = self.small_blob(&release.manifest.digest, release.manifest.size, MAX_MANIFEST_BYTES)?;
        let invalid = |reason: String| ReaderError::Invalid { path: path.clone(), reason };
        let manifest: ReleaseManifest =
            serde_json::from_slice(&bytes).map_err(|error| invalid(error.to_string()))?;
        manifest.validate().map_err(|error: ManifestError| invalid(error.to_string()))?;
        Ok(manifest)
    }

    fn config(&mut self, manifest: &ReleaseManifest) -> Result<PackConfig, ReaderError> {
        let path = RegistryPath::Blob(manifest.config.digest);
        let bytes = self.small_blob(&manifest.config.digest, manifest.config.size, MAX_CONFIG_BYTES)?;
        let invalid = |reason: String| ReaderError::Invalid { path: path.clone(), reason };
        let config: PackConfig =
            serde_json::from_slice(&bytes).map_err(|error| invalid(error.to_string()))?;
        if config.format != PACK_CONFIG_FORMAT {
            return Err(invalid(format!("its format is `{}`", config.format.escape_debug())));
        }
        Ok(config)
    }

    fn small_blob(&mut self, digest: &Digest, size: u64, limit: u64) -> Result<Vec<u8>, ReaderError> {
        if size > limit {
            let path = RegistryPath::Blob(*digest).to_string();
            return Err(SourceError::TooLarge { path, limit }.into());
        }
        Ok(self.source.read_blob(digest, size)?)
    }
}

/// The index of `pack` in `bytes`, the content of `path`.
fn index_of(pack: &PackRef, path: &RegistryPath, bytes: &[u8]) -> Result<PackIndex, ReaderError> {
    let invalid = |reason: String| ReaderError::Invalid { path: path.clone(), reason };
    let index: PackIndex = serde_json::from_slice(bytes).map_err(|error| invalid(error.to_string()))?;
    if index.format != PACK_INDEX_FORMAT {
        return Err(invalid(format!("its format is `{}`", index.format.escape_debug())));
    }
    if index.pack != *pack {
        return Err(invalid(format!("it lists pack `{}`", index.pack)));
    }
    Ok(index)
}

/// Every vendored file that the locks of a release name, over all targets.
pub fn locked_digests(config: &PackConfig) -> impl Iterator<Item = Digest> {
    config.files().into_keys()
}
