//! Parameters of an action, trigger, sensor or workflow, whichever dialect describes them.
//!
//! ```text
//! {a: {type: string, required: true}}                                   flat
//! {type: object, properties: {a: {type: string}}, required: [a]}        JSON Schema
//!     --ParameterSet::of--> ParameterSet --to_json_schema--> the second form, whichever it was
//! ```
//!
//! Both are told apart, and the flat form is brought to a JSON Schema, as Attune does it. Rows of a database keep the
//! schema as it is written, as a server's do; everything that asks for parameters asks here.

mod faults;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

pub(in crate::workflow) use faults::SchemaFault;
pub(crate) use faults::schema_faults;

/// The keys of a property in the flat form that no JSON Schema has.
const OWN_KEYS: [&str; 3] = ["required", "secret", "position"];

/// One parameter.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Parameter {
    /// Whether a caller must give it.
    pub is_required: bool,
    /// Whether it is kept out of logs.
    pub is_secret: bool,
    /// Its place among the others where people see them.
    pub position: Option<i64>,
    /// The JSON Schema of its value.
    pub schema: Map<String, Value>,
}

/// The parameters that a schema describes.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ParameterSet {
    parameters: BTreeMap<String, Parameter>,
    /// The rest of a JSON Schema, such as `additionalProperties`.
    rest: Map<String, Value>,
    is_open: bool,
}

/// Whether `schema` is a JSON Schema of an object, and not the flat form, as Attune tells them apart.
pub(in crate::workflow) fn is_json_schema(schema: &Map<String, Value>) -> bool {
    schema.get("type").is_some_and(|kind| kind == "object") && schema.contains_key("properties")
}

impl ParameterSet {
    /// The parameters that `schema` describes: a JSON Schema, or the flat form `name: {type, required, default}`.
    ///
    /// A schema that is no mapping describes none and allows all. In the flat form, what is no mapping is no parameter.
    pub fn of(schema: &Value) -> Self {
        let Some(schema) = schema.as_object() else { return Self { is_open: true, ..Self::default() } };
        if is_json_schema(schema) { Self::of_json_schema(schema) } else { Self::of_flat(schema) }
    }

    fn of_flat(schema: &Map<String, Value>) -> Self {
        let described = schema.iter().filter_map(|(name, property)| {
            let property = property.as_object()?;
            let is_required = property.get("required") == Some(&Value::Bool(true));
            Some((name.clone(), Parameter::of(property, is_required)))
        });
        Self { parameters: described.collect(), ..Self::default() }
    }

    fn of_json_schema(schema: &Map<String, Value>) -> Self {
        let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
        let required: BTreeSet<&str> = required.filter_map(Value::as_str).collect();
        let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
        let empty = Map::new();
        let mut parameters: BTreeMap<String, Parameter> = properties
            .filter(|(_, property)| property.is_object() || property.is_boolean())
            .map(|(name, property)| {
                let is_required = required.contains(name.as_str());
                (name.clone(), Parameter::of(property.as_object().unwrap_or(&empty), is_required))
            })
            .collect();
        // One that is required and not described may be anything.
        for name in required {
            parameters
                .entry(name.to_owned())
                .or_insert(Parameter { is_required: true, ..Parameter::default() });
        }
        let is_open = schema.get("additionalProperties").is_some_and(|more| *more != Value::Bool(false))
            || schema.contains_key("patternProperties");
        let kept = |key: &str| !["type", "properties", "required"].contains(&key);
        let rest = schema.iter().filter(|(key, _)| kept(key));
        let rest = rest.map(|(key, value)| (key.clone(), value.clone())).collect();
        Self { parameters, rest, is_open }
    }

    /// The one form that everything is brought to: a JSON Schema of an object.
    ///
    /// `secret` and `position` stay in their properties, where a JSON Schema takes them for notes. Of a set that
    /// [`Self::or`] made, it describes the parameters alone.
    pub fn to_json_schema(&self) -> Map<String, Value> {
        let mut schema = self.rest.clone();
        let properties = self.parameters.iter().map(|(name, parameter)| (name.clone(), parameter.property()));
        schema.insert("type".to_owned(), Value::from("object"));
        schema.insert("properties".to_owned(), Value::Object(properties.collect()));
        let required = self.parameters.iter().filter(|(_, parameter)| parameter.is_required);
        let required: Vec<&str> = required.map(|(name, _)| name.as_str()).collect();
        if !required.is_empty() {
            schema.insert("required".to_owned(), json!(required));
        }
        schema
    }

    /// Those of either, each as required only if both require it.
    #[must_use]
    pub fn or(mut self, other: Self) -> Self {
        self.is_open |= other.is_open;
        for (name, parameter) in &mut self.parameters {
            let others = other.parameters.get(name);
            parameter.is_required &= others.is_some_and(|other| other.is_required);
            if others.is_some_and(|other| !other.has_default()) {
                parameter.schema.remove("default");
            }
        }
        for (name, parameter) in other.parameters {
            let is_new = |parameter| Parameter { is_required: false, ..parameter };
            self.parameters.entry(name).or_insert_with(|| is_new(parameter));
        }
        self
    }

    /// The parameter called `name`.
    pub fn get(&self, name: &str) -> Option<&Parameter> {
        self.parameters.get(name)
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parameters.keys().map(String::as_str)
    }

    /// The names of those that a caller must give.
    pub fn required(&self) -> impl Iterator<Item = &str> {
        let required =
            self.parameters.iter().filter(|(_, parameter)| parameter.is_required && !parameter.has_default());
        required.map(|(name, _)| name.as_str())
    }

    /// Whether others than the named ones are allowed.
    pub const fn is_open(&self) -> bool {
        self.is_open
    }
}

impl Parameter {
    fn of(property: &Map<String, Value>, is_required: bool) -> Self {
        // A list under `required` belongs to the value's own schema.
        let is_own = |key: &str, value: &Value| OWN_KEYS.contains(&key) && !value.is_array();
        let schema = property.iter().filter(|(key, value)| !is_own(key, value));
        Self {
            is_required,
            is_secret: property.get("secret") == Some(&Value::Bool(true)),
            position: property.get("position").and_then(Value::as_i64),
            schema: schema.map(|(key, value)| (key.clone(), value.clone())).collect(),
        }
    }

    /// Whether it has a value if no caller gives one.
    pub fn has_default(&self) -> bool {
        self.schema.contains_key("default")
    }

    fn property(&self) -> Value {
        let mut property = self.schema.clone();
        if self.is_secret {
            property.insert("secret".to_owned(), Value::Bool(true));
        }
        if let Some(position) = self.position {
            property.insert("position".to_owned(), Value::from(position));
        }
        Value::Object(property)
    }
}

#[cfg(test)]
mod tests;
