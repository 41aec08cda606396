//! `docs/ERRORS.md` explains every code, and no other.

use std::collections::BTreeSet;
use std::path::Path;

use attune_schemas::lint::all_codes;
use attune_schemas::problem::{ErrorCode, FindingCode, WarningCode, explain, explanations};

#[test]
fn every_code_is_explained_once_and_nothing_else_is() {
    let errors = ErrorCode::ALL.iter().map(|code| code.id());
    let warnings = WarningCode::ALL.iter().map(|code| code.id());
    let verified = FindingCode::ALL.iter().map(|code| code.id());
    let linted = all_codes().iter().map(|code| code.id());
    let known: Vec<&str> = errors.chain(warnings).chain(verified).chain(linted).collect();
    let explained: Vec<&str> = explanations().map(|explanation| explanation.code).collect();
    let set = |codes: &[&'static str]| codes.iter().copied().collect::<BTreeSet<_>>();
    let (known_set, explained_set) = (set(&known), set(&explained));
    let missing: Vec<_> = known_set.difference(&explained_set).collect();
    let unknown: Vec<_> = explained_set.difference(&known_set).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing {missing:?}, unknown {unknown:?}");
    assert_eq!((known.len(), explained.len()), (known_set.len(), explained_set.len()), "a code is twice");
    let document =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/ERRORS.md")).unwrap();
    assert_eq!(explained.len(), document.matches("### ").count(), "a section cannot be read");
}

#[test]
fn the_titles_of_lint_codes_are_their_summaries() {
    for code in all_codes() {
        assert_eq!(explain(code.id()).unwrap().title, code.summary(), "{code}");
    }
}
