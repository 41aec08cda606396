//! Typed reading of a mapping's fields, with a finding for each that has the wrong type.
//!
//! Attune treats a value of the wrong type as absent and says nothing. Here it is an error that says
//! what was found and what is expected. A null is absent, in both.

use serde_json::{Map, Value};

use super::document::YamlDocument;
use super::field_path::FieldPath;
use crate::diagnostics::{Code, Finding, Findings, closest};

/// A mapping inside a document.
#[derive(Debug, Clone)]
pub(crate) struct Fields<'a> {
    document: &'a YamlDocument,
    map: &'a Map<String, Value>,
    path: FieldPath,
}

impl<'a> Fields<'a> {
    /// The root of `document`, whose JSON form is `map`.
    pub(crate) fn root(document: &'a YamlDocument, map: &'a Map<String, Value>) -> Self {
        Self { document, map, path: FieldPath::root() }
    }

    /// The mapping `map` at `path` of the same document.
    pub(crate) fn at(&self, map: &'a Map<String, Value>, path: FieldPath) -> Self {
        Self { document: self.document, map, path }
    }

    pub(crate) fn path(&self, key: &str) -> FieldPath {
        self.path.key(key)
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.map.keys().map(String::as_str)
    }

    /// The value under `key`, unless it is null.
    pub(crate) fn get(&self, key: &str) -> Option<&'a Value> {
        self.map.get(key).filter(|value| !value.is_null())
    }

    pub(crate) fn has(&self, key: &str) -> bool {
        self.get(key).is_some()
    }

    pub(crate) fn text(&self, key: &str, findings: &mut Findings) -> Option<&'a str> {
        let value = self.get(key)?;
        let text = value.as_str();
        if text.is_none() {
            findings.push(self.wrong_type(&self.path(key), value, "text"));
        }
        text
    }

    /// Text, or `None` with a finding if `key` is absent or blank.
    pub(crate) fn required_text(&self, key: &str, findings: &mut Findings) -> Option<&'a str> {
        if !self.has(key) {
            findings.push(self.missing(key));
            return None;
        }
        let text = self.text(key, findings)?;
        if text.trim().is_empty() {
            findings.push(self.finding(Code::Missing, key, format!("`{}` is blank", self.path(key))));
            return None;
        }
        Some(text)
    }

    pub(crate) fn boolean(&self, key: &str, findings: &mut Findings) -> Option<bool> {
        let value = self.get(key)?;
        let boolean = value.as_bool();
        if boolean.is_none() {
            findings.push(self.wrong_type(&self.path(key), value, "`true` or `false`"));
        }
        boolean
    }

    pub(crate) fn number(&self, key: &str, findings: &mut Findings) -> Option<f64> {
        let value = self.get(key)?;
        let number = value.as_f64();
        if number.is_none() {
            findings.push(self.wrong_type(&self.path(key), value, "a number"));
        }
        number
    }

    /// A whole number above zero.
    pub(crate) fn positive(&self, key: &str, findings: &mut Findings) -> Option<u64> {
        let value = self.get(key)?;
        let number = value.as_u64().filter(|number| *number > 0);
        if number.is_none() {
            let expected = "a whole number above zero";
            findings.push(if value.is_i64() || value.is_u64() {
                self.out_of_range(key, value, expected)
            } else {
                self.wrong_type(&self.path(key), value, expected)
            });
        }
        number
    }

    pub(crate) fn mapping(&self, key: &str, findings: &mut Findings) -> Option<Fields<'a>> {
        let value = self.get(key)?;
        let map = value.as_object();
        if map.is_none() {
            findings.push(self.wrong_type(&self.path(key), value, "a mapping"));
        }
        map.map(|map| self.at(map, self.path(key)))
    }

    pub(crate) fn object(&self, key: &str, findings: &mut Findings) -> Option<Map<String, Value>> {
        self.mapping(key, findings).map(|fields| fields.map.clone())
    }

    /// The mapping under `key` with its fields, if it is one, without a finding if it is not.
    pub(crate) fn section(&self, key: &str) -> Option<Fields<'a>> {
        let map = self.get(key)?.as_object()?;
        Some(self.at(map, self.path(key)))
    }

    /// The mappings in the list under `key`, without findings for the rest.
    pub(crate) fn sections(&self, key: &str) -> Vec<Fields<'a>> {
        let items = self.get(key).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let section =
            |(index, item): (usize, &'a Value)| Some(self.at(item.as_object()?, self.path(key).index(index)));
        items.iter().enumerate().filter_map(section).collect()
    }

    /// The mapping under `key` if it is one, without a finding if it is not.
    pub(crate) fn object_quietly(&self, key: &str) -> Map<String, Value> {
        self.get(key).and_then(Value::as_object).cloned().unwrap_or_default()
    }

    /// The plain scalar under `key` as written.
    pub(crate) fn source_text(&self, key: &str) -> Option<&'a str> {
        self.document.source_text(&self.path(key))
    }

    pub(crate) fn list(&self, key: &str, findings: &mut Findings) -> Option<&'a [Value]> {
        let value = self.get(key)?;
        let items = value.as_array();
        if items.is_none() {
            findings.push(self.wrong_type(&self.path(key), value, "a list"));
        }
        items.map(Vec::as_slice)
    }

    /// A list of texts; items of another type are reported and left out.
    pub(crate) fn texts(&self, key: &str, findings: &mut Findings) -> Option<Vec<String>> {
        let items = self.list(key, findings)?;
        let mut texts = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            match item.as_str() {
                Some(text) => texts.push(text.to_owned()),
                None => findings.push(self.wrong_type(&self.path(key).index(index), item, "text")),
            }
        }
        Some(texts)
    }

    /// A finding at the value of `key`, or where it would stand.
    pub(crate) fn finding(&self, code: Code, key: &str, message: impl Into<String>) -> Finding {
        self.finding_at(code, &self.path(key), message)
    }

    /// A finding at the value of `path`.
    pub(crate) fn finding_at(&self, code: Code, path: &FieldPath, message: impl Into<String>) -> Finding {
        Finding::new(code, self.document.file(), self.document.position(path), message)
    }

    /// A finding at the key of `key` itself.
    pub(crate) fn key_finding(&self, code: Code, key: &str, message: impl Into<String>) -> Finding {
        self.key_finding_at(code, &self.path(key), message)
    }

    /// A finding at the key that `path` ends in.
    pub(crate) fn key_finding_at(&self, code: Code, path: &FieldPath, message: impl Into<String>) -> Finding {
        Finding::new(code, self.document.file(), self.document.key_position(path), message)
    }

    pub(crate) fn missing(&self, key: &str) -> Finding {
        self.finding(Code::Missing, key, format!("`{}` is missing", self.path(key)))
    }

    pub(crate) fn wrong_type(&self, path: &FieldPath, value: &Value, expected: &str) -> Finding {
        let message = format!("`{path}` must be {expected}, found {}", describe(value));
        let finding = self.finding_at(Code::WrongType, path, message);
        match (expected, value) {
            ("text", Value::Number(_) | Value::Bool(_)) => {
                let written =
                    self.document.source_text(path).map_or_else(|| value.to_string(), str::to_owned);
                finding.advise(format!("put it in quotes: `\"{written}\"`"))
            }
            ("a list", Value::String(text)) => finding.advise(format!("write a list: `[{text}]`")),
            _ => finding,
        }
    }

    pub(crate) fn out_of_range(&self, key: &str, value: &Value, expected: &str) -> Finding {
        let message = format!("`{}` must be {expected}, found {}", self.path(key), describe(value));
        self.finding(Code::OutOfRange, key, message)
    }

    /// Reports each key that is not in `known`; with `only_slips`, only those close to one that is.
    pub(crate) fn report_unknown(
        &self,
        code: Code,
        known: &[&str],
        only_slips: bool,
        findings: &mut Findings,
    ) {
        for key in self.keys().filter(|key| !known.contains(key) && *key != "<<") {
            let suggestion = closest(key, known);
            if only_slips && suggestion.is_none() {
                continue;
            }
            let finding = self.key_finding(code, key, format!("`{}` is not a known field", self.path(key)));
            findings.push(match suggestion {
                Some(meant) => finding.advise(format!("did you mean `{meant}`?")),
                None if code == Code::UnknownField => {
                    finding.advise("Attune ignores it; remove it, or keep it under `meta`")
                }
                None => finding.advise("remove it"),
            });
        }
    }
}

/// The kind of a value, in words, for messages.
pub(crate) fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Bool(boolean) => format!("the boolean `{boolean}`"),
        Value::Number(number) => format!("the number `{number}`"),
        Value::String(text) if text.chars().count() > 40 => {
            format!("the text `{}...`", text.chars().take(40).collect::<String>().escape_debug())
        }
        Value::String(text) => format!("the text `{}`", text.escape_debug()),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a mapping".to_owned(),
    }
}

/// The kind of a value at the root of a file, in words.
pub(super) fn describe_yaml(value: &serde_yaml::Value) -> &'static str {
    match value {
        serde_yaml::Value::Null => "nothing",
        serde_yaml::Value::Bool(_) => "a boolean",
        serde_yaml::Value::Number(_) => "a number",
        serde_yaml::Value::String(_) => "text",
        serde_yaml::Value::Sequence(_) => "a list",
        serde_yaml::Value::Mapping(_) => "a mapping",
        serde_yaml::Value::Tagged(_) => "a tagged value",
    }
}
