//! Where packs come from, and whether it may be believed.

mod indexes;
mod input;
mod known;
mod listing;
mod location;
mod pack_source;
mod places;
mod search;
mod unsigned;
mod verified;
mod verify;

pub use known::PlaceError;
pub use location::{SourceLocation, SourceNameError};
pub use pack_source::{OpenedSource, PackSource, PackSourceError};
pub use search::{FindError, OpenError, RegistrySearch, SearchSettings};
pub use unsigned::{PackBuilder, PreparedPacks, SignedHere, UnsignedError, UnsignedSources};
pub use verified::VerifiedSource;
pub use verify::{
    JudgedSource, TrustSettings, VerifyError, judge, name_by_first_root, verified_own, verify, verify_as,
    verify_of_any_age,
};
