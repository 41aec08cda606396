//! What bundles, registries and generations contain: looked at, and held against each other. Nothing is changed.
//!
//! A source is first held against what this host trusts. One that it does not trust is read from its own first root
//! down, which vouches for nothing: such a source is shown, and said not to be verified.
//!
//! ```text
//! looked   a bundle or directory, with whether this host trusts it
//! inspect  the contents of a source, or of a pack
//! diff     two sides, each a source or a generation
//! ```

mod diff;
mod error;
mod inspect;
mod looked;

pub use diff::{DiffOptions, DiffReport, DiffSide, DiffedSide, diff};
pub use error::LookError;
pub use inspect::{InspectOptions, InspectReport, InspectTarget, InspectedKind, InspectedRelease, inspect};
pub use looked::SourceTrust;
