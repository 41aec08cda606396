//! `attune-install registry`: the registries that a host knows, added, listed, put in order and removed.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use attune_tests::binaries::Binary;
use attune_tests::{Hosts, PackBuilder, PrivateServer, Reply, Run, World};
use serde_json::{Value, json};

/// Runs `attune-install registry` for the root of `host`.
fn registry(host: &World, arguments: &[&str]) -> Run {
    let mut command = host.command(Binary::Install);
    command.arg("registry").args(arguments).arg("--root").arg(host.root());
    Run::of(command)
}

/// A registry called `name`.
fn publisher(name: &str) -> World {
    let world = World::new();
    world.init(name).succeeds();
    world
        .add(&[&PackBuilder::new("greeter", "1.0.0").action("greet", "shell", "#!/bin/sh\necho '{}'\n")])
        .succeeds();
    world
}

fn text(path: impl AsRef<Path>) -> String {
    path.as_ref().to_str().unwrap().to_owned()
}

/// Adds the directory of `publisher`, with further options.
fn add(host: &World, publisher: &World, options: &[&str]) -> Run {
    let (directory, root) = (text(publisher.registry()), text(publisher.trust()));
    registry(host, &[&["add", &directory, "--trust", &root], options].concat())
}

fn names(host: &World) -> Vec<String> {
    let listed = registry(host, &["list", "--json"]).succeeds().json();
    let registries = listed["registries"].as_array().unwrap().iter();
    registries.map(|registry| registry["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_registry_is_added_listed_and_removed() {
    let (host, corp) = (World::new(), publisher("corp"));
    let added = add(&host, &corp, &["--json"]).succeeds().json();
    assert_eq!((&added["change"], &added["rank"]), (&json!("added"), &json!(1)));
    assert_eq!(added["registry"]["name"], "corp");
    assert_eq!(added["registry"]["directory"], text(corp.registry()).as_str());
    assert_eq!(added["freshness"]["verdict"], "fresh");
    let listed = registry(&host, &["ls"]).succeeds().stdout;
    assert!(listed.contains("corp") && listed.contains(&text(corp.registry())), "{listed}");
    // What was seen stays seen, and the root is trusted as an install trusts it.
    let trusted = host.install(["trust", "show", "corp", "--json"]).succeeds().json();
    assert_eq!(trusted["seen"][0]["role"], "timestamp", "{trusted}");
    host.install(["greeter", "--registry", &text(corp.registry())]).succeeds();
    let listed = registry(&host, &["list", "--json"]).succeeds().json();
    assert_eq!(listed["registries"][0]["installed"], json!(["greeter"]));

    let removed = registry(&host, &["remove", "corp"]).succeeds().stdout;
    assert!(
        removed.contains("its root stays trusted") && removed.contains("still here: greeter"),
        "{removed}"
    );
    assert!(names(&host).is_empty());
    assert_eq!(host.installed(), ["greeter 1.0.0"]);
    // Its root is still trusted, so none is given again.
    registry(&host, &["add", &text(corp.registry())]).succeeds();
    registry(&host, &["rm", "corp", "--forget-trust"]).fails(2, &["--yes"]);
    let removed = registry(&host, &["rm", "corp", "--forget-trust", "--yes", "--json"]).succeeds().json();
    assert_eq!((&removed["trusted"], &removed["installed"]), (&json!(false), &json!(["greeter"])));
    registry(&host, &["add", &text(corp.registry())])
        .fails(3, &["nothing on this host vouches for"])
        .with_hint();
    assert!(host.verify(&[]).succeeds().stderr.is_empty());
}

#[test]
fn the_order_is_that_in_which_they_are_asked() {
    let host = World::new();
    let [corp, team, disk] = ["corp", "team", "disk"].map(publisher);
    add(&host, &corp, &[]).succeeds();
    add(&host, &team, &["--first"]).succeeds();
    let added = add(&host, &disk, &["--before", "corp", "--json"]).succeeds().json();
    assert_eq!(added["rank"], 2);
    assert_eq!(names(&host), ["team", "disk", "corp"]);
    let ordered = registry(&host, &["order", "corp", "team", "--json"]).succeeds().json();
    assert_eq!(ordered["registries"][0]["name"], "corp");
    assert_eq!(names(&host), ["corp", "team", "disk"]);
    // Once more is no change, and another place is one that keeps the rank.
    let before = host.root_tree().without_touched();
    let again = add(&host, &corp, &["--json"]).succeeds().json();
    assert_eq!(again["change"], "unchanged");
    registry(&host, &["order", "corp"]).succeeds();
    host.root_tree().without_touched().assert_same(&before);
    let moved = corp.path().join("moved");
    fs_err::rename(corp.registry(), &moved).unwrap();
    let changed = registry(&host, &["add", &text(&moved), "--json"]).succeeds().json();
    assert_eq!((&changed["change"], &changed["rank"]), (&json!("changed"), &json!(1)));
    assert_eq!(changed["registry"]["directory"], text(&moved).as_str());
}

#[test]
fn a_name_that_is_not_known_is_told_with_what_is() {
    let (host, corp) = (World::new(), publisher("corp"));
    for arguments in [&["remove", "corp"][..], &["order", "corp"], &["list"]] {
        registry(&host, arguments).fails(1, &["does not exist"]).with_hint();
        assert!(host.root_tree().is_absent());
    }
    add(&host, &corp, &["--before", "copr"])
        .fails(1, &["knows no registry `copr`; it knows none"])
        .with_hint();
    assert!(host.root_tree().is_absent());
    add(&host, &corp, &[]).succeeds();
    let before = host.root_tree().without_touched();
    registry(&host, &["remove", "copr"]).fails(1, &["did you mean `corp`?"]).with_hint();
    registry(&host, &["order", "corp", "zzz"]).fails(1, &["`zzz`; it knows corp"]).with_hint();
    add(&host, &corp, &["--before", "corp"]).fails(1, &["knows no registry `corp`"]);
    host.root_tree().without_touched().assert_same(&before);
}

#[test]
fn what_cannot_be_verified_is_not_added() {
    let hosts = Hosts::new();
    let (corp, other) = (publisher("corp"), publisher("corp"));
    let directory = text(corp.registry());
    let refused = |words: &[&str], arguments: &[&str]| {
        hosts.refuse(3, words, |host| registry(host, &[&["add", &directory], arguments].concat()))
    };
    refused(&["nothing on this host vouches for"], &[]);
    refused(&["is not signed by the keys of its role"], &["--trust", &text(other.trust())]);
    refused(
        &["is not the root metadata"],
        &["--trust", &text(corp.registry().join("metadata/timestamp.json"))],
    );
    let wrong = format!("sha256:{}", "0".repeat(64));
    refused(&["has no root with the fingerprint"], &["--trust-fingerprint", &wrong]);
    fs_err::write(corp.registry().join("metadata/timestamp.json"), "{}").unwrap();
    refused(&["timestamp.json"], &["--trust", &text(corp.trust())]);
}

#[test]
fn another_root_of_a_known_name_is_refused() {
    let (host, corp, other) = (World::new(), publisher("corp"), publisher("corp"));
    add(&host, &corp, &[]).succeeds();
    let before = host.root_tree().without_touched();
    let run = add(&host, &other, &[]).fails(3, &["corp"]).with_hint();
    assert!(run.stderr.contains("trust remove"), "{}", run.stderr);
    registry(&host, &["add", &text(other.registry())]).fails(3, &["signed"]);
    host.root_tree().without_touched().assert_same(&before);
}

#[test]
fn places_that_are_no_registries() {
    let hosts = Hosts::new();
    let corp = publisher("corp");
    corp.bundle(&["greeter"]).succeeds();
    let trust = text(corp.trust());
    let refuse = |code, words: &[&str], place: &str| {
        hosts.refuse(code, words, |host| registry(host, &["add", place, "--trust", &trust])).with_hint()
    };
    let run =
        refuse(2, &["has a login or a token", "http://***@127.0.0.1:1"], "http://u:s3cret@127.0.0.1:1/");
    assert!(run.stderr.contains(".netrc") && !run.stderr.contains("s3cret"), "{}", run.stderr);
    refuse(2, &["?***"], "http://127.0.0.1:1/?sig=s3cret");
    let unpacked = corp.path().join("unpacked");
    fs_err::create_dir(&unpacked).unwrap();
    let mut tar = std::process::Command::new("tar");
    tar.arg("--zstd").arg("-xf").arg(corp.bundle_path()).arg("-C").arg(&unpacked);
    assert!(tar.status().unwrap().success());
    refuse(2, &["is a bundle"], &text(unpacked));
    for (place, words) in [
        (text(corp.path().join("nowhere")), "does not exist"),
        (text(corp.bundle_path()), "it is a file"),
        (text(corp.keys()), "no directory `metadata`"),
    ] {
        hosts.refuse(1, &[words], |host| registry(host, &["add", &place, "--trust", &trust]));
    }
    hosts.refuse(1, &["could not fetch"], |host| {
        registry(host, &["add", "http://127.0.0.1:1/", "--trust", &trust])
    });
}

#[test]
fn a_login_comes_from_netrc_and_is_kept_nowhere() {
    let corp = publisher("corp");
    let directory = corp.registry();
    // `u:s3cret`.
    let server = PrivateServer::start(move |asked| {
        if asked.header("authorization") != "Basic dTpzM2NyZXQ=" {
            return Reply::new(401, "");
        }
        match fs_err::read(directory.join(asked.target.trim_start_matches('/'))) {
            Ok(body) => Reply::new(200, body),
            Err(_) => Reply::new(404, ""),
        }
    });
    let host = World::new();
    let add = |netrc: &str| {
        let path = host.path().join("netrc");
        fs_err::write(&path, netrc).unwrap();
        let mut command = host.command(Binary::Install);
        command.args(["registry", "add", &server.url("/"), "--trust"]).arg(corp.trust()).arg("-vv");
        command.arg("--root").arg(host.root()).env("NETRC", path);
        let run = Run::of(command);
        assert!(!run.stdout.contains("s3cret") && !run.stderr.contains("s3cret"), "{run:?}");
        run
    };
    add("machine other.invalid login u password s3cret\n").fails(1, &["401"]).with_hint();
    add("machine 127.0.0.1 login u password s3cret\n").succeeds();
    let kept = fs_err::read_to_string(host.root().join("state/registries.json")).unwrap();
    let kept: Value = serde_json::from_str(&kept).unwrap();
    let url = server.url("");
    assert_eq!(kept["registries"], json!([{"name": "corp", "url": url}]));
}

#[test]
fn a_list_that_is_damaged_or_planted_is_refused() {
    let (host, corp) = (World::new(), publisher("corp"));
    add(&host, &corp, &[]).succeeds();
    let file = host.root().join("state/registries.json");
    assert_eq!(fs_err::metadata(&file).unwrap().permissions().mode() & 0o777, 0o644);
    let good = fs_err::read(&file).unwrap();
    fs_err::write(&file, &good[..good.len() / 2]).unwrap();
    for arguments in [&["list"][..], &["order", "corp"], &["remove", "corp"]] {
        registry(&host, arguments).fails(3, &["registries.json", "is damaged"]).with_hint();
    }
    add(&host, &corp, &[]).fails(3, &["is damaged"]);
    fs_err::write(&file, &good).unwrap();
    fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    add(&host, &corp, &[]).fails(1, &["can be written by everybody"]);
    fs_err::remove_file(&file).unwrap();
    fs_err::os::unix::fs::symlink("/nowhere", &file).unwrap();
    add(&host, &corp, &[]).fails(1, &["registries.json", "symbolic link"]);
    registry(&host, &["list"]).fails(3, &["is no file"]);
}
