//! Why no releases could be chosen.

use attune_registry::reader::ReaderError;
use attune_registry::resolve::ResolveError;
use attune_schemas::{Digest, PackRef, Requirement, Version};

use crate::source::FindError;

/// Why no releases could be chosen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChooseError {
    /// A release is not what its index says.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// No set of releases will do.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// A bundle carries a release that the signed index does not list.
    #[error(
        "the bundle carries {pack} {version} with manifest {manifest}, which the registry's index does not list"
    )]
    NotInIndex {
        /// The pack.
        pack: PackRef,
        /// The version that the bundle claims.
        version: Version,
        /// The manifest that the bundle claims.
        manifest: Digest,
    },
    /// A bundle lists a pack twice.
    #[error("the bundle lists pack `{pack}` twice")]
    ListedTwice {
        /// The pack.
        pack: PackRef,
    },
    /// An installed pack is offered by another registry than its own.
    #[error("pack `{pack}` was installed from registry `{installed_from}`, not from `{offered_by}`")]
    OtherRegistry {
        /// The pack.
        pack: PackRef,
        /// The registry it was installed from.
        installed_from: String,
        /// The registry it comes from now.
        offered_by: String,
    },
    /// An installed pack is of a registry that the host does not know.
    #[error("pack `{pack}` was installed from registry `{installed_from}`, which the host does not know")]
    RegistryNotKnown {
        /// The pack.
        pack: PackRef,
        /// The registry it was installed from.
        installed_from: String,
    },
    /// A known registry cannot be read.
    #[error(transparent)]
    Find(#[from] FindError),
    /// A pack has no such channel.
    #[error("pack `{pack}` has no channel `{channel}`{}", has_channels(there))]
    NoChannel {
        /// The pack.
        pack: PackRef,
        /// The channel.
        channel: String,
        /// Those that it has.
        there: Vec<String>,
    },
    /// Another version is asked for of a pack that is held.
    #[error("pack `{pack}` is held at version {installed}, and `{requirement}` was asked for")]
    Held {
        /// The pack.
        pack: PackRef,
        /// The requirement of the request.
        requirement: Requirement,
        /// The version that is installed.
        installed: Version,
    },
    /// No set of releases will do within the host's rules.
    #[error("the host's rules leave no release to choose: {rules}")]
    RuledOut {
        /// The rules.
        rules: String,
        /// The failure.
        #[source]
        source: ResolveError,
    },
    /// The packs need others, which are not to be installed.
    #[error("the packs need others that are not installed, and nothing else is to be installed")]
    OthersNeeded {
        /// The failure.
        #[source]
        source: ResolveError,
    },
    /// Nothing was asked for.
    #[error("no pack was named")]
    NothingRequested,
}

fn has_channels(there: &[String]) -> String {
    if there.is_empty() { String::new() } else { format!("; it has {}", there.join(", ")) }
}
