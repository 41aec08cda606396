//! Packs that clients describe field by field.

use std::path::PathBuf;

use attune_tests::machines::api_server::ApiServer;
use attune_tests::standard_packs::greeter;
use attune_tests::{World, tree::Tree};
use serde_json::{Value, json};

const FLOW: &str =
    "ref: own.flow\nlabel: Flow\nversion: \"1.0.0\"\ntasks:\n  - name: first\n    action: core.noop\n";

fn world() -> (World, PathBuf) {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    let allowed = world.path().canonicalize().unwrap().join("allowed");
    fs_err::create_dir_all(allowed.join("own/workflows")).unwrap();
    fs_err::write(allowed.join("own/workflows/flow.yaml"), FLOW).unwrap();
    (world, allowed)
}

fn own() -> Value {
    json!({"ref": "own", "label": "Own", "version": "1.0.0", "description": "One of ours", "tags": ["a", "b"],
        "conf_schema": {"place": {"type": "string", "default": "\u{85}\u{feff}"}}, "unknown": 7})
}

#[test]
fn a_pack_is_made_of_fields_and_of_the_files_that_are_there() {
    let (world, allowed) = world();
    let server =
        ApiServer::start_with(&world, &["--allow-unsigned", "--allow-directory", allowed.to_str().unwrap()]);
    let made = server.send("POST", "/api/v1/packs", &own());
    assert_eq!((made.status, &made.body["data"]["label"]), (201, &"Own".into()), "{}", made.body);
    assert_eq!(made.body["data"]["conf_schema"], own()["conf_schema"]);
    let again = server.send("POST", "/api/v1/packs", &own());
    assert_eq!((again.status, &again.body["code"]), (409, &"CONFLICT".into()));
    let synced = server.send("POST", "/api/v1/packs/own/workflows/sync", &Value::Null).body;
    assert_eq!(synced["data"]["workflows"][0]["ref_name"], "own.flow");
    fs_err::remove_dir_all(&allowed).unwrap();
    fs_err::create_dir(&allowed).unwrap();
    let change = json!({"version": "1.1.0", "description": {"op": "set", "value": "Changed"}});
    let changed = server.send("PUT", "/api/v1/packs/own", &change);
    assert_eq!(
        (changed.status, &changed.body["data"]["version"]),
        (200, &"1.1.0".into()),
        "{}",
        changed.body
    );
    assert_eq!(changed.body["data"]["description"], "Changed");
    assert_eq!(changed.body["data"]["id"], made.body["data"]["id"]);
    assert_eq!(changed.body["data"]["tags"], json!(["a", "b"]));
    // Its files stay, also where the directory that they came from is gone.
    let synced = server.send("POST", "/api/v1/packs/own/workflows/sync", &Value::Null).body;
    assert_eq!(synced["data"]["registered_count"], 1);
    let cleared = server.send("PUT", "/api/v1/packs/own", &json!({"description": {"op": "clear"}}));
    assert_ne!(cleared.body["data"]["description"], "Changed");
    world.verify(&[]).succeeds();
}

#[track_caller]
fn refuse(server: &ApiServer, method: &str, path: &str, body: &Value, status: u16) {
    let reply = server.send(method, path, body);
    assert_eq!(reply.status, status, "{body}: {}", reply.body);
}

#[test]
fn fields_that_make_no_pack_are_refused() {
    let (world, _) = world();
    let server = ApiServer::start_with(&world, &["--allow-unsigned"]);
    let before: Tree = world.root_tree().without_touched();
    for (field, value) in [
        ("ref", json!("")),
        ("ref", json!("Not A Ref")),
        ("ref", json!("../x")),
        ("label", json!("")),
        ("label", json!("x".repeat(256))),
        ("version", json!("one")),
        ("version", json!(1)),
        ("tags", json!("a")),
    ] {
        let mut body = own();
        body[field] = value;
        refuse(&server, "POST", "/api/v1/packs", &body, 422);
    }
    refuse(&server, "POST", "/api/v1/packs", &json!({"ref": "own"}), 422);
    refuse(&server, "PUT", "/api/v1/packs/nope", &json!({}), 404);
    // A registry signed it, and its fields with it.
    refuse(&server, "PUT", "/api/v1/packs/greeter", &json!({"label": "Mine"}), 409);
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn a_server_of_signed_packs_makes_none() {
    let (world, _) = world();
    let server = ApiServer::start(&world);
    refuse(&server, "POST", "/api/v1/packs", &own(), 403);
}
