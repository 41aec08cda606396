//! The schemas for editors in the language server that editors have: errors where they are, and completion.

use std::path::{Path, PathBuf};

use attune_tests::World;
use attune_tests::machines::yaml_server::YamlServer;

/// The line and column of an error, and words of its message.
type Place = (u64, u64, &'static str);

fn schema(name: &str) -> PathBuf {
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("../schemas/json/editor");
    fs_err::canonicalize(schemas.join(format!("{name}.schema.json"))).unwrap()
}

/// The server with the schemas of `names`, each for the files that a pack keeps there; `None` without npm.
fn server(world: &World) -> Option<YamlServer> {
    let folder = world.path().join("tools");
    if !YamlServer::install(&folder) {
        println!("npm is not there: the schemas are not driven through yaml-language-server");
        return None;
    }
    let schemas = [
        ("pack", "pack.yaml"),
        ("action", "actions/*.yaml"),
        ("workflow", "*.workflow.yaml"),
        ("permission-set", "permission_sets/*.yaml"),
        ("queue", "queues/*.yaml"),
    ];
    let schemas: Vec<_> = schemas.iter().map(|(name, files)| (schema(name), *files)).collect();
    let schemas: Vec<_> = schemas.iter().map(|(schema, files)| (schema.as_path(), *files)).collect();
    Some(YamlServer::start(&folder, &schemas))
}

#[test]
#[ignore = "reaches a package index"]
fn index_editors_show_errors_and_complete_keys_and_values() {
    let world = World::new();
    let Some(mut server) = server(&world) else { return };
    // Good files have no errors, those of the examples among them.
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/packs");
    for file in ["incident_flow/pack.yaml", "incident_flow/queues/notes.yaml"] {
        let text = fs_err::read_to_string(examples.join(file)).unwrap();
        assert_eq!(server.open(file, &text), [], "{file}");
    }
    let good = [
        ("good/pack.yaml", "ref: weather\nlabel: Weather\nversion: 1.0.0\n\n"),
        (
            "good/actions/now.yaml",
            "ref: weather.now\nentry_point: now.sh\nworker_tolerations:\n  - key: gpu\n    operator: exists\n    \nparameter_delivery: \n",
        ),
        (
            "good/actions/flow.workflow.yaml",
            "version: 1.0.0\ntasks:\n  - name: a\n    action: weather.now\n    next:\n      - do: [a]\n    \n",
        ),
    ];
    let mut defects = Vec::new();
    for (file, text) in good {
        defects.extend(server.open(file, text).into_iter().map(|told| (file, told)));
    }
    // A value that is not written yet is none of those that may stand there.
    defects.retain(|(_, told)| told.line != 7);
    assert_eq!(defects, []);
    let offered = |server: &mut YamlServer, file: &str, line, column, words: &[&str], not: &[&str]| {
        let offers = server.complete(file, line, column);
        for word in words {
            assert!(offers.iter().any(|offer| offer == word), "{file}: {word}: {offers:?}");
        }
        for word in not {
            assert!(!offers.iter().any(|offer| offer == word), "{file}: {word}: {offers:?}");
        }
    };
    offered(
        &mut server,
        "good/pack.yaml",
        4,
        1,
        &["dependencies", "description", "testing"],
        &["ref", "tasks"],
    );
    offered(&mut server, "good/actions/now.yaml", 6, 5, &["effect", "value"], &["key", "runner_type"]);
    offered(&mut server, "good/actions/now.yaml", 7, 21, &["stdin", "file"], &["env"]);
    offered(
        &mut server,
        "good/actions/flow.workflow.yaml",
        7,
        5,
        &["retry", "with_items", "timeout"],
        &["name", "vars"],
    );
    // Bad files have each error where it is.
    let bad: [(&str, &str, &[Place]); 5] = [
        (
            "bad/pack.yaml",
            "ref: Weather\nlabel: W\nversion: 1.0\n",
            &[(1, 6, "pattern"), (3, 10, "Expected \"string\"")],
        ),
        (
            "bad/actions/now.yaml",
            "ref: weather.now\nparameter_delivery: env\nworker_tolerations:\n  - operator: Exists\n",
            &[(2, 21, "Valid values"), (4, 5, "Missing property \"key\""), (4, 15, "Valid values")],
        ),
        (
            "bad/actions/flow.workflow.yaml",
            "version: 1.0.0\ntasks:\n  - name: a\n    timeout: \"{{ x }}\"\n    next:\n      - do: b\n",
            &[(4, 14, "Expected \"integer\""), (6, 13, "Expected \"array\"")],
        ),
        (
            "bad/permission_sets/viewer.yaml",
            "ref: weather.viewer\ngrants:\n  - resource: pack\n    actions: [read, write]\n",
            &[(3, 15, "Valid values"), (4, 21, "Valid values")],
        ),
        (
            "bad/queues/q.yaml",
            "ref: weather.q\nlabel: Q\ndispatch_action: weather.now\nconfig:\n  dispatch:\n    speed: 3\n",
            &[(6, 5, "Property speed is not allowed")],
        ),
    ];
    for (file, text, expected) in bad {
        let told = server.open(file, text);
        let is_it = |(told, expected): (&attune_tests::machines::yaml_server::Told, &(u64, u64, &str))| {
            (told.line, told.column) == (expected.0, expected.1) && told.message.contains(expected.2)
        };
        let is_right = told.len() == expected.len() && told.iter().zip(expected).all(is_it);
        assert!(is_right, "{file}: {told:#?}");
    }
}
