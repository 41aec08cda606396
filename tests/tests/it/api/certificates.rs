//! The API over TLS.

use attune_tests::binaries::Binary;
use attune_tests::machines::api_server::{ApiServer, make_token, tokens};
use attune_tests::{Identity, Run, World};

fn world() -> World {
    let world = World::new();
    fs_err::create_dir_all(world.root()).unwrap();
    world
}

fn identity(world: &World, name: &str) -> Identity {
    Identity::self_signed(
        world.path(),
        name,
        &["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1"],
    )
}

#[test]
fn the_api_is_served_over_tls() {
    let world = world();
    let own = identity(&world, "own");
    let server = ApiServer::start_with(&world, &["--tls-cert", own.certificate(), "--tls-key", own.key()]);
    assert!(server.url().starts_with("https://"), "{}", server.url());
    assert_eq!(server.get("/api/v1/packs").status, 200);
    // Who speaks no TLS gets no answer, and others are served on.
    let plain = server.url().replace("https://", "http://");
    assert!(reqwest::blocking::get(format!("{plain}/healthz")).is_err());
    assert_eq!(server.get("/api/v1/packs").status, 200);
}

#[test]
fn certificates_that_cannot_be_used_are_refused() {
    let world = world();
    make_token(&world, "ci", "read");
    let [own, other] = ["own", "other"].map(|name| identity(&world, name));
    let nothing = world.path().join("nothing.pem");
    fs_err::write(&nothing, "no certificate").unwrap();
    let (nothing, absent) = (nothing.to_str().unwrap(), "absent.pem");
    let bad = [
        (own.certificate(), other.key(), "cannot be used with the key"),
        (own.certificate(), own.certificate(), "holds no private key"),
        (nothing, own.key(), "holds no certificate"),
        (absent, own.key(), "cannot be read"),
    ];
    for (certificate, key, words) in bad {
        let mut command = world.command(Binary::Serve);
        command.args(["host", "--listen", "127.0.0.1:0", "--tokens"]).arg(tokens(&world));
        command.arg("--root").arg(world.root());
        command.args(["--tls-cert", certificate, "--tls-key", key]);
        Run::of(command).fails(1, &["[G017]", words]).with_hint();
    }
    let mut alone = world.command(Binary::Serve);
    alone.args(["host", "--tokens", "t", "--tls-cert", own.certificate()]);
    Run::of(alone).fails(2, &["--tls-key"]);
}

/// The certificate that the server shows, in DER.
#[track_caller]
fn shown(server: &ApiServer) -> Vec<u8> {
    let address = server.url().strip_prefix("https://").unwrap();
    let script =
        format!("openssl s_client -connect {address} </dev/null 2>/dev/null | openssl x509 -outform DER");
    let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
    assert!(!output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

#[test]
fn a_certificate_that_is_replaced_is_used_and_one_that_is_broken_is_not() {
    let world = world();
    let [first, second] = ["first", "second"].map(|name| identity(&world, name));
    let [certificate, key] = ["server.pem", "server.key"].map(|name| world.path().join(name));
    let replace = |from: &str, to: &std::path::Path| {
        let new = world.path().join("new");
        fs_err::copy(from, &new).unwrap();
        fs_err::rename(new, to).unwrap();
    };
    replace(first.certificate(), &certificate);
    replace(first.key(), &key);
    let log = world.path().join("server.log");
    let arguments = ["--tls-cert", certificate.to_str().unwrap(), "--tls-key", key.to_str().unwrap()];
    let server = ApiServer::start_logging_with(&world, &log, &arguments);
    let before = shown(&server);
    // Between the two files, and with files that are none, the one from before is shown.
    replace(second.certificate(), &certificate);
    assert_eq!(shown(&server), before);
    assert!(fs_err::read_to_string(&log).unwrap().contains("the certificate from before is used on"));
    replace(second.key(), &key);
    let after = shown(&server);
    assert_ne!(after, before);
    for bad in ["", "no certificate"] {
        fs_err::write(&certificate, bad).unwrap();
        assert_eq!(shown(&server), after, "{bad}");
    }
    fs_err::remove_file(&certificate).unwrap();
    assert_eq!(shown(&server), after);
    replace(first.certificate(), &certificate);
    replace(first.key(), &key);
    assert_eq!(shown(&server), before);
    assert_eq!(server.get("/api/v1/packs").status, 200);
}
