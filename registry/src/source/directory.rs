//! A registry in a local directory.

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use attune_schemas::Digest;
use attune_schemas::bundle::{BUNDLE_FORMAT, BundleDescription};

use super::{BlobPlan, BlobSink, Source, SourceError};
use crate::blob::{BlobError, BlobSpool, BlobStore, read_verified};
use crate::layout::RegistryPath;

/// The largest description of a bundle that was unpacked, in bytes.
const MAX_DESCRIPTION_BYTES: u64 = 16 << 20;

/// A registry directory, or an unpacked bundle, which has a part of a registry.
#[derive(Debug, Clone)]
pub struct DirectorySource {
    directory: PathBuf,
    blobs: BlobStore,
    description: Option<BundleDescription>,
    /// The registry that has what this one lacks.
    beneath: Option<PathBuf>,
}

impl DirectorySource {
    /// The registry at `directory`.
    pub fn new(directory: &Path) -> Self {
        let description = description_in(directory);
        Self { directory: directory.to_owned(), blobs: BlobStore::new(directory), description, beneath: None }
    }

    /// The registry at `directory` as it will be once its files are moved into the one at `beneath`.
    pub fn over(directory: &Path, beneath: &Path) -> Self {
        Self { beneath: Some(beneath.to_owned()), ..Self::new(directory) }
    }

    /// The file of the head at `path`, from the uppermost directory that has it.
    fn open_head(&self, path: &RegistryPath) -> io::Result<fs_err::File> {
        let opened = fs_err::File::open(self.directory.join(path.to_string()));
        match (opened, &self.beneath) {
            (Err(error), Some(beneath)) if error.kind() == io::ErrorKind::NotFound => {
                fs_err::File::open(beneath.join(path.to_string()))
            }
            (opened, _) => opened,
        }
    }

    fn open_blob(&self, digest: &Digest) -> io::Result<fs_err::File> {
        match (self.blobs.open(digest), &self.beneath) {
            (Err(error), Some(beneath)) if error.kind() == io::ErrorKind::NotFound => {
                BlobStore::new(beneath).open(digest)
            }
            (opened, _) => opened,
        }
    }

    fn open(&self, digest: &Digest) -> Result<fs_err::File, SourceError> {
        self.open_blob(digest).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => {
                SourceError::MissingBlobs { name: self.name(), missing: vec![*digest] }
            }
            _ => self.damaged(BlobError::Io { digest: *digest, source }),
        })
    }

    fn damaged(&self, source: BlobError) -> SourceError {
        SourceError::Blob { name: self.name(), source }
    }
}

/// The description of the bundle that was unpacked to `directory`, if that is what it is.
fn description_in(directory: &Path) -> Option<BundleDescription> {
    let path = RegistryPath::BundleDescription;
    let file = fs_err::File::open(directory.join(path.to_string())).ok()?;
    let bytes = read_limited(file, &path, MAX_DESCRIPTION_BYTES).ok()?;
    let description: BundleDescription = serde_json::from_slice(&bytes).ok()?;
    (description.format == BUNDLE_FORMAT).then_some(description)
}

impl Source for DirectorySource {
    fn name(&self) -> String {
        format!("registry `{}`", self.directory.display())
    }

    fn description(&self) -> Option<&BundleDescription> {
        self.description.as_ref()
    }

    fn read(&self, path: &RegistryPath, max_bytes: u64) -> Result<Option<Vec<u8>>, SourceError> {
        let file = match self.open_head(path) {
            Ok(file) => file,
            Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(SourceError::Read { path: path.clone(), source }),
        };
        read_limited(file, path, max_bytes).map(Some)
    }

    fn read_blob(&mut self, digest: &Digest, size: u64) -> Result<Vec<u8>, SourceError> {
        read_verified(&mut self.open(digest)?, digest, size).map_err(|source| self.damaged(source))
    }

    fn stream_blobs(
        &mut self,
        plan: &BlobPlan,
        spool: &BlobSpool,
        sink: &mut BlobSink<'_>,
    ) -> Result<(), SourceError> {
        for (digest, size) in super::largest_first(&plan.wanted) {
            let blob = spool.receive(&digest, size, &mut self.open(&digest)?);
            let blob = blob.map_err(|source| self.damaged(source))?;
            if sink(blob) == ControlFlow::Break(()) {
                return Err(SourceError::Stopped);
            }
        }
        Ok(())
    }
}

/// Reads everything in `reader`, refusing more than `max_bytes`.
pub(super) fn read_limited(
    reader: impl Read,
    path: &RegistryPath,
    max_bytes: u64,
) -> Result<Vec<u8>, SourceError> {
    let mut bytes = Vec::new();
    let mut limited = reader.take(max_bytes.saturating_add(1));
    limited.read_to_end(&mut bytes).map_err(|source| SourceError::Read { path: path.clone(), source })?;
    if bytes.len() as u64 > max_bytes {
        return Err(SourceError::TooLarge { path: path.to_string(), limit: max_bytes });
    }
    Ok(bytes)
}
