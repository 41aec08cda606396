//! Where packs come from, and whether it may be believed.

mod location;
mod verified;

pub use location::SourceLocation;
pub use verified::{TrustSettings, VerifiedSource, VerifyError, verify};
