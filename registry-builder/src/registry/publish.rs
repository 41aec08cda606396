//! Publishes releases: pack indexes, then signed metadata, the timestamp last.

use std::collections::BTreeMap;

use attune_registry::blob::replace_file;
use attune_registry::layout::RegistryPath;
use attune_registry::reader::{MetadataFetch, RegistryReader, VerifiedRelease};
use attune_registry::trust::{Periods, Repository, RepositoryKeys};
use attune_schemas::pack_index::{PackIndex, Release};
use attune_schemas::tuf::TargetFile;
use attune_schemas::{Digest, PackRef};
use jiff::Timestamp;

use super::directory::RegistryDirectory;
use super::oci_index;
use crate::error::BuildError;

/// What a publication changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Publication {
    /// Metadata files that were written.
    pub metadata: Vec<String>,
}

impl RegistryDirectory {
    /// The index of `pack` as it is published now; the registry must be locked.
    pub fn published_index(&self, pack: &PackRef, now: Timestamp) -> Result<Option<PackIndex>, BuildError> {
        let repository = self.verify_for_publishing(now)?;
        let mut source = self.source();
        Ok(RegistryReader::new(&mut source, &repository).pack_index(pack)?)
    }

    /// A published release with its manifest and config.
    pub fn published_release(
        &self,
        pack: &PackRef,
        release: &Release,
        now: Timestamp,
    ) -> Result<VerifiedRelease, BuildError> {
        let repository = self.verify_for_publishing(now)?;
        let mut source = self.source();
        Ok(RegistryReader::new(&mut source, &repository).release(pack, release)?)
    }

    /// Publishes `indexes`, replacing those of the same packs; the registry must be locked.
    pub fn publish(
        &self,
        indexes: &BTreeMap<PackRef, PackIndex>,
        keys: &RepositoryKeys,
        periods: &Periods,
        now: Timestamp,
    ) -> Result<Publication, BuildError> {
        let source = self.source();
        let mut repository = Repository::open(&MetadataFetch(&source), now)?;
        let mut targets: BTreeMap<String, TargetFile> = repository.targets().role().targets.clone();
        for (pack, index) in indexes {
            let mut bytes = serde_json::to_vec_pretty(index).expect("an index serialises");
            bytes.push(b'\n');
            let digest = Digest::of(&bytes);
            let path = RegistryPath::PackIndex { digest, pack: pack.clone() };
            replace_file(&self.path().join(path.to_string()), &bytes)?;
            targets.insert(PackIndex::target_path(pack), TargetFile::new(bytes.len() as u64, digest));
        }
        // Before the metadata: a publication that stops here is repeated, and then finds nothing to mend.
        oci_index::update(self.path(), indexes.values())?;
        let files = repository.publish(targets, keys, periods, now)?;
        let mut publication = Publication::default();
        for (name, bytes) in files {
            replace_file(&self.path().join("metadata").join(&name), &bytes)?;
            publication.metadata.push(name);
        }
        Ok(publication)
    }
}
