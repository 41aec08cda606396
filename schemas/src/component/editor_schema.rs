//! JSON Schemas (draft 7) of the files that people write, for completion and errors in editors.
//!
//! Made from the tables that the linter reads with. They say less than it does: nothing of what spans files, and
//! nothing against a key that nobody knows, which servers ignore.

use serde_json::{Map, Value, json};

use super::kind::ComponentKind;
use super::shape::{Field, Reader, Section, Shape};
use super::tables::tables;
use crate::workflow;

const DRAFT: &str = "http://json-schema.org/draft-07/schema#";

/// The schema of the files of `kind`.
pub fn editor_schema(kind: ComponentKind) -> Value {
    if kind == ComponentKind::Workflow {
        return workflow::editor_schema();
    }
    let fields = || tables(kind).iter().copied().flatten();
    let properties: Map<String, Value> =
        fields().map(|field| (field.key.to_owned(), property(kind, field))).collect();
    let required: Vec<&str> = fields().filter(|field| field.required).map(|field| field.key).collect();
    let mut schema = json!({
        "$schema": DRAFT,
        "title": format!("{kind} of an Attune pack"),
        "type": "object",
        "properties": properties,
    });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if kind == ComponentKind::Queue {
        schema["additionalProperties"] = json!(false);
    }
    schema
}

fn property(kind: ComponentKind, field: &Field) -> Value {
    let is_schema = field.key == "parameters" || field.key == "output";
    let mut schema = match field.shape {
        Shape::Mapping if is_schema => workflow::parameters_schema(),
        shape => shape_schema(shape),
    };
    if field.key == "ref" && kind != ComponentKind::Rule {
        schema["pattern"] = json!("^[^.A-Z]+(\\.[^.A-Z]+)+$");
        schema["description"] = json!("The pack's ref, a dot, and a name of its own");
    }
    schema
}

/// The schema of the values that `shape` takes; its depth is that of the tables.
fn shape_schema(shape: Shape) -> Value {
    match shape {
        Shape::Text => json!({ "type": "string" }),
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::Integer => json!({ "type": "integer" }),
        Shape::Positive => json!({ "type": "integer", "minimum": 1 }),
        Shape::Between(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Shape::Mapping => json!({ "type": "object" }),
        Shape::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Shape::Each(shape) => json!({ "type": "array", "items": shape_schema(*shape) }),
        Shape::Values(shape) => json!({ "type": "object", "additionalProperties": shape_schema(*shape) }),
        Shape::Labels => {
            let text = json!({ "type": "string", "minLength": 1 });
            json!({ "type": "object", "additionalProperties": text })
        }
        Shape::OneOrMoreTexts => {
            json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
        }
        Shape::OneOf(known) | Shape::Exactly(known) => json!({ "type": "string", "enum": known }),
        Shape::Section(section) => section_schema(section),
        Shape::TextOr(section) => json!({ "anyOf": [{ "type": "string" }, section_schema(section)] }),
        Shape::Any => json!({}),
        Shape::Unread(instead) => {
            json!({ "deprecationMessage": format!("servers read `{instead}` instead") })
        }
    }
}

fn section_schema(section: &Section) -> Value {
    let properties: Map<String, Value> =
        section.fields.iter().map(|field| (field.key.to_owned(), shape_schema(field.shape))).collect();
    let required: Vec<&str> =
        section.fields.iter().filter(|field| field.required).map(|field| field.key).collect();
    let mut schema = json!({ "type": "object", "properties": properties });
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    if section.reader == Reader::Strict {
        schema["additionalProperties"] = json!(false);
    }
    schema
}
