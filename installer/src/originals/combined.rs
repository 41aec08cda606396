//! A source, with what this host keeps in the place of what it lacks.

use std::collections::BTreeMap;

use attune_host::local::originals::KeptRegistry;
use attune_registry::blob::BlobSpool;
use attune_registry::layout::RegistryPath;
use attune_registry::source::{BlobPlan, BlobSink, DirectorySource, Source, SourceError};
use attune_schemas::Digest;
use attune_schemas::bundle::BundleDescription;

/// A source whose indexes and blobs come from what is kept where that has them. Its timestamp is its own, and says which
/// of the rest belong to it.
pub struct WithOriginals {
    source: Box<dyn Source>,
    kept: KeptRegistry,
    content: DirectorySource,
}

impl WithOriginals {
    /// `source` with `kept`.
    pub fn new(source: Box<dyn Source>, kept: KeptRegistry) -> Self {
        Self { source, content: kept.content(), kept }
    }

    /// Those of `blobs` that are kept, and the others.
    fn divide(&self, blobs: &BTreeMap<Digest, u64>) -> (BTreeMap<Digest, u64>, BTreeMap<Digest, u64>) {
        blobs.iter().partition(|(digest, size)| self.kept.has_blob(digest, **size))
    }
}

impl Source for WithOriginals {
    fn name(&self) -> String {
        self.source.name()
    }

    fn description(&self) -> Option<&BundleDescription> {
        self.source.description()
    }

    fn read(&self, path: &RegistryPath, max_bytes: u64) -> Result<Option<Vec<u8>>, SourceError> {
        match self.source.read(path, max_bytes)? {
            None => self.content.read(path, max_bytes),
            found => Ok(found),
        }
    }

    fn read_blob(&mut self, digest: &Digest, size: u64) -> Result<Vec<u8>, SourceError> {
        if self.kept.has_blob(digest, size) {
            self.content.read_blob(digest, size)
        } else {
            self.source.read_blob(digest, size)
        }
    }

    fn stream_blobs(
        &mut self,
        plan: &BlobPlan,
        spool: &BlobSpool,
        sink: &mut BlobSink<'_>,
    ) -> Result<(), SourceError> {
        let (kept, others) = self.divide(&plan.wanted);
        let mut allowed = plan.allowed.clone();
        allowed.extend(&kept);
        self.content.stream_blobs(&BlobPlan { wanted: kept, allowed: BTreeMap::new() }, spool, sink)?;
        if others.is_empty() {
            return Ok(());
        }
        self.source.stream_blobs(&BlobPlan { wanted: others, allowed }, spool, sink)
    }
}
