//! Changes of a host through the API: each as the command makes it.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use attune_tests::machines::api_server::{ApiServer, answer};
use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::{PackBuilder, World};
use serde_json::{Value, json};

fn slow() -> PackBuilder {
    PackBuilder::new("slow", "1.0.0").action("ping", "shell", "#!/bin/sh\necho '{}'\n").tested_by(
        "#!/bin/sh\nsleep 2\n",
        30,
        "block",
    )
}

/// A host that knows a registry and has one pack of it, and the directory that clients may name.
fn world() -> (World, PathBuf) {
    let world = World::with_packs(&[&greeter(), &reporter(), &slow()]);
    let (registry, trust) = (world.registry(), world.trust());
    let [registry, trust] = [&registry, &trust].map(|path| path.to_str().unwrap());
    world.install(["registry", "add", registry, "--trust", trust]).succeeds();
    world.install(["greeter"]).succeeds();
    let allowed = world.path().canonicalize().unwrap().join("allowed");
    fs_err::create_dir(&allowed).unwrap();
    (world, allowed)
}

fn serve(world: &World, allowed: &std::path::Path, further: &[&str]) -> ApiServer {
    ApiServer::start_with(world, &[&["--allow-directory", allowed.to_str().unwrap()], further].concat())
}

fn refs(server: &ApiServer) -> Vec<String> {
    let all = server.get("/api/v1/packs").body;
    all["items"].as_array().unwrap().iter().map(|pack| pack["ref"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_pack_is_installed_tested_and_removed() {
    let (world, allowed) = world();
    let server = serve(&world, &allowed, &[]);
    let reply = server.send("POST", "/api/v1/packs/install", &json!({"source": "reporter@^1"}));
    assert_eq!(
        (reply.status, &reply.body["data"]["pack"]["ref"]),
        (200, &"reporter".into()),
        "{}",
        reply.body
    );
    assert_eq!(refs(&server), ["greeter", "reporter"]);
    let tested = server.send("POST", "/api/v1/packs/reporter/test", &Value::Null);
    assert_eq!(tested.status, 200, "{}", tested.body);
    let removed = server.send("DELETE", "/api/v1/packs/reporter", &Value::Null);
    assert_eq!((removed.status, &removed.body["success"]), (200, &true.into()));
    assert_eq!(refs(&server), ["greeter"]);
    let history = world.install(["history"]).succeeds().stdout;
    assert!(history.contains("uninstall") && history.contains("for token write-"), "{history}");
    world.verify(&[]).succeeds();
}

#[test]
fn what_cannot_be_installed_is_told_and_changes_nothing() {
    let (world, allowed) = world();
    let server = serve(&world, &allowed, &[]);
    let before = world.root_tree().without_touched();
    let missing = server.send("POST", "/api/v1/packs/install", &json!({"source": "nope"}));
    assert_eq!((missing.status, &missing.body["code"]), (404, &"NOT_FOUND".into()), "{}", missing.body);
    assert_eq!(missing.body["details"]["code"], "R001");
    assert!(missing.body["details"]["hint"].is_string());
    let none = server.send("POST", "/api/v1/packs/install", &json!({"source": "greeter@^9"}));
    assert_eq!(none.status, 422, "{}", none.body);
    for source in
        ["", "-rf", "--root=/", "/etc", "/etc/passwd", "git@example.com:x/y", "https://example.com/x.tar.gz"]
    {
        let reply = server.send("POST", "/api/v1/packs/install", &json!({"source": source}));
        assert!(matches!(reply.status, 400 | 403), "{source}: {}", reply.body);
    }
    assert_eq!(server.send("DELETE", "/api/v1/packs/nope", &Value::Null).status, 404);
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn packs_of_directories_are_downloaded_and_registered() {
    let (world, allowed) = world();
    let server = serve(&world, &allowed, &[]);
    let destination = allowed.join("downloaded");
    let body = json!({"packs": ["reporter"], "destination_dir": destination, "verify_ssl": true});
    let downloaded = server.send("POST", "/api/v1/packs/download", &body);
    assert_eq!((downloaded.status, &downloaded.body["data"]["success_count"]), (200, &1.into()));
    let path = downloaded.body["data"]["downloaded_packs"][0]["pack_path"].clone();
    let needs = server.send("POST", "/api/v1/packs/dependencies", &json!({"pack_paths": [path]}));
    assert_eq!(needs.body["data"]["analyzed_packs"][0]["pack_ref"], "reporter");
    let registered = server.send("POST", "/api/v1/packs/register", &json!({"path": path}));
    assert_eq!((registered.status, &registered.body["data"]["ref"]), (201, &"reporter".into()));
    assert_eq!(registered.body["data"]["pack"]["ref"], "reporter");
    let again = server.send("POST", "/api/v1/packs/register", &json!({"path": path}));
    assert_eq!((again.status, &again.body["code"]), (409, &"CONFLICT".into()));
    let forced = server.send("POST", "/api/v1/packs/register", &json!({"path": path, "force": true}));
    assert_eq!(forced.status, 201, "{}", forced.body);
    let built = server.send("POST", "/api/v1/packs/build-envs", &json!({"pack_paths": ["reporter", path]}));
    assert_eq!(built.status, 200, "{}", built.body);
    let batch = server.send("POST", "/api/v1/packs/register-batch", &json!({"pack_paths": [path]}));
    assert_eq!(batch.body["data"]["summary"]["success_count"], 1, "{}", batch.body);
}

#[test]
fn a_pack_that_nobody_signed_needs_the_servers_word() {
    let (world, allowed) = world();
    let own =
        PackBuilder::new("own", "1.0.0").action("ping", "shell", "#!/bin/sh\necho '{}'\n").write(&allowed);
    {
        let server = serve(&world, &allowed, &[]);
        let refused = server.send("POST", "/api/v1/packs/register", &json!({"path": own}));
        assert_eq!(refused.status, 422, "{}", refused.body);
        let told = server.send("POST", "/api/v1/packs/register-batch", &json!({"pack_paths": [own]}));
        assert_eq!((told.status, &told.body["data"]["summary"]["failure_count"]), (200, &1.into()));
        assert_eq!(refs(&server), ["greeter"]);
    }
    let server = serve(&world, &allowed, &["--allow-unsigned"]);
    assert_eq!(server.send("POST", "/api/v1/packs/register", &json!({"path": own})).status, 201);
    assert_eq!(refs(&server), ["greeter", "own"]);
}

#[test]
fn paths_outside_the_allowed_directories_are_refused() {
    let (world, allowed) = world();
    let outside = greeter().write(&world.path().join("outside"));
    std::os::unix::fs::symlink(&outside, allowed.join("link")).unwrap();
    let server = serve(&world, &allowed, &["--allow-unsigned"]);
    let before = world.root_tree().without_touched();
    let allowed = allowed.to_str().unwrap();
    let bad = [
        outside.to_str().unwrap().to_owned(),
        format!("{allowed}/link"),
        format!("{allowed}/../outside/greeter"),
        format!("{allowed}/absent"),
        "/proc/self/root".to_owned(),
        "/proc/self".to_owned(),
        "relative".to_owned(),
        String::new(),
        "--help".to_owned(),
        "/\u{0}".to_owned(),
    ];
    for path in bad {
        for (route, body) in [
            ("register", json!({"path": path})),
            ("register-batch", json!({"pack_paths": [path]})),
            ("dependencies", json!({"pack_paths": [path]})),
        ] {
            let reply = server.send("POST", &format!("/api/v1/packs/{route}"), &body);
            assert!(matches!(reply.status, 400 | 403), "{route} {path}: {} {}", reply.status, reply.body);
        }
    }
    let body = json!({"packs": ["greeter"], "destination_dir": "/etc/packs"});
    assert_eq!(server.send("POST", "/api/v1/packs/download", &body).status, 403);
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn bodies_that_make_no_sense_are_refused() {
    let (world, allowed) = world();
    let server = serve(&world, &allowed, &[]);
    let path = "/api/v1/packs/register";
    let send = |body: String| {
        let request = server.request("POST", path).bearer_auth(server.write_token()).body(body);
        answer(path, "post", request)
    };
    for (body, status) in
        [("", 400), ("{", 400), ("[]", 422), ("{}", 422), (r#"{"path": 7}"#, 422), ("null", 422)]
    {
        let reply = send(body.to_owned());
        assert_eq!(reply.status, status, "{body}: {}", reply.body);
    }
    let reply = send(format!("{{\"path\": \"{}\"}}", "x".repeat(2 << 20)));
    assert_eq!((reply.status, &reply.body["code"]), (413, &"PAYLOAD_TOO_LARGE".into()));
    let empty = server.send("POST", "/api/v1/packs/register-batch", &json!({"pack_paths": []}));
    assert_eq!(empty.status, 422);
}

#[test]
fn changes_need_a_token_that_allows_them() {
    let (world, allowed) = world();
    let server = serve(&world, &allowed, &[]);
    for (method, path) in [
        ("POST", "/api/v1/packs/install"),
        ("POST", "/api/v1/packs/register"),
        ("POST", "/api/v1/packs/greeter/test"),
        ("DELETE", "/api/v1/packs/greeter"),
    ] {
        let request = server.request(method, path).bearer_auth(server.read_token()).body("{}");
        let reply = answer(path, method, request);
        assert_eq!((reply.status, &reply.body["code"]), (403, &"FORBIDDEN".into()), "{method} {path}");
        assert_eq!(answer(path, method, server.request(method, path).body("{}")).status, 401);
    }
    assert_eq!(refs(&server), ["greeter"]);
}

/// Whether a change of the host is under way.
fn is_changed(world: &World) -> bool {
    let status: Value = serde_json::from_str(&world.install(["status", "--json"]).stdout).unwrap();
    status["change"].is_object() || status["change"].is_string()
}

#[test]
fn another_change_meanwhile_is_busy_and_reads_go_on() {
    let (world, allowed) = world();
    let server = serve(&world, &allowed, &[]);
    std::thread::scope(|scope| {
        let first = scope.spawn(|| server.send("POST", "/api/v1/packs/install", &json!({"source": "slow"})));
        let began = Instant::now();
        while !is_changed(&world) {
            assert!(began.elapsed() < Duration::from_mins(1), "the installation did not begin");
        }
        let busy = server.send("DELETE", "/api/v1/packs/greeter", &Value::Null);
        assert_eq!((busy.status, &busy.body["details"]["code"]), (409, &"H009".into()), "{}", busy.body);
        assert!(busy.headers.contains_key("retry-after"));
        assert_eq!(refs(&server), ["greeter"]);
        assert_eq!(first.join().unwrap().status, 200);
    });
    assert_eq!(refs(&server), ["greeter", "slow"]);
}

#[test]
fn a_change_goes_on_where_its_client_leaves() {
    let (world, allowed) = world();
    let server = serve(&world, &allowed, &[]);
    let request = server.request("POST", "/api/v1/packs/install").bearer_auth(server.write_token());
    let gone = request.body(r#"{"source": "slow"}"#).timeout(Duration::from_millis(500)).send();
    assert!(gone.is_err());
    let began = Instant::now();
    while refs(&server) != ["greeter", "slow"] {
        assert!(began.elapsed() < Duration::from_mins(1), "it did not go on");
        std::thread::sleep(Duration::from_millis(100));
    }
    world.verify(&[]).succeeds();
}

#[test]
fn progress_is_told_as_events_where_a_client_asks_for_them() {
    let (world, allowed) = world();
    let server = serve(&world, &allowed, &[]);
    let request = server.request("POST", "/api/v1/packs/install").bearer_auth(server.write_token());
    let request = request.header("accept", "text/event-stream").body(r#"{"source": "reporter"}"#);
    let response = request.send().unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let lines: Vec<String> = BufReader::new(response).lines().map(Result::unwrap).collect();
    assert!(lines.iter().any(|line| line == "event: progress"), "{lines:?}");
    let last = lines.iter().rev().find_map(|line| line.strip_prefix("data: ")).unwrap();
    let last: Value = serde_json::from_str(last).unwrap();
    assert_eq!((&last["status"], &last["body"]["data"]["pack"]["ref"]), (&200.into(), &"reporter".into()));
    let request = server.request("POST", "/api/v1/packs/install").bearer_auth(server.write_token());
    let refused = request.header("accept", "text/event-stream").body(r#"{"source": "nope"}"#).send().unwrap();
    let text = refused.text().unwrap();
    assert!(text.contains("event: error\ndata: {\"body\":{\"code\":\"NOT_FOUND\""), "{text}");
}

#[test]
fn a_server_without_the_installer_reads_and_changes_nothing() {
    let (world, allowed) = world();
    let server = serve(&world, &allowed, &["--installer", "/absent/attune-install"]);
    assert_eq!(refs(&server), ["greeter"]);
    assert_eq!(server.send("POST", "/api/v1/packs/install", &json!({"source": "reporter"})).status, 500);
}

#[test]
fn packs_are_validated_and_nothing_is_changed() {
    let (world, allowed) = world();
    let own =
        PackBuilder::new("own", "1.0.0").action("ping", "shell", "#!/bin/sh\necho '{}'\n").write(&allowed);
    let server = serve(&world, &allowed, &[]);
    let before = world.root_tree().without_touched();
    let good = server.send("POST", "/api/v1/packs/validate", &json!({"packs": ["reporter", own]}));
    assert_eq!((good.status, &good.body["data"]["valid"]), (200, &true.into()), "{}", good.body);
    fs_err::write(own.join("pack.yaml"), "ref: own\n").unwrap();
    let bad = server.send("POST", "/api/v1/packs/validate", &json!({"pack_paths": [own]}));
    assert_eq!((bad.status, &bad.body["data"]["valid"]), (200, &false.into()), "{}", bad.body);
    assert_eq!(server.send("POST", "/api/v1/packs/validate", &json!({"packs": []})).status, 422);
    world.root_tree().without_touched().assert_same(&before);
}
