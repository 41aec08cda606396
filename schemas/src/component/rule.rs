//! Rules: which event runs which action.

use serde_json::{Map, Value};

use super::reference::complete;
use crate::pack_ref::PackRef;

/// Completes the refs of the trigger and the action, and gives `permission_set_ref` its proper name.
pub(super) fn complete_rule(pack: &PackRef, definition: &mut Map<String, Value>) {
    for key in ["trigger_ref", "action_ref"] {
        if let Some(Value::String(text)) = definition.get_mut(key) {
            *text = complete(pack, text);
        }
    }
    if let Some(alias) = definition.remove("permission_set_ref") {
        definition.entry("permission_set_refs").or_insert(alias);
    }
    if let Some(refs) = definition.get_mut("permission_set_refs")
        && refs.is_string()
    {
        *refs = Value::Array(vec![refs.take()]);
    }
}
