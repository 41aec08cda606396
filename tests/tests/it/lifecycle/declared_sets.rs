//! `install --from-file`: a host is brought to the packs and ranges of a file.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::Stdio;

use attune_tests::standard_packs::{greeter, reporter, watcher};
use attune_tests::{PackBuilder, Run, World};
use serde_json::json;

const HEAD: &str = "format = \"attune.set/v1\"\n";

/// A registry with `greeter` in three versions, `reporter`, which needs it, and `watcher`.
fn world() -> World {
    let world = World::with_packs(&[&greeter(), &reporter(), &watcher()]);
    for version in ["1.1.0", "2.0.0"] {
        world.add(&[&greeter().version(version)]).succeeds();
    }
    world
}

fn set(world: &World, entries: &[(&str, &str)]) -> PathBuf {
    let entry =
        |(pack, version): &(&str, &str)| format!("[[packs]]\npack = \"{pack}\"\nversion = \"{version}\"\n");
    save(world, &(HEAD.to_owned() + &entries.iter().map(entry).collect::<String>()))
}

fn save(world: &World, text: &str) -> PathBuf {
    let path = world.path().join("packs.toml");
    fs_err::write(&path, text).unwrap();
    path
}

/// Brings the host to `packs.toml` from the registry.
fn bring(world: &World, arguments: &[&str]) -> Run {
    let mut command = world.installer();
    command.args(["--from-file", "packs.toml"]).args(arguments);
    command.arg("--registry").arg(world.registry()).arg("--trust").arg(world.trust());
    Run::of(command)
}

fn generations(world: &World) -> usize {
    fs_err::read_dir(world.root().join("generations")).unwrap().count()
}

#[test]
fn packs_are_installed_upgraded_and_downgraded_as_the_set_says() {
    let world = world();
    set(&world, &[("greeter", "^1"), ("watcher", "*")]);
    let report = bring(&world, &["--json"]).succeeds().json();
    assert_eq!(world.installed(), ["greeter 1.1.0", "watcher 1.0.0"]);
    assert_eq!((&report["set"]["file"], &report["set"]["unlisted"]), (&json!("packs.toml"), &json!([])));
    set(&world, &[("greeter", "*"), ("watcher", "*")]);
    bring(&world, &[]).succeeds();
    assert_eq!(world.installed(), ["greeter 2.0.0", "watcher 1.0.0"]);
    set(&world, &[("greeter", "=1.0.0"), ("watcher", "*")]);
    let run = bring(&world, &[]).succeeds();
    assert!(run.stdout.contains("down from 2.0.0"), "{}", run.stdout);
    assert_eq!(world.installed(), ["greeter 1.0.0", "watcher 1.0.0"]);
    let before = generations(&world);
    let run = bring(&world, &["--prune"]).succeeds();
    assert!(run.stdout.contains("nothing to do"), "{}", run.stdout);
    assert_eq!(generations(&world), before, "a host that is there already gets no generation");
    world.verify(&[]).succeeds();
}

#[test]
fn packs_that_the_set_does_not_have_stay_and_are_told() {
    let world = world();
    world.install_packs(&["reporter", "watcher"]).succeeds();
    set(&world, &[("reporter", "*")]);
    let run = bring(&world, &[]).succeeds();
    assert!(run.stdout.contains("watcher stays: not in packs.toml") && run.stdout.contains("--prune"));
    assert_eq!(world.installed().len(), 3);
    let report = bring(&world, &["--json"]).succeeds().json();
    // A dependency of the set is needed by it.
    assert_eq!(report["set"]["unlisted"], json!(["watcher"]));
    assert_eq!(report["removed"], json!([]));
}

