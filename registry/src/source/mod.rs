//! Where a registry's files come from: a directory, HTTP, or a bundle, through one interface.
//!
//! A source promises nothing about the files it hands out except blobs, which it checks against their
//! digests. Metadata and pack indexes are bytes that the metadata has yet to vouch for.

mod directory;
mod error;
#[cfg(feature = "http")]
mod http;
mod http_fault;
mod netrc;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use attune_schemas::Digest;
use attune_schemas::bundle::BundleDescription;

pub use directory::DirectorySource;
pub use error::SourceError;
#[cfg(feature = "http")]
pub use http::{HttpSource, Names, certificate_fault, url_with_login};
pub use http_fault::{CertificateFault, HttpFault};
pub use netrc::Netrc;

use crate::blob::{BlobSpool, VerifiedBlob};
use crate::layout::RegistryPath;

/// The blobs that an installation needs from a source.
#[derive(Debug, Clone, Default)]
pub struct BlobPlan {
    /// The blobs to hand out, with their sizes in bytes.
    pub wanted: BTreeMap<Digest, u64>,
    /// Blobs that belong to the releases at hand and are not needed here, such as another
    /// platform's wheels. A blob in a bundle that is in neither set has no business there.
    pub allowed: BTreeMap<Digest, u64>,
}

/// Takes blobs as they come; breaks to stop the stream.
pub type BlobSink<'a> = dyn FnMut(VerifiedBlob) -> ControlFlow<()> + 'a;

/// Takes files as they come, `None` for one that is certainly absent; breaks to stop reading.
pub type FileSink<'a> = dyn FnMut(Result<Option<Vec<u8>>, SourceError>) -> ControlFlow<()> + 'a;

/// A place from which a registry is read.
pub trait Source: Send {
    /// The name of the source, for messages.
    fn name(&self) -> String;

    /// The description in the bundle; `None` if the source is not a bundle.
    fn description(&self) -> Option<&BundleDescription> {
        None
    }

    /// Reads a file of the head, at most `max_bytes` long; `None` only if it is certainly absent.
    fn read(&self, path: &RegistryPath, max_bytes: u64) -> Result<Option<Vec<u8>>, SourceError>;

    /// Reads `files` of the head, each with the most bytes that it may have, and hands them to `sink` in this order, as
    /// [`Self::read`] would. A source may read several at a time.
    fn read_each(&self, files: &[(RegistryPath, u64)], sink: &mut FileSink<'_>) {
        for (path, max_bytes) in files {
            if sink(self.read(path, *max_bytes)) == ControlFlow::Break(()) {
                return;
            }
        }
    }

    /// Reads a small blob whole and checks it.
    fn read_blob(&mut self, digest: &Digest, size: u64) -> Result<Vec<u8>, SourceError>;

    /// Reads on while somebody decides what is wanted, until `is_decided`: a source that has to be read from front to
    /// back keeps blobs of `allowed` in the memory of `spool`, checked, and hands out those that are wanted first.
    ///
    /// # Errors
    /// A blob is damaged, or in neither the plan nor `allowed`.
    fn read_ahead(
        &mut self,
        allowed: &BTreeMap<Digest, u64>,
        spool: &BlobSpool,
        is_decided: &dyn Fn() -> bool,
    ) -> Result<(), SourceError> {
        let _ = (allowed, spool, is_decided);
        Ok(())
    }

    /// Hands every wanted blob to `sink`, checked, in the order that suits the source.
    ///
    /// Returns once all have been handed out, or [`SourceError::Stopped`] if the sink broke off.
    fn stream_blobs(
        &mut self,
        plan: &BlobPlan,
        spool: &BlobSpool,
        sink: &mut BlobSink<'_>,
    ) -> Result<(), SourceError>;
}

/// The order in which blobs are fetched if the source leaves the choice: the largest first, so that
/// the blob that takes longest to unpack starts first.
fn largest_first(wanted: &BTreeMap<Digest, u64>) -> Vec<(Digest, u64)> {
    let mut order: Vec<_> = wanted.iter().map(|(digest, size)| (*digest, *size)).collect();
    order.sort_by_key(|&(digest, size)| (std::cmp::Reverse(size), digest));
    order
}
