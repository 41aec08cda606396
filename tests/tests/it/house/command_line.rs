//! Command lines that do not mean what they say, and those that only look as if they did not.

use std::process::{Command, Stdio};

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::greeter;
use attune_tests::world::standard;
use attune_tests::{Hosts, PackBuilder, Run, Tree, World};
use serde_json::Value;

/// Runs `binary` with `arguments` in `world`.
fn run(world: &World, binary: Binary, arguments: &[&str]) -> Run {
    let mut command = world.command(binary);
    command.args(arguments);
    Run::of(command)
}

/// Asserts that standard error is one JSON object that tells exit code 2, and returns its message.
#[track_caller]
fn usage_in_json(run: &Run) -> String {
    assert_eq!((run.status, run.stdout.as_str()), (Some(2), ""), "{}", run.stderr);
    let error: Value =
        serde_json::from_str(&run.stderr).unwrap_or_else(|error| panic!("{error}:\n{}", run.stderr));
    assert_eq!(error["error"]["exitCode"], 2);
    error["error"]["message"].as_str().unwrap().to_owned()
}

#[test]
fn usage_errors_are_told_in_json() {
    let world = World::new();
    for (binary, arguments, word) in [
        (Binary::Install, &["--no-such-option", "--json"][..], "--no-such-option"),
        (Binary::Install, &["--json", "--no-such-option"], "--no-such-option"),
        (Binary::Install, &["--json"], "required"),
        (Binary::Install, &["weather", "--json"], "neither a command nor a bundle"),
        (Binary::Install, &["Not A Ref", "--registry", "x", "--json"], "Not A Ref"),
        (Binary::Install, &["nowhere.tar.zst", "--json"], "does not exist"),
        (Binary::Install, &["./x", "--expiry-grace", "soon", "--json"], "soon"),
        (Binary::Install, &["trust", "--json"], ""),
        (Binary::Install, &["--json", "lst"], "has no command `lst`"),
        (Binary::Build, &["no-such-command", "--json"], "no-such-command"),
        (Binary::Build, &["bundle", "--json"], "required"),
        (Binary::Build, &["bundle", "registry", "Not A Ref", "--json"], "Not A Ref"),
        (Binary::Build, &["add", "registry", "pack", "--platform", "windows", "--json"], "windows"),
    ] {
        let message = usage_in_json(&run(&world, binary, arguments));
        assert!(message.contains(word), "{arguments:?}: {message}");
    }
}

#[test]
fn a_bundle_that_cannot_be_written_where_it_should_be() {
    let world = World::with_packs(&[&greeter()]);
    fs_err::create_dir(world.path().join("directory")).unwrap();
    let registry = world.registry().display().to_string();
    let before = Tree::of(world.path());
    for (output, word) in [
        ("directory", "it is a directory"),
        ("directory/", "it is a directory"),
        ("-", "name a file"),
        ("/nonexistent/x", "its directory does not exist"),
        ("registry/index.json/x", "its directory does not exist"),
    ] {
        let told = run(&world, Binary::Build, &["bundle", &registry, "greeter", "-o", output]);
        told.fails(2, &[&format!("a bundle cannot be written to `{output}`"), word]);
        Tree::of(world.path()).assert_same(&before);
    }
}

/// Runs `command` with a standard output that is full.
fn with_full_output(mut command: Command) -> Run {
    let full = fs_err::OpenOptions::new().write(true).open("/dev/full").unwrap().into_file();
    let output = command.stdin(Stdio::null()).stdout(full).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    Run { status: output.status.code(), stdout: String::new(), stderr }
}

#[test]
fn a_result_that_cannot_be_written() {
    let done = ["done, but the result could not be written", "No space left"];
    let world = World::with_packs(&[&greeter()]);
    let mut command = world.command(Binary::Build);
    command.args(["bundle", "registry", "greeter", "-o", "bundle.tar.zst"]);
    with_full_output(command).fails(1, &done);
    for options in [&[][..], &["--json"]] {
        let host = World::new();
        let mut command = host.installer();
        command.arg(world.bundle_path()).arg("--trust").arg(world.trust()).args(options);
        let run = with_full_output(command);
        assert_eq!(run.status, Some(1), "{}", run.stderr);
        assert!(run.stderr.contains(done[0]) && run.stderr.contains(done[1]), "{}", run.stderr);
        assert_eq!(host.installed(), ["greeter 1.0.0"]);
    }
}

#[test]
fn a_misspelt_pack() {
    let hosts = Hosts::new();
    let (registry, trust) = (standard().registry(), standard().trust());
    hosts
        .refuse(4, &["there is no pack `greter`; did you mean `greeter`?"], |host| {
            let arguments = ["greter".as_ref(), "--registry".as_ref(), registry.as_os_str()];
            host.install(arguments.into_iter().chain(["--trust".as_ref(), trust.as_os_str()]))
        })
        .with_hint();
    let bundle = standard().bundle_path();
    hosts.refuse(4, &["no pack `wacher`; did you mean `watcher`?"], |host| {
        host.install([bundle.as_os_str(), "wacher".as_ref(), "--trust".as_ref(), trust.as_os_str()])
    });
    let registry = registry.display().to_string();
    let bundle = |pack: &str| run(hosts.fresh(), Binary::Build, &["bundle", &registry, pack]);
    bundle("reportr").fails(4, &["did you mean `reporter`?"]);
    // Nothing is suggested where nothing is similar.
    let told = bundle("xyz").fails(4, &["there is no pack `xyz`"]);
    assert!(!told.stderr.contains("did you mean"), "{}", told.stderr);
}