#[test]
fn prune_removes_the_rest_in_the_same_change() {
    let world = world();
    world.install_packs(&["reporter", "watcher"]).succeeds();
    let before = world.root_tree().without_touched();
    set(&world, &[("greeter", "^2")]);
    let looked = bring(&world, &["--prune", "--dry-run", "--json"]).succeeds().json();
    let gone: Vec<_> = looked["removed"].as_array().unwrap().iter().map(|gone| gone["ref"].clone()).collect();
    assert_eq!(gone, ["reporter", "watcher"]);
    assert_eq!((&looked["outcome"], &looked["removed"][0]["change"]), (&json!("planned"), &json!("removed")));
    let looked = bring(&world, &["--prune", "--dry-run"]).succeeds();
    assert!(looked.stdout.contains("would install 1 pack and remove 2 packs"), "{}", looked.stdout);
    world.root_tree().without_touched().assert_same(&before);

    // Without it, the dependency of a pack that stays cannot be replaced.
    bring(&world, &[]).fails(4, &["reporter"]).with_hint();
    let generations_before = generations(&world);
    let run = bring(&world, &["--prune"]).succeeds();
    assert!(run.stdout.contains("removed 2 packs"), "{}", run.stdout);
    assert_eq!(world.installed(), ["greeter 2.0.0"]);
    assert_eq!(generations(&world), generations_before + 1, "one change makes one generation");
    assert!(!world.root().join("packs/watcher").exists());
    world.verify(&[]).succeeds();
    let history = world.install(["history", "--json"]).succeeds().json();
    assert_eq!(history["operations"][0]["packs"].as_array().unwrap().len(), 3);
    assert!(history["operations"][0]["command"].as_str().unwrap().contains("--from-file packs.toml"));
    let log = fs_err::read_to_string(world.root().join("state/log/operations.jsonl")).unwrap();
    assert!(log.lines().last().unwrap().contains("\"file\":\"packs.toml\""), "{log}");
    world.install(["rollback"]).succeeds();
    assert_eq!(world.installed(), ["greeter 1.1.0", "reporter 1.0.0", "watcher 1.0.0"]);
    world.verify(&[]).succeeds();
}

#[test]
fn packs_of_the_set_become_requested_and_only_they_where_the_rest_goes() {
    let world = world();
    world.install_packs(&["reporter", "greeter@^1"]).succeeds();
    let requested = || -> Vec<bool> {
        let list = world.list();
        list["packs"].as_array().unwrap().iter().map(|pack| pack["requested"] == true).collect()
    };
    assert_eq!(requested(), [true, true]);
    set(&world, &[("reporter", "*")]);
    let run = bring(&world, &["--prune"]).succeeds();
    assert!(run.stdout.contains("recorded which packs were asked for"), "{}", run.stdout);
    assert_eq!(requested(), [false, true]);
    set(&world, &[("reporter", "*"), ("greeter", "^1")]);
    bring(&world, &[]).succeeds();
    assert_eq!(requested(), [true, true]);
    world.verify(&[]).succeeds();
}

#[test]
fn a_set_comes_from_standard_input_and_a_bundle_has_its_packs() {
    let world = world();
    world.bundle(&["reporter", "greeter@^1"]).succeeds();
    let mut command = world.installer();
    command.arg(world.bundle_path()).args(["--from-file", "-", "--trust"]).arg(world.trust());
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(format!("{HEAD}[[packs]]\npack = \"greeter\"\n").as_bytes())
        .unwrap();
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(world.installed(), ["greeter 1.1.0"]);
    world.install(["-", "--from-file", "-"]).fails(2, &["standard input"]).with_hint();
}

#[test]
fn the_registries_of_a_set_are_those_that_the_host_knows() {
    let host = world();
    let registry = host.registry();
    let place = registry.to_str().unwrap();
    let other =
        World::with_packs(&[&PackBuilder::new("greeter", "9.0.0").action("x", "shell", "#!/bin/sh\n")]);
    let text =
        |registries: &str| format!("{HEAD}registries = [{registries}]\n[[packs]]\npack = \"greeter\"\n");
    // The only one may be unknown, as one that is named on the command line.
    save(&host, &text("\"registry\""));
    host.install(["--from-file", "packs.toml"]).fails(3, &["vouches"]).with_hint();
    let trust = host.trust();
    host.install(["--from-file".as_ref(), "packs.toml".as_ref(), "--trust".as_ref(), trust.as_os_str()])
        .succeeds();
    assert_eq!(host.installed(), ["greeter 2.0.0"]);
    let unknown = other.registry();
    save(&host, &text(&format!("\"{place}\", \"{}\"", unknown.display())));
    let run = host.install(["--from-file", "packs.toml"]);
    run.fails(1, &["H033", "which the host does not know"]).with_hint();
    let mut command = host.command(attune_tests::binaries::Binary::Install);
    command
        .args(["registry", "add"])
        .arg(&registry)
        .arg("--trust")
        .arg(&trust)
        .arg("--root")
        .arg(host.root());
    Run::of(command).succeeds();
    save(&host, &text(&format!("\"{place}\", \"registry\"")));
    host.install(["--from-file", "packs.toml"]).succeeds();
}

