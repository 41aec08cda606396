//! What a release's config blob says of one component.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::kind::ComponentKind;
use crate::entry_path::EntryPath;

/// One component file of a pack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComponentSummary {
    /// What it is.
    pub kind: ComponentKind,
    /// Its full ref, `pack.name`.
    #[serde(rename = "ref")]
    pub component_ref: String,
    /// Name for people.
    pub label: String,
    /// The file it is in.
    pub file: EntryPath,
    /// The file's content as read, with the refs completed and the legacy spellings normalised.
    pub definition: Map<String, Value>,
}

/// Number of components by the directory that holds their kind, for example `actions: 4`.
pub fn count_by_directory(components: &[ComponentSummary]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for component in components {
        *counts.entry(component.kind.directory().to_owned()).or_insert(0) += 1;
    }
    counts
}
