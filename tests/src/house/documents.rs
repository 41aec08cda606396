//! The JSON documents of all programs: everything that a test makes a program write is held against its schema.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use jsonschema::Validator;
use schemars::Schema;
use serde_json::Value;

/// The format and the schema of every document.
pub fn documents() -> BTreeMap<&'static str, Schema> {
    let all = [
        attune_build::cli::documents(),
        attune_install::cli::documents(),
        attune_serve::cli::documents(),
        vec![attune_terminal::error_schema()],
    ];
    all.into_iter().flatten().collect()
}

static VALIDATORS: LazyLock<BTreeMap<&'static str, Validator>> = LazyLock::new(|| {
    let of = |(format, schema): (_, Schema)| (format, jsonschema::validator_for(schema.as_value()).unwrap());
    documents().into_iter().map(of).collect()
});

/// Asserts that `text` is a document of one of the programs: an object whose format is known, and whose schema it
/// satisfies.
#[track_caller]
pub fn assert_document(text: &str) {
    let document: Value =
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}, in the document:\n{text}"));
    let format = document["format"].as_str().unwrap_or_else(|| panic!("no format is named:\n{text}"));
    let validator = VALIDATORS.get(format).unwrap_or_else(|| panic!("the format `{format}` has no schema"));
    let faults: Vec<String> =
        validator.iter_errors(&document).map(|fault| format!("{}: {fault}", fault.instance_path())).collect();
    assert!(faults.is_empty(), "a document does not satisfy its schema: {faults:#?}\n{text}");
}
