//! Secrets in JSON: keys of this program and of others, and credentials of clouds and container registries.

use serde_json::{Map, Value};

/// The kind of secret that `text` holds, if it is JSON.
pub(super) fn holds(text: &str) -> Option<&'static str> {
    let text = text.trim_start_matches('\u{feff}').trim_start();
    if !text.starts_with('{') {
        return None;
    }
    let Ok(Value::Object(map)) = serde_json::from_str(text) else { return None };
    if is_key(&map) {
        return Some("a private key");
    }
    let of_service = map.get("type").and_then(Value::as_str) == Some("service_account");
    let of_user = map.get("type").and_then(Value::as_str) == Some("authorized_user");
    if of_service && has(&map, "private_key") || of_user && has(&map, "refresh_token") {
        return Some("credentials of a cloud");
    }
    let logins = map.get("auths").and_then(Value::as_object).into_iter().flat_map(Map::values);
    let mut logins = logins.filter_map(Value::as_object);
    let is_login =
        |login: &Map<_, _>| ["auth", "password", "identitytoken"].iter().any(|key| has(login, key));
    logins.any(is_login).then_some("logins for container registries")
}

/// Whether `map` is a private key: of a signer of metadata, or a JSON web key, or a set of these.
fn is_key(map: &Map<String, Value>) -> bool {
    let value = map.get("keyval").and_then(Value::as_object);
    let of_signer = value.is_some_and(|value| has(value, "private") || has(value, "encrypted"));
    let of_web = has(map, "kty") && (has(map, "d") || map["kty"] == "oct" && has(map, "k"));
    let keys = map.get("keys").and_then(Value::as_array).into_iter().flatten();
    of_signer || of_web || keys.filter_map(Value::as_object).any(is_key)
}

fn has(map: &Map<String, Value>, key: &str) -> bool {
    map.get(key).and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty())
}
