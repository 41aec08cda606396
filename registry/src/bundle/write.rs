//! Writes a bundle whose bytes depend on its content alone.

use std::io::{self, Read, Write};

use attune_schemas::Digest;
use attune_schemas::bundle::BundleDescription;

use super::files::write_archive;
use crate::blob::BlobError;
use crate::layout::RegistryPath;

/// The content of a bundle, in order.
#[derive(Debug, Clone)]
pub struct BundleContent {
    /// The request that the bundle answers.
    pub description: BundleDescription,
    /// The files of the head.
    pub head: Vec<(RegistryPath, Vec<u8>)>,
    /// The blobs with their sizes in bytes: manifests, configs, archives, vendored files.
    pub blobs: Vec<(Digest, u64)>,
}

/// Why a bundle could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// Writing failed.
    #[error("could not write the bundle")]
    Write(#[from] io::Error),
    /// A blob of the registry is missing or damaged, or cannot be read.
    #[error("{}", blob_fault(.0))]
    Blob(#[from] BlobError),
}

fn blob_fault(error: &BlobError) -> &'static str {
    if error.is_absence() {
        "the registry lacks a blob"
    } else if error.is_damage() {
        "the registry has a damaged blob"
    } else {
        "a blob of the registry could not be read"
    }
}

/// Writes `content` to `writer`; `open` opens a blob, whose bytes are checked on the way.
pub fn write_bundle<R: Read>(
    content: &BundleContent,
    open: impl Fn(&Digest) -> io::Result<R>,
    writer: impl Write,
    mut progress: impl FnMut(u64),
) -> Result<(), BundleError> {
    let total = content.blobs.iter().map(|(_, size)| size).sum();
    write_archive(writer, total, |files| {
        let mut description = serde_json::to_vec_pretty(&content.description).map_err(io::Error::from)?;
        description.push(b'\n');
        files.add(&RegistryPath::BundleDescription.to_string(), &description)?;
        for (path, bytes) in &content.head {
            files.add(&path.to_string(), bytes)?;
        }
        for (digest, size) in &content.blobs {
            let reader = open(digest).map_err(|source| BlobError::Io { digest: *digest, source })?;
            files.add_blob(&RegistryPath::Blob(*digest).to_string(), digest, *size, reader)?;
            progress(*size);
        }
        Ok(())
    })
}
