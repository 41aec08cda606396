//! Parameters of an action or workflow, whichever dialect describes them.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// One parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parameter {
    /// Whether a caller must give it.
    pub is_required: bool,
    /// Whether it has a value if no caller gives one.
    pub has_default: bool,
}

/// The parameters that a schema describes.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ParameterSet {
    parameters: BTreeMap<String, Parameter>,
    is_open: bool,
}

/// Whether `schema` is a JSON Schema of an object, and not the flat form, as Attune tells them apart.
pub(in crate::workflow) fn is_json_schema(schema: &Map<String, Value>) -> bool {
    schema.get("type").is_some_and(|kind| kind == "object") && schema.contains_key("properties")
}

impl ParameterSet {
    /// The parameters that `schema` describes: a JSON Schema, or the flat form `name: {type, required, default}`.
    ///
    /// A schema that is no mapping describes none and allows all.
    pub fn of(schema: &Value) -> Self {
        let Some(schema) = schema.as_object() else { return Self { is_open: true, ..Self::default() } };
        if !is_json_schema(schema) {
            let described = schema.iter().map(|(name, property)| {
                let is_required = property.get("required") == Some(&Value::Bool(true));
                (name.clone(), Parameter { is_required, has_default: has_default(property) })
            });
            return Self { parameters: described.collect(), is_open: false };
        }
        let required = schema.get("required").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let described = properties.map(|(name, property)| {
            let is_required = required.iter().any(|required| required == name);
            (name.clone(), Parameter { is_required, has_default: has_default(property) })
        });
        let is_open = schema.get("additionalProperties").is_some_and(|more| *more != Value::Bool(false))
            || schema.contains_key("patternProperties");
        Self { parameters: described.collect(), is_open }
    }

    /// Those of either, each as required only if both require it.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.is_open |= other.is_open;
        for (name, parameter) in &mut self.parameters {
            let others = other.parameters.get(name);
            parameter.is_required &= others.is_some_and(|other| other.is_required);
            parameter.has_default &= others.is_none_or(|other| other.has_default);
        }
        for (name, parameter) in other.parameters {
            self.parameters.entry(name).or_insert(parameter);
        }
        self
    }

    /// The parameter called `name`.
    pub fn get(&self, name: &str) -> Option<Parameter> {
        self.parameters.get(name).copied()
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parameters.keys().map(String::as_str)
    }

    /// The names of those that a caller must give.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        let required =
            self.parameters.iter().filter(|(_, parameter)| parameter.is_required && !parameter.has_default);
        required.map(|(name, _)| name.as_str())
    }

    /// Whether others than the named ones are allowed.
    pub const fn is_open(&self) -> bool {
        self.is_open
    }
}

fn has_default(property: &Value) -> bool {
    property.get("default").is_some()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn both_dialects_describe_the_same_parameters() {
        let flat = json!({"a": {"type": "string", "required": true}, "b": {"default": 3}, "c": {}});
        let schema = json!({
            "type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": {"default": 3}, "c": {}},
        });
        let set = ParameterSet::of(&flat);
        assert_eq!(set, ParameterSet::of(&schema));
        assert_eq!(set.required().collect::<Vec<_>>(), ["a"]);
        assert!(set.get("b").unwrap().has_default && !set.get("c").unwrap().has_default);
        // A flat parameter that is called `type` is none of JSON Schema's.
        assert_eq!(
            ParameterSet::of(&json!({"type": {"type": "string"}})).names().collect::<Vec<_>>(),
            ["type"]
        );
    }

    #[test]
    fn schemas_that_allow_more_are_open() {
        let open = json!({"type": "object", "properties": {}, "additionalProperties": {"type": "string"}});
        assert!(ParameterSet::of(&open).is_open());
        assert!(ParameterSet::of(&json!([])).is_open());
        let closed = json!({"type": "object", "properties": {}, "additionalProperties": false});
        assert!(!ParameterSet::of(&closed).is_open());
    }

    #[test]
    fn a_parameter_of_two_callers_is_required_by_both() {
        let one = ParameterSet::of(&json!({"a": {"required": true}, "b": {"default": 1}}));
        let two = ParameterSet::of(&json!({"a": {}, "b": {}, "c": {}}));
        let both = one.or(two);
        assert_eq!(both.required().count(), 0);
        assert!(!both.get("b").unwrap().has_default && both.get("c").is_some());
    }
}
