//! What the documents say of the sources holds.

use std::path::{Path, PathBuf};

use attune_schemas::problem::{ErrorCode, FindingCode, WarningCode};
use attune_tests::rust_text::rust_files;

/// `file.rs: test`, where `trust/` and `e2e/` stand for directories of tests.
fn named_test(text: &str) -> Option<(PathBuf, &str)> {
    let (file, test) = text.split_once(".rs: ")?;
    let file = match (file.strip_prefix("e2e/"), file.strip_prefix("trust/")) {
        (Some(file), _) => format!("tests/tests/it/{file}.rs"),
        (None, Some(file)) => format!("registry/tests/it/trust/{file}.rs"),
        (None, None) => format!("{file}.rs"),
    };
    Some((file.into(), test))
}

#[test]
fn every_test_that_the_threat_model_names_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = fs_err::read_to_string(root.join("docs/THREATS.md")).unwrap();
    let named: Vec<_> = text.split('`').filter_map(named_test).collect();
    assert!(named.len() > 100, "{}", named.len());
    for (file, test) in named {
        let source = fs_err::read_to_string(root.join(&file)).unwrap();
        assert!(source.contains(&format!("fn {test}(")), "{}: {test}", file.display());
    }
}

/// The files and directories of the project that `text` names in backticks.
fn named_paths(text: &str) -> impl Iterator<Item = &str> {
    let tops = [
        "schemas/",
        "registry/",
        "host/",
        "terminal/",
        "installer/",
        "server/",
        "registry-builder/",
        "tests/",
        "docs/",
        ".ci/",
        "examples/",
    ];
    let codes =
        text.split('`').skip(1).step_by(2).filter(move |code| tops.iter().any(|top| code.starts_with(top)));
    // A test in a file is the other test's business.
    codes.map(|code| code.split(": ").next().unwrap()).filter(|path| !path.contains(['<', '*', ' ']))
}

#[test]
fn every_path_that_the_documents_name_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut count = 0;
    for document in
        ["docs/ARCHITECTURE.md", "docs/FORMATS.md", "docs/GLOSSARY.md", "docs/THREATS.md", "CONTRIBUTING.md"]
    {
        let text = fs_err::read_to_string(root.join(document)).unwrap();
        for path in named_paths(&text) {
            assert!(root.join(path).exists(), "{document} names `{path}`");
            count += 1;
        }
    }
    assert!(count > 100, "{count}");
}

#[test]
fn every_code_that_is_documented_is_given_by_a_program() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut sources = String::new();
    for part in ["registry", "host", "terminal", "installer", "registry-builder", "server", "schemas"] {
        for (path, text) in rust_files(&root.join(part).join("src")).unwrap() {
            if !path.starts_with("problem") {
                sources.push_str(&text);
            }
        }
    }
    let errors = ErrorCode::ALL.iter().map(|code| (code.id(), format!("ErrorCode::{code:?}")));
    let warnings = WarningCode::ALL.iter().map(|code| (code.id(), format!("WarningCode::{code:?}")));
    let findings = FindingCode::ALL.iter().map(|code| (code.id(), format!("FindingCode::{code:?}")));
    for (id, name) in errors.chain(warnings).chain(findings) {
        let is_end = |rest: &str| !rest.starts_with(|next: char| next.is_alphanumeric());
        let is_given = sources.split(&name).skip(1).any(is_end);
        assert!(is_given, "nothing gives {id}, `{name}`");
    }
}
