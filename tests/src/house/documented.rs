//! `docs/JSON.md`: the documents of the programs as tables, made of their schemas.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use schemars::Schema;
use serde_json::Value;

const HEAD: &str = "\
# JSON documents

What the commands write with `--json`, made of the types; the same as JSON Schemas is in [`schemas/json/documents/`](../schemas/json/documents).
`?` marks a field that may be absent. `[]` stands for each item of a list, `.*` for each name of an object with names of its own.
Paths are absolute, times are UTC (RFC 3339), digests `sha256:` and 64 hex digits, sizes bytes.
";

/// The document about `documents`.
pub fn documented(documents: &BTreeMap<&'static str, Schema>) -> String {
    let mut text = HEAD.to_owned();
    for (format, schema) in documents {
        let rows = Fields::of(schema.as_value());
        let _ = write!(text, "\n## `{format}`\n\n{}| field | type | meaning |\n|---|---|---|\n", rows.title);
        for (field, kind, meaning) in rows.rows {
            let _ = writeln!(text, "| `{field}` | {kind} | {meaning} |");
        }
    }
    text
}

struct Fields<'a> {
    definitions: &'a Value,
    title: String,
    rows: Vec<(String, String, String)>,
}

impl<'a> Fields<'a> {
    fn of(schema: &'a Value) -> Self {
        let title = schema["description"].as_str().map(|text| format!("{text}\n\n")).unwrap_or_default();
        let mut rows = Self { definitions: &schema["$defs"], title, rows: Vec::new() };
        rows.fields("", schema, 0);
        rows
    }

    /// The type behind references, and behind `null`.
    fn resolved(&self, schema: &'a Value) -> &'a Value {
        if let Some(name) = schema["$ref"].as_str().and_then(|path| path.strip_prefix("#/$defs/")) {
            return self.resolved(&self.definitions[name]);
        }
        let parts = schema["anyOf"].as_array().map(Vec::as_slice).unwrap_or_default();
        match parts.iter().find(|part| part["type"] != "null") {
            Some(part) if parts.len() == 2 => self.resolved(part),
            _ => schema,
        }
    }

    fn fields(&mut self, prefix: &str, schema: &'a Value, depth: usize) {
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            let mark = if required.contains(&name.as_str()) { "" } else { "?" };
            let place = format!("{prefix}{name}");
            let target = self.resolved(field);
            let meaning =
                field["description"].as_str().or(target["description"].as_str()).unwrap_or_default();
            let meaning = meaning.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
            self.rows.push((format!("{place}{mark}"), self.kind(field), meaning));
            self.below(&place, target, depth);
        }
        // The parts of an enum, of which one is there.
        for part in schema["oneOf"].as_array().into_iter().flatten() {
            self.fields(prefix, self.resolved(part), depth);
        }
    }

    fn below(&mut self, place: &str, schema: &'a Value, depth: usize) {
        // The metadata of TUF goes deeper, and is described elsewhere.
        if depth > 3 || place == "root" {
            return;
        }
        if schema["type"] == "array" {
            let items = self.resolved(&schema["items"]);
            self.fields(&format!("{place}[]."), items, depth + 1);
        } else if schema["additionalProperties"].is_object() {
            let value = self.resolved(&schema["additionalProperties"]);
            self.fields(&format!("{place}.*."), value, depth + 1);
        } else {
            self.fields(&format!("{place}."), schema, depth + 1);
        }
    }

    fn kind(&self, schema: &'a Value) -> String {
        let schema = self.resolved(schema);
        if let Some(value) = schema["const"].as_str() {
            return format!("`{value}`");
        }
        let values = |list: &'a Value, pick: fn(&'a Value) -> Option<&'a str>| {
            list.as_array().into_iter().flatten().filter_map(pick).map(|value| format!("`{value}`")).collect()
        };
        let mut all: Vec<String> = values(&schema["enum"], Value::as_str);
        all.extend(values(&schema["oneOf"], |part| part["const"].as_str()));
        if !all.is_empty() {
            return all.join(", ");
        }
        let kind = match &schema["type"] {
            Value::String(kind) => kind.as_str(),
            Value::Array(kinds) => kinds.first().and_then(Value::as_str).unwrap_or("any"),
            _ => "object",
        };
        match kind {
            "array" => format!("list of {}", self.kind(&schema["items"])),
            kind => kind.to_owned(),
        }
    }
}
