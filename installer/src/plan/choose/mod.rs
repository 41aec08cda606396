//! Which releases are installed: what was asked for and what it needs, within what the sources have, what is installed
//! already, and what the host's own rules allow.
//!
//! ```text
//! channels    packs that are asked for by a channel
//! upgrades    the packs that an upgrade asks for
//! options     how that is done
//! rules       packs that are held or pinned
//! candidates  the releases that the resolver may choose from
//! releases    the choice
//! blobs       the blobs that have business in a source
//! newest      the newest release of a pack, whatever else there is
//! alone       a pack without those that it needs
//! ```

mod alone;
mod blobs;
mod candidates;
mod channels;
mod error;
mod newest;
mod options;
mod releases;
mod rules;
mod upgrades;

pub use alone::{LoneRelease, WantedPack, bundled_releases, choose_alone};
pub use blobs::{allowed_blobs, installed_blobs};
pub use channels::channel_requests;
pub use error::ChooseError;
pub use newest::{newest_for, newest_release};
pub use options::{ChooseOptions, DependencyPolicy, LackingPolicy, OtherPacks, Purpose, RegistryPolicy};
pub use releases::{ChosenReleases, InstalledPacks, KeptNewer, LackingDependency, choose_releases};
pub use rules::HeldBack;
pub use upgrades::upgrade_requests;
