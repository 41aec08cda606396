//! The JSON Schema (draft 7) of workflow files in the form of today, for completion and errors in editors.

use serde_json::{Value, json};

use super::parse::{backoff_names, kind_names};

/// The schema of `parameters` and `output`: a JSON Schema of an object, or the flat form.
pub(crate) fn parameters_schema() -> Value {
    let property = json!({
        "type": "object",
        "properties": {
            "type": { "enum": ["string", "integer", "number", "boolean", "object", "array", "null"] },
            "description": { "type": "string" },
            "required": { "description": "Whether a caller must give it (flat form), or the required names of an object" },
            "secret": { "type": "boolean", "description": "Whether it is kept out of logs" },
            "position": { "type": "integer" },
            "enum": { "type": "array" },
            "default": {},
        },
    });
    json!({ "type": "object", "additionalProperties": { "anyOf": [property, { "type": ["string", "array", "boolean"] }] } })
}

/// The schema of a workflow file.
pub(crate) fn editor_schema() -> Value {
    let number = |least: u64| json!({ "type": "integer", "minimum": least });
    let text = |description: &str| json!({ "type": "string", "description": description });
    let transition = json!({
        "type": "object",
        "properties": {
            "when": text("The condition, as in {{ succeeded() }}; always, if it is absent"),
            "publish": { "type": "array", "items": { "type": ["object", "string"] }, "description": "Variables that are set" },
            "do": { "type": "array", "items": { "type": "string" }, "description": "The tasks that come next" },
        },
    });
    let retry = json!({
        "type": "object",
        "required": ["count", "delay"],
        "properties": {
            "count": { "type": "integer", "minimum": 1, "maximum": 100 },
            "delay": number(0),
            "backoff": { "enum": backoff_names() },
            "max_delay": number(0),
            "on_error": { "type": "string" },
        },
    });
    let task = json!({
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": { "type": "string", "minLength": 1 },
            "type": { "enum": kind_names() },
            "action": text("The ref of an action or workflow: PACK.NAME"),
            "input": { "type": "object" },
            "when": text("The condition on which the task runs"),
            "with_items": text("The template of a list"),
            "batch_size": number(1),
            "concurrency": number(1),
            "retry": retry,
            "timeout": number(0),
            "join": number(0),
            "next": { "type": "array", "items": transition },
            "tasks": { "type": "array", "items": { "$ref": "#/definitions/task" } },
            "permission_set_refs": {},
            "worker_selector": {},
            "worker_tolerations": {},
            "worker_affinity": {},
        },
    });
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "workflow of an Attune pack",
        "type": "object",
        "required": ["version", "tasks"],
        "properties": {
            "ref": { "type": "string", "maxLength": 255 },
            "label": { "type": "string", "maxLength": 255 },
            "description": { "type": "string" },
            "version": { "type": ["string", "number"], "minLength": 1, "maxLength": 50 },
            "parameters": parameters_schema(),
            "output": parameters_schema(),
            "vars": { "type": "object" },
            "tasks": { "type": "array", "minItems": 1, "items": { "$ref": "#/definitions/task" } },
            "output_map": { "type": "object" },
            "tags": { "type": "array", "items": { "type": "string" } },
            "cancellation_policy": { "enum": ["allow_finish", "cancel_running"] },
        },
        "definitions": { "task": task },
    })
}
