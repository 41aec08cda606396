//! Roots in a state that only a crash or a hand leaves, and what the next install makes of them.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::greeter;
use attune_tests::world::standard;
use attune_tests::{PackBuilder, Run, World};

use super::crashes::assert_sound;

/// A host with `greeter` 1.0.0 in generation 1 and 1.1.0 in generation 2, pointed back to 1 by hand.
fn pointed_back() -> World {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    world.add(&[&greeter().version("1.1.0")]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
    let current = world.root().join("current");
    fs_err::remove_file(&current).unwrap();
    std::os::unix::fs::symlink("generations/1", &current).unwrap();
    assert_eq!(world.installed(), ["greeter 1.0.0"]);
    world
}

/// The generation that `current` leads to.
fn current(world: &World) -> PathBuf {
    fs_err::read_link(world.root().join("current")).unwrap()
}

/// The generation that the database holds, and the version of `greeter` in its rows.
fn registered(world: &World) -> (i64, String) {
    let database = rusqlite::Connection::open(world.root().join("state/attune.db")).unwrap();
    let sql = "SELECT generation, pack.version FROM install_journal, pack WHERE pack.ref = 'greeter'";
    database.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap()
}

#[test]
fn an_install_after_current_was_pointed_back_by_hand_starts_from_what_is_active() {
    let world = pointed_back();
    let run = world.install_packs(&["greeter"]).succeeds();
    assert!(run.stderr.contains("the rows of the active one were written again"), "{}", run.stderr);
    assert!(run.stdout.contains("up from 1.0.0"), "{}", run.stdout);
    assert_eq!(current(&world), Path::new("generations/3"));
    assert_eq!(registered(&world), (3, "1.1.0".to_owned()));
    assert_sound(&world);
}

#[test]
fn installing_what_is_there_leaves_current_where_it_was_pointed_to() {
    let world = pointed_back();
    assert_eq!(registered(&world), (2, "1.1.0".to_owned()));
    let run = world.install_packs(&["greeter@=1.0.0", "--json"]).succeeds();
    assert_eq!((&run.json()["outcome"], &run.json()["generation"]), (&"unchanged".into(), &1.into()));
    assert_eq!(current(&world), Path::new("generations/1"));
    assert_eq!(registered(&world), (1, "1.0.0".to_owned()));
    assert_sound(&world);
}

#[test]
fn a_generation_of_an_earlier_program_that_was_pointed_back_to_is_refused_with_the_remedy() {
    let world = pointed_back();
    fs_err::remove_dir_all(world.root().join("generations/1/releases")).unwrap();
    let before = world.root_tree().without_touched();
    let run = world.install_packs(&["greeter"]);
    let run = run.fails(7, &["generation 1 is active", "holds generation 2"]).with_hint();
    assert!(run.stderr.contains("ln -sfn generations/2"), "{}", run.stderr);
    world.root_tree().without_touched().assert_same(&before);
}

/// A registry with a pack that does not fit into a pipe, whatever compresses it, and its bundle.
fn bulky() -> World {
    let mut state = 1_u64;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    })
    .take(3_000_000)
    .collect();
    let world = World::with_packs(&[&PackBuilder::new("bulky", "1.0.0").file("noise.bin", noise)]);
    world.bundle(&["bulky"]).succeeds();
    world
}

/// A root whose first install was killed while it waited for the rest of its bundle.
fn killed_while_it_waited(publisher: &World) -> World {
    let world = World::new();
    let mut command = world.installer();
    command.args(["-", "--trust"]).arg(publisher.trust());
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let bundle = fs_err::read(publisher.bundle_path()).unwrap();
    let mut pipe = child.stdin.take().unwrap();
    pipe.write_all(&bundle[..bundle.len() / 2]).unwrap();
    let started = Instant::now();
    let is_there = |name: &str| fs_err::symlink_metadata(world.root().join(name)).is_ok();
    while !["packs", "packenvs", "runtime_envs", "state/attune.db", "staging"].into_iter().all(is_there) {
        assert!(started.elapsed() < Duration::from_mins(1), "the install does not begin");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    drop(pipe);
    assert!(fs_err::read_dir(world.root().join("store/packs")).unwrap().next().is_none());
    world
}

#[test]
fn a_first_install_that_was_killed_before_anything_was_in_place_leaves_no_links() {
    let publisher = bulky();
    let failing = PackBuilder::new("failing", "1.0.0").tested_by("#!/bin/sh\nexit 1\n", 30, "block");
    let stranger = World::with_packs(&[&failing]);
    stranger.bundle(&["failing"]).succeeds();
    // The next start fails as well: before it writes, and after.
    for (trust, code) in [(publisher.trust(), 3), (stranger.trust(), 6)] {
        let world = killed_while_it_waited(&publisher);
        world.install_from(&stranger.bundle_path(), &trust).fails(code, &[]);
        let tree = world.root_tree();
        let left: Vec<&Path> = tree.paths().collect();
        assert_eq!(left, ["", "state", "state/lock"].map(Path::new), "after exit code {code}");
    }
}

#[test]
fn what_was_left_of_a_first_install_is_no_hindrance() {
    let publisher = bulky();
    let world = killed_while_it_waited(&publisher);
    let mut list = world.command(Binary::Install);
    list.args(["list", "--root"]).arg(world.root());
    Run::of(list).fails(1, &["nothing was ever installed"]).with_hint();
    world.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
    assert_sound(&world);
    assert_eq!(world.installed(), ["greeter 1.0.0", "reporter 1.0.0", "watcher 1.0.0"]);
}

#[test]
fn the_install_that_was_killed_succeeds_the_next_time() {
    let publisher = bulky();
    let world = killed_while_it_waited(&publisher);
    world.install_from(&publisher.bundle_path(), &publisher.trust()).succeeds();
    assert_sound(&world);
    assert_eq!(world.installed(), ["bulky 1.0.0"]);
    assert_eq!(current(&world), Path::new("generations/1"));
}

#[test]
fn an_empty_staging_directory_goes_with_the_next_start() {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    fs_err::create_dir(world.root().join("staging")).unwrap();
    world.install_packs(&["greeter"]).succeeds();
    assert_sound(&world);
}

#[test]
fn verifying_tells_that_the_database_is_of_another_generation_and_changes_nothing() {
    let world = pointed_back();
    let before = world.root_tree();
    let run = world.verify(&[]).fails(3, &["1 difference is in"]).with_hint();
    assert!(run.stdout.contains("it holds generation 2, and 1 is active"), "{}", run.stdout);
    world.root_tree().assert_same(&before);
    world.install_packs(&["greeter@=1.0.0"]).succeeds();
    world.verify(&[]).succeeds();
}
