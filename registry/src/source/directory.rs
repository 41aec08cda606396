//! A registry in a local directory.

use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use attune_schemas::Digest;

use super::{BlobPlan, BlobSink, Source, SourceError};
use crate::blob::{BlobError, BlobSpool, BlobStore, read_verified};
use crate::layout::RegistryPath;

/// A registry directory.
#[derive(Debug, Clone)]
pub struct DirectorySource {
    directory: PathBuf,
    blobs: BlobStore,
}

impl DirectorySource {
    /// The registry at `directory`.
    pub fn new(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), blobs: BlobStore::new(directory) }
    }

    fn open(&self, digest: &Digest) -> Result<fs_err::File, SourceError> {
        self.blobs.open(digest).map_err(|source| match source.kind() {
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

impl Source for DirectorySource {
    fn name(&self) -> String {
        format!("registry `{}`", self.directory.display())
    }

    fn read(&self, path: &RegistryPath, max_bytes: u64) -> Result<Option<Vec<u8>>, SourceError> {
        let file = match fs_err::File::open(self.directory.join(path.to_string())) {
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
