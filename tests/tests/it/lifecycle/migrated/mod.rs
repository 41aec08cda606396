//! Migrations of packs: scripts that bring their data to the version that is installed, or back.

mod failures;
mod scripts;
mod ways_back;

use attune_tests::{PackBuilder, Run, World};
use serde_json::Value;

/// The file outside the root in which the scripts of a world write down what they did.
fn notes(world: &World) -> Vec<String> {
    let text = fs_err::read_to_string(world.path().join("notes")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

/// A script that writes down its direction and versions, and then does `more`.
fn noting(world: &World, more: &str) -> String {
    format!(
        "echo \"$ATTUNE_PACK_REF $ATTUNE_MIGRATION_DIRECTION $ATTUNE_MIGRATION_FROM $ATTUNE_MIGRATION_TO\" >> '{}'\n{more}\n",
        world.path().join("notes").display()
    )
}

/// A pack `ledger` of `version` with the migrations `entries`, whose scripts `up.sh` and `down.sh` write down what they do.
fn ledger(world: &World, version: &str, entries: &str) -> PackBuilder {
    migrated(world, "ledger", version, entries)
}

fn migrated(world: &World, pack: &str, version: &str, entries: &str) -> PackBuilder {
    PackBuilder::new(pack, version)
        .yaml(&format!("runtime_deps: [shell]\nmigrations:\n{entries}"))
        .action("read", "shell", "#!/bin/sh\necho '{}'\n")
        .file("up.sh", noting(world, ""))
        .file("down.sh", noting(world, ""))
}

const CHAIN: &str = "\
- {from: ^1.1, to: 2.0.0, script: up.sh}
- {from: '<1.1.0', to: 1.1.0, script: ./up.sh, down: down.sh}";

/// A world in which `ledger` 1.0.0 is installed, and 2.0.0 with a chain of migrations can be had.
fn world() -> World {
    let world = World::with_registry();
    world.add(&[&ledger(&world, "1.0.0", "  []")]).succeeds();
    world.install_packs(&["ledger"]).succeeds();
    world.add(&[&ledger(&world, "2.0.0", CHAIN)]).succeeds();
    world
}

fn upgrade(world: &World, options: &[&str]) -> Run {
    let mut command = world.installer();
    command.arg("upgrade").args(options).arg("--registry").arg(world.registry());
    Run::of(command)
}

/// The migrations of a report, each as `ledger up 1.0.0 1.1.0 done`.
fn told(report: &Value) -> Vec<String> {
    let text = |migration: &Value| {
        ["ref", "direction", "from", "to", "state"].map(|field| migration[field].as_str().unwrap().to_owned())
    };
    report["migrations"].as_array().unwrap().iter().map(|migration| text(migration).join(" ")).collect()
}

#[test]
fn a_chain_runs_in_order() {
    let world = world();
    let report = upgrade(&world, &["--json"]).succeeds().json();
    assert_eq!(told(&report), ["ledger up 1.0.0 1.1.0 done", "ledger up 1.1.0 2.0.0 done"]);
    assert_eq!(notes(&world), ["ledger up 1.0.0 1.1.0", "ledger up 1.1.0 2.0.0"]);
    let first = &report["migrations"][0];
    assert_eq!((first["script"].as_str(), first["wantsNetwork"].as_bool()), (Some("up.sh"), Some(false)));
    assert!(first["durationMs"].is_u64() && first["network"].is_string(), "{first}");
    assert!(report["stages"].as_array().unwrap().iter().any(|stage| stage["stage"] == "migrate"));
    assert_eq!(world.installed(), ["ledger 2.0.0"]);
    world.verify(&[]).succeeds();
    let log = fs_err::read_to_string(world.root().join("state/log/operations.jsonl")).unwrap();
    assert!(log.lines().last().unwrap().contains("\"migrations\":[{"), "{log}");
}

#[test]
fn history_tells_the_migrations_that_ran() {
    let world = world();
    upgrade(&world, &[]).succeeds();
    world.install(["rollback"]).succeeds();
    upgrade(&world, &["--skip-migrations"]).succeeds();
    let past = world.install(["history", "--json"]).succeeds().json();
    let of = |number: usize| told(&past["operations"][number]);
    assert_eq!(of(0), ["ledger up 1.0.0 1.1.0 skipped", "ledger up 1.1.0 2.0.0 skipped"]);
    assert_eq!(of(1), ["ledger down 2.0.0 1.1.0 no-script", "ledger down 1.1.0 1.0.0 done"]);
    assert_eq!(of(2), ["ledger up 1.0.0 1.1.0 done", "ledger up 1.1.0 2.0.0 done"]);
    assert_eq!(of(3), [""; 0]);
    let ran = &past["operations"][2]["migrations"][0];
    assert_eq!((ran["exitCode"].as_i64(), ran["script"].as_str()), (Some(0), Some("up.sh")));
    let text = world.install(["history", "show", "3"]).succeeds().stdout;
    for words in ["MIGRATION", "down.sh", "no script", "exit 0"] {
        assert!(text.contains(words), "{text}");
    }
}

#[test]
fn a_first_installation_and_the_same_version_again_run_none() {
    let world = World::with_registry();
    world.add(&[&ledger(&world, "2.0.0", CHAIN)]).succeeds();
    let mut command = world.installer();
    command.args(["ledger", "--json", "--registry"]).arg(world.registry()).arg("--trust").arg(world.trust());
    assert_eq!(told(&Run::of(command).succeeds().json()), [""; 0]);
    world.install_packs(&["ledger", "--reinstall"]).succeeds();
    assert_eq!(notes(&world), [""; 0]);
}

#[test]
fn a_look_tells_them_and_runs_none() {
    let world = world();
    let before = world.root_tree().without_touched();
    let looked = upgrade(&world, &["--dry-run"]).succeeds().stdout;
    assert!(looked.contains("would migrate ledger from 1.0.0 to 1.1.0 with up.sh"), "{looked}");
    let looked = upgrade(&world, &["--dry-run", "--json"]).succeeds().json();
    assert_eq!(told(&looked), ["ledger up 1.0.0 1.1.0 planned", "ledger up 1.1.0 2.0.0 planned"]);
    world.root_tree().without_touched().assert_same(&before);
    assert_eq!(notes(&world), [""; 0]);
}

#[test]
fn a_declared_set_and_a_named_version_run_them_as_well() {
    for by_file in [true, false] {
        let world = world();
        let mut command = world.installer();
        if by_file {
            let set = world.path().join("host.toml");
            fs_err::write(
                &set,
                "format = \"attune.set/v1\"\n[[packs]]\npack = \"ledger\"\nversion = \"=2.0.0\"\n",
            )
            .unwrap();
            command.arg("--from-file").arg(set);
        } else {
            command.arg("ledger@=2.0.0");
        }
        let run = Run::of({
            command.arg("--registry").arg(world.registry());
            command
        });
        let told = run.succeeds().stdout;
        assert!(told.contains("migrated ledger from 1.1.0 to 2.0.0 with up.sh"), "{told}");
        assert_eq!(notes(&world).len(), 2);
    }
}

#[test]
fn skipped_ones_are_told_and_recorded() {
    let world = world();
    let report = upgrade(&world, &["--skip-migrations", "--json"]).succeeds().json();
    assert_eq!(told(&report), ["ledger up 1.0.0 1.1.0 skipped", "ledger up 1.1.0 2.0.0 skipped"]);
    assert_eq!(notes(&world), [""; 0]);
    assert_eq!(world.installed(), ["ledger 2.0.0"]);
    let history = world.install(["history", "--json"]).succeeds().json();
    assert_eq!(history["operations"][0]["forced"], serde_json::json!(["--skip-migrations"]));
}

#[test]
fn packs_are_migrated_after_those_that_they_need() {
    let world = World::with_registry();
    let entries = "- {from: '*', to: 2.0.0, script: up.sh, down: down.sh}";
    let packs = |version: &str, entries: &str| {
        // By name alone the order would be another.
        let user = migrated(&world, "accounts", version, entries).depends_on("ledger");
        (user, ledger(&world, version, entries))
    };
    let (user, needed) = packs("1.0.0", "  []");
    world.add(&[&user, &needed]).succeeds();
    world.install_packs(&["accounts"]).succeeds();
    let (user, needed) = packs("2.0.0", entries);
    world.add(&[&user, &needed]).succeeds();
    upgrade(&world, &[]).succeeds();
    assert_eq!(notes(&world), ["ledger up 1.0.0 2.0.0", "accounts up 1.0.0 2.0.0"]);
    world.install(["rollback"]).succeeds();
    assert_eq!(notes(&world)[2..], ["accounts down 2.0.0 1.0.0", "ledger down 2.0.0 1.0.0"]);
}
