//! Generations that a removal of garbage must keep, and roots in which it removes nothing at all.

use std::os::unix::fs::symlink;
use std::path::Path;

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::greeter;
use attune_tests::{Run, Tree, World};
use serde_json::json;

fn run(world: &World, arguments: &[&str]) -> Run {
    let mut command = world.command(Binary::Install);
    command.args(arguments).arg("--root").arg(world.root());
    Run::of(command)
}

/// A root with four generations, each with a greeter of its own.
fn four_generations() -> World {
    let world = World::with_packs(&[&greeter()]);
    for version in ["1.0.0", "1.1.0", "1.2.0", "1.3.0"] {
        world.add(&[&greeter().version(version)]).succeeds();
        world.install_packs(&["greeter"]).succeeds();
    }
    world
}

fn point_current_at(world: &World, generation: u64) {
    let current = world.root().join("current");
    let _ = fs_err::remove_file(&current);
    symlink(format!("generations/{generation}"), &current).unwrap();
}

/// The shell command between backquotes in a hint.
fn command_of(run: &Run) -> String {
    let hint = run.stderr.split("hint: ").nth(1).unwrap();
    let mut quoted = hint.split('`').skip(1).step_by(2);
    quoted
        .find(|text| text.starts_with("ln "))
        .unwrap_or_else(|| panic!("no link is told: {hint}"))
        .to_owned()
}

#[track_caller]
fn removes_nothing(world: &World, words: &[&str]) -> Run {
    let before = world.root_tree().without_touched();
    run(world, &["gc", "--keep", "0", "--dry-run"]).fails(7, words).with_hint();
    let refused = run(world, &["gc", "--keep", "0"]).fails(7, words).with_hint();
    world.root_tree().without_touched().assert_same(&before);
    refused
}

#[test]
fn nothing_goes_while_current_was_pointed_back_and_its_remedy_holds_afterwards() {
    let world = four_generations();
    point_current_at(&world, 2);
    let refused = removes_nothing(&world, &["generation 2 is active", "holds generation 4"]);
    let remedy = command_of(&refused);
    assert!(remedy.starts_with("ln -sfn generations/4 "), "{remedy}");
    let mut shell = std::process::Command::new("sh");
    shell.args(["-c", &remedy]);
    Run::of(shell).succeeds();
    run(&world, &["gc", "--keep", "0"]).succeeds();
    assert_eq!(world.installed(), ["greeter 1.3.0"]);
}

#[test]
fn the_other_remedy_stays_with_what_current_leads_to() {
    let world = four_generations();
    point_current_at(&world, 2);
    removes_nothing(&world, &["generation 2 is active"]);
    // Every change writes the rows of the active generation.
    world.install_packs(&["greeter@=1.1.0"]).succeeds();
    let report = run(&world, &["gc", "--keep", "0", "--json"]).succeeds().json();
    assert_eq!(report["kept"], json!([2]));
    assert_eq!(world.installed(), ["greeter 1.1.0"]);
    assert!(world.install_packs(&["greeter@=1.1.0"]).succeeds().stdout.contains("nothing to do"));
}

#[test]
fn nothing_goes_without_current_or_behind_one_that_leads_nowhere() {
    let world = four_generations();
    fs_err::remove_file(world.root().join("current")).unwrap();
    let refused = removes_nothing(&world, &["no generation is active", "holds generation 4"]);
    assert!(command_of(&refused).starts_with("ln -sfn generations/4 "));
    point_current_at(&world, 9);
    let refused = removes_nothing(&world, &["generation 9 is active", "holds generation 4"]);
    assert!(command_of(&refused).starts_with("ln -sfn generations/4 "));
}

#[test]
fn nothing_goes_where_the_registered_generation_is_gone_or_cannot_be_read() {
    let world = four_generations();
    fs_err::write(world.root().join("generations/4/generation.json"), "{").unwrap();
    let refused =
        removes_nothing(&world, &["generation 4 is active, and its lock file is not what was registered"]);
    assert!(refused.stderr.contains("hint: run `attune-install repair`"), "{}", refused.stderr);
    fs_err::remove_dir_all(world.root().join("generations/4")).unwrap();
    point_current_at(&world, 2);
    let refused = removes_nothing(&world, &["generation 2 is active", "holds generation 4"]);
    assert!(!refused.stderr.contains("ln -sfn"), "{}", refused.stderr);
    // As it says, a change writes the rows of the active one; what follows is whole.
    world.install_packs(&["greeter@=1.1.0"]).succeeds();
    run(&world, &["gc", "--keep", "0"]).succeeds();
    assert_eq!(world.installed(), ["greeter 1.1.0"]);
}

