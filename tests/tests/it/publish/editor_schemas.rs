//! The schemas for editors hold what packs hold, and tell what is wrong.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use attune_schemas::json_schema::for_editors;
use attune_schemas::lint::Findings;
use attune_schemas::yaml::YamlDocument;
use jsonschema::Validator;
use serde_json::Value;

fn validators() -> BTreeMap<String, Validator> {
    let compiled = |(name, schema): (String, Value)| {
        let validator = jsonschema::validator_for(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        (name.replace(".schema.json", ""), validator)
    };
    for_editors().into_iter().map(compiled).collect()
}

fn json(text: &str) -> Value {
    Value::Object(YamlDocument::parse("x.yaml", text).unwrap().to_json(&mut Findings::new()))
}

/// The YAML files of the examples, each with the name of its schema.
fn examples() -> Vec<(PathBuf, &'static str)> {
    let kinds = [
        ("", "pack"),
        ("actions", "action"),
        ("actions/workflows", "workflow"),
        ("permission_sets", "permission-set"),
        ("policies", "policy"),
        ("queues", "queue"),
        ("rules", "rule"),
        ("sensors", "sensor"),
        ("triggers", "trigger"),
    ];
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/packs");
    let mut files = Vec::new();
    for pack in fs_err::read_dir(packs).unwrap() {
        for (directory, schema) in kinds {
            let Ok(entries) = fs_err::read_dir(pack.as_ref().unwrap().path().join(directory)) else {
                continue;
            };
            let paths = entries.map(|entry| entry.unwrap().path());
            files.extend(
                paths
                    .filter(|path| path.extension().is_some_and(|end| end == "yaml"))
                    .map(|path| (path, schema)),
            );
        }
    }
    files
}

#[test]
fn the_examples_are_valid() {
    let validators = validators();
    let files = examples();
    assert!(files.len() > 40, "{}", files.len());
    for (file, schema) in files {
        let value = json(&fs_err::read_to_string(&file).unwrap());
        let errors: Vec<String> =
            validators[schema].iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{}: {errors:?}", file.display());
    }
}

#[test]
fn what_is_wrong_is_told() {
    let validators = validators();
    for (schema, text) in [
        ("pack", "ref: Weather\nversion: 1.0.0"),
        ("pack", "ref: weather\nversion: 1.0"),
        ("pack", "version: 1.0.0"),
        ("action", "ref: weather.now\nparameter_delivery: env"),
        ("action", "ref: now"),
        ("queue", "ref: weather.q\nlabel: Q\ndispatch_action: weather.now\nspeed: 3"),
        ("policy", "ref: weather.calm\nname: Calm\nmethod: drop\nthreshold: 1"),
        ("workflow", "version: 1.0.0"),
        ("workflow", "version: 1.0.0\ntasks: []"),
        ("workflow", "version: 1.0.0\ntasks: [{name: a, next: [{do: b}]}]"),
        ("workflow", "version: 1.0.0\ntasks: [{name: a, timeout: '{{ x }}'}]"),
        ("workflow", "version: 1.0.0\ntasks: [{name: a, tasks: [{type: loop}]}]"),
    ] {
        assert!(!validators[schema].is_valid(&json(text)), "{schema}: {text}");
    }
}
