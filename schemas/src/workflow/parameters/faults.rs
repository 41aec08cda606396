//! Schemas of parameters that Attune reads otherwise than they are written.

use serde_json::{Map, Value};

use super::is_json_schema;
use crate::diagnostics::{closest, shown};
use crate::workflow::expression::is_template;
use crate::yaml::{FieldPath, describe};

/// The types of JSON Schema.
const TYPES: [&str; 7] = ["string", "integer", "number", "boolean", "object", "array", "null"];
/// The names that other languages have for them.
const OTHER_TYPES: [(&str, &str); 13] = [
    ("any", "object"),
    ("bool", "boolean"),
    ("date", "string"),
    ("datetime", "string"),
    ("dict", "object"),
    ("double", "number"),
    ("float", "number"),
    ("hash", "object"),
    ("int", "integer"),
    ("list", "array"),
    ("map", "object"),
    ("str", "string"),
    ("text", "string"),
];
/// The keys of a JSON Schema of an object that are no parameters in the flat form.
const OF_SCHEMAS: [&str; 8] =
    ["type", "title", "description", "$schema", "$id", "required", "additionalProperties", "default"];

/// A fault of a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SchemaFault {
    /// Where it is, from the schema on.
    pub(crate) path: FieldPath,
    /// The fault, without the name of the field.
    pub(crate) message: String,
    /// The remedy.
    pub(crate) advice: String,
}

/// The faults of `schema`, in either dialect; none of one that is no mapping, which is told by its type.
pub(crate) fn schema_faults(schema: &Value) -> Vec<SchemaFault> {
    let Some(schema) = schema.as_object() else { return Vec::new() };
    let mut faults = Faults { found: Vec::new() };
    if is_json_schema(schema) {
        faults.of_json_schema(schema);
    } else {
        faults.of_flat(schema);
    }
    faults.found
}

struct Faults {
    found: Vec<SchemaFault>,
}

impl Faults {
    fn tell(&mut self, path: FieldPath, message: impl Into<String>, advice: impl Into<String>) {
        self.found.push(SchemaFault { path, message: message.into(), advice: advice.into() });
    }

    fn of_json_schema(&mut self, schema: &Map<String, Value>) {
        let root = FieldPath::root();
        let properties = match schema.get("properties") {
            Some(Value::Object(properties)) => properties,
            Some(other) => {
                let message = format!("`properties` is {}, so that there are no parameters", describe(other));
                return self.tell(root.key("properties"), message, "write a mapping of names to schemas");
            }
            None => return,
        };
        match schema.get("required") {
            None | Some(Value::Null) => {}
            Some(Value::Array(required)) => {
                for (index, name) in required.iter().enumerate() {
                    let is_known = name.as_str().is_some_and(|name| properties.contains_key(name));
                    if !is_known {
                        let message = format!("`required` has {}, which is no property", describe(name));
                        let known: Vec<&str> = properties.keys().map(String::as_str).collect();
                        let meant = name.as_str().and_then(|name| closest(name, &known));
                        let advice = match meant {
                            Some(meant) => format!("did you mean `{meant}`?"),
                            None => "correct the name, or add it to `properties`".to_owned(),
                        };
                        self.tell(root.key("required").index(index), message, advice);
                    }
                }
            }
            Some(other) => {
                let message = format!("`required` is {}, which requires nothing", describe(other));
                self.tell(root.key("required"), message, "write the list of the names that are required");
            }
        }
        for (name, property) in properties {
            let path = root.key("properties").key(name);
            match property {
                Value::Object(property) => {
                    if property.get("required").is_some_and(Value::is_boolean) {
                        let message =
                            format!("`required` of `{}` has no effect beside `properties`", shown(name));
                        let advice = "add the name to the list `required` beside `properties`";
                        self.tell(path.key("required"), message, advice);
                    }
                    self.of_property(name, property, &path);
                }
                Value::Bool(_) => {}
                other => {
                    self.tell(path, no_mapping(name, other), "write a mapping, such as `{type: string}`");
                }
            }
        }
    }

    fn of_flat(&mut self, schema: &Map<String, Value>) {
        let root = FieldPath::root();
        let looks_like_schemas = |map: &Map<String, Value>| {
            !map.contains_key("type") && !map.is_empty() && map.values().all(Value::is_object)
        };
        for (name, property) in schema {
            let path = root.key(name);
            match property {
                Value::Object(map) if name == "properties" && looks_like_schemas(map) => {
                    let message = "`properties` is taken for a parameter of that name, without `type: object` beside it";
                    self.tell(path, message, "add `type: object`");
                }
                Value::Object(property) => {
                    for key in ["required", "secret"] {
                        let value = property.get(key).filter(|value| !value.is_null());
                        let is_nested = key == "required" && value.is_some_and(Value::is_array);
                        if let Some(value) = value.filter(|value| !value.is_boolean() && !is_nested) {
                            let message = format!(
                                "`{key}` of `{}` is {}, which counts as `false`",
                                shown(name),
                                describe(value)
                            );
                            self.tell(path.key(key), message, "write `true` or `false`");
                        }
                    }
                    self.of_property(name, property, &path);
                }
                Value::Array(_) if name == "required" => {
                    let message = "`required` is a list, which has no effect in the flat form";
                    let advice =
                        "write `required: true` in each parameter, or `{type: object, properties: {...}}`";
                    self.tell(path, message, advice);
                }
                _ if OF_SCHEMAS.contains(&name.as_str()) => {}
                other => {
                    let kind = other.as_str().and_then(known_type).unwrap_or("string");
                    let advice = format!("write `{}: {{type: {kind}}}`", shown(name));
                    self.tell(path, no_mapping(name, other), advice);
                }
            }
        }
    }