#[test]
fn faults_of_a_set_are_told_with_file_and_line() {
    let world = world();
    for (text, code, words) in [
        ("pack = \"greeter\"\n", "B052", &["line 2", "unknown key"][..]),
        ("[[packs]]\npack = \"greeter\"\ncolour = 1\n", "B052", &["line 4", "colour"]),
        ("[[packs]]\nsource = \"https://u:s@h.invalid/x.git\"\n", "H043", &["line 2", "host cannot use"]),
        (
            "[[packs]]\npack = \"greeter\"\n[[packs]]\npack = \"greeter\"\n",
            "H043",
            &["line 4", "line 2 already"],
        ),
        ("", "B052", &["names no pack"]),
    ] {
        save(&world, &format!("{HEAD}{text}"));
        let run = bring(&world, &[]).fails(2, &[code, "packs.toml"]).with_hint();
        for word in words {
            assert!(run.stderr.contains(word), "{word}: {}", run.stderr);
        }
        assert!(!run.stderr.contains("u:s@"), "{}", run.stderr);
    }
    fs_err::remove_file(world.path().join("packs.toml")).unwrap();
    bring(&world, &[]).fails(2, &["B052", "packs.toml"]).with_hint();
    set(&world, &[("greeter", "*")]);
    bring(&world, &["watcher"]).fails(2, &["beside packs.toml"]).with_hint();
    world.install(["install", "greeter", "--prune"]).fails(2, &["--from-file"]);
    assert!(world.root_tree().is_absent());
}

#[test]
fn the_rules_of_the_host_contradict_a_set_with_its_line() {
    let world = world();
    world.install_packs(&["greeter@=1.1.0", "watcher"]).succeeds();
    world.install(["hold", "greeter"]).succeeds();
    let before = world.root_tree().without_touched();
    set(&world, &[("watcher", "*"), ("greeter", "^2")]);
    let words = ["H037", "packs.toml, line 5", "held at version 1.1.0"];
    bring(&world, &["--dry-run"]).fails(4, &words).with_hint();
    set(&world, &[("watcher", "*")]);
    bring(&world, &["--prune", "--dry-run"]).fails(4, &["H037", "packs.toml does not have it"]).with_hint();
    world.root_tree().without_touched().assert_same(&before);
    set(&world, &[("watcher", "*"), ("greeter", "^1")]);
    bring(&world, &["--prune"]).succeeds();
    assert_eq!(world.installed()[0], "greeter 1.1.0", "one that is held stays where that will do");
    world.install(["unhold", "greeter"]).succeeds();
    world.install(["pin", "greeter", "~1.1"]).succeeds();
    set(&world, &[("greeter", "^2")]);
    bring(&world, &[]).fails(4, &["H037", "packs.toml, line 2", "pinned to ~1.1"]).with_hint();
}

#[test]
fn packs_that_something_uses_which_stays_are_not_removed() {
    let user = PackBuilder::new("user", "1.0.0")
        .file(
            "triggers/ping.yaml",
            "ref: user.ping\nlabel: \"Ping\"\ndescription: \"A ping\"\nenabled: true\ntype: custom\n",
        )
        .file(
            "rules/on_ping.yaml",
            "ref: user.on_ping\nlabel: \"On Ping\"\ndescription: \"Waves\"\ntrigger_ref: user.ping\n\
             action_ref: greeter.wave\nenabled: true\nconditions: {}\naction_params: {}\n",
        );
    let world = World::with_packs(&[&greeter(), &user]);
    world.install_packs(&["greeter", "user"]).succeeds();
    let before = world.root_tree().without_touched();
    set(&world, &[("user", "*")]);
    bring(&world, &["--prune", "--dry-run"])
        .fails(4, &["H034", "rule `user.on_ping` uses `greeter.wave`"])
        .with_hint();
    world.root_tree().without_touched().assert_same(&before);
    bring(&world, &[]).succeeds();
}
