//! Turns a linted pack and its vendored files into a release: archive, config, manifest, blobs.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Seek as _};
use std::path::Path;

use attune_schemas::component::{ComponentSummary, count_by_directory};
use attune_schemas::environment_lock::{EnvironmentLocks, Footprint, NodeLock, PythonLock};
use attune_schemas::origin::Origin;
use attune_schemas::pack::PackMetadata;
use attune_schemas::pack_config::{PACK_CONFIG_FORMAT, PackConfig};
use attune_schemas::pack_index::{ManifestPointer, Release};
use attune_schemas::problem::ErrorCode;
use attune_schemas::release::{
    CONFIG_MEDIA_TYPE, Descriptor, MANIFEST_MEDIA_TYPE, PACK_MEDIA_TYPE, PACK_REF_ANNOTATION,
    RELEASE_ARTIFACT_TYPE, ReleaseManifest, VERSION_ANNOTATION,
};
use attune_schemas::{Digest, PackRef, Platform};
use jiff::Timestamp;

use super::vendored_file::VendoredFile;
use crate::archive::{ArchiveError, check_pack, write_pack};
use crate::blob::{BlobStore, HashingReader, IncomingBlob};
use crate::pack_directory::PackDirectory;
use crate::release_check::{ReleaseFault, check_release};

/// Why a pack cannot be made into a release.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReleaseError {
    /// A pack archive could not be written.
    #[error("could not archive pack `{pack}`")]
    Archive {
        /// The pack.
        pack: PackRef,
        /// The cause.
        #[source]
        source: ArchiveError,
    },
    /// No host could unpack a pack's archive.
    #[error("no host could unpack the archive of pack `{pack}`")]
    Unpackable {
        /// The pack.
        pack: PackRef,
        /// The cause.
        #[source]
        source: ArchiveError,
    },
    /// No host could lay the release out.
    #[error("no host could install pack `{pack}`")]
    Refused {
        /// The pack.
        pack: PackRef,
        /// The cause.
        #[source]
        source: Box<ReleaseFault>,
    },
    /// A disk failed.
    #[error("could not read or write a file")]
    Io(#[from] io::Error),
}

impl ReleaseError {
    /// The code of the failure.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::Refused { .. } | Self::Unpackable { .. } => ErrorCode::ReleaseRefused,
            _ => ErrorCode::ReleaseNotArchived,
        }
    }
}

/// A pack's archive, whose bytes depend on its files alone; gone when dropped before it is stored.
#[derive(Debug)]
pub struct ArchivedPack {
    /// The archive, in the registry and without a name yet: a pack may be larger than memory.
    blob: IncomingBlob,
    /// Its description.
    pub described: ArchiveDescription,
}

/// The size and content of a pack's archive.
#[derive(Debug, Clone, Copy)]
pub struct ArchiveDescription {
    /// Its size in bytes.
    pub size: u64,
    /// Its digest.
    pub digest: Digest,
    /// Its size unpacked.
    pub unpacked: Footprint,
}

/// Archives the files of `pack` among `blobs`, and reads the archive back as a host will.
pub fn archive(
    pack: &PackDirectory,
    metadata: &PackMetadata,
    blobs: &BlobStore,
) -> Result<ArchivedPack, ReleaseError> {
    let mut blob = blobs.start()?;
    let archive = write_pack(pack.sources(), blob.file_mut())
        .map_err(|source| ReleaseError::Archive { pack: metadata.pack.clone(), source })?;
    blob.file_mut().rewind()?;
    let mut reader = HashingReader::new(blob.file_mut());
    check_pack(&mut reader, &archive.unpacked)
        .map_err(|source| ReleaseError::Unpackable { pack: metadata.pack.clone(), source })?;
    // Whatever the archive's reader had no use for belongs to its bytes all the same.
    io::copy(&mut reader, &mut io::sink())?;
    let (digest, size) = reader.finish();
    Ok(ArchivedPack { blob, described: ArchiveDescription { size, digest, unpacked: archive.unpacked } })
}

/// Everything that a release is made of.
#[derive(Debug)]
pub struct ReleaseParts<'a> {
    /// The pack's metadata.
    pub metadata: &'a PackMetadata,
    /// Its components.
    pub components: &'a [ComponentSummary],
    /// Its archive.
    pub archive: ArchiveDescription,
    /// Its Python environment, where it needs one.
    pub python: Option<PythonLock>,
    /// The Python environment of its tests, where they need more than it does itself.
    pub test_python: Option<PythonLock>,
    /// Its Node.js environment, where it needs one.
    pub nodejs: Option<NodeLock>,
    /// Its vendored files.
    pub vendored: &'a [VendoredFile],
    /// Where its files came from, if that is worth telling.
    pub origin: Option<Origin>,
    /// When it is published.
    pub now: Timestamp,
}

