//! Who may use the API.

use std::thread::sleep;
use std::time::Duration;

use attune_tests::binaries::Binary;
use attune_tests::machines::api_server::{ApiServer, answer, make_token, tokens};
use attune_tests::standard_packs::greeter;
use attune_tests::{Run, World};

fn world() -> World {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    world
}

#[test]
fn requests_without_a_good_token_are_refused() {
    let world = world();
    let server = ApiServer::start(&world);
    let path = "/api/v1/packs";
    let other = &server.read_token().replace('0', "1").replace('a', "b");
    let bad = [
        None,
        Some(String::new()),
        Some("Bearer".to_owned()),
        Some("Bearer ".to_owned()),
        Some(server.read_token().to_owned()),
        Some(format!("Basic {}", server.read_token())),
        Some(format!("Bearer {}", &server.read_token()[..20])),
        Some(format!("Bearer {other}")),
        Some(format!("Bearer {}", "x".repeat(5000))),
    ];
    for header in bad {
        let mut request = server.request("GET", path);
        if let Some(header) = &header {
            request = request.header("authorization", header);
        }
        let reply = answer(path, "get", request);
        assert_eq!((reply.status, &reply.body["code"]), (401, &"UNAUTHORIZED".into()), "{header:?}");
        assert!(reply.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
    }
    assert_eq!(
        answer(path, "get", server.request("GET", path).bearer_auth(server.write_token())).status,
        200
    );
    let lower = format!("bearer {}", server.read_token());
    assert_eq!(answer(path, "get", server.request("GET", path).header("authorization", lower)).status, 200);
    for path in ["/healthz", "/openapi.json"] {
        assert_eq!(server.request("GET", path).send().unwrap().status(), 200);
    }
}

#[test]
fn tokens_end_and_are_revoked_while_the_server_runs() {
    let world = world();
    let server = ApiServer::start(&world);
    let path = "/api/v1/packs";
    let ask = |token: &str| answer(path, "get", server.request("GET", path).bearer_auth(token)).status;
    let later = make_token(&world, "later", "read");
    assert_eq!(ask(&later), 200);
    let mut revoke = world.command(Binary::Serve);
    revoke.args(["token", "revoke", "later", "--tokens"]).arg(tokens(&world));
    Run::of(revoke).succeeds();
    assert_eq!(ask(&later), 401);
    let mut short = world.command(Binary::Serve);
    short.args(["token", "create", "short", "--expires", "1s", "--tokens"]).arg(tokens(&world));
    let short = Run::of(short).succeeds().stdout.trim().to_owned();
    sleep(Duration::from_millis(1100));
    let reply = answer(path, "get", server.request("GET", path).bearer_auth(&short));
    assert_eq!((reply.status, &reply.body["error"]), (401, &"Authentication token expired".into()));
    assert_eq!(ask(server.read_token()), 200);
}

#[test]
fn the_log_has_no_token() {
    let world = world();
    let log = world.path().join("log");
    let server = ApiServer::start_logging(&world, &log);
    server.get("/api/v1/packs");
    let wrong = server.read_token().replace('0', "1");
    server.request("GET", "/api/v1/packs").bearer_auth(wrong).send().unwrap();
    let text = fs_err::read_to_string(&log).unwrap();
    assert!(text.contains("/api/v1/packs"), "{text}");
    assert!(!text.contains("attune_"), "{text}");
}

#[test]
fn every_request_has_an_id_in_the_answer_and_in_the_log() {
    let world = world();
    let log = world.path().join("log");
    let server = ApiServer::start_logging(&world, &log);
    let send = |id: &str| {
        let request = server.request("GET", "/healthz").header("x-request-id", id);
        request.send().unwrap().headers()["x-request-id"].to_str().unwrap().to_owned()
    };
    assert_eq!(send("deploy-7.a_b"), "deploy-7.a_b");
    for bad in ["", "with space", "<script>", &"x".repeat(65)] {
        assert!(send(bad).bytes().all(|byte| byte.is_ascii_digit()), "{bad}");
    }
    assert_ne!(send(""), send(""));
    assert!(fs_err::read_to_string(&log).unwrap().contains("deploy-7.a_b"));
}
