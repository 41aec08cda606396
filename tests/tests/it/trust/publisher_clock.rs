//! The publisher's clock, and what time does to a registry: a jump is refused, and a root that has expired or
//! will is told by every command that writes.

use attune_tests::standard_packs::greeter;
use attune_tests::{Run, Tree, World};

const DAY: i64 = 86_400;
const START: i64 = 1_767_225_600;

/// A registry made on 1 January 2026, whose root is valid for `days`.
fn registry(days: &str) -> World {
    let world = World::new();
    world.sign_at(START);
    let root = format!("root={days}");
    world.build(["init", "registry", "--name", "demo", "--expires", &root]).succeeds();
    world
}

fn refresh(world: &World, options: &[&str]) -> Run {
    world.build([&["refresh", "registry"], options].concat())
}

#[test]
fn a_jump_of_more_than_a_year_is_refused_by_every_command_that_writes() {
    let world = registry("4000");
    world.add(&[&greeter()]).succeeds();
    let before = Tree::of(&world.registry()).without_touched();
    world.sign_at(START + 6 * 365 * DAY);
    let words = ["days after the last signature", "2026-01-01"];
    refresh(&world, &[]).fails(1, &words).with_hint();
    world.add(&[&greeter().version("1.1.0")]).fails(1, &words).with_hint();
    world.build(["key", "rotate", "registry", "--role", "timestamp"]).fails(1, &words).with_hint();
    world.build(["root", "prepare", "registry"]).fails(1, &words).with_hint();
    Tree::of(&world.registry()).without_touched().assert_same(&before);
    assert_eq!(fs_err::read_dir(world.keys()).unwrap().count(), 4, "the new key was forgotten");
    refresh(&world, &["--accept-clock"]).succeeds();
}

#[test]
fn a_clock_before_the_last_signature_is_told_even_where_little_is_said() {
    let world = registry("4000");
    world.sign_at(START + 300 * DAY);
    refresh(&world, &[]).succeeds();
    world.sign_at(START);
    for options in [&[][..], &["--quiet"]] {
        let run = refresh(&world, options).succeeds();
        assert!(run.stderr.contains("before the last signature (2026-10-28"), "{}", run.stderr);
    }
    // New keys of the timestamp forget the time that the old ones signed at.
    world.build(["key", "rotate", "registry", "--role", "timestamp"]).succeeds();
    let run = refresh(&world, &[]).succeeds();
    assert!(!run.stderr.contains("before the last signature"), "{}", run.stderr);
}

#[test]
fn an_expired_root_is_told_with_the_command_that_renews_it() {
    let world = registry("100");
    world.sign_at(START + 200 * DAY);
    let told = |run: Run, word: &str| {
        let run = run.succeeds();
        assert!(
            run.stderr.contains(word) && run.stderr.contains("attune-build root prepare"),
            "{}",
            run.stderr
        );
    };
    told(world.add(&[&greeter()]), "the root expired on 2026-04-11");
    told(refresh(&world, &["--quiet"]), "the root expired on 2026-04-11");
    let shown = refresh(&world, &[]).succeeds();
    assert!(shown.stdout.contains("valid until 2026-04-11"), "{}", shown.stdout);
    world.bundle(&["greeter"]).fails(3, &["root metadata expired"]).with_hint();
    // It works where the root has expired, too.
    let run = world.build(["root", "prepare", "registry"]).succeeds();
    assert!(
        run.stderr.contains("the root expires on 2026-10-28, in 99 days")
            || run.stderr.contains("in 100 days"),
        "{}",
        run.stderr
    );
    world.bundle(&["greeter"]).succeeds();
}
