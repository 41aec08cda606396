//! `hold` and `pin`: packs that no installation changes, or only within a range.

use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::{PackBuilder, Run, World};

fn world() -> World {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    world.install_packs(&["reporter"]).succeeds();
    for version in ["1.1.0", "1.2.0"] {
        world.add(&[&greeter().version(version)]).succeeds();
    }
    world
}

fn upgrade(world: &World, arguments: &[&str]) -> Run {
    let mut command = world.installer();
    command.arg("upgrade").args(arguments).arg("--registry").arg(world.registry());
    Run::of(command)
}

#[test]
fn a_held_pack_stays_until_it_is_let_go() {
    let world = world();
    let held = world.install(["hold", "greeter"]).succeeds();
    assert!(held.stdout.contains("greeter is held at 1.0.0"), "{}", held.stdout);
    upgrade(&world, &[]).succeeds();
    assert_eq!(world.installed(), ["greeter 1.0.0", "reporter 1.0.0"]);
    // Not by name, not by a bundle, and not because another pack asks for it.
    let run = upgrade(&world, &["greeter@1.2.0"]).fails(4, &["`greeter` is held at version 1.0.0"]);
    run.with_hint();
    world.bundle(&["greeter"]).succeeds();
    let report = world.install(["--json".as_ref(), world.bundle_path().as_os_str()]).succeeds().json();
    assert_eq!(report["heldBack"][0]["offered"], "1.2.0");
    world.add(&[&PackBuilder::new("needy", "1.0.0").depends_on("greeter@^1.1")]).succeeds();
    let run = world.install_packs(&["needy"]).fails(4, &["greeter is held at 1.0.0"]);
    run.with_hint();
    assert_eq!(world.installed(), ["greeter 1.0.0", "reporter 1.0.0"]);
    world.install(["unhold", "greeter"]).succeeds();
    upgrade(&world, &["greeter"]).succeeds();
    assert_eq!(world.installed()[0], "greeter 1.2.0");
}

#[test]
fn a_pinned_pack_moves_within_its_range() {
    let world = world();
    world.install(["pin", "greeter", "~1.1"]).fails(2, &["version 1.0.0 is installed"]).with_hint();
    world.install(["pin", "greeter", ">=1.0,<1.2"]).succeeds();
    let report = upgrade(&world, &["--json"]).succeeds().json();
    assert_eq!(world.installed()[0], "greeter 1.1.0");
    assert_eq!(report["heldBack"][0]["pinned"], ">=1.0,<1.2");
    upgrade(&world, &["greeter@1.2.0"]).fails(4, &["greeter is pinned to >=1.0,<1.2"]).with_hint();
    world.install(["unpin", "greeter"]).succeeds();
    upgrade(&world, &[]).succeeds();
    assert_eq!(world.installed()[0], "greeter 1.2.0");
}

#[test]
fn rules_are_listed_and_outlive_a_rollback() {
    let world = world();
    assert!(world.install(["hold"]).succeeds().stdout.contains("no packs are held or pinned"));
    upgrade(&world, &[]).succeeds();
    world.install(["hold", "reporter"]).succeeds();
    world.install(["pin", "greeter", "^1"]).succeeds();
    world.install(["rollback"]).succeeds();
    let listed = world.list();
    assert_eq!((&listed["packs"][0]["pinned"], &listed["packs"][1]["held"]), (&"^1".into(), &true.into()));
    for words in ["dependency, pinned to ^1", "requested, held"] {
        assert!(world.list_text().contains(words), "{}", world.list_text());
    }
    let rules = world.install(["pin", "--json"]).succeeds().json();
    assert_eq!(rules["held"]["reporter"], "1.0.0");
    assert_eq!(rules["pinned"]["greeter"], "^1");
    world.verify(&[]).succeeds();
}

#[test]
fn bad_input_changes_no_rule() {
    let world = world();
    world.install(["hold", "gretter"]).fails(4, &["did you mean `greeter`?"]).with_hint();
    world.install(["pin", "greeter"]).fails(2, &["REQUIREMENT"]);
    world.install(["pin", "greeter", "newest"]).fails(2, &["newest"]);
    world.install(["unhold"]).fails(2, &["PACK"]);
    assert!(!world.root().join("state/policy.json").exists());
}

#[test]
fn rules_that_cannot_be_read_stop_every_change() {
    let world = world();
    world.install(["hold", "greeter"]).succeeds();
    fs_err::write(world.root().join("state/policy.json"), "{}").unwrap();
    upgrade(&world, &[]).fails(1, &["policy.json", "damaged"]);
    assert_eq!(world.installed()[0], "greeter 1.0.0");
}
