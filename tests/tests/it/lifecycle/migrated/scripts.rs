//! How scripts of migrations run: by which program, in which surroundings.

use std::io::Read as _;
use std::net::TcpListener;
use std::process::{Command, Stdio};

use attune_tests::standard_packs::shout_wheel;
use attune_tests::{PackBuilder, World};

use super::{ledger, notes, noting, upgrade, world};

/// The text that the migration of `newer` leaves in the file `out`, outside the root.
fn outcome(world: &World, newer: &PackBuilder) -> String {
    world.add(&[newer]).succeeds();
    upgrade(world, &[]).succeeds();
    fs_err::read_to_string(world.path().join("out")).unwrap()
}

#[test]
fn a_script_sees_its_pack_its_versions_and_little_else() {
    let world = world();
    let out = world.path().join("out");
    let script = format!(
        "env > '{0}'\nprintf 'here %s\\n' \"$(cat data.txt)\" >> '{0}'\necho changed > data.txt\n",
        out.display()
    );
    let entries = "- {from: '*', to: 3.0.0, script: bin/change.sh}";
    let newer = ledger(&world, "3.1.0", entries).file("bin/change.sh", script).file("data.txt", "original\n");
    let seen = outcome(&world, &newer);
    let root = format!("ATTUNE_ROOT={}", world.root().display());
    for line in [
        "ATTUNE_PACK_REF=ledger",
        "ATTUNE_MIGRATION_DIRECTION=up",
        "ATTUNE_MIGRATION_FROM=1.0.0",
        "ATTUNE_MIGRATION_TO=3.0.0",
        "ATTUNE_PACK_VERSION_FROM=1.0.0",
        "ATTUNE_PACK_VERSION_TO=3.1.0",
        root.as_str(),
        "here original",
    ] {
        assert!(seen.lines().any(|known| known == line), "{line}\n{seen}");
    }
    assert!(!seen.contains("ATTUNE_CACHE_DIR") && !seen.contains("NO_COLOR"), "{seen}");
    // It worked on a copy.
    assert_eq!(fs_err::read_to_string(world.root().join("packs/ledger/data.txt")).unwrap(), "original\n");
    world.verify(&[]).succeeds();
}

#[test]
fn python_runs_in_the_packs_own_environment() {
    let world = world();
    let out = world.path().join("out");
    let script = format!(
        "import shout, pathlib\npathlib.Path({:?}).write_text(shout.shout('moved'))\n",
        out.to_str().unwrap()
    );
    let newer = ledger(&world, "3.0.0", "- {from: '*', to: 3.0.0, script: move.py}")
        .file("move.py", script)
        .yaml("python: '3.8'")
        .wheel(&shout_wheel())
        .file("requirements.txt", "shout==1.0.0\n");
    assert_eq!(outcome(&world, &newer), "MOVED!");
}

#[test]
fn a_pack_with_a_python_migration_gets_an_interpreter() {
    let world = world();
    let out = world.path().join("out");
    let script = format!("open({:?}, 'w').write('done')\n", out.to_str().unwrap());
    let newer = ledger(&world, "3.0.0", "- {from: '*', to: 3.0.0, script: move.py}").file("move.py", script);
    assert_eq!(outcome(&world, &newer), "done");
}

#[test]
fn whatever_is_executable_is_a_program() {
    let world = world();
    let script = format!("#!/bin/sh\n{}", noting(&world, ""));
    let newer = ledger(&world, "3.0.0", "- {from: '*', to: 3.0.0, script: move}").program("move", &script);
    world.add(&[&newer]).succeeds();
    upgrade(&world, &[]).succeeds();
    assert_eq!(notes(&world), ["ledger up 1.0.0 3.0.0"]);
}

/// Whether this kernel lets this user take the network from a program.
fn has_namespaces() -> bool {
    let mut command = Command::new("unshare");
    command.args(["--map-root-user", "--net", "true"]).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

#[test]
fn the_network_is_for_migrations_that_ask_for_it() {
    if !has_namespaces() {
        println!("skipped: this kernel makes no network namespaces here");
        return;
    }
    for (asked, greeting) in [("", ""), (", network: true", "hi")] {
        let world = world();
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = server.local_addr().unwrap().port();
        let script = format!(
            "import socket\ntry:\n    socket.create_connection(('127.0.0.1', {port}), timeout=5).sendall(b'hi')\nexcept OSError:\n    pass\n"
        );
        let entries = format!("- {{from: '*', to: 3.0.0, script: call.py{asked}}}");
        let newer = ledger(&world, "3.0.0", &entries).file("call.py", script);
        world.add(&[&newer]).succeeds();
        let report = upgrade(&world, &["--json"]).succeeds().json();
        let told = &report["migrations"][0];
        let expected = if asked.is_empty() { "none" } else { "reachable" };
        assert_eq!(
            (told["network"].as_str(), told["wantsNetwork"].as_bool()),
            (Some(expected), Some(!asked.is_empty()))
        );
        server.set_nonblocking(true).unwrap();
        let mut heard = String::new();
        if let Ok((mut called, _)) = server.accept() {
            called.read_to_string(&mut heard).unwrap();
        }
        assert_eq!(heard, greeting);
    }
}