#[test]
fn a_bare_version_that_is_taken_for_a_range() {
    let world = World::with_packs(&[&PackBuilder::new("net_tools", "1.2.0")]);
    let words = ["pack `net_tools` has no version that satisfies `1`", "it has 1.2.0", "`net_tools@^1`"];
    world.bundle(&["net_tools@1"]).fails(4, &words).with_hint();
    world.install_packs(&["net_tools@1"]).fails(4, &words).with_hint();
    world.install_packs(&["net_tools@^1"]).succeeds();
    // A range that does not fit is no misunderstanding.
    let run = world.bundle(&["net_tools@^2"]).fails(4, &["`^2`", "it has 1.2.0"]);
    assert!(!run.stderr.contains("bare version"), "{}", run.stderr);
}

#[test]
fn a_dependency_that_the_registry_lacks_is_warned_of() {
    let world = World::with_packs(&[&PackBuilder::new("library", "1.0.0")]);
    let app = PackBuilder::new("app", "1.0.0").depends_on("library@^2").depends_on("nowhere@^1");
    let run = world.add(&[&app]).succeeds();
    for dependency in ["library", "nowhere"] {
        let line = run.stderr.lines().find(|line| line.contains(&format!("depends on {dependency}")));
        let line = line.unwrap_or_else(|| panic!("`{dependency}` is not told:\n{}", run.stderr));
        let begins = line.starts_with("warning[W113]: app 1.0.0 depends on");
        assert!(begins && line.ends_with("which this registry does not have"), "{line}");
    }
    // Whoever wants to use it is told the same, with the way out.
    let lacking = ["there is no release of `nowhere`", "`nowhere`"];
    world.bundle(&["app"]).fails(4, &lacking).with_hint();
    let refused = world.install_packs(&["app"]).fails(4, &lacking).with_hint();
    assert!(
        refused.stderr.contains("hint: use a bundle or registry that has `nowhere`"),
        "{}",
        refused.stderr
    );
    // What is there, or comes with it, is not.
    let fine = PackBuilder::new("fine", "1.0.0").depends_on("library@^1").depends_on("late");
    let run = world.add(&[&fine, &PackBuilder::new("late", "1.0.0")]).succeeds();
    assert!(!run.stderr.contains("does not have"), "{}", run.stderr);
}

#[test]
fn a_number_of_days_or_keys_is_at_least_one() {
    let world = World::new();
    for option in ["--expires=timestamp=0", "--threshold=root=0"] {
        let told = world.build(["init", "registry", "--name", "demo", option]);
        told.fails(2, &["the number must be at least 1"]);
    }
    assert!(!world.registry().exists());
}

#[test]
fn a_directory_of_a_registry_is_named_by_its_path() {
    let world = World::with_packs(&[&greeter()]);
    fs_err::rename(world.registry(), world.path().join("reg")).unwrap();
    for line in [&["reg", "greeter"][..], &["reg"]] {
        let mut command = world.command(Binary::Install);
        command.args(line).args(["--root", "fresh"]);
        let told = Run::of(command).fails(2, &["attune-install ./reg`"]).with_hint();
        assert!(!told.stderr.contains("does not exist"), "{}", told.stderr);
    }
}

#[test]
fn a_registry_in_the_environment_does_not_disturb_a_bundle() {
    let host = World::new();
    let mut command = host.installer();
    command.env("ATTUNE_REGISTRY", "http://127.0.0.1:1/nowhere");
    command.arg(standard().bundle_path()).arg("--trust").arg(standard().trust());
    Run::of(command).succeeds();
    assert_eq!(host.installed().len(), 3);
}

#[test]
fn a_registry_in_the_environment_is_used_for_packs() {
    let host = World::new();
    let mut command = host.installer();
    command
        .env("ATTUNE_REGISTRY", standard().registry())
        .args(["watcher", "--trust"])
        .arg(standard().trust());
    Run::of(command).succeeds();
    assert_eq!(host.installed(), ["watcher 1.0.0"]);
}

#[test]
fn a_file_that_is_called_like_a_pack() {
    let world = World::with_packs(&[&greeter()]);
    fs_err::write(world.path().join("greeter"), "not a pack\n").unwrap();
    world.install_packs(&["greeter"]).succeeds();
    assert_eq!(world.installed(), ["greeter 1.0.0"]);
    // And neither does a directory.
    fs_err::remove_file(world.path().join("greeter")).unwrap();
    fs_err::create_dir(world.path().join("greeter")).unwrap();
    let mut command = world.installer();
    command.env("ATTUNE_REGISTRY", world.registry()).arg("greeter");
    Run::of(command).succeeds();
}

#[test]
fn a_bundle_and_a_registry() {
    let (bundle, registry) = (standard().bundle_path(), standard().registry());
    Hosts::new().refuse(2, &["a bundle and --registry were both given"], |host| {
        host.install([bundle.as_os_str(), "--registry".as_ref(), registry.as_os_str()])
    });
}
