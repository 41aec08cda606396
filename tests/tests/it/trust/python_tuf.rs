//! python-tuf, the reference implementation, as a peer. It comes from a package index, so these tests run
//! in the continuous integration: `cargo test -p attune-tests --test it -- --ignored index_python_tuf`.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use attune_tests::servers::RealServer;
use attune_tests::standard_packs::{greeter, reporter, watcher};
use attune_tests::{Run, World};
use serde_json::Value;

use super::cut_rotations;

/// A Python that has python-tuf.
fn python() -> &'static Path {
    static ENVIRONMENT: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, python) = ENVIRONMENT.get_or_init(|| {
        let directory = tempfile::tempdir().unwrap();
        let run = |program: &OsStr, arguments: &[&OsStr]| {
            let mut command = Command::new(program);
            command.args(arguments);
            Run::of(command).succeeds();
        };
        run("python3".as_ref(), &["-m".as_ref(), "venv".as_ref(), directory.path().as_os_str()]);
        let python = directory.path().join("bin/python");
        let packages = ["tuf==7.0.1", "securesystemslib[crypto]==1.6.0"].map(OsStr::new);
        run(
            python.as_os_str(),
            &[&["-m", "pip", "install", "--quiet"].map(OsStr::new)[..], &packages].concat(),
        );
        (directory, python)
    });
    python
}

fn script(name: &str, arguments: &[&OsStr]) -> Run {
    let mut command = Command::new(python());
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/python_tuf").join(name)).args(arguments);
    Run::of(command)
}

/// Reads packs of the registry of `world` with python-tuf, starting from its first root.
fn read(world: &World, packs: &[&str]) -> Run {
    read_at(world, &world.registry(), packs)
}

/// The same of the registry at `path`.
fn read_at(world: &World, path: &Path, packs: &[&str]) -> Run {
    let server = RealServer::start_at(world, path);
    let root = world.trust();
    let targets: Vec<String> = packs.iter().map(|pack| format!("packs/{pack}.json")).collect();
    let mut arguments = vec![OsStr::new(server.url()), root.as_os_str()];
    arguments.extend(targets.iter().map(OsStr::new));
    script("read_registry.py", &arguments)
}

#[test]
#[ignore = "needs a package index"]
fn index_python_tuf_reads_a_registry_through_rotations() {
    for bins in [None, Some("--bins=16")] {
        let world = World::new();
        let options = ["init", "registry", "--name=demo", "--threshold=root=2"];
        world.build(options.into_iter().chain(bins)).succeeds();
        world.add(&[&greeter(), &reporter(), &watcher()]).succeeds();
        let packs = ["greeter", "reporter", "watcher"];
        let report: Value = read(&world, &packs).succeeds().json();
        assert_eq!(report["lengths"].as_object().unwrap().len(), 3);
        let roles = report["roles"].to_string();
        assert!(bins.is_none() || roles.contains("bin-"), "{roles}");
        let rotated = ["timestamp", "snapshot", "targets", "root"].into_iter().chain(bins.map(|_| "bins"));
        for role in rotated {
            world.build(["key", "rotate", "registry", "--role", role]).succeeds();
        }
        world.add(&[&greeter().version("1.1.0")]).succeeds();
        world.build(["refresh", "registry"]).succeeds();
        read(&world, &packs).succeeds();
        let unknown = read(&world, &["unknown"]);
        assert!(unknown.stderr.contains("was not found"), "{}", unknown.stderr);
    }
}

#[test]
#[ignore = "needs a package index"]
fn index_python_tuf_reads_a_registry_whose_change_of_keys_was_cut_off() {
    for change in cut_rotations::CHANGES {
        let world = cut_rotations::registry();
        let before = world.path().join("before");
        cut_rotations::copy(&world.registry(), &before);
        let written = cut_rotations::carry_out(&world, change);
        for count in 0..=written.len() {
            let place = cut_rotations::cut(&world, &before, &written, count);
            let run = read_at(&world, &place, &["greeter"]);
            assert_eq!(run.status, Some(0), "{change:?} after {count} of {written:?}: {}", run.stderr);
        }
    }
}

#[test]
#[ignore = "needs a package index"]
fn index_python_tuf_refuses_what_our_client_refuses() {
    let world = World::with_packs(&[&greeter()]);
    read(&world, &["greeter"]).succeeds();
    let timestamp = world.registry().join("metadata/timestamp.json");
    let text = fs_err::read_to_string(&timestamp).unwrap();
    fs_err::write(&timestamp, text.replace("\"version\":2", "\"version\":3")).unwrap();
    assert_ne!(read(&world, &["greeter"]).status, Some(0));
}

#[test]
#[ignore = "needs a package index"]
fn index_python_tuf_writes_and_our_client_follows_the_specification() {
    let run = script("client_scenarios.py", &[env!("CARGO_BIN_EXE_tuf-client").as_ref()]).succeeds();
    assert_eq!(run.stdout.lines().filter(|line| line.starts_with("ok ")).count(), 20, "{}", run.stdout);
}
