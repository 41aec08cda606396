//! The rows of any generation that is on disk can be written again, and the database follows `current`.

use attune_host::database::registered_generation;
use attune_host::generation::{Generation, KeptRelease, point_current_at};
use attune_host::transaction::{Access, AccessError, HeldRoot, RecoverError};
use attune_registry::blob::Durability;

use crate::fixture::{config, hold, install_quietly, now, root, rows};

#[test]
fn the_rows_of_an_old_generation_are_written_again() {
    let directory = tempfile::tempdir().unwrap();
    let root = root(&directory);
    install_quietly(&root, &[config("one", "1.0.0", &["a", "b"]), config("gone", "1.0.0", &["x"])]);
    let first = rows(&root);
    install_quietly(&root, &[config("one", "2.0.0", &["b", "c"]), config("new", "1.0.0", &["y"])]);
    let second = rows(&root);
    assert_ne!(first, second);
    for (id, expected) in [(1, &first), (2, &second)] {
        point_current_at(&root, id, None, Durability::Unsynced).unwrap();
        drop(hold(&root));
        assert_eq!(registered_generation(&root).unwrap(), Some(id));
        // A pack that the installation of the second left alone is not in the first.
        let expected: Vec<_> = if id == 1 { expected.clone() } else { without_left_over(expected) };
        assert_eq!(rows(&root), expected, "generation {id}");
    }
}

/// An install keeps the rows of packs that it does not touch, and nothing else removes packs yet.
fn without_left_over(rows: &[String]) -> Vec<String> {
    rows.iter().filter(|row| !row.contains("\"gone")).cloned().collect()
}

#[test]
fn packs_that_were_not_installed_offline_keep_their_rows() {
    let directory = tempfile::tempdir().unwrap();
    let root = root(&directory);
    install_quietly(&root, &[config("one", "1.0.0", &["a"])]);
    let connection = rusqlite::Connection::open(root.database()).unwrap();
    let by_hand =
        "INSERT INTO pack (ref, label, version, created, updated) VALUES ('core', 'Core', '1.0.0', '', '')";
    connection.execute(by_hand, []).unwrap();
    drop(connection);
    install_quietly(&root, &[config("one", "2.0.0", &["a"])]);
    point_current_at(&root, 1, None, Durability::Unsynced).unwrap();
    drop(hold(&root));
    assert!(rows(&root).iter().any(|row| row.contains("\"core\"")));
}

#[test]
fn a_generation_that_keeps_no_releases_is_refused_with_both_numbers() {
    let directory = tempfile::tempdir().unwrap();
    let root = root(&directory);
    install_quietly(&root, &[config("one", "1.0.0", &["a"])]);
    install_quietly(&root, &[config("one", "2.0.0", &["a"])]);
    let pack = "one".parse().unwrap();
    fs_err::remove_file(KeptRelease::path(&root.generation(1), &pack)).unwrap();
    point_current_at(&root, 1, None, Durability::Unsynced).unwrap();
    let before = rows(&root);
    let error = HeldRoot::acquire(&root, &Access::at(now())).unwrap_err();
    let AccessError::Recover(RecoverError::Disagreement { active, registered, .. }) = error else {
        panic!("{error}");
    };
    assert_eq!((active, registered), (Some(1), 2));
    assert_eq!(rows(&root), before);
}

#[test]
fn a_later_generation_keeps_what_it_takes_over() {
    let directory = tempfile::tempdir().unwrap();
    let root = root(&directory);
    install_quietly(&root, &[config("one", "1.0.0", &["a"])]);
    let pack = "one".parse().unwrap();
    let kept = |id| KeptRelease::load(&root.generation(id), &pack).unwrap();
    assert_eq!(kept(1).unwrap().config, config("one", "1.0.0", &["a"]));
    assert_eq!(kept(7), None);
    fs_err::write(KeptRelease::path(&root.generation(1), &pack), "{").unwrap();
    let error = KeptRelease::load(&root.generation(1), &pack).unwrap_err();
    assert!(error.to_string().contains("damaged"), "{error}");
    assert_eq!(Generation::active(&root).unwrap().id, 1);
}
