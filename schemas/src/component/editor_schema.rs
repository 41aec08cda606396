//! JSON Schemas (draft 7) of the files that people write, for completion and errors in editors.
//!
//! Made from the tables that the linter reads with. They say less than it does: nothing of what spans files, and
//! nothing against a key that nobody knows, which servers ignore.

use serde_json::{Map, Value, json};

use super::kind::ComponentKind;
use super::shape::{Field, Shape};
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
    let mut schema = match field.shape {
        Shape::Text => json!({ "type": "string" }),
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::Integer => json!({ "type": "integer" }),
        Shape::Positive => json!({ "type": "integer", "minimum": 1 }),
        Shape::Mapping if field.key == "parameters" || field.key == "output" => workflow::parameters_schema(),
        Shape::Mapping => json!({ "type": "object" }),
        Shape::List => json!({ "type": "array" }),
        Shape::Texts => json!({ "type": "array", "items": { "type": "string" } }),
        Shape::TextMapping => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Shape::OneOrMoreTexts => {
            json!({ "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }] })
        }
        Shape::OneOf(known) => json!({ "type": "string", "enum": known }),
        Shape::Any => json!({}),
        Shape::Unread(instead) => {
            json!({ "deprecationMessage": format!("servers read `{instead}` instead") })
        }
    };
    if field.key == "ref" && kind != ComponentKind::Rule {
        schema["pattern"] = json!("^[^.A-Z]+(\\.[^.A-Z]+)+$");
        schema["description"] = json!("The pack's ref, a dot, and a name of its own");
    }
    schema
}