/// Stores the blobs of a release, `archive` among them, and returns its entry in the pack index.
///
/// # Errors
/// No host could lay it out, and nothing was stored; or a disk failed.
pub fn store(
    parts: &ReleaseParts<'_>,
    archive: ArchivedPack,
    blobs: &BlobStore,
) -> Result<Release, ReleaseError> {
    let config = config_of(parts);
    check_release(&config).map_err(|source| ReleaseError::Refused {
        pack: parts.metadata.pack.clone(),
        source: Box::new(source),
    })?;
    archive.blob.keep(&archive.described.digest)?;
    let mut layers = vec![pack_layer(parts)];
    let vendored: BTreeMap<(&str, &str, Digest), &VendoredFile> = parts
        .vendored
        .iter()
        .map(|file| ((file.media_type, file.filename.as_str(), file.digest), file))
        .collect();
    for file in vendored.into_values() {
        let stored = blobs.put_reader(fs_err::File::open(&file.path)?)?;
        require_same(&file.path, stored, (file.digest, file.size))?;
        layers.push(Descriptor::new(file.media_type, file.digest, file.size).titled(&file.filename));
    }
    let config = put_json(blobs, &config)?;
    let manifest = ReleaseManifest {
        schema_version: 2,
        media_type: MANIFEST_MEDIA_TYPE.to_owned(),
        artifact_type: RELEASE_ARTIFACT_TYPE.to_owned(),
        config: Descriptor::new(CONFIG_MEDIA_TYPE, config.digest, config.size),
        layers,
        annotations: BTreeMap::from([
            (PACK_REF_ANNOTATION.to_owned(), parts.metadata.pack.to_string()),
            (VERSION_ANNOTATION.to_owned(), parts.metadata.version.to_string()),
        ]),
    };
    let pointer = put_json(blobs, &manifest)?;
    Ok(release_of(parts, &manifest, pointer))
}

/// Refuses a file that is not what it was when it was judged.
fn require_same(path: &Path, found: (Digest, u64), judged: (Digest, u64)) -> io::Result<()> {
    if found == judged {
        return Ok(());
    }
    let message = format!("`{}` changed while it was read", path.display());
    Err(io::Error::new(io::ErrorKind::InvalidData, message))
}

fn pack_layer(parts: &ReleaseParts<'_>) -> Descriptor {
    let title = format!("{}-{}.tar.zst", parts.metadata.pack, parts.metadata.version);
    let archive = &parts.archive;
    Descriptor::new(PACK_MEDIA_TYPE, archive.digest, archive.size).titled(&title)
}

/// The config blob of a release.
pub fn config_of(parts: &ReleaseParts<'_>) -> PackConfig {
    let mut components = parts.components.to_vec();
    components.sort_by(|a, b| (a.kind, &a.component_ref).cmp(&(b.kind, &b.component_ref)));
    PackConfig {
        format: PACK_CONFIG_FORMAT.to_owned(),
        pack: parts.metadata.clone(),
        components,
        unpacked: parts.archive.unpacked,
        environments: EnvironmentLocks { python: parts.python.clone(), nodejs: parts.nodejs.clone() },
        test_environments: EnvironmentLocks { python: parts.test_python.clone(), nodejs: None },
        origin: parts.origin.clone(),
    }
}

fn put_json(blobs: &BlobStore, value: &impl serde::Serialize) -> io::Result<ManifestPointer> {
    let bytes = serde_json::to_vec(value).map_err(io::Error::from)?;
    Ok(ManifestPointer { digest: blobs.put(&bytes)?, size: bytes.len() as u64 })
}

fn release_of(parts: &ReleaseParts<'_>, manifest: &ReleaseManifest, pointer: ManifestPointer) -> Release {
    Release {
        version: parts.metadata.version.clone(),
        manifest: pointer,
        dependencies: parts.metadata.dependencies.clone(),
        requires: parts.metadata.requires.clone(),
        platforms: platforms(parts),
        size: manifest.total_size(),
        contents: count_by_directory(parts.components),
        published_at: parts.now,
        yanked: None,
    }
}

/// The machines that it has vendored files for; empty where it needs none.
fn platforms(parts: &ReleaseParts<'_>) -> Vec<Platform> {
    let of_python = parts.python.iter().flat_map(|lock| &lock.targets).map(|target| target.platform);
    let of_node = parts.nodejs.iter().flat_map(|lock| &lock.targets).map(|target| target.platform);
    let of_python: BTreeSet<Platform> = of_python.collect();
    let of_node: BTreeSet<Platform> = of_node.collect();
    match (of_python.is_empty(), of_node.is_empty()) {
        // Both are needed.
        (false, false) => of_python.intersection(&of_node).copied().collect(),
        _ => of_python.union(&of_node).copied().collect(),
    }
}
