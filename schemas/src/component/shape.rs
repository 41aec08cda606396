//! The shapes that a component's fields may have, and the one check that applies them, at any depth.

use serde_json::Value;

use crate::diagnostics::{Code, Findings, closest, shown};
use crate::yaml::{FieldPath, Fields, describe};

/// The values that a field may hold.
#[derive(Debug, Clone, Copy)]
pub(super) enum Shape {
    Text,
    Boolean,
    Integer,
    /// A whole number above zero.
    Positive,
    /// A whole number from the first to the second.
    Between(i64, i64),
    Mapping,
    Texts,
    /// A list whose items all have one shape.
    Each(&'static Shape),
    /// A mapping whose values all have one shape.
    Values(&'static Shape),
    /// A mapping of names to texts, none of them blank.
    Labels,
    /// One text or a list of texts.
    OneOrMoreTexts,
    /// One of these, in capitals or not.
    OneOf(&'static [&'static str]),
    /// One of these, letter for letter.
    Exactly(&'static [&'static str]),
    /// A mapping with fields of its own.
    Section(&'static Section),
    /// Text, or such a mapping.
    TextOr(&'static Section),
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

/// A mapping inside a field.
#[derive(Debug)]
pub(super) struct Section {
    pub(super) fields: &'static [Field],
    pub(super) reader: Reader,
}

/// The way in which servers read a mapping.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reader {
    /// Unknown keys, wrong types and wrong values are refused.
    Strict,
    /// Wrong types and values are refused, and unknown keys are passed over.
    Typed,
    /// Nothing is refused: a wrong value is passed over, or has no effect.
    Lenient,
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
                findings.push(blank(fields, &fields.path(key)));
            }
            Some(value) => check_value(fields, &fields.path(key), field.shape, value, findings),
        }
    }
}

/// Checks the value at `path` of the same document; the nesting is that of the shapes.
fn check_value(fields: &Fields<'_>, path: &FieldPath, shape: Shape, value: &Value, findings: &mut Findings) {
    let mut expect = |is_so: bool, expected: &str| {
        if !is_so {
            findings.push(fields.wrong_type(path, value, expected));
        }
    };
    match shape {
        Shape::Any => {}
        Shape::Text => expect(value.is_string(), "text"),
        Shape::Boolean => expect(value.is_boolean(), "`true` or `false`"),
        Shape::Mapping => expect(value.is_object(), "a mapping"),
        Shape::Integer => expect(is_whole(value), "a whole number"),
        Shape::Positive => {
            check_range(fields, path, value, (1, i64::MAX), "a whole number above zero", findings);
        }
        Shape::Between(least, most) => {
            let expected = format!("a whole number from {least} to {most}");
            check_range(fields, path, value, (least, most), &expected, findings);
        }
        Shape::Texts => check_items(fields, path, Shape::Text, value, findings),
        Shape::Each(shape) => check_items(fields, path, *shape, value, findings),
        Shape::Values(shape) => check_values(fields, path, *shape, value, findings),
        Shape::Labels => check_labels(fields, path, value, findings),
        Shape::OneOrMoreTexts => check_one_or_more(fields, path, value, findings),
        Shape::OneOf(known) => check_choice(fields, path, value, known, true, findings),
        Shape::Exactly(known) => check_choice(fields, path, value, known, false, findings),
        Shape::TextOr(_) if value.is_string() => {}
        Shape::TextOr(section) if !value.is_object() => {
            let mut found = Findings::new();
            found.push(fields.wrong_type(path, value, "text or a mapping"));
            hand_over(found, section.reader, findings);
        }
        Shape::Section(section) | Shape::TextOr(section) => {
            check_section(fields, path, section, value, findings);
        }
        Shape::Unread(instead) => {
            let message = format!("`{path}` is read by none of Attune's loaders");
            let finding = fields.key_finding_at(Code::UnreadField, path, message);
            findings.push(finding.advise(format!("write `{instead}` instead")));
        }
    }
}

fn check_section(
    fields: &Fields<'_>,
    path: &FieldPath,
    section: &Section,
    value: &Value,
    findings: &mut Findings,
) {
    let mut found = Findings::new();
    if let Value::Object(map) = value {
        let inner = fields.at(map, path.clone());
        check(&inner, section.fields, &mut found);
        let known: Vec<&str> = section.fields.iter().map(|field| field.key).collect();
        let code = if section.reader == Reader::Strict { Code::QueueField } else { Code::UnknownField };
        inner.report_unknown(code, &known, false, &mut found);
    } else {
        found.push(fields.wrong_type(path, value, "a mapping"));
    }
    hand_over(found, section.reader, findings);
}

