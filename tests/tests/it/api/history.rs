//! How the host is, what was done to it, and the way back.

use attune_tests::World;
use attune_tests::machines::api_server::ApiServer;
use attune_tests::standard_packs::{greeter, reporter};
use serde_json::json;

#[test]
fn the_host_tells_how_it_is_and_goes_back() {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    world.install_packs(&["greeter"]).succeeds();
    world.install_packs(&["reporter"]).succeeds();
    let server = ApiServer::start(&world);
    let host = server.get("/api/v1/host").body;
    assert_eq!((&host["data"]["packs"], &host["data"]["generation"]), (&2.into(), &2.into()));
    let past = server.get("/api/v1/host/history?page_size=1").body;
    assert_eq!((&past["items"][0]["generation"], &past["pagination"]["total_items"]), (&2.into(), &2.into()));
    let back = server.send("POST", "/api/v1/host/rollback", &json!({}));
    assert_eq!(back.status, 200, "{}", back.body);
    assert_eq!(server.get("/api/v1/host").body["data"]["packs"], 1);
    let forth = server.send("POST", "/api/v1/host/rollback", &json!({"generation": 2}));
    assert_eq!(forth.status, 200, "{}", forth.body);
    assert_eq!(server.get("/api/v1/host").body["data"]["packs"], 2);
    let none = server.send("POST", "/api/v1/host/rollback", &json!({"generation": 99}));
    assert!(matches!(none.status, 400 | 404 | 409 | 422), "{} {}", none.status, none.body);
}

#[test]
fn a_host_with_one_generation_has_no_way_back() {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    let server = ApiServer::start(&world);
    let none = server.send("POST", "/api/v1/host/rollback", &json!({}));
    assert_eq!((none.status, &none.body["code"]), (409, &"CONFLICT".into()), "{}", none.body);
}
