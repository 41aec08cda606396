//! A database of an earlier program, from before schemas were counted.

use attune_host::database::{Database, environments, registered_generation};
use attune_host::root::{CreatedPaths, HostRoot};
use attune_registry::blob::Durability;

use crate::fixture::{root, rows};

/// Written by the program of version 0.1.0 that installed the example packs into `/opt/attune`.
const EARLIER: &[u8] = include_bytes!("../fixtures/database-v0.db.zst");

fn earlier(directory: &tempfile::TempDir) -> HostRoot {
    let root = root(directory);
    fs_err::create_dir_all(root.state()).unwrap();
    fs_err::write(root.database(), zstd::decode_all(EARLIER).unwrap()).unwrap();
    root
}

fn version(root: &HostRoot) -> i64 {
    let connection = rusqlite::Connection::open(root.database()).unwrap();
    connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
}

#[test]
fn readers_read_it_and_leave_it_as_it_is() {
    let directory = tempfile::tempdir().unwrap();
    let root = earlier(&directory);
    let before = fs_err::read(root.database()).unwrap();
    assert_eq!(registered_generation(&root).unwrap(), Some(1));
    let environments = environments(&root).unwrap();
    assert_eq!(environments.len(), 11);
    assert!(environments.values().all(|environment| environment.status == "ready"));
    assert_eq!(fs_err::read(root.database()).unwrap(), before);
    assert_eq!(fs_err::read_dir(root.state()).unwrap().count(), 1);
}

#[test]
fn a_writer_migrates_it_and_keeps_every_row() {
    let directory = tempfile::tempdir().unwrap();
    let root = earlier(&directory);
    assert_eq!(version(&root), 0);
    let before = rows(&root);
    let mut created = CreatedPaths::default();
    let database = Database::open(&root, Durability::Unsynced, &mut created).unwrap();
    created.keep();
    assert_eq!(database.registered().unwrap(), Some(1));
    drop(database);
    assert!(version(&root) > 0);
    let after = rows(&root);
    // Queues got columns for their fields, and triggers the value that servers give them; all else is as it was.
    let is_queue = |row: &&String| row.starts_with("work_queue: ");
    let others = |rows: &[String]| -> Vec<String> {
        let rows = rows.iter().filter(|row| !is_queue(row));
        rows.map(|row| row.replace("webhook_config=Null", "webhook_config=Text(\"{}\")")).collect()
    };
    assert_eq!(others(&after), others(&before));
    let queues: Vec<&String> = after.iter().filter(is_queue).collect();
    assert_eq!(queues.len(), before.iter().filter(is_queue).count());
    for kept in [
        "ref=Text(\"incident_flow.notes\")",
        "label=Text(\"Notes\")",
        r#"action_params=Text("{\"incident\":\"{{ item }}\"}")"#,
        r#"permission_set_refs=Text("[\"incident_flow.viewer\"]")"#,
    ] {
        assert!(queues.iter().any(|queue| queue.contains(kept)), "{kept}: {queues:?}");
    }
    assert!(before.len() > 40, "{}", before.len());
}

#[test]
fn readers_and_writers_refuse_that_of_a_later_program() {
    let directory = tempfile::tempdir().unwrap();
    let root = earlier(&directory);
    let connection = rusqlite::Connection::open(root.database()).unwrap();
    connection.pragma_update(None, "user_version", 1000).unwrap();
    drop(connection);
    let mut created = CreatedPaths::default();
    let written = Database::open(&root, Durability::Unsynced, &mut created).map(drop).unwrap_err();
    for error in [registered_generation(&root).unwrap_err(), written] {
        assert!(error.to_string().contains("1000"), "{error}");
    }
}
