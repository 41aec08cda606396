//! The JSON Schema (draft 7) of `pack.yaml` as people write it, for completion and errors in editors.

use serde_json::{Value, json};

/// The schema of `pack.yaml`.
pub fn editor_schema() -> Value {
    let text = |description: &str| json!({ "type": "string", "description": description });
    let texts = |description: &str| json!({ "type": "array", "items": { "type": "string" }, "description": description });
    let dependency = json!({
        "anyOf": [
            { "type": "string" },
            { "type": "object", "required": ["ref"], "properties": { "ref": { "type": "string" }, "version": { "type": "string" } } },
        ],
    });
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "pack.yaml of an Attune pack",
        "type": "object",
        "required": ["ref", "version"],
        "properties": {
            "ref": {
                "type": "string",
                "pattern": "^[a-z][a-z0-9_-]+$",
                "description": "The pack's ref, with which the refs of all its components begin",
            },
            "label": text("The pack's name for people"),
            "version": {
                "type": "string",
                "pattern": "^[0-9]+\\.[0-9]+\\.[0-9]+([-+].*)?$",
                "description": "MAJOR.MINOR.PATCH, in quotes",
            },
            "description": text("The purpose of the pack, in a sentence"),
            "author": { "type": "string" },
            "email": { "type": "string" },
            "license": text("An SPDX expression"),
            "homepage": { "type": "string" },
            "repository": { "type": "string" },
            "tags": texts("Words by which the pack is found"),
            "conf_schema": { "type": "object", "description": "The schema of the pack's configuration" },
            "config": { "type": "object", "description": "The configuration's values where nobody sets others" },
            "meta": { "type": "object" },
            "runtime_deps": texts("The runtimes that its actions and sensors need: shell, python, nodejs, native"),
            "python": { "type": "string", "description": "The Python versions it runs with: \"3.11\" or \">=3.11\"" },
            "nodejs": { "type": "string", "description": "The Node.js versions it runs with" },
            "attune": { "type": "string", "description": "The Attune versions it runs with" },
            "dependencies": {
                "anyOf": [{ "type": "array", "items": dependency }, { "type": "object" }],
                "description": "Packs that it needs: REF or REF@REQUIREMENT",
            },
            "testing": testing(),
            "migrations": migrations(),
            "exclude": texts("Patterns of files that are left out, as in .gitignore"),
        },
    })
}

fn testing() -> Value {
    let seconds = || json!({ "type": "number", "exclusiveMinimum": 0, "description": "Seconds" });
    json!({
        "type": "object",
        "required": ["enabled", "discovery"],
        "properties": {
            "enabled": { "type": "boolean" },
            "discovery": {
                "type": "object",
                "required": ["method"],
                "properties": {
                    "method": { "type": "string", "enum": ["directory", "manifest", "executable"] },
                    "path": { "type": "string" },
                    "tests": { "type": "array" },
                    "command": {},
                    "timeout": seconds(),
                },
            },
            "runners": {
                "type": "object",
                "additionalProperties": {
                    "type": "object",
                    "required": ["type", "entry_point"],
                    "properties": {
                        "type": { "type": "string" },
                        "entry_point": { "type": "string" },
                        "timeout": seconds(),
                        "result_format": { "type": "string" },
                        "result_path": { "type": "string" },
                    },
                },
            },
            "min_pass_rate": { "type": "number", "minimum": 0, "maximum": 1 },
            "on_failure": { "type": "string", "enum": ["block", "warn", "ignore"] },
        },
    })
}

fn migrations() -> Value {
    json!({
        "type": "array",
        "items": {
            "type": "object",
            "required": ["from", "to", "script"],
            "properties": {
                "from": { "type": "string", "description": "A requirement on the version that is replaced" },
                "to": { "type": "string", "description": "A version" },
                "script": { "type": "string" },
                "down": { "type": "string" },
                "timeout": { "type": "number" },
                "network": { "type": "boolean" },
            },
        },
    })
}
