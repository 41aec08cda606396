//! Registries on the host: that of packs which it signs itself, as nobody else did, in `state/local`, and the originals that
//! it keeps of others (`originals`).
//!
//! ```text
//! state/local/
//!   host.key.json    the one key, which signs every role; mode 0600
//!   registry/        a registry like any other, called `this-host`
//! ```
//!
//! A change that brings such packs writes its files to its staging directory first: they are moved here once the change
//! is registered, the metadata last, as the metadata of other registries is.
//!
//! ```text
//! registry        where it is, and how it is read
//! signer          releases that are signed, beside it
//! adopt           the move into it
//! prune           what no kept generation uses
//! signed_release  what a backup takes along of it
//! originals       what was installed as its publisher signed it, where it is kept
//! ```

mod adopt;
pub mod originals;
mod prune;
mod registry;
mod signed_release;
mod signer;

pub use adopt::{STAGED_LOCAL, adopt, copy_files};
pub use prune::Unused;
pub use registry::LocalRegistry;
pub use signed_release::SignedRelease;
pub use signer::{LocalError, LocalSigner};
