//! Canonical JSON in the OLPC dialect, and reading JSON without ambiguity.
//!
//! A signature covers the canonical form of a value, never the file's own spelling, so that any
//! implementation can check the signatures of another. The bytes are those of securesystemslib's
//! `encode_canonical`: object keys sorted by code point, no whitespace, integers only, and in strings
//! nothing escaped but `"` and `\`. Control characters are therefore written raw, and such output is
//! something to hash and to sign, not a file format.
//!
//! [`from_slice`] reads a document for that purpose: an object that names a key twice is refused,
//! because two readers could see two different documents under one signature.

use std::fmt;

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Why a value has no canonical form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Canonical JSON has integers from -2^63 to 2^64-1 only.
    #[error("number `{0}` is not an integer, so it has no canonical form")]
    NotAnInteger(String),
}

/// The canonical form of `value`.
pub fn to_vec(value: &Value) -> Result<Vec<u8>, Error> {
    let mut out = Vec::new();
    write_value(value, &mut out)?;
    Ok(out)
}

/// Reads a JSON document, refusing objects with duplicate keys and trailing text.
pub fn from_slice(bytes: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice::<Unambiguous>(bytes).map(|value| value.0)
}

fn write_value(value: &Value, out: &mut Vec<u8>) -> Result<(), Error> {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(number) => write_number(number, out)?,
        Value::String(text) => write_string(text, out),
        Value::Array(items) => write_array(items, out)?,
        Value::Object(members) => write_object(members, out)?,
    }
    Ok(())
}

fn write_number(number: &Number, out: &mut Vec<u8>) -> Result<(), Error> {
    if !number.is_i64() && !number.is_u64() {
        return Err(Error::NotAnInteger(number.to_string()));
    }
    out.extend_from_slice(number.to_string().as_bytes());
    Ok(())
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    out.push(b'"');
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

fn write_array(items: &[Value], out: &mut Vec<u8>) -> Result<(), Error> {
    out.push(b'[');
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_value(item, out)?;
    }
    out.push(b']');
    Ok(())
}

fn write_object(members: &Map<String, Value>, out: &mut Vec<u8>) -> Result<(), Error> {
    // Sorted here and not left to the map: its order depends on a feature any crate may turn on.
    // UTF-8 sorts as its code points do.
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_unstable_by_key(|(name, _)| *name);
    out.push(b'{');
    for (index, (name, value)) in sorted.into_iter().enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_string(name, out);
        out.push(b':');
        write_value(value, out)?;
    }
    out.push(b'}');
    Ok(())
}

/// A JSON value whose objects name each key once.
struct Unambiguous(Value);

impl<'de> Deserialize<'de> for Unambiguous {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(UnambiguousVisitor).map(Self)
    }
}

struct UnambiguousVisitor;

impl<'de> Visitor<'de> for UnambiguousVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element::<Unambiguous>()? {
            items.push(item.0);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = access.next_key::<String>()? {
            if members.contains_key(&name) {
                return Err(de::Error::custom(format_args!("key `{name}` appears twice in one object")));
            }
            let value = access.next_value::<Unambiguous>()?;
            members.insert(name, value.0);
        }
        Ok(Value::Object(members))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn known_answers() {
        for (value, expected) in [
            (json!([]), "[]"),
            (json!({}), "{}"),
            (json!([1, -2, u64::MAX, true, false, null]), "[1,-2,18446744073709551615,true,false,null]"),
            (json!({"b": 1, "a": {"d": 2, "c": []}}), r#"{"a":{"c":[],"d":2},"b":1}"#),
            (
                json!({"Z": 0, "a": 0, "é": 0, "\u{1f600}": 0, "\u{ffff}": 0}),
                "{\"Z\":0,\"a\":0,\"é\":0,\"\u{ffff}\":0,\"\u{1f600}\":0}",
            ),
            (json!("quote \" backslash \\ slash / é"), r#""quote \" backslash \\ slash / é""#),
            (json!("\n\t\u{0}"), "\"\n\t\u{0}\""),
        ] {
            assert_eq!(String::from_utf8(to_vec(&value).unwrap()).unwrap(), expected);
        }
    }

    #[test]
    fn floats_are_refused() {
        for text in ["1.0", "1e2", "[0.5]", r#"{"a":-0}"#, "18446744073709551616"] {
            let value = from_slice(text.as_bytes()).unwrap();
            assert!(matches!(to_vec(&value), Err(Error::NotAnInteger(_))), "{text}");
        }
    }

    #[test]
    fn duplicate_keys_are_refused() {
        for text in [r#"{"a":1,"a":1}"#, r#"[{"b":{"a":1,"\u0061":2}}]"#] {
            let error = from_slice(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains("key `a` appears twice"), "{error}");
        }
    }

    #[test]
    fn trailing_text_is_refused() {
        assert!(from_slice(b"{} {}").is_err());
    }

    #[test]
    fn nesting_without_end_is_refused() {
        assert!(from_slice(&b"[".repeat(1 << 20)).is_err());
    }

    fn any_value() -> impl Strategy<Value = Value> {
        // Control characters are written raw, which JSON readers refuse: see the module's words.
        let text = "[^\\p{Cc}]{0,12}";
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            text.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 48, 6, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map(text, inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_encoded_parses_back(value in any_value()) {
            let bytes = to_vec(&value).unwrap();
            prop_assert_eq!(from_slice(&bytes).unwrap(), value);
        }

        #[test]
        fn encoding_is_a_fixed_point(value in any_value()) {
            let bytes = to_vec(&value).unwrap();
            prop_assert_eq!(to_vec(&from_slice(&bytes).unwrap()).unwrap(), bytes);
        }
    }
}
