//! The JSON documents of the programs: their committed schemas, and their shapes.

use std::collections::BTreeSet;
use std::path::Path;

use attune_tests::documented::documented;
use attune_tests::documents::documents;
use serde_json::Value;

const REMEDY: &str =
    "run `UPDATE_SCHEMAS=1 cargo test -p attune-tests --test it house::documents` and commit it";

fn directory() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/json/documents")
}

/// `attune-install.list/v1` is in `attune-install.list.v1.schema.json`.
fn file_name(format: &str) -> String {
    format!("{}.schema.json", format.replace('/', "."))
}

#[test]
fn the_committed_schemas_of_documents_are_those_of_the_types() {
    let directory = directory();
    let update = std::env::var_os("UPDATE_SCHEMAS").is_some_and(|value| value == "1");
    let mut names = BTreeSet::new();
    for (format, schema) in documents() {
        let name = file_name(format);
        let expected = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if update {
            std::fs::create_dir_all(&directory).unwrap();
            std::fs::write(directory.join(&name), &expected).unwrap();
        }
        let committed = std::fs::read_to_string(directory.join(&name)).unwrap_or_default();
        assert!(committed == expected, "`{name}` differs from its type: {REMEDY}");
        names.insert(name);
    }
    for entry in std::fs::read_dir(&directory).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert!(names.contains(&name), "`{name}` is the schema of no document: remove it");
    }
}

/// Every name of a property in `schema`, but for those of types that are described elsewhere.
fn properties(schema: &Value, found: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            for (key, value) in fields {
                match (key.as_str(), value) {
                    ("properties", Value::Object(named)) => found.extend(named.keys().cloned()),
                    // The root of TUF has the names of its specification.
                    ("$defs", Value::Object(types)) => {
                        for (name, definition) in types.iter().filter(|(name, _)| !is_of_tuf(name)) {
                            let _ = name;
                            properties(definition, found);
                        }
                        continue;
                    }
                    _ => {}
                }
                properties(value, found);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| properties(item, found)),
        _ => {}
    }
}

fn is_of_tuf(name: &str) -> bool {
    ["Root", "Key", "KeyVal", "RoleKeys", "RootRoles", "TopLevelRoles", "Roles"].contains(&name)
}

/// The documents that have the names of Attune's core actions, for the scripts that use either.
const OF_ACTIONS: [&str; 5] = [
    "attune-install.build-envs/v1",
    "attune-install.deps/v1",
    "attune-install.download/v1",
    "attune-install.register/v1",
    "attune-install.run-pack-tests/v1",
];

#[test]
fn documents_of_actions_are_in_snake_case() {
    for (format, schema) in documents().into_iter().filter(|(format, _)| OF_ACTIONS.contains(format)) {
        let mut names = BTreeSet::new();
        properties(schema.as_value(), &mut names);
        for name in names {
            let is_snake = name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_');
            assert!(is_snake, "`{name}` of {format} is not in snake_case");
        }
    }
}

#[test]
fn documents_are_objects_in_camel_case_with_one_name_a_thing() {
    for (format, schema) in documents().into_iter().filter(|(format, _)| !OF_ACTIONS.contains(format)) {
        assert_eq!(schema.pointer("/type"), Some(&Value::from("object")), "{format}");
        let mut names = BTreeSet::new();
        properties(schema.as_value(), &mut names);
        for name in names {
            let is_camel = name.chars().all(|letter| letter.is_ascii_alphanumeric())
                && name.starts_with(|letter: char| letter.is_ascii_lowercase());
            assert!(is_camel, "`{name}` of {format} is not in camelCase");
            let retired = ["packRef", "packVersion", "rootDigest", "fingerprint", "expires", "rootExpires"];
            assert!(!retired.contains(&name.as_str()), "`{name}` of {format} has another name elsewhere");
        }
    }
}

#[test]
fn the_document_about_json_is_made_of_the_types() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/JSON.md");
    let expected = documented(&documents());
    if std::env::var_os("UPDATE_SCHEMAS").is_some_and(|value| value == "1") {
        std::fs::write(&path, &expected).unwrap();
    }
    assert!(
        std::fs::read_to_string(&path).unwrap_or_default() == expected,
        "`docs/JSON.md` differs: {REMEDY}"
    );
}
