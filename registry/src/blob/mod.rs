//! Blobs: bytes that are used only after their digest and size have been checked.

mod beside;
mod budget;
mod content;
mod hashing;
mod pool;
mod store;
mod verified;

pub use content::{BlobContent, BlobReader, RELEASE_STEP_BYTES, ReleaseSwitch};
pub(crate) use hashing::read_verified;
pub use hashing::{BlobError, HashingReader, HashingWriter, copy_verified, digest_of_reader};
pub use store::{BlobStore, IncomingBlob};
pub use verified::{BlobSpool, BorrowedMemory, MAX_IN_MEMORY_BYTES, VerifiedBlob};

pub use crate::atomic_file::{Durability, replace_file, replace_file_with};
