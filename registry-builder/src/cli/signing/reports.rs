//! The documents of the commands about keys and roots that a library gives in parts.

use std::path::PathBuf;

use attune_registry::report::Report;
use attune_schemas::Digest;
use attune_schemas::tuf::Root;
use schemars::JsonSchema;
use serde::Serialize;

use crate::signing::{ListedKey, SignatureReport};

/// A root, or a draft of the next one.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct RootReport<'a> {
    /// Its fingerprint.
    pub(super) root_fingerprint: Digest,
    /// The metadata, in the names of its specification.
    pub(super) root: &'a Root,
    /// How far it is signed by its own keys.
    pub(super) own_keys: &'a SignatureReport,
}

impl Report for RootReport<'_> {
    const FORMAT: &'static str = "attune-build.root-show/v1";
}

/// The keys of a registry.
#[derive(Debug, Serialize, JsonSchema)]
pub(in crate::cli) struct KeyList {
    /// The registry.
    pub(super) registry: PathBuf,
    /// The keys, by role.
    pub(super) keys: Vec<ListedKey>,
}

impl Report for KeyList {
    const FORMAT: &'static str = "attune-build.key-list/v1";
}
