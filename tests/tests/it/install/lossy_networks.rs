//! Connections that break off, and object stores that say 403 for what is not there.

use std::sync::Mutex;

use attune_tests::private_server::Asked;
use attune_tests::servers::{Answer, BadServer};
use attune_tests::world::standard;
use attune_tests::{Hosts, PrivateServer, Reply, Run, World};

fn install(host: &World, url: &str) -> Run {
    let mut command = host.installer();
    command.args(["reporter", "--registry", url, "--trust"]).arg(standard().trust());
    Run::of(command)
}

/// The file of the registry that was asked for.
fn file(asked: &Asked) -> Option<Vec<u8>> {
    fs_err::read(standard().registry().join(asked.target.trim_start_matches('/'))).ok()
}

fn is_blob(asked: &Asked) -> bool {
    asked.target.contains("/blobs/")
}

/// Every blob breaks off the first time that it is asked for; `whole` answers from then on.
fn breaks_off_once(
    etag: Option<&'static str>,
    whole: impl Fn(&Asked, Vec<u8>) -> Reply + Send + Sync + 'static,
) -> PrivateServer {
    let seen = Mutex::new(std::collections::BTreeSet::new());
    PrivateServer::start(move |asked| {
        let Some(body) = file(asked) else { return Reply::new(404, "") };
        if is_blob(asked) && seen.lock().unwrap().insert(asked.target.clone()) {
            let half = body.len() / 2;
            let reply = Reply::new(200, body).cut_at(half);
            return if let Some(etag) = etag { reply.header("ETag", etag) } else { reply };
        }
        whole(asked, body)
    })
}

#[test]
fn a_blob_that_breaks_off_is_resumed_where_it_stopped() {
    let server = breaks_off_once(Some("\"v1\""), |asked, body| {
        let from = asked.header("range").strip_prefix("bytes=").and_then(|range| range.strip_suffix('-'));
        let Some(from) = from.and_then(|from| from.parse::<usize>().ok()) else {
            return Reply::new(200, body);
        };
        assert_eq!(asked.header("if-range"), "\"v1\"");
        let range = format!("bytes {from}-{}/{}", body.len() - 1, body.len());
        Reply::new(206, &body[from..]).header("Content-Range", range)
    });
    install(&World::new(), &server.url("/")).succeeds();
    let blobs: Vec<Asked> = server.asked().into_iter().filter(is_blob).collect();
    assert!(blobs.iter().any(|asked| !asked.header("range").is_empty()), "nothing was resumed: {blobs:?}");
}

#[test]
fn a_blob_that_cannot_be_resumed_is_fetched_again() {
    // No version, a weak one, and a server that knows no parts.
    for etag in [None, Some("W/\"v1\""), Some("\"v1\"")] {
        let server = breaks_off_once(etag, |_, body| Reply::new(200, body));
        install(&World::new(), &server.url("")).succeeds();
        let resumes = server.asked().into_iter().filter(|asked| !asked.header("range").is_empty()).count();
        assert_eq!(resumes > 0, etag == Some("\"v1\""), "{etag:?}");
    }
}

#[test]
fn another_part_than_asked_for_is_not_taken() {
    let server = breaks_off_once(Some("\"v1\""), |asked, body| match asked.header("range") {
        "" => Reply::new(200, body),
        _ => Reply::new(206, body).header("Content-Range", "bytes 0-9/10"),
    });
    install(&World::new(), &server.url("")).succeeds();
}

#[test]
fn what_always_breaks_off_is_no_damage() {
    for part in ["metadata/timestamp.json", ".snapshot.json", ".targets.json", "packs/", "blobs/"] {
        let choose = move |path: &str| if path.contains(part) { Answer::Half } else { Answer::File };
        let server = BadServer::start(&standard().registry(), choose);
        let words = [part, "the connection broke off", "check the network"];
        Hosts::new().refuse(1, &words, |host| install(host, server.url()));
    }
}

#[test]
fn a_blob_of_no_announced_length_that_ends_early_is_no_damage() {
    let server = PrivateServer::start(|asked| match file(asked) {
        Some(body) if is_blob(asked) => {
            let half = body.len() / 2;
            Reply::new(200, body).open_ended().cut_at(half)
        }
        Some(body) => Reply::new(200, body).open_ended(),
        None => Reply::new(404, ""),
    });
    let words = ["the connection broke off", "bytes came", "check the network"];
    Hosts::new().refuse(1, &words, |host| install(host, &server.url("")));
}

#[test]
fn a_busy_server_is_asked_again() {
    let busy = Mutex::new(2);
    let server = PrivateServer::start(move |asked| {
        let mut left = busy.lock().unwrap();
        if *left > 0 {
            *left -= 1;
            return Reply::new(503, "");
        }
        file(asked).map_or(Reply::new(404, ""), |body| Reply::new(200, body))
    });
    install(&World::new(), &server.url("")).succeeds();
}

/// An object store that its readers may not list.
fn bucket(denied: &'static str) -> PrivateServer {
    PrivateServer::start(move |asked| match file(asked) {
        Some(body) if denied.is_empty() || !asked.target.contains(denied) => Reply::new(200, body),
        _ => Reply::new(403, "AccessDenied"),
    })
}

#[test]
fn an_object_store_that_says_forbidden_for_what_is_absent() {
    let server = bucket("");
    let world = World::new();
    install(&world, &server.url("")).succeeds();
    let fingerprint = attune_schemas::Digest::of(&fs_err::read(standard().trust()).unwrap()).to_string();
    let registry = server.url("");
    let other = World::new();
    other.install(["reporter", "--registry", &registry, "--trust-fingerprint", &fingerprint]).succeeds();
    let wrong = format!("sha256:{}", "0".repeat(64));
    let run = World::new().install(["reporter", "--registry", &registry, "--trust-fingerprint", &wrong]);
    run.fails(3, &["no root with the fingerprint"]);
}

#[test]
fn forbidden_metadata_and_blobs_are_told_with_both_causes() {
    for part in ["timestamp.json", ".snapshot.json", "packs/", "blobs/"] {
        let server = bucket(part);
        let words = ["403 Forbidden: the file does not exist, or may not be read", part, "bucket"];
        Hosts::new().refuse(1, &words, |host| install(host, &server.url("")));
    }
}

#[test]
fn a_newer_root_that_is_forbidden_gains_no_more_than_one_that_is_absent() {
    let world = World::with_packs(&[&attune_tests::standard_packs::greeter()]);
    let trust = fs_err::read(world.trust()).unwrap();
    let old = world.path().join("old.json");
    fs_err::write(&old, trust).unwrap();
    let rotate = ["key", "rotate", "registry", "--role", "timestamp"];
    world.build(rotate).succeeds();
    // From then on the old key signs no more.
    world.build(["refresh", "registry"]).succeeds();
    let hide = |status: u16| {
        let choose =
            move |path: &str| if path.contains("2.root") { Answer::Status(status) } else { Answer::File };
        let server = BadServer::start(&world.registry(), choose);
        let host = World::new();
        let run = Run::of({
            let mut command = host.installer();
            command.args(["greeter", "--registry", server.url(), "--trust"]).arg(&old);
            command
        });
        run.stderr
    };
    let forbidden = hide(403);
    assert_eq!(forbidden, hide(404));
    assert!(forbidden.contains("timestamp.json` is not signed by the keys of its role"), "{forbidden}");
}
