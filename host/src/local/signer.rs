//! Releases that the host signs: their files are written beside the registry, and moved into it later.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::Arc;

use attune_registry::atomic_file::{Durability, replace_file_with};
use attune_registry::blob::BlobStore;
use attune_registry::layout::RegistryPath;
use attune_registry::reader::{MetadataFetch, ReaderError, RegistryReader, VerifiedRelease};
use attune_registry::source::DirectorySource;
use attune_registry::trust::{
    KeyError, Keyring, MetadataFiles, PublishError, RegistrySetup, Repository, RoleSetup, SigningKey,
    TargetChanges, TrustAnchor, TrustError, init_repository,
};
use attune_schemas::pack_index::{PackIndex, Release};
use attune_schemas::tuf::{ExpiryDays, RegistryName, Signature, TargetFile};
use attune_schemas::{Digest, PackRef};
use jiff::Timestamp;

use super::registry::LocalRegistry;
use crate::root::{HostRoot, RootError};

/// A hundred years: nobody but this host reads what it signs, and nothing newer is to be missed.
const NEVER_DAYS: u32 = 36_500;

/// Why the host could not sign.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalError {
    /// Files of the root, or of the change, cannot be read or written.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The host's key cannot be used.
    #[error("the host's own key cannot be used")]
    Key(#[from] KeyError),
    /// The metadata could not be signed.
    #[error("the metadata of the host's own registry could not be signed")]
    Publish(#[from] PublishError),
    /// The registry as it is does not verify.
    #[error("the host's own registry, `{}`, is damaged", path.display())]
    Damaged {
        /// Its directory.
        path: std::path::PathBuf,
        /// The defect.
        #[source]
        source: Box<TrustError>,
    },
    /// An index of the registry is not what its metadata says.
    #[error("the host's own registry is damaged")]
    Reader(#[from] ReaderError),
}

/// The registry of the host's own, about to have more releases.
#[derive(Debug)]
pub struct LocalSigner {
    root: HostRoot,
    staged: LocalRegistry,
    repository: Repository,
    keys: Keyring,
    now: Timestamp,
}

impl LocalSigner {
    /// Begins to sign at `now` what `directory` will hold; `root` must be held, unless nothing is moved into it.
    ///
    /// The first time, it makes the key and an empty registry.
    ///
    /// # Errors
    /// The registry as it is, or its key, is damaged; or a file cannot be written.
    pub fn begin(root: &HostRoot, directory: &Path, now: Timestamp) -> Result<Self, LocalError> {
        let (own, staged) = (LocalRegistry::of(root), LocalRegistry::staged(directory));
        let failed = |source| root.failed(source);
        fs_err::create_dir_all(staged.metadata()).map_err(failed)?;
        let key = if own.key_file().exists() {
            SigningKey::load(&own.key_file())?
        } else {
            let key = SigningKey::generate()?;
            key.save(&staged.key_file(), None)?;
            key
        };
        let keys: Keyring =
            [Arc::new(key.clone()) as attune_registry::trust::SharedKey].into_iter().collect();
        if !own.exists() {
            let role = || RoleSetup::one(key.public().clone());
            let setup = RegistrySetup {
                name: RegistryName::this_host(),
                root: role(),
                targets: role(),
                snapshot: role(),
                timestamp: role(),
                bins: None,
                expiry: ExpiryDays {
                    root: NEVER_DAYS,
                    targets: NEVER_DAYS,
                    snapshot: NEVER_DAYS,
                    timestamp: NEVER_DAYS,
                    bins: NEVER_DAYS,
                },
            };
            write_metadata(&staged, init_repository(&setup, &keys, now)?).map_err(failed)?;
        }
        let source = DirectorySource::over(&staged.path(), &own.path());
        let repository = open_repository(&own, &source, now)?;
        Ok(Self { root: root.clone(), staged, repository, keys, now })
    }

    /// The registry of `root` as it is, to be looked at: nothing can be signed.
    ///
    /// # Errors
    /// It is not there, is damaged, or cannot be read.
    pub fn open(root: &HostRoot, now: Timestamp) -> Result<Self, LocalError> {
        let own = LocalRegistry::of(root);
        let repository = open_repository(&own, &own.source(), now)?;
        Ok(Self { root: root.clone(), staged: own, repository, keys: Keyring::default(), now })
    }

    /// The blobs of the new releases.
    pub fn blobs(&self) -> BlobStore {
        BlobStore::new(&self.staged.path())
    }

    /// The registry with what was signed so far.
    pub fn source(&self) -> DirectorySource {
        DirectorySource::over(&self.staged.path(), &LocalRegistry::of(&self.root).path())
    }

    /// The first root.
    ///
    /// # Errors
    /// It cannot be read.
    pub fn anchor(&self) -> Result<TrustAnchor, LocalError> {
        let own = LocalRegistry::of(&self.root);
        let place = if own.exists() { &own } else { &self.staged };
        Ok(place.anchor().map_err(|source| self.root.failed(source))?)
    }

    /// The index of `pack` as it is.
    ///
    /// # Errors
    /// It is not what the metadata says.
    pub fn index(&self, pack: &PackRef) -> Result<Option<PackIndex>, LocalError> {
        let mut source = self.source();
        Ok(RegistryReader::new(&mut source, self.repository.verified()).pack_index(pack)?)
    }

    /// Every pack of which something was signed.
    pub(super) fn packs(&self) -> Vec<PackRef> {
        let mut source = self.source();
        RegistryReader::new(&mut source, self.repository.verified()).known_packs()
    }

    /// The release of `pack` that `release` points to.
    pub(super) fn release(&self, pack: &PackRef, release: &Release) -> Result<VerifiedRelease, LocalError> {
        let mut source = self.source();
        Ok(RegistryReader::new(&mut source, self.repository.verified()).release(pack, release)?)
    }

    /// The directory of the registry as it was.
    pub(super) fn registry(&self) -> std::path::PathBuf {
        LocalRegistry::of(&self.root).path()
    }

    /// The metadata that is built upon.
    pub(super) const fn repository(&self) -> &Repository {
        &self.repository
    }

    /// A signature over `message`, which is none of a registry's.
    ///
    /// # Errors
    /// The key does not sign.
    pub fn sign(&self, message: &[u8]) -> Result<Signature, LocalError> {
        let no_key = || LocalError::Root(self.root.failed(io::ErrorKind::NotFound.into()));
        Ok(self.keys.iter().next().ok_or_else(no_key)?.sign(message)?)
    }

    /// Signs `indexes`, in the place of those of the same packs; packs whose index has no release are gone.
    ///
    /// # Errors
    /// A file cannot be written, or the key does not sign.
    pub fn publish(&self, indexes: &BTreeMap<PackRef, PackIndex>) -> Result<(), LocalError> {
        let failed = |source| self.root.failed(source);
        let mut changes = TargetChanges::new();
        for (pack, index) in indexes {
            if index.releases.is_empty() {
                changes.insert(PackIndex::target_path(pack), None);
                continue;
            }
            let mut bytes = serde_json::to_vec_pretty(index).map_err(io::Error::from).map_err(failed)?;
            bytes.push(b'\n');
            let digest = Digest::of(&bytes);
            let path = RegistryPath::PackIndex { digest, pack: pack.clone() };
            let path = self.staged.path().join(path.to_string());
            write(&path, &bytes).map_err(failed)?;
            changes.insert(PackIndex::target_path(pack), Some(TargetFile::new(bytes.len() as u64, digest)));
        }
        let source = self.source();
        let files = self.repository.publish(changes, &MetadataFetch(&source), &self.keys, self.now)?;
        write_metadata(&self.staged, files).map_err(failed)?;
        Ok(())
    }
}

fn open_repository(
    own: &LocalRegistry,
    source: &DirectorySource,
    now: Timestamp,
) -> Result<Repository, LocalError> {
    Repository::open(&MetadataFetch(source), now)
        .map_err(|error| LocalError::Damaged { path: own.path(), source: Box::new(error) })
}

/// The disk is told once, with everything else that the change writes.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    fs_err::create_dir_all(path.parent().unwrap_or(Path::new("/")))?;
    replace_file_with(path, bytes, Durability::Unsynced)
}

fn write_metadata(staged: &LocalRegistry, files: MetadataFiles) -> io::Result<()> {
    files.into_iter().try_for_each(|(name, bytes)| write(&staged.metadata().join(name), &bytes))
}
