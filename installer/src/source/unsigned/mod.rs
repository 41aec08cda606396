//! Packs that nobody signed: directories, archives and git repositories, which the host signs itself.
//!
//! ```text
//! prepare   obtained, judged, and made into releases, before the root is held
//!   builder   by the program attune-build, where packages must be fetched
//!   import    what that made
//! sign      signed by the host's key, and read as any registry is
//! ```
//!
//! What is signed goes the way of all packs: it is verified, planned, tested, and activated. That nobody else vouches
//! for it stays visible, as it is from the registry `this-host`.

mod builder;
mod error;
mod import;
mod prepare;
mod sign;

pub use builder::PackBuilder;
pub use error::UnsignedError;
pub use prepare::{PreparedPacks, UnsignedSources};
pub use sign::SignedHere;
