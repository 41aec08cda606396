//! The workflows of a pack, as they are registered and as their files are.

use attune_tests::machines::api_server::ApiServer;
use attune_tests::{PackBuilder, World};
use serde_json::{Value, json};

const GOOD: &str =
    "ref: flows.good\nlabel: Good\nversion: \"1.0.0\"\ntasks:\n  - name: first\n    action: core.noop\n";

fn world(pack: &PackBuilder) -> World {
    let world = World::with_packs(&[pack]);
    world.install_packs(&["flows"]).succeeds();
    world
}

#[test]
fn workflows_are_told_with_their_rows() {
    let pack = PackBuilder::new("flows", "1.0.0").file("workflows/good.yaml", GOOD);
    let world = world(&pack);
    let server = ApiServer::start(&world);
    let synced = server.send("POST", "/api/v1/packs/flows/workflows/sync", &Value::Null);
    let data = &synced.body["data"];
    assert_eq!(
        (synced.status, &data["loaded_count"], &data["registered_count"]),
        (200, &1.into(), &1.into())
    );
    assert_eq!(data["workflows"][0]["ref_name"], "flows.good");
    assert!(data["workflows"][0]["workflow_def_id"].as_i64() > Some(0));
    assert_eq!(data["errors"], json!([]));
    let checked = server.send("POST", "/api/v1/packs/flows/workflows/validate", &Value::Null);
    assert_eq!(checked.body["data"]["validated_count"], 1);
    assert_eq!(checked.body["data"]["error_count"], 0, "{}", checked.body);
    for call in ["sync", "validate"] {
        let absent = server.send("POST", &format!("/api/v1/packs/nope/workflows/{call}"), &Value::Null);
        assert_eq!((absent.status, &absent.body["error"]), (404, &"Pack 'nope' not found".into()));
    }
}

#[test]
fn a_pack_without_workflows_has_none() {
    let world = world(&PackBuilder::new("flows", "1.0.0").action("ping", "shell", "#!/bin/sh\necho '{}'\n"));
    let server = ApiServer::start(&world);
    let synced = server.send("POST", "/api/v1/packs/flows/workflows/sync", &Value::Null).body;
    assert_eq!((&synced["data"]["loaded_count"], &synced["data"]["workflows"]), (&0.into(), &json!([])));
}

#[test]
fn findings_are_told_by_workflow_with_their_places() {
    let text =
        "ref: flows.good\nlabel: Good\nversion: \"1.0.0\"\ntasks:\n  - name: first\n    action: flows.gone\n";
    let pack = PackBuilder::new("flows", "1.0.0").file("workflows/good.yaml", text);
    let world = world(&pack);
    let server = ApiServer::start(&world);
    let checked = server.send("POST", "/api/v1/packs/flows/workflows/validate", &Value::Null).body;
    let told = checked["data"]["warnings"]["flows.good"].to_string() + &checked["data"]["errors"].to_string();
    assert!(told.contains("flows.gone") && told.contains("6:13"), "{checked}");
}
