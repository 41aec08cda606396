//! A component's definition, read field by field with the database's defaults.

use serde_json::{Map, Value};

/// The fields of a definition; a field of the wrong type counts as absent, as Attune's own reader has it.
#[derive(Clone, Copy)]
pub(super) struct ComponentFields<'a>(pub(super) &'a Map<String, Value>);

impl<'a> ComponentFields<'a> {
    pub(super) fn text(self, key: &str) -> Option<&'a str> {
        self.0.get(key).and_then(Value::as_str)
    }

    pub(super) fn text_or(self, key: &str, default: &'a str) -> &'a str {
        self.text(key).unwrap_or(default)
    }

    /// The text in lower case, where it is one of `allowed`.
    pub(super) fn one_of(self, key: &str, allowed: &[&'static str], default: &'static str) -> &'static str {
        let value = self.text(key).map(str::to_lowercase);
        value.and_then(|value| allowed.iter().find(|name| **name == value).copied()).unwrap_or(default)
    }

    pub(super) fn flag(self, key: &str, default: bool) -> bool {
        self.0.get(key).and_then(Value::as_bool).unwrap_or(default)
    }

    pub(super) fn integer(self, key: &str) -> Option<i64> {
        self.0.get(key).and_then(Value::as_i64)
    }

    /// The value as JSON text, `None` where it is absent or null.
    pub(super) fn json(self, key: &str) -> Option<String> {
        self.0.get(key).filter(|value| !value.is_null()).map(Value::to_string)
    }

    pub(super) fn json_or(self, key: &str, default: &str) -> String {
        self.json(key).unwrap_or_else(|| default.to_owned())
    }

    /// A list of texts, or a single one.
    pub(super) fn texts(self, key: &str) -> Vec<&'a str> {
        match self.0.get(key) {
            Some(Value::String(text)) => vec![text],
            Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        }
    }

    /// The mappings of a list.
    pub(super) fn objects(self, key: &str) -> impl Iterator<Item = &'a Map<String, Value>> {
        let items = self.0.get(key).and_then(Value::as_array);
        items.into_iter().flatten().filter_map(Value::as_object)
    }
}
