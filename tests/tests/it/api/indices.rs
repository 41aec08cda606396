//! The registries that the host knows, changed and searched through the API.

use attune_tests::World;
use attune_tests::machines::api_server::ApiServer;
use attune_tests::machines::servers::RealServer;
use attune_tests::standard_packs::{greeter, reporter};
use serde_json::{Value, json};

fn world() -> World {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    fs_err::create_dir_all(world.root()).unwrap();
    world
}

fn fingerprint(world: &World) -> String {
    attune_schemas::Digest::of(&fs_err::read(world.trust()).unwrap()).to_string()
}

#[test]
fn a_registry_is_added_searched_and_forgotten() {
    let world = world();
    let registry = RealServer::start(&world);
    let server = ApiServer::start_with(&world, &["--allow-origin", registry.url()]);
    let body = json!({"url": registry.url(), "trust_fingerprint": fingerprint(&world)});
    let added = server.send("POST", "/api/v1/pack-indices", &body);
    assert_eq!((added.status, &added.body["data"]["name"]), (201, &"demo".into()), "{}", added.body);
    let found = server.get("/api/v1/pack-indices/packs?q=report").body;
    assert_eq!(found["data"][0]["pack"]["ref"], "reporter");
    assert_eq!(found["data"][0]["registry"]["name"], "demo");
    assert_eq!(server.get("/api/v1/pack-indices/packs").body["data"].as_array().unwrap().len(), 2);
    assert_eq!(server.get("/api/v1/pack-indices/packs?registry_id=1").status, 200);
    assert_eq!(server.get("/api/v1/pack-indices/packs?registry_id=9").status, 404);
    for path in ["/api/v1/pack-indices/packs/greeter", "/api/v1/packs/registry/lookup?ref=greeter"] {
        assert_eq!(server.get(path).body["data"]["pack"]["version"], "1.0.0", "{path}");
    }
    assert_eq!(server.get("/api/v1/packs/registry/lookup?ref=nope").status, 404);
    assert_eq!(server.get("/api/v1/packs/registry/lookup").status, 400);
    let moved = server.send("PUT", "/api/v1/pack-indices/1", &json!({"position": 5}));
    assert_eq!((moved.status, &moved.body["data"]["position"]), (200, &0.into()), "{}", moved.body);
    let gone = server.send("DELETE", "/api/v1/pack-indices/1", &Value::Null);
    assert_eq!((gone.status, &gone.body["success"]), (200, &true.into()), "{}", gone.body);
    assert_eq!(server.get("/api/v1/pack-indices").body["data"], json!([]));
    assert_eq!(server.send("DELETE", "/api/v1/pack-indices/1", &Value::Null).status, 404);
}

#[test]
fn registries_that_nobody_allowed_or_trusts_are_refused() {
    let world = world();
    let registry = RealServer::start(&world);
    let server = ApiServer::start_with(&world, &["--allow-origin", registry.url()]);
    for (body, status) in [
        (json!({"url": "http://192.0.2.1/registry"}), 403),
        (json!({"url": "file:///etc"}), 403),
        (json!({"url": ""}), 400),
        (json!({"url": registry.url(), "trust_fingerprint": "sha256:00"}), 422),
        (
            json!({"url": registry.url(), "trust_fingerprint": attune_schemas::Digest::of(b"other").to_string()}),
            422,
        ),
        (json!({}), 422),
    ] {
        let reply = server.send("POST", "/api/v1/pack-indices", &body);
        assert_eq!(reply.status, status, "{body}: {}", reply.body);
    }
    let untrusted = server.send("POST", "/api/v1/pack-indices", &json!({"url": registry.url()}));
    assert!(matches!(untrusted.status, 400 | 422), "{} {}", untrusted.status, untrusted.body);
    assert_eq!(server.get("/api/v1/pack-indices").body["data"], json!([]));
}