/// Adds what was found in a mapping; of one that nothing is refused of, errors become warnings.
pub(super) fn hand_over(mut found: Findings, reader: Reader, findings: &mut Findings) {
    if reader == Reader::Lenient {
        found.for_each(|finding| {
            if finding.code.severity() == crate::diagnostics::Severity::Error {
                finding.code = Code::PassedOver;
                finding.severity = Code::PassedOver.severity();
                finding.message.push_str(", and Attune passes it over");
            }
        });
    }
    findings.extend(found);
}

fn is_whole(value: &Value) -> bool {
    value.is_i64() || value.is_u64()
}

fn check_range(
    fields: &Fields<'_>,
    path: &FieldPath,
    value: &Value,
    (least, most): (i64, i64),
    expected: &str,
    findings: &mut Findings,
) {
    if !is_whole(value) {
        findings.push(fields.wrong_type(path, value, expected));
    } else if value.as_i64().is_none_or(|number| number < least || number > most) {
        let message = format!("`{path}` must be {expected}, found {}", describe(value));
        findings.push(fields.finding_at(Code::OutOfRange, path, message));
    }
}

fn check_items(fields: &Fields<'_>, path: &FieldPath, shape: Shape, value: &Value, findings: &mut Findings) {
    let Some(items) = value.as_array() else {
        findings.push(fields.wrong_type(path, value, "a list"));
        return;
    };
    for (index, item) in items.iter().enumerate() {
        check_value(fields, &path.index(index), shape, item, findings);
    }
}

fn check_values(fields: &Fields<'_>, path: &FieldPath, shape: Shape, value: &Value, findings: &mut Findings) {
    let Some(map) = value.as_object() else {
        findings.push(fields.wrong_type(path, value, "a mapping"));
        return;
    };
    for (name, value) in map {
        check_value(fields, &path.key(name), shape, value, findings);
    }
}

fn check_labels(fields: &Fields<'_>, path: &FieldPath, value: &Value, findings: &mut Findings) {
    check_values(fields, path, Shape::Text, value, findings);
    for (name, value) in value.as_object().into_iter().flatten() {
        let is_blank = |text: &str| text.trim().is_empty();
        if is_blank(name) {
            let message = format!("`{path}` has a name that is blank");
            findings.push(fields.key_finding_at(Code::Missing, &path.key(name), message));
        } else if value.as_str().is_some_and(is_blank) {
            findings.push(blank(fields, &path.key(name)));
        }
    }
}

fn check_one_or_more(fields: &Fields<'_>, path: &FieldPath, value: &Value, findings: &mut Findings) {
    let texts: Vec<(FieldPath, &Value)> = match value {
        Value::String(_) => vec![(path.clone(), value)],
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, item)| (path.index(index), item)).collect()
        }
        _ => {
            findings.push(fields.wrong_type(path, value, "text or a list of texts"));
            return;
        }
    };
    for (path, text) in texts {
        match text {
            Value::String(text) if text.trim().is_empty() => findings.push(blank(fields, &path)),
            Value::String(_) => {}
            other => findings.push(fields.wrong_type(&path, other, "text")),
        }
    }
}

fn check_choice(
    fields: &Fields<'_>,
    path: &FieldPath,
    value: &Value,
    known: &[&str],
    any_case: bool,
    findings: &mut Findings,
) {
    let Some(text) = value.as_str() else {
        findings.push(fields.wrong_type(path, value, "text"));
        return;
    };
    let is_it = |name: &&str| if any_case { name.eq_ignore_ascii_case(text) } else { **name == *text };
    if !known.iter().any(is_it) {
        let message = format!("`{path}` is `{}`", shown(text));
        let advice = match closest(text, known) {
            Some(meant) => format!("did you mean `{meant}`? It is one of {}", known.join(", ")),
            None => format!("use one of {}", known.join(", ")),
        };
        findings.push(fields.finding_at(Code::UnknownValue, path, message).advise(advice));
    }
}

fn blank(fields: &Fields<'_>, path: &FieldPath) -> crate::diagnostics::Finding {
    fields.finding_at(Code::Missing, path, format!("`{path}` is blank"))
}
