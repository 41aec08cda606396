//! YAML values as JSON values.
//!
//! Keys that are not text become the text that YAML prints for them. Tags and numbers that are not
//! finite have no counterpart and are refused rather than guessed at.

use std::borrow::Cow;

use serde_json::{Map, Value as Json};
use serde_yaml::{Mapping, Value};

use super::document::YamlDocument;
use super::field_path::FieldPath;
use crate::diagnostics::{Code, Finding, Findings};

/// The way to a value. It becomes a path only where something is told of the value.
#[derive(Clone, Copy)]
pub(super) enum Way<'w> {
    Root,
    Key(&'w Way<'w>, &'w str),
    Index(&'w Way<'w>, usize),
}

impl Way<'_> {
    fn path(self) -> FieldPath {
        match self {
            Self::Root => FieldPath::root(),
            // The nesting is that of the YAML, which is bounded.
            Self::Key(parent, key) => parent.path().key(key),
            Self::Index(parent, index) => parent.path().index(index),
        }
    }
}

/// `mapping` as a JSON object; values that cannot be converted are left out.
pub(super) fn object(
    document: &YamlDocument,
    mapping: &Mapping,
    way: Way<'_>,
    findings: &mut Findings,
) -> Map<String, Json> {
    let mut object = Map::with_capacity(mapping.len());
    for (key, value) in mapping {
        let Some(key) = key_text(key) else {
            let message = "a key is neither text, a number, a boolean nor null";
            let position = document.position(&way.path());
            findings.push(Finding::new(Code::ComplexKey, document.file(), position, message));
            continue;
        };
        let way = Way::Key(&way, &key);
        if key == "<<" {
            let message = "the merge key `<<` has no effect in Attune";
            let position = document.key_position(&way.path());
            findings.push(
                Finding::new(Code::MergeKey, document.file(), position, message)
                    .advise("write the merged keys out"),
            );
        }
        let Some(value) = convert(document, value, way, findings) else { continue };
        if object.contains_key(&*key) {
            let path = way.path();
            let message = format!("`{path}` is given twice in different spellings");
            let position = document.key_position(&path);
            findings.push(Finding::new(Code::DuplicateKey, document.file(), position, message));
        }
        object.insert(key.into_owned(), value);
    }
    object
}

fn convert(document: &YamlDocument, value: &Value, way: Way<'_>, findings: &mut Findings) -> Option<Json> {
    match value {
        Value::Null => Some(Json::Null),
        Value::Bool(boolean) => Some(Json::Bool(*boolean)),
        Value::String(text) => Some(Json::String(text.clone())),
        Value::Number(number) => {
            let converted = json_number(number);
            if converted.is_none() {
                let path = way.path();
                let message = format!("`{path}` is `{number}`, which is not a finite number");
                findings.push(Finding::new(
                    Code::NotFinite,
                    document.file(),
                    document.position(&path),
                    message,
                ));
            }
            converted
        }
        Value::Sequence(items) => Some(Json::Array(
            items
                .iter()
                .enumerate()
                .filter_map(|(index, item)| convert(document, item, Way::Index(&way, index), findings))
                .collect(),
        )),
        Value::Mapping(mapping) => Some(Json::Object(object(document, mapping, way, findings))),
        Value::Tagged(tagged) => {
            let path = way.path();
            let message = format!("`{path}` carries the tag `{}`", tagged.tag);
            findings.push(
                Finding::new(Code::Tagged, document.file(), document.position(&path), message)
                    .advise("remove the tag; quote text that starts with `!`"),
            );
            None
        }
    }
}

fn json_number(number: &serde_yaml::Number) -> Option<Json> {
    let converted = number
        .as_u64()
        .map(serde_json::Number::from)
        .or_else(|| number.as_i64().map(serde_json::Number::from))
        .or_else(|| number.as_f64().and_then(serde_json::Number::from_f64));
    converted.map(Json::Number)
}

fn key_text(key: &Value) -> Option<Cow<'_, str>> {
    match key {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(boolean) => Some(Cow::Owned(boolean.to_string())),
        Value::Null => Some(Cow::Borrowed("null")),
        Value::Sequence(_) | Value::Mapping(_) | Value::Tagged(_) => None,
    }
}
