//! Sensors: programs that watch the world and fire triggers.

use serde_json::{Map, Value};

use super::reference::complete;
use crate::pack_ref::PackRef;

/// Completes the refs of the triggers, and turns the singular `trigger_type` into the list.
pub(super) fn complete_sensor(pack: &PackRef, definition: &mut Map<String, Value>) {
    if let Some(single) = definition.remove("trigger_type") {
        let list = definition.entry("trigger_types").or_insert(Value::Null);
        if list.is_null() && single.is_string() {
            *list = Value::Array(vec![single]);
        }
    }
    if let Some(Value::Array(types)) = definition.get_mut("trigger_types") {
        for text in types {
            if let Value::String(text) = text {
                *text = complete(pack, text);
            }
        }
    }
}
