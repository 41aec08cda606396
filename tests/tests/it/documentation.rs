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
