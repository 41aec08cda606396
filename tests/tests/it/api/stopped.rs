//! Servers that are stopped, or killed, while changes run.

use std::time::{Duration, Instant};

use attune_tests::machines::api_server::ApiServer;
use attune_tests::standard_packs::greeter;
use attune_tests::{PackBuilder, World};
use rustix::process::Signal;
use serde_json::{Value, json};

/// A host that knows a registry, which has a pack whose tests take `seconds`.
fn world(seconds: u32) -> World {
    let slow = PackBuilder::new("slow", "1.0.0").action("ping", "shell", "#!/bin/sh\necho '{}'\n");
    let slow = slow.tested_by(&format!("#!/bin/sh\nsleep {seconds}\n"), 60, "block");
    let world = World::with_packs(&[&greeter(), &slow]);
    let (registry, trust) = (world.registry(), world.trust());
    let [registry, trust] = [&registry, &trust].map(|path| path.to_str().unwrap());
    world.install(["registry", "add", registry, "--trust", trust]).succeeds();
    world.install(["greeter"]).succeeds();
    world
}

fn is_changed(world: &World) -> bool {
    let status: Value = serde_json::from_str(&world.install(["status", "--json"]).stdout).unwrap();
    // What a kill leaves is there until the next change.
    status["change"] == "running"
}

#[track_caller]
fn wait_for(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_mins(1), "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_server_that_stops_answers_the_change_that_runs() {
    let world = world(2);
    let mut server = ApiServer::start(&world);
    std::thread::scope(|scope| {
        let installed =
            scope.spawn(|| server.send("POST", "/api/v1/packs/install", &json!({"source": "slow"})));
        wait_for("the change did not begin", || is_changed(&world));
        server.signal(Signal::TERM);
        assert_eq!(installed.join().unwrap().status, 200);
    });
    assert_eq!(server.ended(), Some(0));
    world.verify(&[]).succeeds();
}

#[test]
fn a_change_that_takes_longer_goes_on_without_its_server() {
    let world = world(13);
    let mut server = ApiServer::start(&world);
    let request = server.request("POST", "/api/v1/packs/install").bearer_auth(server.write_token());
    let asked = request.body(r#"{"source": "slow"}"#);
    let client = std::thread::spawn(move || asked.send());
    wait_for("the change did not begin", || is_changed(&world));
    server.signal(Signal::TERM);
    assert_eq!(server.ended(), Some(0));
    assert!(client.join().unwrap().is_err(), "nobody was left to answer");
    assert!(is_changed(&world), "the change went with its server");
    wait_for("the change did not end", || !is_changed(&world));
    assert!(world.install(["list"]).succeeds().stdout.contains("slow"));
    world.verify(&[]).succeeds();
}

#[test]
fn servers_that_are_killed_at_any_moment_leave_a_whole_host() {
    let world = world(0);
    for (round, milliseconds) in [5, 20, 40, 80, 120, 200, 300, 450, 700, 1000].into_iter().enumerate() {
        let server = ApiServer::start(&world);
        let is_there = world.install(["list"]).succeeds().stdout.contains("slow");
        let (method, path) =
            if is_there { ("DELETE", "/api/v1/packs/slow") } else { ("POST", "/api/v1/packs/install") };
        let request = server.request(method, path).bearer_auth(server.write_token());
        let request = if is_there { request } else { request.body(r#"{"source": "slow"}"#) };
        let client = std::thread::spawn(move || request.send());
        std::thread::sleep(Duration::from_millis(milliseconds));
        server.kill(round % 2 == 0);
        let _ = client.join().unwrap();
        wait_for("the change did not end", || !is_changed(&world));
        let next = ApiServer::start(&world);
        let answered = next.send("POST", "/api/v1/packs/install", &json!({"source": "slow"}));
        assert_eq!(answered.status, 200, "after {milliseconds} ms: {}", answered.body);
        world.verify(&[]).succeeds();
    }
}
