//! Fetches blobs and unpacks them beside the running packs: checked bytes in, trees out.
//!
//! One thread reads and hashes the source; the others unpack what it has checked. A blob is in
//! memory or spooled, never unpacked before its digest matched, and never on disk twice.

mod behind;
mod error;
mod identity;
mod known;
mod node_package;
mod pipeline;
mod record;
mod room;
mod runtime;
mod turns;
mod wheel;
mod wheel_file;
#[cfg(test)]
mod wheel_tests;

pub use error::UnpackError;
pub use pipeline::fetch_and_unpack;
pub use room::Room;
pub use wheel::unpack_wheel;
