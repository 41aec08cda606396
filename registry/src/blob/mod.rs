//! Blobs: bytes that are used only after their digest and size have been checked.

mod budget;
mod hashing;
mod pool;
mod store;
mod verified;

pub use hashing::{BlobError, HashingReader, HashingWriter, digest_of_reader};
pub(crate) use hashing::{copy_verified, read_verified};
pub use store::{BlobStore, IncomingBlob};
pub use verified::{
    BlobBytes, BlobReader, BlobSpool, MAX_IN_MEMORY_BYTES, ReleaseSwitch, SpooledReader, VerifiedBlob,
};

pub use crate::atomic_file::{Durability, replace_file, replace_file_with};
