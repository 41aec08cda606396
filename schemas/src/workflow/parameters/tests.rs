use proptest::prelude::*;
use serde_json::json;

use super::*;

fn normal(schema: &Value) -> Value {
    Value::Object(ParameterSet::of(schema).to_json_schema())
}

#[test]
fn both_dialects_describe_the_same_parameters() {
    let flat = json!({"a": {"type": "string", "required": true}, "b": {"default": 3}, "c": {}});
    let schema = json!({
        "type": "object", "required": ["a"], "properties": {"a": {"type": "string"}, "b": {"default": 3}, "c": {}},
    });
    let set = ParameterSet::of(&flat);
    assert_eq!(set, ParameterSet::of(&schema));
    assert_eq!(Value::Object(set.to_json_schema()), schema);
    assert_eq!(set.required().collect::<Vec<_>>(), ["a"]);
    assert!(set.get("b").unwrap().has_default() && !set.get("c").unwrap().has_default());
}

/// Every odd case of the two dialects, with the schema that Attune's own converter makes of it.
#[test]
fn each_odd_schema_is_read_as_attune_reads_it() {
    let object = |properties: Value| json!({"type": "object", "properties": properties});
    let table = [
        // Nothing at all.
        (json!({}), object(json!({}))),
        // No mapping allows everything.
        (json!([]), object(json!({}))),
        (json!("string"), object(json!({}))),
        (Value::Null, object(json!({}))),
        // A flat parameter that is called `type`, `properties` or `required` is none of JSON Schema's.
        (json!({"type": {"type": "string"}}), object(json!({"type": {"type": "string"}}))),
        (
            json!({"type": {"default": "object"}, "properties": {"type": "array"}}),
            object(json!({"type": {"default": "object"}, "properties": {"type": "array"}})),
        ),
        (json!({"required": {"type": "boolean"}}), object(json!({"required": {"type": "boolean"}}))),
        // `type: object` alone is the flat form, and no parameter.
        (json!({"type": "object"}), object(json!({}))),
        (json!({"type": "object", "a": {"type": "string"}}), object(json!({"a": {"type": "string"}}))),
        // `properties` without `type: object` is a parameter.
        (json!({"properties": {"a": {}}}), object(json!({"properties": {"a": {}}}))),
        (json!({"type": "array", "properties": {"a": {}}}), object(json!({"properties": {"a": {}}}))),
        // What is no mapping is no parameter.
        (json!({"a": "string", "b": 3, "c": [1], "d": null, "e": true}), object(json!({}))),
        (json!({"a": {}, "required": ["a"]}), object(json!({"a": {}}))),
        // `required` counts as a boolean alone; a list is the value's own.
        (json!({"a": {"required": "yes"}, "b": {"required": false}}), object(json!({"a": {}, "b": {}}))),
        (
            json!({"a": {"type": "object", "required": ["b"], "properties": {"b": {}}}}),
            object(json!({"a": {"type": "object", "required": ["b"], "properties": {"b": {}}}})),
        ),
        // A JSON Schema is kept, `required` inside a property is not its word.
        (json!({"type": "object", "properties": {"a": {"required": true}}}), object(json!({"a": {}}))),
        (json!({"type": "object", "properties": []}), object(json!({}))),
        (json!({"type": "object", "properties": {"a": true, "b": 7}}), object(json!({"a": {}}))),
        (
            json!({"type": "object", "properties": {}, "additionalProperties": false, "title": "T"}),
            json!({"type": "object", "properties": {}, "additionalProperties": false, "title": "T"}),
        ),
        // One that is required without being described may be anything.
        (
            json!({"type": "object", "properties": {}, "required": ["a", 3]}),
            json!({"type": "object", "properties": {"a": {}}, "required": ["a"]}),
        ),
        (json!({"type": "object", "properties": {"a": {}}, "required": "a"}), object(json!({"a": {}}))),
        // `secret` and `position` are notes, in either dialect.
        (
            json!({"a": {"type": "string", "secret": true, "position": 2, "required": true}}),
            json!({
                "type": "object", "required": ["a"],
                "properties": {"a": {"type": "string", "secret": true, "position": 2}},
            }),
        ),
        (json!({"a": {"secret": false, "position": "x"}}), object(json!({"a": {}}))),
    ];
    for (schema, expected) in table {
        assert_eq!(normal(&schema), expected, "{schema}");
        assert_eq!(normal(&expected), expected, "{schema} again");
    }
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
    let two = ParameterSet::of(&json!({"a": {}, "b": {}, "c": {"required": true}}));
    let both = one.or(two);
    assert_eq!(both.required().count(), 0);
    assert!(!both.get("b").unwrap().has_default() && both.get("c").is_some());
}

/// A property with anything in it that the two dialects have.
fn property() -> impl Strategy<Value = Value> {
    let kind = prop::option::of(prop::sample::select(vec!["string", "integer", "object", "array"]));
    let default = prop::option::of(prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from)]);
    (kind, default, any::<bool>(), any::<bool>(), prop::option::of(0..9_i64)).prop_map(
        |(kind, default, required, secret, position)| {
            let mut property = Map::new();
            let mut set = |key: &str, value: Value| drop(property.insert(key.to_owned(), value));
            let given = [
                ("type", kind.map(Value::from)),
                ("default", default),
                ("position", position.map(Value::from)),
            ];
            for (key, value) in given {
                if let Some(value) = value {
                    set(key, value);
                }
            }
            for (key, value) in [("required", required), ("secret", secret)] {
                if value {
                    set(key, value.into());
                }
            }
            Value::Object(property)
        },
    )
}

proptest! {
    #[test]
    fn a_flat_schema_and_what_is_made_of_it_are_the_same_parameters(
        properties in prop::collection::btree_map("[a-z]{1,8}|type|properties|required", property(), 0..6)
    ) {
        let flat = Value::Object(properties.into_iter().collect());
        let set = ParameterSet::of(&flat);
        let schema = Value::Object(set.to_json_schema());
        prop_assert_eq!(ParameterSet::of(&schema), set);
        prop_assert_eq!(normal(&schema), schema);
        for (name, property) in flat.as_object().unwrap() {
            let parameter = ParameterSet::of(&flat).get(name).cloned().unwrap();
            prop_assert_eq!(parameter.is_required, property.get("required").is_some());
            prop_assert_eq!(parameter.is_secret, property.get("secret").is_some());
            prop_assert_eq!(parameter.schema.get("default"), property.get("default"));
        }
    }
}
