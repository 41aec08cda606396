//! The originals of installed releases, as their publisher signed them: `store/blobs`, where an installation keeps them.
//!
//! ```text
//! store/blobs/<registry>/
//!   blobs/sha256/<hex>                      manifests, configurations, archives and packages
//!   packs/, metadata/                       indexes and metadata, by digest and version
//!   heads/<n>/metadata/timestamp.json       each timestamp under which a release was kept
//!   releases/<hex of the manifest>.json     the files that were kept of a release
//! ```
//!
//! Each head with the rest is a registry like any other, and nothing here is believed: whoever reads it holds it against
//! the metadata, as if it came from elsewhere.
//!
//! ```text
//! record    the files of a release
//! registry  what is kept of a registry, and how it is read
//! adopt     the move into it, once a change is registered
//! unused    what no kept generation uses
//! ```

mod adopt;
mod record;
mod registry;
mod unused;

pub use adopt::{STAGED_ORIGINALS, adopt_originals};
pub use record::{ORIGINAL_FORMAT, OriginalFile, OriginalRecord, RecordError};
pub use registry::{KeptRegistry, Recorded};
pub use unused::UnusedOriginals;
