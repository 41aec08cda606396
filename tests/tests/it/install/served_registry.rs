//! Installing over HTTP: from the real server, and from servers that get it wrong.

use attune_tests::servers::{Answer, BadServer, RealServer};
use attune_tests::world::standard;
use attune_tests::{Hosts, Run, World};

fn install(host: &World, url: &str) -> Run {
    let mut command = host.installer();
    command.args(["reporter", "--registry", url, "--trust"]).arg(standard().trust());
    Run::of(command)
}

/// Asserts that an installation fails where the server answers `answer` for paths with `part`.
fn refuse(part: &'static str, answer: Answer, code: i32, words: &[&str]) {
    let choose = move |path: &str| if path.contains(part) { answer } else { Answer::File };
    let server = BadServer::start(&standard().registry(), choose);
    Hosts::new().refuse(code, words, |host| install(host, server.url()));
}

const BLOBS: &str = "blobs/";
const HEAD: &str = "metadata/timestamp.json";

#[test]
fn the_real_server_serves_an_installation() {
    let server = RealServer::start(standard());
    let world = World::new();
    install(&world, server.url()).succeeds();
    assert_eq!(world.installed(), ["greeter 1.0.0", "reporter 1.0.0"]);
    let before = world.root_tree();
    // The trust is remembered, and nothing is fetched or written a second time.
    let run = world.install(["reporter", "--registry", server.url(), "--json"]).succeeds();
    assert_eq!(run.json()["outcome"], "unchanged");
    world.root_tree().assert_same(&before);
}

#[test]
fn a_registry_over_http_and_its_directory_install_the_same() {
    let server = RealServer::start(standard());
    let (over_http, from_directory) = (World::new(), World::new());
    install(&over_http, server.url()).succeeds();
    let directory = standard().registry().display().to_string();
    install(&from_directory, &directory).succeeds();
    let store = |world: &World| {
        let tree = attune_tests::Tree::of(&world.root().join("store/packs")).content_only();
        tree.paths().map(std::path::Path::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(store(&over_http), store(&from_directory));
}

#[test]
fn no_server() {
    // A port that was free a moment ago.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let run = Hosts::new().refuse(1, &[&url, "refused"], |host| install(host, &url));
    run.with_hint();
}

#[test]
fn a_url_that_is_none() {
    Hosts::new().refuse(1, &["ftp://", "http:// or https://"], |host| install(host, "ftp://127.0.0.1/"));
}

#[test]
fn missing_metadata() {
    refuse(HEAD, Answer::Status(404), 3, &["`timestamp.json` is missing"]);
}

#[test]
fn a_server_error_for_metadata() {
    refuse(HEAD, Answer::Status(500), 1, &["timestamp.json", "500"]);
}

#[test]
fn a_server_that_hangs_up() {
    refuse(HEAD, Answer::Silence, 1, &["timestamp.json"]);
    refuse(BLOBS, Answer::Silence, 1, &["blobs/sha256/"]);
}

#[test]
fn a_captive_portal() {
    refuse(HEAD, Answer::Portal, 3, &["timestamp.json"]);
    refuse("", Answer::Portal, 3, &[]);
}

#[test]
fn truncated_metadata() {
    for file in [HEAD, ".snapshot.json", ".targets.json", "packs/"] {
        let choose = move |path: &str| if path.contains(file) { Answer::Half } else { Answer::File };
        let server = BadServer::start(&standard().registry(), choose);
        let host = World::new();
        let run = install(&host, server.url());
        assert!(matches!(run.status, Some(1 | 3)), "{file}: {run:?}");
        assert!(host.root_tree().is_absent(), "{file}");
    }
}

#[test]
fn changed_metadata() {
    for file in [HEAD, ".snapshot.json", ".targets.json", "packs/"] {
        refuse(file, Answer::Changed, 3, &[]);
    }
}

#[test]
fn longer_metadata() {
    for file in [".snapshot.json", ".targets.json", "packs/"] {
        refuse(file, Answer::Longer, 3, &[]);
    }
}

#[test]
fn a_missing_blob() {
    refuse(BLOBS, Answer::Status(404), 3, &["lacks"]);
}

#[test]
fn a_server_error_for_blobs() {
    refuse(BLOBS, Answer::Status(503), 1, &["503"]);
}

#[test]
fn wrong_bytes() {
    refuse(BLOBS, Answer::Changed, 3, &["damaged blob"]);
}

#[test]
fn more_bytes() {
    refuse(BLOBS, Answer::Longer, 3, &["damaged blob"]);
}

#[test]
fn a_truncated_blob() {
    refuse(BLOBS, Answer::Half, 1, &["blobs/sha256/", "the connection broke off"]);
}
