//! Writes a bundle whose bytes depend on its content alone.

use std::io::{self, Read, Write};

use attune_schemas::Digest;
use attune_schemas::bundle::BundleDescription;
use tar::EntryType;

use crate::archive::{tar_header, write_frames};
use crate::blob::{BlobError, copy_verified};
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
    write_frames(writer, total, |frames| {
        let mut builder = tar::Builder::new(frames);
        let mut description = serde_json::to_vec_pretty(&content.description).map_err(io::Error::from)?;
        description.push(b'\n');
        append(&mut builder, &RegistryPath::BundleDescription, &description)?;
        for (path, bytes) in &content.head {
            append(&mut builder, path, bytes)?;
        }
        for (digest, size) in &content.blobs {
            let reader = open(digest).map_err(|source| BlobError::Io { digest: *digest, source })?;
            append_blob(&mut builder, digest, *size, reader)?;
            progress(*size);
        }
        builder.into_inner()?;
        Ok(())
    })
}

fn append(
    builder: &mut tar::Builder<impl Write>,
    path: &RegistryPath,
    bytes: &[u8],
) -> Result<(), BundleError> {
    let mut header = tar_header(EntryType::Regular, 0o644, bytes.len() as u64);
    builder.append_data(&mut header, path.to_string(), bytes)?;
    Ok(())
}

fn append_blob(
    builder: &mut tar::Builder<impl Write>,
    digest: &Digest,
    size: u64,
    mut reader: impl Read,
) -> Result<(), BundleError> {
    let mut header = tar_header(EntryType::Regular, 0o644, size);
    header.set_path(RegistryPath::Blob(*digest).to_string())?;
    header.set_cksum();
    let sink = builder.get_mut();
    sink.write_all(header.as_bytes())?;
    copy_verified(&mut reader, sink, digest, size)?;
    let padding = size.next_multiple_of(512) - size;
    sink.write_all(&[0; 512][..usize::try_from(padding).expect("less than a block")])?;
    Ok(())
}
