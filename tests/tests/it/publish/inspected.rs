//! What `inspect` opens: bundles of every kind, from files and standard input, also expired and unpacked ones.

use std::io::Write as _;
use std::process::Stdio;

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::{Run, World, fake_node};

fn inspect(world: &World, source: &str) -> Run {
    world.build(["inspect", source])
}

/// A registry that carries a Python, and a bundle of it that does not.
fn with_a_runtime() -> World {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    let node = world.path().join("node");
    fake_node::write(&node, "20.1.99");
    let mut command = world.command(Binary::Build);
    command.args(["runtime", "add"]).arg(world.registry());
    command.args(["nodejs", "--version", "20.1.99"]).arg(node);
    Run::of(command).succeeds();
    world.bundle(&["greeter"]).succeeds();
    world
}

/// The bundle, unpacked to a directory.
fn unpack(world: &World) -> std::path::PathBuf {
    let directory = world.path().join("unpacked");
    let reader = zstd::Decoder::new(fs_err::File::open(world.bundle_path()).unwrap()).unwrap();
    tar::Archive::new(reader).unpack(&directory).unwrap();
    directory
}

#[test]
fn a_bundle_of_a_registry_with_a_runtime_that_it_does_not_carry() {
    let world = with_a_runtime();
    let run = inspect(&world, "bundle.tar.zst").succeeds();
    assert!(run.stdout.contains("greeter 1.0.0") && !run.stdout.contains("carries"), "{}", run.stdout);
    assert!(run.stdout.contains("attune-build verify"), "{}", run.stdout);
}

#[test]
fn an_unpacked_bundle_is_inspected_and_installed_as_the_part_that_it_is() {
    let world = with_a_runtime();
    // A newer release, which the bundle that is unpacked does not have.
    world.add(&[&greeter().version("1.1.0")]).succeeds();
    world.bundle(&["greeter@1.0.0"]).succeeds();
    let directory = unpack(&world);
    let run = inspect(&world, "unpacked").succeeds();
    assert!(run.stdout.contains("greeter 1.0.0") && !run.stdout.contains("reporter"), "{}", run.stdout);
    let mut install = world.installer();
    install.arg("greeter").arg("--registry").arg(&directory).arg("--trust").arg(world.trust());
    Run::of(install).succeeds();
    assert_eq!(world.installed(), ["greeter 1.0.0"]);
}

#[test]
fn a_bundle_on_standard_input() {
    let world = World::with_packs(&[&greeter()]);
    world.bundle(&["greeter"]).succeeds();
    let mut command = world.command(Binary::Build);
    command.args(["inspect", "-"]).stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let bytes = fs_err::read(world.bundle_path()).unwrap();
    // It may have seen enough before the end.
    let _ = child.stdin.take().unwrap().write_all(&bytes);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    assert!(String::from_utf8(output.stdout).unwrap().contains("greeter 1.0.0"));
}

#[test]
fn an_expired_bundle_is_shown_with_a_warning() {
    let world = World::new();
    world.sign_at(1_600_000_000);
    world.init("demo").succeeds();
    world.add(&[&greeter()]).succeeds();
    world.bundle(&["greeter"]).succeeds();
    world.sign_at(0);
    for source in ["bundle.tar.zst", "registry"] {
        let run = inspect(&world, source).succeeds();
        assert!(run.stdout.contains("greeter 1.0.0"), "{}", run.stdout);
        assert!(
            run.stderr.contains("warning") && run.stderr.contains("timestamp expired on"),
            "{}",
            run.stderr
        );
    }
}

#[test]
fn what_is_not_there_is_said_not_to_be_there() {
    let world = World::new();
    inspect(&world, "nowhere").fails(1, &["`nowhere` is not a registry: it does not exist"]).with_hint();
    fs_err::create_dir(world.path().join("empty")).unwrap();
    inspect(&world, "empty").fails(1, &["`empty` is not a registry: it has no metadata/1.root.json"]);
}
