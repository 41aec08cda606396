//! Whom a host trusts: the root that a person vouches for, the registries it knows, and freshness.

mod anchor;
mod expiry;
mod freshness;
mod trusted;

pub use anchor::{AnchorError, AnchorSettings, read_anchor};
pub use expiry::{ExpiryOf, TrustExpiry, trust_expiries};
pub use freshness::{AskedGrace, ExpiredRole, FreshnessReport, Grace, in_words};
pub use trusted::{
    SeenRole, TrustDetails, TrustedError, TrustedRegistry, TrustedRole, check_trusted, remove_trust,
    reset_trust, signers, trust, trust_details, trusted_registries,
};
