//! `JUnit` XML, as real runners and hostile ones write it.

use attune_schemas::pack::ResultFormat;
use attune_schemas::pack_test_result::TestStatus::{self, Error, Failed, Passed, Skipped};

use super::{Cases, Told, read_into};

fn told(text: &str) -> Result<Told, String> {
    let mut cases = Cases::default();
    read_into(&mut cases, ResultFormat::JunitXml, text)?;
    Ok(cases.told())
}

fn statuses(told: &Told) -> Vec<(&str, TestStatus)> {
    told.cases.iter().map(|case| (case.name.as_str(), case.status)).collect()
}

const PYTEST: &str = r#"<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest" errors="1" failures="1" skipped="2" tests="6" time="0.043" timestamp="2026-01-20T10:30:00.1" hostname="h"><testcase classname="tests.test_a" name="test_one" time="0.001" /><testcase classname="tests.test_a" name="test_two[a &lt; b]" time="1.5"><failure message="AssertionError: assert 1 == 2">def test_two():
&gt;       assert 1 == 2
E       assert 1 == 2 &#x41;</failure></testcase><testcase classname="tests.test_a" name="test_three" time="0.000"><skipped type="pytest.skip" message="no disk">tests/test_a.py:9: no disk</skipped></testcase><testcase classname="tests.test_a" name="test_four" time="0.0"><skipped type="pytest.xfail" message="later" /></testcase><testcase classname="tests.test_a" name="test_five" time="0.001"><error message="failed on setup with &quot;RuntimeError: boom&quot;"><![CDATA[trace <back>]]></error><system-out>out</system-out><system-err>err</system-err></testcase><testcase classname="tests.test_a" name="test_six"><properties><property name="a" value="b"/></properties></testcase></testsuite></testsuites>"#;

#[test]
fn pytest() {
    let told = told(PYTEST).unwrap();
    assert_eq!(
        statuses(&told),
        [
            ("tests.test_a.test_one", Passed),
            ("tests.test_a.test_two[a < b]", Failed),
            ("tests.test_a.test_three", Skipped),
            ("tests.test_a.test_four", Passed),
            ("tests.test_a.test_five", Error),
            ("tests.test_a.test_six", Passed),
        ]
    );
    let counts = told.counts;
    assert_eq!((counts.total, counts.passed, counts.failed, counts.skipped), (6, 3, 2, 1));
    assert_eq!(told.cases[1].duration_ms, 1500);
    assert_eq!(told.cases[1].error_message.as_deref(), Some("AssertionError: assert 1 == 2"));
    assert_eq!((told.cases[4].stdout.as_str(), told.cases[4].stderr.as_str()), ("out", "err"));
}

#[test]
fn nested_suites_and_what_surefire_and_jest_junit_write() {
    let text = "<?xml version='1.0'?>\n<!-- made by hand -->\n<testsuites tests='4' failures='1'>\n\
        <testsuite name='outer' tests='3' failures='1'><testsuite name='inner' tests='2' failures='1'>\n\
        <testcase name='a' time='1,234.5'/><testcase name='b'><failure>line one\nline two</failure></testcase>\n\
        </testsuite><testcase name='c' classname='outer'/></testsuite>\n\
        <testsuite name='other'><testcase name='d' status='disabled'/></testsuite></testsuites>";
    let told = told(text).unwrap();
    assert_eq!(
        statuses(&told),
        [("inner.a", Passed), ("inner.b", Failed), ("outer.c", Passed), ("other.d", Skipped)]
    );
    assert_eq!(told.cases[0].duration_ms, 1_234_500);
    assert_eq!(told.cases[1].error_message.as_deref(), Some("line one\nline two"));
}

#[test]
fn the_worse_of_what_a_suite_says_and_holds_counts() {
    for (text, total, failed) in [
        ("<testsuite tests='5'><testcase name='a'/></testsuite>", 5, 4),
        ("<testsuite tests='1' failures='1'><testcase name='a'/></testsuite>", 2, 1),
        ("<testsuite errors='2'><testcase name='a'/></testsuite>", 3, 2),
        ("<testsuites tests='2'><testsuite tests='2'><testcase name='a'/></testsuite></testsuites>", 2, 1),
        ("<testsuite tests='1'><testcase name='a'><failure/></testcase></testsuite>", 1, 1),
        ("<testsuite tests='0'><testcase name='a'/></testsuite>", 1, 0),
        ("<testsuite><testcase name='a'><skipped/><failure/></testcase></testsuite>", 1, 1),
        ("<testsuite><testcase name='a'><failure/><skipped/></testcase></testsuite>", 1, 1),
        ("<testsuite/>", 0, 0),
    ] {
        let counts = told(text).unwrap().counts;
        assert_eq!((counts.total, counts.failed), (total, failed), "{text}");
    }
}

#[test]
fn what_is_no_result_is_refused() {
    let bomb = "<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]><testsuite>&b;</testsuite>";
    let external = "<!DOCTYPE x SYSTEM 'file:///etc/passwd'><testsuite><testcase name='a'/></testsuite>";
    let deep = format!("<testsuite>{}{}</testsuite>", "<testsuite>".repeat(80), "</testsuite>".repeat(80));
    for (text, word) in [
        ("", "empty"),
        ("   \n", "empty"),
        ("all passed", "empty"),
        ("<html><body/></html>", "its root is `html`"),
        ("{}", "empty"),
        (bomb, "document type"),
        (external, "document type"),
        (&deep, "nests deeper"),
        ("<testsuite><testcase name='a'>", "ends too early"),
        ("<testsuite><testcase name='a'/></testsuites>", "no XML"),
        ("<testsuite><testcase name='a' name='b'/></testsuite>", "no XML"),
        ("<testsuite><testcase name=a/></testsuite>", "no XML"),
        ("<testsuite><testcase name='&secret;'/></testsuite>", "no XML"),
        ("<testsuite><testcase name='a'><failure>&secret;</failure></testcase></testsuite>", "entity"),
        ("<testsuite/><testsuite/>", "more than one root"),
    ] {
        let error = told(text).unwrap_err();
        assert!(error.contains(word), "{text}: {error}");
    }
}

#[test]
fn any_text_is_read_or_refused() {
    // Every cut of a good document is refused, but for those behind its end.
    for end in (0..PYTEST.len() - 1).filter(|end| PYTEST.is_char_boundary(*end)) {
        assert!(told(&PYTEST[..end]).is_err(), "{end}");
    }
}
