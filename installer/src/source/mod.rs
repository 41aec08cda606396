//! Where packs come from, and whether it may be believed.

mod input;
mod location;
mod verified;

pub use location::{SourceLocation, SourceNameError};
pub use verified::{TrustSettings, VerifiedSource, VerifyError, verify, verify_of_any_age};