    /// The type of a property, and whether its default has it.
    fn of_property(&mut self, name: &str, property: &Map<String, Value>, path: &FieldPath) {
        let kinds: Vec<&Value> = match property.get("type") {
            None | Some(Value::Null) => return,
            Some(Value::Array(kinds)) => kinds.iter().collect(),
            Some(kind) => vec![kind],
        };
        for kind in &kinds {
            if !kind.as_str().is_some_and(|kind| TYPES.contains(&kind)) {
                let message =
                    format!("the type of `{}` is {}, which no schema knows", shown(name), describe(kind));
                let advice = match kind.as_str().and_then(known_type) {
                    Some(meant) => format!("write `type: {meant}`"),
                    None => format!("use one of {}", TYPES.join(", ")),
                };
                return self.tell(path.key("type"), message, advice);
            }
        }
        let Some(default) = property.get("default") else { return };
        let is_free = default.is_null() || default.as_str().is_some_and(is_template);
        let fits = |kind: &&Value| kind.as_str().is_some_and(|kind| is_of(default, kind));
        if !is_free && !kinds.iter().any(fits) {
            let kinds: Vec<&str> = kinds.iter().filter_map(|kind| kind.as_str()).collect();
            let message = format!(
                "the default of `{}` is {}, and its type is `{}`",
                shown(name),
                describe(default),
                kinds.join("` or `")
            );
            self.tell(path.key("default"), message, "correct the default, or the type");
        }
    }
}

fn no_mapping(name: &str, value: &Value) -> String {
    format!("the parameter `{}` is {}, and passed over", shown(name), describe(value))
}

/// The type that `name` means.
fn known_type(name: &str) -> Option<&'static str> {
    let folded = name.to_ascii_lowercase();
    let other = OTHER_TYPES.iter().find(|(other, _)| *other == folded).map(|(_, meant)| *meant);
    other.or_else(|| closest(name, &TYPES))
}

fn is_of(value: &Value, kind: &str) -> bool {
    match kind {
        "string" => value.is_string(),
        "integer" => {
            value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0)
        }
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        _ => value.is_null(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_fault_is_told_where_it_is() {
        let table = [
            (json!({"a": {"type": "string", "required": true, "default": "x"}}), ""),
            (json!({"a": {"type": ["string", "null"], "default": null}}), ""),
            (
                json!({"type": "object", "properties": {"a": {"type": "integer", "default": 3.0}}, "required": ["a"]}),
                "",
            ),
            (json!({"properties": {"type": "array", "default": []}}), ""),
            (json!({"type": "object", "description": "nothing"}), ""),
            (json!({"a": {"type": "integer", "default": "{{ config.a }}"}}), ""),
            (json!([]), ""),
            (json!({"a": "string"}), "a"),
            (json!({"a": {"required": "yes"}}), "a.required"),
            (json!({"a": {"secret": 1}}), "a.secret"),
            (json!({"a": {}, "required": ["a"]}), "required"),
            (json!({"properties": {"a": {}}}), "properties"),
            (json!({"type": "object", "properties": [1]}), "properties"),
            (json!({"type": "object", "properties": {"a": {"required": true}}}), "properties.a.required"),
            (json!({"type": "object", "properties": {"a": "string"}}), "properties.a"),
            (json!({"type": "object", "properties": {"abc": {}}, "required": ["abd"]}), "required[0]"),
            (json!({"type": "object", "properties": {"a": {}}, "required": true}), "required"),
            (json!({"a": {"type": "str"}}), "a.type"),
            (json!({"a": {"type": ["string", 3]}}), "a.type"),
            (json!({"a": {"type": "boolean", "default": "true"}}), "a.default"),
        ];
        for (schema, place) in table {
            let found: Vec<String> =
                schema_faults(&schema).iter().map(|fault| fault.path.to_string()).collect();
            let expected: Vec<&str> = if place.is_empty() { Vec::new() } else { vec![place] };
            assert_eq!(found, expected, "{schema}");
        }
        let advice = |schema: Value| schema_faults(&schema)[0].advice.clone();
        assert_eq!(advice(json!({"a": "int"})), "write `a: {type: integer}`");
        assert_eq!(advice(json!({"a": {"type": "Boolean"}})), "write `type: boolean`");
    }
}
