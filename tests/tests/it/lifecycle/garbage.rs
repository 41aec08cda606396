//! What installations cost on disk, and removing what no kept generation uses.

use attune_tests::binaries::Binary;
use attune_tests::standard_packs::{greeter, reporter};
use attune_tests::world::standard;
use attune_tests::{Run, Tree, World};
use serde_json::{Value, json};

fn run(world: &World, arguments: &[&str]) -> Run {
    let mut command = world.command(Binary::Install);
    command.args(arguments).arg("--root").arg(world.root());
    Run::of(command)
}

fn gc(world: &World, options: &[&str]) -> Value {
    run(world, &[&["gc", "--json"], options].concat()).succeeds().json()
}

/// A root with three generations of which each has a greeter of its own.
fn three_generations() -> World {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    for version in ["1.0.0", "1.1.0", "1.2.0"] {
        world.add(&[&greeter().version(version)]).succeeds();
        world.install_packs(&["greeter", "reporter"]).succeeds();
    }
    world
}

fn store_packs(world: &World) -> usize {
    fs_err::read_dir(world.root().join("store/packs")).unwrap().count()
}

#[test]
fn what_only_removed_generations_used_goes_with_them() {
    let world = three_generations();
    assert_eq!(store_packs(&world), 4);
    let before = world.root_tree();
    let told = gc(&world, &["--keep", "1", "--dry-run"]);
    assert_eq!((&told["generations"], &told["kept"]), (&json!([1]), &json!([2, 3])));
    assert_eq!(told["entries"].as_array().unwrap().len(), 1);
    world.root_tree().without_touched().assert_same(&before.without_touched());

    let removed = gc(&world, &["--keep", "1"]);
    assert_eq!((&removed["entries"], &removed["freedBytes"]), (&told["entries"], &told["freedBytes"]));
    assert!(removed["freedBytes"].as_u64().unwrap() > 0);
    assert_eq!(store_packs(&world), 3);
    assert!(!world.root().join("generations/1").exists() && !world.root().join("staging").exists());
    assert_eq!(run(&world, &["gc", "--keep", "1"]).succeeds().stdout, "nothing to remove\n");

    gc(&world, &["--keep", "0"]);
    assert_eq!(store_packs(&world), 2);
    assert_eq!(world.installed(), ["greeter 1.2.0", "reporter 1.0.0"]);
    // What is left is whole: everything installs again without a word, and upgrades.
    assert!(world.install_packs(&["greeter", "reporter"]).succeeds().stdout.contains("nothing to do"));
    world.add(&[&greeter().version("1.3.0")]).succeeds();
    world.install_packs(&["greeter"]).succeeds();
}

#[test]
fn generations_stay_by_number_and_by_age() {
    let world = three_generations();
    let kept = |options: &[&str]| gc(&world, &[options, &["--dry-run"]].concat())["kept"].clone();
    // All of them were active a moment ago.
    assert_eq!(kept(&[]), json!([1, 2, 3]));
    assert_eq!(kept(&["--keep", "1", "--keep-for", "1h"]), json!([1, 2, 3]));
    assert_eq!(kept(&["--keep-for", "any"]), json!([1, 2, 3]));
    assert_eq!(kept(&["--keep-for", "0s"]), json!([2, 3]), "the one before stays");
    assert_eq!(kept(&["--keep", "0"]), json!([3]), "a number alone asks for no age");
    assert_eq!(kept(&["--keep", "0", "--keep-for", "0s"]), json!([3]));

    // The first one was replaced ten days ago, the second just now.
    made_days_ago(&world, 1, 40);
    made_days_ago(&world, 2, 10);
    assert_eq!(kept(&[]), json!([2, 3]));
    assert_eq!(kept(&["--keep", "0", "--keep-for", "9d"]), json!([2, 3]));
    assert_eq!(kept(&["--keep", "0", "--keep-for", "11d"]), json!([1, 2, 3]));
    assert_eq!(kept(&["--keep", "2", "--keep-for", "1h"]), json!([1, 2, 3]));
    assert_eq!(gc(&world, &[])["generations"], json!([1]));
    assert_eq!(store_packs(&world), 3);
    run(&world, &["gc", "--keep-for", "soon"]).fails(2, &["soon", "is not a duration"]);
}

