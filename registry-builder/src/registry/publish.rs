//! Publishes releases: pack indexes, then signed metadata, the timestamp last.

use std::collections::BTreeMap;

use attune_registry::blob::replace_file;
use attune_registry::layout::RegistryPath;
use attune_registry::reader::{MetadataFetch, RegistryReader, VerifiedRelease};
use attune_registry::source::DirectorySource;
use attune_registry::trust::{
    Keyring, MetadataFiles, Refreshed, Repository, RoleSetup, RootDraft, TargetChanges,
};
use attune_schemas::pack_index::{PackIndex, Release};
use attune_schemas::tuf::TargetFile;
use attune_schemas::{Digest, PackRef};
use jiff::Timestamp;

use super::directory::RegistryDirectory;
use super::oci_index;
use crate::error::BuildError;

/// A registry as it is published now, about to be changed; verified once, as a client would.
#[derive(Debug)]
pub struct Publisher<'a> {
    directory: &'a RegistryDirectory,
    source: DirectorySource,
    repository: Repository,
    now: Timestamp,
}

/// What a publication changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Publication {
    /// Metadata files that were written.
    pub metadata: Vec<String>,
}

impl RegistryDirectory {
    /// Opens the registry for publishing at `now`; it must be locked.
    pub fn publisher(&self, now: Timestamp) -> Result<Publisher<'_>, BuildError> {
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
    pub fn index(&self, pack: &PackRef) -> Result<Option<PackIndex>, BuildError> {
        let mut source = self.source.clone();
        Ok(RegistryReader::new(&mut source, self.repository.verified()).pack_index(pack)?)
    }

    /// A published release with its manifest and config.
    pub fn release(&self, pack: &PackRef, release: &Release) -> Result<VerifiedRelease, BuildError> {
        let mut source = self.source.clone();
        Ok(RegistryReader::new(&mut source, self.repository.verified()).release(pack, release)?)
    }

    /// Publishes `indexes`, replacing those of the same packs.
    pub fn publish(
        &self,
        indexes: &BTreeMap<PackRef, PackIndex>,
        keys: &Keyring,
    ) -> Result<Publication, BuildError> {
        let mut changes = TargetChanges::new();
        let mut files = Vec::new();
        for (pack, index) in indexes {
            let mut bytes = serde_json::to_vec_pretty(index).expect("an index serialises");
            bytes.push(b'\n');
            let digest = Digest::of(&bytes);
            let target = TargetFile::new(bytes.len() as u64, digest);
            changes.insert(PackIndex::target_path(pack), Some(target));
            files.push((RegistryPath::PackIndex { digest, pack: pack.clone() }, bytes));
        }
        // Signed before anything is written: a key that is missing leaves no trace.
        let metadata = self.repository.publish(changes, &MetadataFetch(&self.source), keys, self.now)?;
        for (path, bytes) in files {
            replace_file(&self.directory.path().join(path.to_string()), &bytes)?;
        }
        // A list of all releases is for registries small enough to write it anew each time.
        if self.repository.bins().is_none() {
            // Before the metadata: a publication that stops here is repeated, and then finds nothing to mend.
            oci_index::update(self.directory.path(), indexes.values())?;
        }
        self.write(metadata)
    }

    /// Signs snapshot and timestamp anew, and what else is due; returns what still waits for other keys.
    pub fn refresh(&self, keys: &Keyring) -> Result<(Publication, Vec<(String, String)>), BuildError> {
        let Refreshed { files, expiring } =
            self.repository.refresh(&MetadataFetch(&self.source), keys, self.now)?;
        let expiring = expiring.into_iter().map(|(role, expires)| (role, expires.to_string())).collect();
        Ok((self.write(files)?, expiring))
    }

    /// Publishes the next root.
    pub fn publish_root(&self, draft: &RootDraft, keys: &Keyring) -> Result<Publication, BuildError> {
        self.write(self.repository.publish_root(draft, keys, self.now)?)
    }

    /// Hands the bins over to other keys.
    pub fn rekey_bins(&self, role: &RoleSetup, keys: &Keyring) -> Result<Publication, BuildError> {
        self.write(self.repository.rekey_bins(role, &MetadataFetch(&self.source), keys, self.now)?)
    }

    fn write(&self, files: MetadataFiles) -> Result<Publication, BuildError> {
        let mut publication = Publication::default();
        for (name, bytes) in files {
            replace_file(&self.directory.path().join("metadata").join(&name), &bytes)?;
            publication.metadata.push(name);
        }
        Ok(publication)
    }
}
