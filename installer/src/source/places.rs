//! The files of one registry or of several as those of one source.
//!
//! Blobs are known by their digests, so it does not matter who has one; each is asked of the registry whose release
//! named it first.

use std::collections::BTreeMap;

use attune_registry::blob::BlobSpool;
use attune_registry::layout::RegistryPath;
use attune_registry::source::{BlobPlan, BlobSink, Source, SourceError};
use attune_schemas::Digest;
use attune_schemas::bundle::BundleDescription;

/// The sources of registries, by number.
#[derive(Default)]
pub(super) struct Places {
    sources: Vec<Box<dyn Source>>,
    /// The number of the source that has a blob; the first, where it is not said.
    homes: BTreeMap<Digest, usize>,
}

impl Places {
    pub(super) fn of_one(source: Box<dyn Source>) -> Self {
        Self { sources: vec![source], homes: BTreeMap::new() }
    }

    /// Adds a source, whose number is that of those before it.
    pub(super) fn push(&mut self, source: Box<dyn Source>) {
        self.sources.push(source);
    }

    /// The first, which is no part of these any more.
    pub(super) fn take_first(&mut self) -> Box<dyn Source> {
        self.sources.remove(0)
    }

    pub(super) fn at(&mut self, number: usize) -> &mut dyn Source {
        &mut *self.sources[number]
    }

    /// Notes that the source with this number has a blob.
    pub(super) fn has(&mut self, number: usize, digest: Digest) {
        self.homes.entry(digest).or_insert(number);
    }

    fn home(&self, digest: &Digest) -> usize {
        self.homes.get(digest).copied().unwrap_or_default()
    }
}

impl Source for Places {
    fn name(&self) -> String {
        match &self.sources[..] {
            [only] => only.name(),
            sources => sources.iter().map(|source| source.name()).collect::<Vec<_>>().join(" and "),
        }
    }

    fn description(&self) -> Option<&BundleDescription> {
        match &self.sources[..] {
            [only] => only.description(),
            _ => None,
        }
    }

    fn read(&self, path: &RegistryPath, max_bytes: u64) -> Result<Option<Vec<u8>>, SourceError> {
        for source in &self.sources {
            if let Some(bytes) = source.read(path, max_bytes)? {
                return Ok(Some(bytes));
            }
        }
        Ok(None)
    }

    fn read_blob(&mut self, digest: &Digest, size: u64) -> Result<Vec<u8>, SourceError> {
        let home = self.home(digest);
        self.sources[home].read_blob(digest, size)
    }

    fn read_ahead(
        &mut self,
        allowed: &BTreeMap<Digest, u64>,
        spool: &BlobSpool,
        is_decided: &dyn Fn() -> bool,
    ) -> Result<(), SourceError> {
        match &mut self.sources[..] {
            [only] => only.read_ahead(allowed, spool, is_decided),
            // None of several is a bundle.
            _ => Ok(()),
        }
    }

    fn stream_blobs(
        &mut self,
        plan: &BlobPlan,
        spool: &BlobSpool,
        sink: &mut BlobSink<'_>,
    ) -> Result<(), SourceError> {
        if let [only] = &mut self.sources[..] {
            return only.stream_blobs(plan, spool, sink);
        }
        for number in 0..self.sources.len() {
            let wanted = plan.wanted.iter().filter(|(digest, _)| self.home(digest) == number);
            let wanted: BTreeMap<Digest, u64> = wanted.map(|(digest, size)| (*digest, *size)).collect();
            if !wanted.is_empty() {
                let part = BlobPlan { wanted, allowed: plan.allowed.clone() };
                self.sources[number].stream_blobs(&part, spool, sink)?;
            }
        }
        Ok(())
    }
}
