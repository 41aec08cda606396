//! Blobs: bytes that are used only after their digest and size have been checked.

mod hashing;
mod store;
mod verified;

pub(crate) use hashing::copy_verified;
pub use hashing::{BlobError, HashingReader, digest_of_reader};
pub use store::{BlobStore, replace_file};
pub use verified::{BlobReader, BlobSpool, MAX_IN_MEMORY_BYTES, ReleaseSwitch, SpooledReader, VerifiedBlob};
