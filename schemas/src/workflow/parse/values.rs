//! Small questions about values.

use serde_json::Value;

use crate::yaml::Located;

/// Whether `value` is a list or mapping without anything in it.
pub(super) fn is_empty(value: Located<'_>) -> bool {
    match value.value() {
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}
