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
fn another_user_reads_it() {
    let Some(user) = attune_tests::OrdinaryUser::new() else { return };
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    let mut command = user.installer(&world);
    command.arg("history");
    let run = Run::of(command);
    assert!(run.succeeds().stdout.contains("install"));
}
