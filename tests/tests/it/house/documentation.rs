//! What the documents say of the sources holds.

use std::path::{Path, PathBuf};

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
