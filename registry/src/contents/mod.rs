//! The contents of a registry or bundle, looked at and checked without installing anything.
//!
//! ```text
//! opened       a path as a source, its metadata verified from its own first root down
//! described    releases, interpreters and the bundle itself, as reports tell them
//! read         the description, as far as the metadata vouches
//! expected     every blob that must be there, with its size
//! blobs        digest and size of each, and the archives of packs as hosts read them
//! difference   two sets of releases, held against each other
//! ```
//!
//! A first root of its own vouches for nothing: whether it is the right one is for whoever knows its fingerprint to say,
//! or for a host that trusts it. Nothing of such contents is to be used, only shown.

mod blobs;
mod damage;
mod described;
mod difference;
mod error;
mod expected;
mod opened;
mod read;

pub use blobs::{Checked, check_bundle, check_directory};
pub use damage::Damage;
pub use described::{Contents, DescribedBundle, DescribedPackage, DescribedRelease, DescribedRuntime};
pub use difference::{
    ComponentDifference, Difference, PackDifference, PackageDifference, ReleaseChange, RequirementDifference,
    difference,
};
pub use error::ContentsError;
pub use expected::Expected;
pub use opened::{Opened, Roots, absolute_source, roots_of};
pub use read::{described_release, read_contents};
