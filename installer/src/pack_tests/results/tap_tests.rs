//! The Test Anything Protocol, as real producers and hostile ones write it.

use attune_schemas::pack::ResultFormat;
use attune_schemas::pack_test_result::TestStatus::{self, Error, Failed, Passed, Skipped};

use super::{Cases, Told, read_into};

fn told(text: &str) -> Result<Told, String> {
    let mut cases = Cases::default();
    read_into(&mut cases, ResultFormat::Tap, text)?;
    Ok(cases.told())
}

fn statuses(text: &str) -> Vec<(String, TestStatus)> {
    told(text).unwrap().cases.into_iter().map(|case| (case.name, case.status)).collect()
}

fn expected(cases: &[(&str, TestStatus)]) -> Vec<(String, TestStatus)> {
    cases.iter().map(|(name, status)| ((*name).to_owned(), *status)).collect()
}

const NODE: &str = "TAP version 13
# Subtest: one
ok 1 - one
  ---
  duration_ms: 12.5
  ...
# Subtest: group
    # Subtest: inner fails
    not ok 1 - inner fails
      ---
      duration_ms: 1.25
      location: '/x/a.test.js:4:3'
      failureType: 'testCodeFailure'
      error: |-
        Expected values to be strictly equal:

        1 !== 2
      code: 'ERR_ASSERTION'
      stack: |-
        TestContext.<anonymous> (/x/a.test.js:5:12)
        ok 7 - this is no test
      ...
    # Subtest: inner skips
    ok 2 - inner skips # SKIP no disk
      ---
      duration_ms: 0.1
      ...
    1..2
not ok 2 - group
  ---
  duration_ms: 3
  type: 'suite'
  error: '1 subtest failed'
  ...
1..2
# tests 3
# pass 1
# fail 1
";

#[test]
fn node() {
    let told = told(NODE).unwrap();
    let cases: Vec<_> = told.cases.iter().map(|case| (case.name.as_str(), case.status)).collect();
    assert_eq!(cases, [("one", Passed), ("group > inner fails", Failed), ("group > inner skips", Skipped)]);
    assert_eq!((told.cases[0].duration_ms, told.cases[1].duration_ms), (13, 1));
    let message = told.cases[1].error_message.as_deref().unwrap();
    assert_eq!(message, "Expected values to be strictly equal:\n\n1 !== 2");
    assert_eq!(told.cases[2].error_message.as_deref(), Some("no disk"));
}

#[test]
fn points_plans_and_directives() {
    let text = "1..6\nok\nok 2\nnot ok 3 - three\n  ---\n  message: \"it broke\"\n  severity: fail\n  ...\n\
        ok 4 - a \\# hash # skip\nnot ok 5 - later # TODO some day\nok 6 - #7 is fixed\nokay\nnotes\n# comment\n";
    assert_eq!(
        statuses(text),
        expected(&[
            ("test 1", Passed),
            ("test 2", Passed),
            ("three", Failed),
            ("a # hash", Skipped),
            ("later", Passed),
            ("#7 is fixed", Passed),
        ])
    );
    assert_eq!(told(text).unwrap().cases[2].error_message.as_deref(), Some("it broke"));
    assert_eq!(statuses("1..0 # SKIP no network here\n"), expected(&[("all", Skipped)]));
    assert_eq!(statuses("TAP version 14\nok 1 - a\n1..1\n"), expected(&[("a", Passed)]));
    // Windows writes other ends of lines.
    assert_eq!(statuses("1..1\r\nok 1 - a\r\n"), expected(&[("a", Passed)]));
}

#[test]
fn subtests_are_the_tests() {
    let failing_group = "    ok 1 - a\n    1..1\nnot ok 1 - group\n1..1\n";
    assert_eq!(statuses(failing_group), expected(&[("group > a", Passed), ("group", Failed)]));
    let todo = "    not ok 1 - a\n    1..1\nnot ok 1 - group # TODO\n1..1\n";
    assert_eq!(statuses(todo), expected(&[("group > a", Passed)]));
    let deep = "        not ok 1 - a\n        1..1\n    not ok 1 - b\n    1..1\nnot ok 1 - c\n1..1\n";
    assert_eq!(statuses(deep), expected(&[("c > b > a", Failed)]));
    // A group that says all is well does not hide what failed in it.
    let lying = "    not ok 1 - a\n    1..1\nok 1 - group\n1..1\n";
    assert_eq!(statuses(lying), expected(&[("group > a", Failed)]));
    // Nobody stands for these.
    let orphans = "1..1\nok 1 - a\n    not ok 1 - b\n    1..1\n";
    assert_eq!(statuses(orphans), expected(&[("a", Passed), ("b", Failed)]));
}

#[test]
fn plans_that_are_not_kept_fail() {
    for (text, reported) in [
        ("1..3\nok 1 - a\nok 2 - b\n", "2 of 3 planned tests reported"),
        ("1..1\nok 1 - a\nok 2 - b\n", "2 of 1 planned tests reported"),
        ("    1..2\n    ok 1 - x\nok 1 - a\n1..1\n", "1 of 2 planned tests reported"),
        ("1..18446744073709551615\nok\n", "1 of 18446744073709551615 planned tests reported"),
    ] {
        let told = told(text).unwrap();
        assert_eq!(told.counts.failed, 1, "{text}");
        let error = told.cases.iter().find(|case| case.status == Error).unwrap();
        assert!(error.error_message.as_deref().unwrap().contains(reported), "{error:?}");
    }
}

#[test]
fn what_is_no_result_is_refused() {
    for (text, word) in [
        ("", "no line"),
        ("All tests passed.\n", "no line"),
        ("ok 1 - a\nok 2 - b\n", "no plan"),
        ("1..2\nok 1 - a\nBail out! the database is gone\n", "bailed out: the database is gone"),
        ("1..2\nok 1 - a\n1..1\n", "two plans"),
        ("    ok 1 - a\n    1..1\n", "no plan"),
    ] {
        let error = told(text).unwrap_err();
        assert!(error.contains(word), "{text:?}: {error}");
    }
}

#[test]
fn any_text_is_read_or_refused_and_no_cut_of_a_failure_passes() {
    for end in (0..=NODE.len()).filter(|end| NODE.is_char_boundary(*end)) {
        if let Ok(told) = told(&NODE[..end]) {
            assert!(told.counts.failed > 0, "{end}");
        }
    }
    let deep = format!("{}ok 1 - a\n1..0\n", " ".repeat(100_000));
    let _ = told(&deep);
    let _ = told(&"    ".repeat(10).chars().chain("---\n".chars()).collect::<String>().repeat(1000));
}
