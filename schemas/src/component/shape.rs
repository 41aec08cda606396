//! The shapes that a component's fields may have, and the one check that applies them.

use serde_json::Value;

use crate::diagnostics::{Code, Findings};
use crate::yaml::{FieldPath, Fields};

/// The values that a field may hold.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Text,
    Boolean,
    Integer,
    /// A whole number above zero.
    Positive,
    Mapping,
    List,
    Texts,
    /// A mapping whose values are all text.
    TextMapping,
    /// One text or a list of texts.
    OneOrMoreTexts,
    OneOf(&'static [&'static str]),
    /// Anything: known, and of no consequence to a release.
    Any,
    /// Known from documents, read by no loader; with the field that is read instead.
    Unread(&'static str),
}

/// A field of a component file.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) key: &'static str,
    pub(super) shape: Shape,
    pub(super) required: bool,
}

pub(super) const fn optional(key: &'static str, shape: Shape) -> Field {
    Field { key, shape, required: false }
}

pub(super) const fn required(key: &'static str, shape: Shape) -> Field {
    Field { key, shape, required: true }
}

/// Checks every field of `table`, and no other.
pub(super) fn check<'t>(
    fields: &Fields<'_>,
    table: impl IntoIterator<Item = &'t Field>,
    findings: &mut Findings,
) {
    for field in table {
        let key = field.key;
        match fields.get(key) {
            None if field.required => findings.push(fields.missing(key)),
            None => {}
            Some(Value::String(text)) if field.required && text.trim().is_empty() => {
                let message = format!("`{}` is blank", fields.path(key));
                findings.push(fields.finding(Code::Missing, key, message));
            }
            Some(value) => check_shape(fields, key, field.shape, value, findings),
        }
    }
}

fn check_shape(fields: &Fields<'_>, key: &str, shape: Shape, value: &Value, findings: &mut Findings) {
    let path = fields.path(key);
    match shape {
        Shape::Any => {}
        Shape::Text => drop(fields.text(key, findings)),
        Shape::Boolean => drop(fields.boolean(key, findings)),
        Shape::Positive => drop(fields.positive(key, findings)),
        Shape::Mapping => drop(fields.mapping(key, findings)),
        Shape::List => drop(fields.list(key, findings)),
        Shape::Texts => drop(fields.texts(key, findings)),
        Shape::Integer => {
            if !value.is_i64() && !value.is_u64() {
                findings.push(fields.wrong_type(&path, value, "a whole number"));
            }
        }
        Shape::TextMapping => check_text_mapping(fields, key, &path, findings),
        Shape::OneOrMoreTexts => {
            if value.is_array() {
                drop(fields.texts(key, findings));
            } else if !value.is_string() {
                findings.push(fields.wrong_type(&path, value, "text or a list of texts"));
            }
        }
        Shape::OneOf(known) => {
            let Some(text) = fields.text(key, findings) else { return };
            if !known.contains(&text.to_ascii_lowercase().as_str()) {
                let message = format!("`{path}` is `{}`", text.escape_debug());
                findings.push(
                    fields
                        .finding(Code::UnknownValue, key, message)
                        .advise(format!("use one of {}", known.join(", "))),
                );
            }
        }
        Shape::Unread(instead) => {
            let message = format!("`{path}` is read by none of Attune's loaders");
            findings.push(
                fields
                    .key_finding(Code::UnreadField, key, message)
                    .advise(format!("write `{instead}` instead")),
            );
        }
    }
}

fn check_text_mapping(fields: &Fields<'_>, key: &str, path: &FieldPath, findings: &mut Findings) {
    let Some(mapping) = fields.mapping(key, findings) else { return };
    for name in mapping.keys() {
        match mapping.get(name) {
            Some(Value::String(_)) => {}
            Some(other) => findings.push(fields.wrong_type(&path.key(name), other, "text")),
            None => findings.push(fields.wrong_type(&path.key(name), &Value::Null, "text")),
        }
    }
}