/// Makes generation `id` as old as `days`; only of an old one, since the active one is registered as it is.
fn made_days_ago(world: &World, id: u64, days: i64) {
    let path = world.root().join(format!("generations/{id}/generation.json"));
    let mut lock: Value = serde_json::from_slice(&fs_err::read(&path).unwrap()).unwrap();
    let made = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24 * days);
    lock["created_at"] = json!(made.to_string());
    fs_err::write(&path, lock.to_string()).unwrap();
}

#[test]
fn strangers_in_the_store_are_left_alone_and_unused_entries_go() {
    let world = World::new();
    world.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
    let store = world.root().join("store/wheels");
    fs_err::create_dir_all(store.join("notes")).unwrap();
    fs_err::create_dir_all(store.join("0".repeat(64)).join("read-only")).unwrap();
    let removed = gc(&world, &[]);
    assert_eq!(removed["entries"][0]["kind"], "wheels");
    assert_eq!(removed["entries"].as_array().unwrap().len(), 1);
    assert!(store.join("notes").is_dir() && !store.join("0".repeat(64)).exists());
}

#[test]
fn a_damaged_lock_file_removes_nothing() {
    let world = three_generations();
    fs_err::write(world.root().join("generations/2/generation.json"), "{").unwrap();
    let before = world.root_tree().without_touched();
    run(&world, &["gc"]).fails(1, &["generations/2/generation.json"]);
    world.root_tree().without_touched().assert_same(&before);
}

#[test]
fn roots_without_anything_in_them() {
    let world = World::new();
    for command in ["gc", "du"] {
        run(&world, &[command]).fails(1, &["does not exist"]).with_hint();
    }
    assert!(world.root_tree().is_absent());
    fs_err::create_dir(world.root()).unwrap();
    fs_err::write(world.root().join("precious"), "x").unwrap();
    let before = Tree::of(&world.root());
    run(&world, &["gc"]).fails(1, &["nothing was ever installed"]).with_hint();
    Tree::of(&world.root()).assert_same(&before);
}

#[test]
fn a_pack_costs_what_it_has_alone_and_what_it_shares() {
    let world = World::with_packs(&[&greeter(), &reporter()]);
    let twin = reporter_twin();
    world.add(&[&twin]).succeeds();
    world.install_packs(&["reporter", "twin"]).succeeds();
    let report = run(&world, &["du", "--json"]).succeeds().json();
    let cost = |pack: &str, field: &str| {
        let packs = report["packs"].as_array().unwrap();
        packs.iter().find(|cost| cost["ref"] == pack).unwrap()[field].as_u64().unwrap()
    };
    // The two have the same wheel for the same Python, and so the same environment.
    assert!(cost("reporter", "sharedBytes") > 0);
    assert_eq!(cost("reporter", "sharedBytes"), cost("twin", "sharedBytes"));
    assert_eq!(cost("greeter", "sharedBytes"), 0);
    let alone: u64 = ["greeter", "reporter", "twin"].map(|pack| cost(pack, "aloneBytes")).iter().sum();
    assert_eq!(report["packsBytes"].as_u64().unwrap(), alone + cost("twin", "sharedBytes"));
    assert!(report["totalBytes"].as_u64() > report["packsBytes"].as_u64());
    let text = run(&world, &["du"]).succeeds().stdout;
    assert!(text.contains("ALONE") && text.contains("together, each file once"), "{text}");
}

fn reporter_twin() -> attune_tests::PackBuilder {
    use attune_tests::standard_packs::shout_wheel;
    attune_tests::PackBuilder::new("twin", "1.0.0")
        .yaml("runtime_deps: [python]\npython: \"3.8\"")
        .action("report", "python", "import shout\nprint(shout.shout('twin'))\n")
        .wheel(&shout_wheel())
        .file("requirements.txt", "shout==1.0.0\n")
}

#[test]
fn another_install_at_work_is_not_disturbed() {
    let world = World::new();
    world.install_from(&standard().bundle_path(), &standard().trust()).succeeds();
    let lock = fs_err::File::open(world.root().join("state/lock")).unwrap().into_file();
    lock.lock().unwrap();
    let before = world.root_tree();
    run(&world, &["gc"]).fails(8, &["another install is running"]).with_hint();
    world.root_tree().assert_same(&before);
    drop(lock);
}
