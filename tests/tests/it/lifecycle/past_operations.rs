//! `history`: what changed a host, when, by whom; also what failed.

use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::{Run, World};
use serde_json::Value;

fn history(world: &World, arguments: &[&str]) -> Value {
    world.install([&["history", "--json"], arguments].concat()).succeeds().json()
}

#[test]
fn every_change_is_told_with_its_packs_and_its_command() {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    world.install_packs(&["reporter", "--skip-tests"]).succeeds();
    world.add(&[&greeter().version("1.1.0")]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    world.install(["env", "rebuild", "reporter"]).succeeds();
    world.install(["rollback", "1"]).succeeds();
    world.install(["uninstall", "reporter", "--unused"]).succeeds();
    let past = history(&world, &[]);
    let operations = past["operations"].as_array().unwrap();
    let told: Vec<_> = operations
        .iter()
        .map(|one| (one["kind"].as_str().unwrap(), one["generation"].as_u64().unwrap()))
        .collect();
    assert_eq!(told, [("uninstall", 4), ("rollback", 3), ("rebuild", 2), ("install", 2), ("install", 1)]);
    let first = &operations[4];
    assert_eq!(first["forced"][0], "--skip-tests");
    assert_eq!(first["source"], "demo");
    assert!(first["command"].as_str().unwrap().starts_with("attune-install "));
    assert!(!first["user"].as_str().unwrap().is_empty());
    assert_eq!(first["packs"][0]["change"], "new");
    let one = world.install(["history", "2"]).succeeds().stdout;
    for words in ["generation  2, after 1", "registry    demo", "greeter", "upgraded"] {
        assert!(one.contains(words), "{one}");
    }
    assert_eq!(history(&world, &["-n", "2"])["operations"].as_array().unwrap().len(), 2);
}

#[test]
fn generations_that_are_gone_stay_in_history() {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    world.add(&[&greeter().version("1.1.0")]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    world.install(["gc", "--keep", "0"]).succeeds();
    let past = history(&world, &[]);
    assert_eq!(past["operations"][1]["kept"], false);
    assert_eq!(past["operations"][0]["kept"], true);
}

#[test]
fn failures_are_told_and_secrets_are_not() {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    let run = world.install(["weather", "--registry", "http://ada:secret@127.0.0.1:1/"]);
    run.fails(1, &[]);
    let past = history(&world, &["--failed"]);
    let failed = &past["failed"][0];
    assert_eq!(failed["kind"], "install");
    assert!(!past.to_string().contains("secret"), "{past}");
    assert!(failed["command"].as_str().unwrap().contains("weather"));
    let text = world.install(["history", "--failed"]).succeeds().stdout;
    assert!(text.contains(failed["code"].as_str().unwrap()), "{text}");
}

#[test]
fn a_root_without_history_says_so() {
    let world = World::new();
    world.install(["history"]).fails(1, &["does not exist"]).with_hint();
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    world.install(["history", "7"]).fails(1, &["generation 7"]).with_hint();
}

#[test]
fn every_kind_of_operation_leaves_a_line_in_the_log() {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    world.install_packs(&["reporter"]).succeeds();
    world.install(["env", "rebuild", "reporter"]).succeeds();
    world.install(["repair"]).succeeds();
    world.install(["uninstall", "reporter"]).succeeds();
    world.install(["rollback"]).succeeds();
    world.install(["rollback", "2", "--dry-run"]).succeeds();
    world.install(["uninstall", "greeter"]).fails(4, &[]);
    let log = fs_err::read_to_string(world.root().join("state/log/operations.jsonl")).unwrap();
    let lines = log.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let told: Vec<_> = lines
        .map(|line| {
            assert!(line["durationMs"].is_u64() && line["command"].is_string() && line["user"].is_string());
            let text = |field: &str| line[field].as_str().unwrap().to_owned();
            (text("kind"), text("outcome"))
        })
        .collect();
    let expected = [
        ("install", "installed"),
        ("rebuild", "done"),
        ("repair", "done"),
        ("uninstall", "done"),
        ("rollback", "done"),
        ("uninstall", "failed"),
    ];
    assert_eq!(told, expected.map(|(kind, outcome)| (kind.to_owned(), outcome.to_owned())));
}

#[test]
fn changes_of_rules_registries_and_trust_are_told_and_make_no_generation() {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    let (registry, root) = (world.registry().display().to_string(), world.trust().display().to_string());
    world.install(["hold", "greeter"]).succeeds();
    // What is as it was asked for is no change.
    world.install(["hold", "greeter"]).succeeds();
    world.install(["hold"]).succeeds();
    world.install(["unhold", "greeter"]).succeeds();
    world.install(["pin", "greeter", "^1"]).succeeds();
    world.install(["unpin", "greeter"]).succeeds();
    world.install(["registry", "add", &registry, "--trust", &root]).succeeds();
    world.install(["registry", "add", &registry]).succeeds();
    world.install(["registry", "order", "demo"]).succeeds();
    world.install(["registry", "remove", "demo"]).succeeds();
    world.install(["trust", "reset", "demo", "--yes"]).succeeds();
    world.install(["trust", "remove", "demo", "--yes"]).succeeds();
    world.install(["trust", "add", &root]).succeeds();
    world.install(["hold", "absent"]).fails(4, &["absent"]);
    let past = history(&world, &[]);
    let kinds: Vec<_> = past["settings"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    let told = [
        "trust-add",
        "trust-remove",
        "trust-reset",
        "registry-remove",
        "registry-add",
        "unpin",
        "pin",
        "unhold",
        "hold",
    ];
    assert_eq!(kinds, told);
    assert!(past["settings"][6]["command"].as_str().unwrap().ends_with(" pin greeter ^1"), "{past}");
    assert!(!past["settings"][6]["user"].as_str().unwrap().is_empty());
    assert_eq!((past["generation"].as_u64(), past["operations"].as_array().unwrap().len()), (Some(1), 1));
    assert_eq!(past["failed"][0]["kind"], "hold");
    let text = world.install(["history"]).succeeds().stdout;
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[1].contains("trust-add") && lines[7].contains("pin greeter ^1"), "{text}");
    assert!(lines[10].starts_with("1 (active)"), "{text}");
    assert_eq!(world.install(["history", "-n", "3"]).succeeds().stdout.lines().count(), 4);
    // None of them hides how the last operation on packs ended.
    let status = world.install(["status", "--json"]).succeeds().json();
    assert_eq!(status["lastOperation"]["kind"], "install", "{status}");
}

#[test]
fn a_host_that_only_trusts_has_a_history() {
    let world = World::with_packs(&[&greeter()]);
    world.install(["trust", "add", &world.trust().display().to_string()]).succeeds();
    let text = world.install(["history"]).succeeds().stdout;
    assert!(text.contains("trust-add"), "{text}");
    let past = history(&world, &[]);
    assert!(past.get("generation").is_none() && past["operations"].as_array().unwrap().is_empty(), "{past}");
}

#[test]
fn logs_that_made_way_are_read_as_well() {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    world.install(["hold", "greeter"]).succeeds();
    let log = world.root().join("state/log/operations.jsonl");
    // As large as a log becomes before it makes way.
    fs_err::OpenOptions::new().write(true).open(&log).unwrap().set_len(8 << 20).unwrap();
    world.install(["unhold", "greeter"]).succeeds();
    assert_eq!(fs_err::metadata(log.with_extension("jsonl.1")).unwrap().len(), 8 << 20);
    assert_eq!(fs_err::read_to_string(&log).unwrap().lines().count(), 1);
    let past = history(&world, &[]);
    let kinds: Vec<_> = past["settings"].as_array().unwrap().iter().map(|one| &one["kind"]).collect();
    assert_eq!(kinds, ["unhold", "hold"]);
    world.verify(&[]).succeeds();
}

#[test]
fn a_generation_is_shown_by_either_form() {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    let one = world.install(["history", "1"]).succeeds().stdout;
    assert_eq!(world.install(["history", "show", "1"]).succeeds().stdout, one);
    world.install(["history", "show", "7"]).fails(1, &["generation 7"]).with_hint();
    for words in [&["history", "show"][..], &["history", "1", "1"], &["history", "show", "show"]] {
        world.install(words).fails(2, &["one generation is shown at a time"]).with_hint();
    }
}

#[test]
fn numbers_that_are_none_are_told() {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    for command in [&["history", "first"][..], &["history", "show", "first"], &["rollback", "first"]] {
        world.install(command).fails(2, &["`first` is not the number of a generation"]);
    }
    world.install(["history", "-n", "all"]).fails(2, &["`all` is not a number"]);
    world.install(["history", "-n", "0"]).fails(2, &["there must be one at least"]);
    world.install(["gc", "--keep", "all"]).fails(2, &["`all` is not a number"]);
}

#[test]
fn another_user_reads_it() {
    let Some(user) = attune_tests::OrdinaryUser::new() else { return };
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    let mut command = user.installer(&world);
    command.arg("history");
    let run = Run::of(command);
    assert!(run.succeeds().stdout.contains("install"));
}
