//! The JSON Schemas in `schemas/json/` are those of the types.

use std::collections::BTreeSet;
use std::path::Path;

const REMEDY: &str = "run `UPDATE_SCHEMAS=1 cargo test -p attune-schemas` and commit `schemas/json/`";

#[test]
fn the_committed_schemas_are_those_of_the_types() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("json");
    let update = std::env::var_os("UPDATE_SCHEMAS").is_some_and(|value| value == "1");
    let mut names = BTreeSet::new();
    for (name, schema) in attune_schemas::json_schema::all() {
        let path = directory.join(name);
        let mut expected = serde_json::to_string_pretty(&schema).expect("a schema is JSON");
        expected.push('\n');
        if update {
            std::fs::create_dir_all(&directory).expect("the directory can be made");
            std::fs::write(&path, &expected).expect("the schema can be written");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == expected, "`schemas/json/{name}` differs from its type: {REMEDY}");
        assert!(names.insert(name.to_owned()), "two schemas are named `{name}`");
    }
    for entry in std::fs::read_dir(&directory).expect("the directory is there") {
        let entry = entry.expect("an entry can be read");
        // Documents of the programs, whose types are elsewhere.
        if entry.path().is_dir() {
            continue;
        }
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(names.contains(&name), "`schemas/json/{name}` is the schema of no type: remove it");
    }
}

#[test]
fn the_committed_schemas_for_editors_are_those_of_the_tables() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("json/editor");
    let update = std::env::var_os("UPDATE_SCHEMAS").is_some_and(|value| value == "1");
    let schemas = attune_schemas::json_schema::for_editors();
    for (name, schema) in &schemas {
        let path = directory.join(name);
        let mut expected = serde_json::to_string_pretty(schema).expect("a schema is JSON");
        expected.push('\n');
        if update {
            std::fs::create_dir_all(&directory).expect("the directory can be made");
            std::fs::write(&path, &expected).expect("the schema can be written");
        }
        let committed = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(committed == expected, "`schemas/json/editor/{name}` differs from its table: {REMEDY}");
    }
    assert_eq!(std::fs::read_dir(&directory).expect("the directory is there").count(), schemas.len());
}