#[test]
fn a_database_that_is_gone_keeps_everything_and_the_next_change_writes_it_again() {
    let world = four_generations();
    fs_err::remove_file(world.root().join("state/attune.db")).unwrap();
    removes_nothing(&world, &["generation 4 is active", "the database holds none"]);
    let run_again = world.install_packs(&["greeter"]).succeeds();
    assert!(run_again.stdout.contains("nothing to do"), "{}", run_again.stdout);
    run(&world, &["gc", "--keep", "0"]).succeeds();
    let database = rusqlite::Connection::open(world.root().join("state/attune.db")).unwrap();
    let version: String = database.query_row("SELECT version FROM pack", [], |row| row.get(0)).unwrap();
    assert_eq!(version, "1.3.0");
}

#[test]
fn a_database_that_cannot_be_read_keeps_everything() {
    let world = four_generations();
    fs_err::write(world.root().join("state/attune.db"), "no database\n".repeat(500)).unwrap();
    let before = world.root_tree().without_touched();
    for arguments in [&["gc", "--keep", "0"][..], &["gc", "--keep", "0", "--dry-run"]] {
        run(&world, arguments).fails(3, &["could not read the database"]).with_hint();
    }
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn generations_are_kept_by_their_numbers() {
    let world = four_generations();
    let options = ["gc", "--json", "--keep", "0", "--keep-generation", "1", "--keep-generation", "3"];
    let told = run(&world, &[&options[..], &["--dry-run"]].concat()).succeeds().json();
    assert_eq!((&told["kept"], &told["generations"]), (&json!([1, 3, 4]), &json!([2])));
    let removed = run(&world, &options).succeeds().json();
    assert_eq!(removed["generations"], json!([2]));
    for generation in [1, 3, 4] {
        point_current_at(&world, generation);
        assert!(world.root().join("packs/greeter/pack.yaml").is_file(), "{generation}");
    }
}

#[test]
fn named_generations_count_beside_the_newest() {
    let world = four_generations();
    let options = ["gc", "--json", "--keep", "1", "--keep-generation", "1", "--dry-run"];
    assert_eq!(run(&world, &options).succeeds().json()["kept"], json!([1, 3, 4]));
    // The active one is kept whether it is named or not.
    let options = ["gc", "--json", "--keep", "0", "--keep-generation", "4", "--dry-run"];
    assert_eq!(run(&world, &options).succeeds().json()["kept"], json!([4]));
}

#[test]
fn a_generation_to_keep_that_is_not_there_is_told_before_anything_goes() {
    let world = four_generations();
    let before = world.root_tree().without_touched();
    let options = ["gc", "--keep", "0", "--keep-generation", "17"];
    run(&world, &options).fails(1, &["no generation 17", "1, 2, 3, 4"]).with_hint();
    run(&world, &["gc", "--keep-generation", "current"]).fails(2, &["current"]);
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn no_link_that_somebody_planted_is_followed() {
    let precious = |world: &World| {
        let precious = world.path().join("precious");
        fs_err::create_dir_all(precious.join("0".repeat(64))).unwrap();
        precious
    };
    for place in ["store/packs", "store/envs", "store", "generations", "generations/1", "staging"] {
        let world = four_generations();
        let elsewhere = precious(&world);
        let place = world.root().join(place);
        if place.exists() {
            fs_err::rename(&place, world.path().join("moved")).unwrap();
        }
        symlink(&elsewhere, &place).unwrap();
        let before = Tree::of(&elsewhere);
        for arguments in [&["gc", "--keep", "0"][..], &["gc", "--keep", "0", "--dry-run"]] {
            let refused = run(&world, arguments).fails(1, &["symbolic link"]).with_hint();
            assert!(refused.stderr.contains(&place.display().to_string()), "{}", refused.stderr);
        }
        Tree::of(&elsewhere).assert_same(&before);
    }
}

#[test]
fn an_entry_of_the_store_that_is_a_link_is_not_followed() {
    let world = four_generations();
    let elsewhere = world.path().join("precious");
    fs_err::create_dir(&elsewhere).unwrap();
    fs_err::write(elsewhere.join("file"), "x").unwrap();
    symlink(&elsewhere, world.root().join("store/wheels").join("0".repeat(64))).unwrap();
    run(&world, &["gc"]).fails(1, &["symbolic link"]).with_hint();
    assert!(elsewhere.join("file").is_file());
    assert_eq!(fs_err::read_link(world.root().join("current")).unwrap(), Path::new("generations/4"));
}
