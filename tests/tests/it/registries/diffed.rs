//! `diff`: bundles, generations and the host, held against each other.

use std::os::unix::fs::PermissionsExt as _;

use attune_tests::standard_packs::{greeter, reporter, watcher};
use attune_tests::{PackBuilder, Run, WheelBuilder, World};
use serde_json::json;

use super::run;

fn diff(host: &World, arguments: &[&str]) -> Run {
    run(host, &[&["diff"], arguments].concat())
}

/// A bundle at `name` with `packs`.
fn bundle(world: &World, name: &str, packs: &[&str]) {
    world.bundle(packs).succeeds();
    fs_err::rename(world.bundle_path(), world.path().join(name)).unwrap();
}

/// `reporter` with another wheel, another action and another requirement.
fn newer_reporter() -> PackBuilder {
    let wheel =
        WheelBuilder::new("shout", "1.1.0").file("shout/__init__.py", "def shout(text):\n    return 'A!'\n");
    PackBuilder::new("reporter", "1.1.0")
        .yaml("runtime_deps: [python]\npython: \"3.8\"")
        .depends_on("greeter@^1.1")
        .action("tell", "python", "import shout\n")
        .wheel(&wheel.build())
        .file("requirements.txt", "shout==1.1.0\n")
}

fn world() -> World {
    let world = World::with_packs(&[&greeter(), &reporter(), &watcher()]);
    bundle(&world, "old.tar.zst", &["reporter", "watcher"]);
    world.add(&[&greeter().version("1.1.0"), &newer_reporter()]).succeeds();
    bundle(&world, "new.tar.zst", &["reporter"]);
    world
}

#[test]
fn two_bundles_are_told_apart_part_by_part() {
    let world = world();
    let report = diff(&world, &["old.tar.zst", "new.tar.zst", "--json"]).succeeds().json();
    let told: Vec<_> = report["packs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|pack| format!("{} {}", pack["ref"].as_str().unwrap(), pack["change"].as_str().unwrap()))
        .collect();
    assert_eq!(told, ["greeter upgraded", "reporter upgraded", "watcher removed"]);
    let reporter = &report["packs"][1];
    assert_eq!(
        reporter["components"]["actions"],
        json!({"added": ["reporter.tell"], "removed": ["reporter.report"]})
    );
    assert_eq!(reporter["dependencies"], json!({"greeter": {"from": "^1.0", "to": "^1.1"}}));
    assert_eq!(
        reporter["environments"]["python"],
        json!([{"name": "shout", "from": ["1.0.0"], "to": ["1.1.0"]}])
    );
    assert_eq!(report["from"]["trust"]["verified"], false);
    let told = diff(&world, &["old.tar.zst", "new.tar.zst"]).succeeds();
    for words in
        ["- reporter.report", "+ reporter.tell", "needs greeter: ^1.0 -> ^1.1", "shout: 1.0.0 -> 1.1.0"]
    {
        assert!(told.stdout.contains(words), "{words}: {}", told.stdout);
    }
    assert!(told.stderr.contains("W022") && told.stderr.contains("is not verified"), "{}", told.stderr);
    assert!(world.root_tree().is_absent());
}

#[test]
fn what_is_active_is_held_against_a_bundle() {
    let world = world();
    let trust = world.trust();
    let report = diff(&world, &["old.tar.zst", "--json"]).succeeds().json();
    assert_eq!((&report["from"]["generation"], report["packs"].as_array().unwrap().len()), (&json!(0), 3));
    world.install_from(&world.path().join("old.tar.zst"), &trust).succeeds();
    let before = world.root_tree();
    let run = diff(&world, &["old.tar.zst"]).succeeds();
    assert!(run.stdout.contains("no difference"), "{}", run.stdout);
    assert!(run.stderr.is_empty(), "{}", run.stderr);
    let report = diff(&world, &["new.tar.zst", "--json"]).succeeds().json();
    assert_eq!((&report["packs"][1]["from"], &report["packs"][1]["to"]), (&json!("1.0.0"), &json!("1.1.0")));
    let turned = diff(&world, &["new.tar.zst", "current", "--json"]).succeeds().json();
    assert_eq!(turned["packs"][0]["change"], "downgraded");
    world.root_tree().assert_same(&before);
}

#[test]
fn generations_are_held_against_each_other() {
    let world = world();
    world.install_packs(&["greeter@=1.0.0"]).succeeds();
    world.install_packs(&["reporter", "greeter"]).succeeds();
    world.install(["uninstall", "reporter"]).succeeds();
    let told = |arguments: &[&str]| {
        let report = diff(&world, &[arguments, &["--json"]].concat()).succeeds().json();
        let packs = report["packs"].as_array().unwrap().iter();
        packs
            .map(|pack| format!("{} {}", pack["ref"].as_str().unwrap(), pack["change"].as_str().unwrap()))
            .collect::<Vec<String>>()
    };
    let expected: Vec<String> = vec!["greeter upgraded".to_owned(), "reporter added".to_owned()];
    assert_eq!(told(&["1", "2"]), expected);
    let expected: Vec<String> = vec!["reporter removed".to_owned()];
    assert_eq!(told(&["2"]), expected);
    assert_eq!(told(&["3", "current"]), Vec::<String>::new());
    diff(&world, &["7"]).fails(1, &["H025"]).with_hint();
    let lock = world.root().join("generations/1/generation.json");
    let text = fs_err::read_to_string(&lock).unwrap();
    let seal = |directory: u32, file: u32| {
        let set = |path: &std::path::Path, mode| {
            fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        set(lock.parent().unwrap(), directory);
        set(&lock, file);
    };
    seal(0o755, 0o644);
    fs_err::write(&lock, text.replace("1.0.0", "9.0.0")).unwrap();
    seal(0o555, 0o444);
    diff(&world, &["1"]).fails(3, &["H024"]).with_hint();
}

#[test]
fn the_exit_code_tells_of_differences_where_it_is_asked_to() {
    let world = world();
    let run = diff(&world, &["old.tar.zst", "new.tar.zst", "--exit-code", "--quiet"]);
    assert_eq!((run.status, run.stdout.as_str()), (Some(1), ""));
    diff(&world, &["old.tar.zst", "old.tar.zst", "--exit-code"]).succeeds();
    diff(&world, &["old.tar.zst", "greeter"]).fails(2, &["neither a bundle"]).with_hint();
    diff(&world, &["-", "-"]).fails(2, &["standard input"]).with_hint();
    diff(&world, &["1"]).fails(1, &["does not exist"]);
}
