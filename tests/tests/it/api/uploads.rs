//! Packs that clients send.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;

use attune_tests::machines::api_server::{ApiReply, ApiServer, answer};
use attune_tests::standard_packs::greeter;
use attune_tests::{PackBuilder, World};

const PATH: &str = "/api/v1/packs/upload";

fn world() -> World {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    world
}

fn own() -> PackBuilder {
    PackBuilder::new("own", "1.0.0").action("ping", "shell", "#!/bin/sh\necho '{}'\n")
}

/// A tar of `name` in `parent`, with further options of tar.
fn tar(parent: &Path, options: &[&str], names: &[&str]) -> Vec<u8> {
    let output =
        Command::new("tar").args(["-cz", "-C"]).arg(parent).args(options).args(names).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn form(fields: &[(&str, Option<&str>, &[u8])]) -> Vec<u8> {
    let mut body = Vec::new();
    for (name, file, content) in fields {
        let file = file.map(|file| format!("; filename=\"{file}\"")).unwrap_or_default();
        let head = format!("--limit\r\ncontent-disposition: form-data; name=\"{name}\"{file}\r\n\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--limit--\r\n");
    body
}

#[track_caller]
fn send(server: &ApiServer, body: Vec<u8>) -> ApiReply {
    let request = server.request("POST", PATH).bearer_auth(server.write_token());
    answer(PATH, "post", request.header("content-type", "multipart/form-data; boundary=limit").body(body))
}

#[test]
fn an_archive_is_installed_and_replaced_by_force_alone() {
    let world = world();
    let server = ApiServer::start_with(&world, &["--allow-unsigned"]);
    let parent = world.path().join("packs");
    own().write(&parent);
    let archive = tar(&parent, &[], &["own"]);
    let first = send(&server, form(&[("pack", Some("own.tar.gz"), &archive), ("other", None, b"x")]));
    assert_eq!((first.status, &first.body["data"]["pack"]["ref"]), (201, &"own".into()), "{}", first.body);
    let again = send(&server, form(&[("pack", Some("own.tar.gz"), &archive)]));
    assert_eq!((again.status, &again.body["code"]), (409, &"CONFLICT".into()));
    assert_eq!(server.get("/api/v1/packs/own").status, 200);
    let fields: [(&str, Option<&str>, &[u8]); 3] =
        [("force", None, b"TRUE"), ("skip_tests", None, b"true"), ("pack", None, &archive)];
    let forced = send(&server, form(&fields));
    assert_eq!(
        (forced.status, &forced.body["data"]["tests_skipped"]),
        (201, &true.into()),
        "{}",
        forced.body
    );
    world.verify(&[]).succeeds();
}

#[test]
fn an_archive_that_nobody_signed_needs_the_servers_word() {
    let world = world();
    let server = ApiServer::start(&world);
    let parent = world.path().join("packs");
    own().write(&parent);
    let refused = send(&server, form(&[("pack", Some("own.tar.gz"), &tar(&parent, &[], &["own"]))]));
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!(server.get("/api/v1/packs/own").status, 404);
}

#[test]
fn archives_of_attackers_are_refused_and_leave_nothing() {
    let world = world();
    let server = ApiServer::start_with(&world, &["--allow-unsigned"]);
    let before = world.root_tree().without_touched();
    let parent = world.path().join("packs");
    own().write(&parent);
    std::os::unix::fs::symlink("/etc/passwd", parent.join("own/link")).unwrap();
    let linked = tar(&parent, &[], &["own"]);
    fs_err::remove_file(parent.join("own/link")).unwrap();
    let slipped = tar(&parent, &["--transform", "s,own/actions,../../slipped,", "-P"], &["own"]);
    let bare = tar(&parent, &[], &["own/actions"]);
    let whole = tar(&parent, &[], &["own"]);
    let archives: [(&str, &[u8]); 7] = [
        ("a link that leads out", &linked),
        ("a path that leads out", &slipped),
        ("no pack.yaml", &bare),
        ("half an archive", &whole[..whole.len() / 2]),
        ("nothing", b""),
        ("no archive", b"no archive"),
        ("another format", b"PK\x03\x04"),
    ];
    for (what, archive) in archives {
        let reply = send(&server, form(&[("pack", Some("own.tar.gz"), archive)]));
        assert!(matches!(reply.status, 400 | 422), "{what}: {} {}", reply.status, reply.body);
        assert!(!reply.body["error"].as_str().unwrap().contains("/tmp/"), "{what}: {}", reply.body);
    }
    let none = send(&server, form(&[("force", None, b"true")]));
    assert_eq!((none.status, &none.body["error"]), (400, &"Missing required field 'pack'".into()));
    let request = server.request("POST", PATH).bearer_auth(server.write_token()).body("x");
    assert_eq!(answer(PATH, "post", request).status, 400);
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn a_pack_that_claims_the_components_of_another_is_refused() {
    let world = world();
    let server = ApiServer::start_with(&world, &["--allow-unsigned"]);
    let before = world.root_tree().without_touched();
    let parent = world.path().join("packs");
    let thief = own().file(
        "actions/stolen.yaml",
        "ref: greeter.greet\nlabel: Greet\nrunner_type: shell\nentry_point: ping.sh\n",
    );
    thief.write(&parent);
    let reply = send(&server, form(&[("pack", Some("own.tar.gz"), &tar(&parent, &[], &["own"]))]));
    assert!(matches!(reply.status, 400 | 409 | 422), "{} {}", reply.status, reply.body);
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn a_body_that_is_cut_leaves_nothing() {
    let world = world();
    let server = ApiServer::start_with(&world, &["--allow-unsigned"]);
    let before = world.root_tree().without_touched();
    let mut stream = TcpStream::connect(server.url().strip_prefix("http://").unwrap()).unwrap();
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: 100000\r\n\
         content-type: multipart/form-data; boundary=limit\r\n\r\n--limit\r\ncontent-disposition: form-data; \
         name=\"pack\"; filename=\"x.tar.gz\"\r\n\r\nbegin",
        server.write_token()
    );
    stream.write_all(head.as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut rest = String::new();
    // Either an answer or the end of the connection.
    let _ = stream.read_to_string(&mut rest);
    assert!(rest.is_empty() || rest.starts_with("HTTP/1.1 400"), "{rest}");
    assert_eq!(server.get("/api/v1/packs").status, 200);
    world.root_tree().without_touched().assert_same(&before);
}
