//! What a client reads of a host.

use attune_tests::machines::api_server::{ApiServer, answer};
use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::{PackBuilder, World};
use serde_json::{Value, json};

fn world() -> World {
    let tested = PackBuilder::new("tested", "1.0.0")
        .action("ping", "shell", "#!/bin/sh\necho '{}'\n")
        .tested_by("#!/bin/sh\nexit 0\n", 30, "block");
    let world = World::with_packs(&[&greeter(), &reporter(), &tested, &PackBuilder::new("plain", "1.0.0")]);
    world.install_packs(&["greeter", "reporter", "tested"]).succeeds();
    world
}

fn refs(list: &Value) -> Vec<&str> {
    list["items"].as_array().unwrap().iter().map(|item| item["ref"].as_str().unwrap()).collect()
}

#[test]
fn packs_are_listed_by_pages_and_shown() {
    let world = world();
    let server = ApiServer::start(&world);
    let all = server.get("/api/v1/packs").body;
    assert_eq!(refs(&all), ["greeter", "reporter", "tested"]);
    assert_eq!(all["pagination"]["total_items"], 3);
    let second = server.get("/api/v1/packs?page=2&page_size=2").body;
    assert_eq!(refs(&second), ["tested"]);
    let expected = json!({"page": 2, "page_size": 2, "total_items": 3, "total_pages": 2, "has_previous": true, "has_next": false});
    assert_eq!(second["pagination"], expected);
    assert_eq!(refs(&server.get("/api/v1/packs?name=EPORT&per_page=1").body), ["reporter"]);
    for query in ["page=0", "page_size=0", "page=-1", "page=x"] {
        assert_eq!(server.get(&format!("/api/v1/packs?{query}")).status, 400, "{query}");
    }
    let shown = server.get("/api/v1/packs/greeter").body;
    assert_eq!(shown["data"]["version"], "1.0.0");
    assert!(shown["data"]["dependencies"].is_array());
    for name in ["nope", "GREETER", "..", "%2e%2e", "a%00b", "%ff"] {
        let reply = server.get(&format!("/api/v1/packs/{name}"));
        assert_eq!((reply.status, &reply.body["code"]), (404, &json!("NOT_FOUND")), "{name}");
    }
    assert_eq!(server.get("/api/v1/packs/nope").body["error"], "Pack 'nope' not found");
}

#[test]
fn components_and_test_runs_are_those_of_the_pack() {
    let world = world();
    let server = ApiServer::start(&world);
    let actions = server.get("/api/v1/packs/greeter/actions").body;
    let all = actions["items"].as_array().unwrap();
    assert!(!all.is_empty());
    for action in all {
        assert_eq!(action["pack_ref"], "greeter");
        assert_eq!(action["is_adhoc"], false);
        assert!(action["worker_selector"].is_object(), "{action}");
    }
    for kind in
        ["triggers", "sensors", "rules", "runtimes", "queues", "workflows", "policies", "permission-sets"]
    {
        assert_eq!(server.get(&format!("/api/v1/packs/greeter/{kind}")).status, 200, "{kind}");
    }
    assert_eq!(server.get("/api/v1/packs/greeter/secrets").status, 404);
    assert_eq!(server.get("/api/v1/packs/nope/actions").status, 404);
    let runs = server.get("/api/v1/packs/tested/tests").body;
    assert_eq!(runs["pagination"]["total_items"], 1);
    let latest = server.get("/api/v1/packs/tested/tests/latest").body;
    assert_eq!(latest["data"], runs["items"][0]);
    assert_eq!(latest["data"]["passRate"], 1.0);
    world.install_packs(&["plain"]).succeeds();
    assert_eq!(server.get("/api/v1/packs/plain/tests").body["items"], json!([]));
    assert_eq!(server.get("/api/v1/packs/plain/tests/latest").status, 404);
}

#[test]
fn a_change_of_the_host_is_seen_at_once() {
    let world = world();
    let server = ApiServer::start(&world);
    assert_eq!(refs(&server.get("/api/v1/packs").body).len(), 3);
    for _ in 0..3 {
        world.install(["uninstall", "reporter", "--yes"]).succeeds();
        assert_eq!(refs(&server.get("/api/v1/packs").body), ["greeter", "tested"]);
        assert_eq!(server.get("/api/v1/packs/reporter").status, 404);
        world.install_packs(&["reporter"]).succeeds();
        assert_eq!(server.get("/api/v1/packs/reporter").status, 200);
    }
}

#[test]
fn a_damaged_database_is_told_and_names_no_path() {
    let world = world();
    let server = ApiServer::start(&world);
    assert_eq!(server.get("/healthz").status, 200);
    fs_err::write(world.root().join("state/attune.db"), "no database").unwrap();
    let reply = server.get("/api/v1/packs");
    assert_eq!((reply.status, &reply.body["code"]), (500, &json!("DATABASE_ERROR")));
    assert!(!reply.body.to_string().contains("state"), "{}", reply.body);
    let health = server.request("GET", "/healthz").send().unwrap();
    assert_eq!(health.status(), 503);
}

#[test]
fn a_host_without_packs_has_empty_lists() {
    let world = World::new();
    fs_err::create_dir_all(world.root()).unwrap();
    let server = ApiServer::start(&world);
    assert_eq!(refs(&server.get("/api/v1/packs").body), [""; 0]);
    assert_eq!(server.get("/api/v1/pack-indices").body, json!({"data": []}));
    assert_eq!(server.get("/nothing").status, 404);
    let refused = answer("/api/v1/packs", "patch", server.request("PATCH", "/api/v1/packs"));
    assert_eq!(refused.status, 405);
    assert!(refused.headers["allow"].to_str().unwrap().contains("GET"));
}

#[test]
fn the_registries_of_the_host_are_its_indices() {
    let world = world();
    let registry = world.registry();
    let trust = world.trust();
    world
        .install(["registry", "add", registry.to_str().unwrap(), "--trust", trust.to_str().unwrap()])
        .succeeds();
    let indices = ApiServer::start(&world).get("/api/v1/pack-indices").body;
    assert_eq!(indices["data"][0]["name"], "demo");
    assert_eq!(indices["data"][0]["url"], format!("file://{}", registry.display()));
    assert_eq!(indices["data"][0]["position"], 0);
}
