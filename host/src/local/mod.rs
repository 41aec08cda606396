//! The registry of packs that the host signs itself, as nobody else did: `state/local`.
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
//! registry  where it is, and how it is read
//! signer    releases that are signed, beside it
//! adopt     the move into it
//! prune     what no kept generation uses
//! ```

mod adopt;
mod prune;
mod registry;
mod signer;

pub use adopt::{STAGED_LOCAL, adopt, adopt_first, copy_files};
pub use prune::Unused;
pub use registry::LocalRegistry;
pub use signer::{LocalError, LocalSigner};
