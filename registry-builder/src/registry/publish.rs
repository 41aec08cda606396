//! Publishes releases: pack indexes, then signed metadata, the timestamp last.

use std::collections::BTreeMap;

use attune_registry::atomic_file::{Durability, replace_file, replace_file_with, sync_file_system};
use attune_registry::bundle::oci_index;
use attune_registry::layout::RegistryPath;
use attune_registry::reader::{MetadataFetch, RegistryReader, VerifiedRelease};
use attune_registry::source::DirectorySource;
use attune_registry::trust::{
    Keyring, MetadataFiles, Refreshed, Repository, RoleSetup, RootDraft, TargetChanges,
};
use attune_schemas::pack_index::{PackIndex, Release};
use attune_schemas::runtime_index::{RuntimeIndex, RuntimeName};
use attune_schemas::tuf::TargetFile;
use attune_schemas::{Digest, PackRef};
use jiff::Timestamp;
use serde::Serialize;

use super::directory::RegistryDirectory;
use super::error::RegistryError;

/// A registry as it is published now, about to be changed; verified once, as a client would.
#[derive(Debug)]
pub struct Publisher<'a> {
    directory: &'a RegistryDirectory,
    source: DirectorySource,
    repository: Repository,
    now: Timestamp,
}

/// The result of a publication.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Publication {
    /// Metadata files that were written.
    pub metadata: Vec<String>,
}

/// Files to be written, and what the metadata is to say of them.
#[derive(Default)]
struct NewTargets {
    changes: TargetChanges,
    files: Vec<(RegistryPath, Vec<u8>)>,
}

impl NewTargets {
    fn add(&mut self, name: String, path: impl FnOnce(Digest) -> RegistryPath, content: &impl Serialize) {
        let mut bytes = serde_json::to_vec_pretty(content).expect("an index serialises");
        bytes.push(b'\n');
        let digest = Digest::of(&bytes);
        self.changes.insert(name, Some(TargetFile::new(bytes.len() as u64, digest)));
        self.files.push((path(digest), bytes));
    }
}

impl RegistryDirectory {
    /// Writes metadata files in their order; returns their names.
    pub(super) fn write_metadata(&self, files: MetadataFiles) -> Result<Vec<String>, RegistryError> {
        let mut written = Vec::new();
        for (name, bytes) in files {
            replace_file(&self.path().join("metadata").join(&name), &bytes)?;
            written.push(name);
        }
        Ok(written)
    }

    /// Opens the registry as it is published now, to be read at `now`.
    pub fn publisher(&self, now: Timestamp) -> Result<Publisher<'_>, RegistryError> {
        let source = self.source();
        let repository = Repository::open(&MetadataFetch(&source), now)?;
        Ok(Publisher { directory: self, source, repository, now })
    }
}

impl Publisher<'_> {
    /// The metadata that is built upon.
    pub const fn repository(&self) -> &Repository {
        &self.repository
    }

    /// The index of `pack` as it is published now.
    pub fn index(&self, pack: &PackRef) -> Result<Option<PackIndex>, RegistryError> {
        let mut source = self.source.clone();
        Ok(RegistryReader::new(&mut source, self.repository.verified()).pack_index(pack)?)
    }

    /// A published release with its manifest and config.
    pub fn release(&self, pack: &PackRef, release: &Release) -> Result<VerifiedRelease, RegistryError> {
        let mut source = self.source.clone();
        Ok(RegistryReader::new(&mut source, self.repository.verified()).release(pack, release)?)
    }

    /// Publishes `indexes`, replacing those of the same packs.
    pub fn publish(
        &self,
        indexes: &BTreeMap<PackRef, PackIndex>,
        keys: &Keyring,
    ) -> Result<Publication, RegistryError> {
        let mut files = NewTargets::default();
        for (pack, index) in indexes {
            let path = |digest| RegistryPath::PackIndex { digest, pack: pack.clone() };
            files.add(PackIndex::target_path(pack), path, index);
        }
        let metadata = self.write_targets(files, keys)?;
        // A list of all releases is for registries small enough to write it anew each time.
        if self.repository.bins().is_none() {
            // Before the metadata: a publication that stops here is repeated, and then finds nothing to mend.
            oci_index::update(self.directory.path(), indexes.values())?;
        }
        self.write(metadata)
    }

    /// Publishes the index of a runtime, replacing that which is there.
    pub fn publish_runtime(
        &self,
        index: &RuntimeIndex,
        keys: &Keyring,
    ) -> Result<Publication, RegistryError> {
        let runtime = index.runtime;
        let mut files = NewTargets::default();
        files.add(runtime.target_path(), |digest| RegistryPath::RuntimeIndex { digest, runtime }, index);
        let metadata = self.write_targets(files, keys)?;
        self.write(metadata)
    }

    /// The index of `runtime` as it is published now.
    pub fn runtime_index(&self, runtime: RuntimeName) -> Result<Option<RuntimeIndex>, RegistryError> {
        let mut source = self.source.clone();
        Ok(RegistryReader::new(&mut source, self.repository.verified()).runtime_index(runtime)?)
    }

    /// Signs for the files, then writes them; returns the metadata, which is to be written after them.
    fn write_targets(&self, files: NewTargets, keys: &Keyring) -> Result<MetadataFiles, RegistryError> {
        // Signed before anything is written: a key that is missing leaves no trace.
        let metadata =
            self.repository.publish(files.changes, &MetadataFetch(&self.source), keys, self.now)?;
        let is_new = !files.files.is_empty();
        for (path, bytes) in files.files {
            let path = self.directory.path().join(path.to_string());
            fs_err::create_dir_all(path.parent().unwrap_or(self.directory.path()))?;
            replace_file_with(&path, &bytes, Durability::Unsynced)?;
        }
        // Once for all indexes, and all blobs that were stored before: no metadata names what a power failure takes.
        if is_new {
            sync_file_system(self.directory.path())?;
        }
        Ok(metadata)
    }

    /// Signs snapshot and timestamp anew, and what else is due; returns what still waits for other keys.
    pub fn refresh(&self, keys: &Keyring) -> Result<(Publication, Vec<(String, String)>), RegistryError> {
        let Refreshed { files, expiring } =
            self.repository.refresh(&MetadataFetch(&self.source), keys, self.now)?;
        let expiring = expiring.into_iter().map(|(role, expires)| (role, expires.to_string())).collect();
        Ok((self.write(files)?, expiring))
    }

    /// Publishes the next root.
    pub fn publish_root(&self, draft: &RootDraft, keys: &Keyring) -> Result<Publication, RegistryError> {
        let files = self.repository.publish_root(draft, keys, self.now)?;
        Ok(Publication { metadata: self.directory.write_root(draft, files)? })
    }

    /// Hands the bins over to other keys.
    pub fn rekey_bins(&self, role: &RoleSetup, keys: &Keyring) -> Result<Publication, RegistryError> {
        self.write(self.repository.rekey_bins(role, &MetadataFetch(&self.source), keys, self.now)?)
    }

    fn write(&self, files: MetadataFiles) -> Result<Publication, RegistryError> {
        Ok(Publication { metadata: self.directory.write_metadata(files)? })
    }
}
