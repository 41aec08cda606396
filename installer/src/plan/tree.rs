//! A tree of the store that a plan lacks: what is fetched for it, and what it unpacks to.

use std::collections::BTreeSet;

use attune_host::root::StoreKind;
use attune_schemas::environment_lock::{Footprint, LockedNodePackage, LockedWheel};
use attune_schemas::runtime_index::RuntimeRelease;

/// A tree to unpack into the store.
#[derive(Debug, Clone)]
pub enum TreeToUnpack {
    /// A pack.
    Pack {
        /// Its size unpacked.
        unpacked: Footprint,
    },
    /// A wheel.
    Wheel(LockedWheel),
    /// An npm package.
    NodePackage(NeededNodePackage),
    /// The files that the install script of an npm package made.
    Overlay {
        /// Their size unpacked.
        unpacked: Footprint,
    },
    /// An interpreter.
    Runtime(RuntimeRelease),
}

/// An npm package to unpack.
#[derive(Debug, Clone)]
pub struct NeededNodePackage {
    /// The package, at one of its places.
    pub package: LockedNodePackage,
    /// Its files that are linked to as programs, relative to it.
    pub programs: BTreeSet<String>,
}

impl TreeToUnpack {
    /// The part of the store that keeps it.
    pub const fn kind(&self) -> StoreKind {
        match self {
            Self::Pack { .. } => StoreKind::Packs,
            Self::Wheel(_) => StoreKind::Wheels,
            Self::NodePackage(_) | Self::Overlay { .. } => StoreKind::Node,
            Self::Runtime(_) => StoreKind::Runtimes,
        }
    }

    /// Its size unpacked.
    pub const fn unpacked(&self) -> &Footprint {
        match self {
            Self::Pack { unpacked } | Self::Overlay { unpacked } => unpacked,
            Self::Wheel(wheel) => &wheel.unpacked,
            Self::NodePackage(needed) => &needed.package.unpacked,
            Self::Runtime(release) => &release.unpacked,
        }
    }
}
