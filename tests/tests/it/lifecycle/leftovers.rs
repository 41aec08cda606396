//! What only a power failure or a disk that failed for good leaves in a root: it is recovered, whatever stage it
//! stopped at, and what is somebody else's is not taken for it.

use std::path::Path;

use attune_tests::World;
use attune_tests::standard_packs::{greeter, watcher};
use attune_tests::world::standard;

use super::crashes::assert_sound;

fn make(root: &Path, directories: &[&str]) {
    for directory in directories {
        fs_err::create_dir_all(root.join(directory)).unwrap();
    }
}

#[test]
fn a_root_whose_only_content_is_ours_is_recovered_whatever_stage_it_stopped_at() {
    let tree = format!("store/packs/{}/actions", "0".repeat(64));
    let stages: [&[&str]; 7] = [
        &["staging"],
        &["staging/1-77"],
        &["staging/1-77/undone"],
        &["staging/1-77/undone", "store/packs", "store/envs"],
        &["staging/1-77/packs", "store/packs", "generations", &tree],
        &["staging/1-77/packs", &tree, "generations/1/packs"],
        &["store/packs", "generations"],
    ];
    let journals = [
        None,
        Some(String::new()),
        Some("{\"generation\": 1, \"promo".to_owned()),
        Some(format!("{{\"generation\": 1, \"promoted\": [[\"packs\", \"sha256:{}\"]]}}", "0".repeat(64))),
    ];
    for stage in stages {
        for journal in &journals {
            let world = World::new();
            make(&world.root(), stage);
            let staging = world.root().join("staging/1-77");
            if let (Some(journal), true) = (journal, staging.is_dir()) {
                fs_err::write(staging.join("journal.json"), journal).unwrap();
            }
            // A tree of which no journal tells is `gc`'s.
            let is_told = !stage.contains(&tree.as_str()) || journal.is_some();
            let run = world.install_from(&standard().bundle_path(), &standard().trust());
            assert_eq!(run.status, Some(0), "{stage:?}, {journal:?}: {}", run.stderr);
            if is_told && !stage.contains(&"generations/1/packs") {
                assert_sound(&world);
            }
            assert_eq!(world.installed().len(), 3, "{stage:?}, {journal:?}");
        }
    }
}

#[test]
fn a_directory_with_other_things_is_refused_and_stays_as_it_is() {
    for content in [
        &["home"][..],
        &["staging/work"],
        &["staging/1-77", "photos"],
        &["store/shop"],
        &["store/packs/mine"],
        &["generations/x"],
        &["packs/greeter"],
    ] {
        let world = World::new();
        make(&world.root(), content);
        let before = world.root_tree();
        let run = world.install_from(&standard().bundle_path(), &standard().trust());
        run.fails(1, &["is not empty, and nothing was ever installed to it"]).with_hint();
        world.root_tree().assert_same(&before);
    }
}

#[test]
fn half_a_journal_takes_back_what_no_generation_uses() {
    let world = World::with_packs(&[&greeter()]);
    world.install_packs(&["greeter"]).succeeds();
    world.add(&[&watcher()]).succeeds();
    for journal in ["", "{", "{\"generation\": 2, \"promoted\": [[\"pa"] {
        let root = world.root();
        let half = root.join("store/packs").join("0".repeat(64));
        make(&half, &["actions"]);
        make(&root, &["staging/2-77", "generations/2/packs"]);
        fs_err::write(root.join("staging/2-77/journal.json"), journal).unwrap();
        let run = world.install_packs(&["greeter"]).succeeds();
        assert!(!half.exists() && !root.join("generations/2").exists(), "{journal}: {}", run.stderr);
        assert_sound(&world);
        assert_eq!(world.installed(), ["greeter 1.0.0"]);
    }
}

#[test]
fn the_rows_of_a_first_install_that_was_undone_are_forgotten() {
    let world = World::with_packs(&[&greeter(), &watcher()]);
    world.install_packs(&["greeter"]).succeeds();
    let root = world.root();
    // As a disk leaves it that failed while the rows were written, and had them all the same.
    fs_err::remove_file(root.join("current")).unwrap();
    for part in ["generations/1", "store"] {
        fs_err::remove_dir_all(root.join(part)).unwrap();
    }
    world.install_packs(&["watcher"]).succeeds();
    assert_sound(&world);
    assert_eq!(world.installed(), ["watcher 1.0.0"]);
    let database = rusqlite::Connection::open(root.join("state/attune.db")).unwrap();
    let packs: String =
        database.query_row("SELECT group_concat(ref) FROM pack", [], |row| row.get(0)).unwrap();
    assert!(!packs.contains("greeter"), "{packs}");
}
