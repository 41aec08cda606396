//! What a release's config blob says of one component.

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
