//! How files of the store come into environments.

use attune_schemas::PackRef;
use serde::{Deserialize, Serialize};

/// How files of the store come into environments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LinkMode {
    /// The quickest that breaks nothing; today that is `Fold`.
    #[default]
    Auto,
    /// One link for each directory of a single package, hard links for the other files.
    Fold,
    /// Copies that share their blocks with the store if the file system supports it, otherwise plain copies.
    Reflink,
    /// A hard link for each file; copies across file systems.
    Hardlink,
    /// Every file a copy of its own, which the environment's one pack may write.
    Copy,
}

impl LinkMode {
    /// Whether a directory that one package owns becomes a single link.
    pub const fn folds(self) -> bool {
        matches!(self, Self::Auto | Self::Fold)
    }

    /// The same for what cannot be folded.
    #[must_use]
    pub const fn unfolded(self) -> Self {
        match self {
            Self::Auto | Self::Fold => Self::Hardlink,
            other => other,
        }
    }

    /// The owner of an environment for `pack`: with copies each pack has its own, else packs share.
    pub fn owner(self, pack: &PackRef) -> Option<PackRef> {
        (self == Self::Copy).then(|| pack.clone())
    }

    /// The layout that it makes; modes with equal layouts share environments.
    pub const fn layout(self) -> &'static str {
        match self {
            Self::Auto | Self::Fold => "folded",
            Self::Hardlink => "hardlinked",
            Self::Reflink => "reflinked",
            Self::Copy => "copied",
        }
    }
}
