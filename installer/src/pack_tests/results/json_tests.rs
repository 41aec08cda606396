//! JSON results, as Attune, jest and pytest-json-report write them, and as nobody should.

use attune_schemas::pack::ResultFormat;
use attune_schemas::pack_test_result::TestStatus::{self, Error, Failed, Passed, Skipped};

use super::{Cases, Told, read_into};

fn told(text: &str) -> Result<Told, String> {
    let mut cases = Cases::default();
    read_into(&mut cases, ResultFormat::Json, text)?;
    Ok(cases.told())
}

fn statuses(told: &Told) -> Vec<(&str, TestStatus)> {
    told.cases.iter().map(|case| (case.name.as_str(), case.status)).collect()
}

fn counts(text: &str) -> (u64, u64, u64, u64) {
    let counts = told(text).unwrap_or_else(|error| panic!("{text}: {error}")).counts;
    (counts.total, counts.passed, counts.failed, counts.skipped)
}

const ATTUNE: &str = r#"{"packRef": "core", "packVersion": "1.0.0", "executionTime": "2026-01-20T10:30:00Z",
    "status": "failed", "totalTests": 3, "passed": 1, "failed": 1, "skipped": 1, "passRate": 0.33, "durationMs": 40,
    "testSuites": [{"name": "shell", "runnerType": "script", "total": 3, "passed": 1, "failed": 1, "skipped": 1,
    "durationMs": 40, "testCases": [
    {"name": "echo", "status": "passed", "durationMs": 12, "errorMessage": null, "stdout": "hi", "stderr": ""},
    {"name": "noop", "status": "failed", "durationMs": 3.5, "errorMessage": "Exit code: 1", "stdout": "", "stderr": "bad"},
    {"name": "wait", "status": "Skipped", "durationMs": 0}]}]}"#;

#[test]
fn attune() {
    let whole = told(ATTUNE).unwrap();
    assert_eq!(statuses(&whole), [("echo", Passed), ("noop", Failed), ("wait", Skipped)]);
    assert_eq!((whole.cases[0].duration_ms, whole.cases[0].stdout.as_str()), (12, "hi"));
    assert_eq!(whole.cases[1].error_message.as_deref(), Some("Exit code: 1"));
    assert_eq!(counts(ATTUNE), (3, 1, 1, 1));
    // With underscores and capitals, among other lines, as a suite or numbers alone.
    let other = "starting\n{\"total_tests\": 2, \"passed\": 1, \"failed\": 1, \"test_suites\": [{\"name\": \"a\", \
        \"test_cases\": [{\"name\": \"x\", \"status\": \"Passed\"}, {\"name\": \"y\", \"status\": \"Error\"}]}]}\n";
    assert_eq!(statuses(&told(other).unwrap()), [("x", Passed), ("y", Error)]);
    assert_eq!(counts("log {\n{\n\"total\": 4,\n\"passed\": 3,\n\"skipped\": 1\n}\nbye\n"), (4, 3, 0, 1));
    // The simple runner lists one case that stands for all.
    let simple = r#"{"testSuites": [{"name": "s", "total": 36, "passed": 36, "failed": 0, "skipped": 0,
        "testCases": [{"name": "s_suite", "status": "passed"}]}]}"#;
    assert_eq!(counts(simple), (36, 36, 0, 0));
}

#[test]
fn the_worse_of_what_a_result_says_counts() {
    let suite = |numbers: &str, status: &str| {
        format!(
            r#"{{"testSuites": [{{"name": "s", {numbers}, "testCases": [{{"name": "a", "status": "{status}"}}]}}]}}"#
        )
    };
    assert_eq!(counts(&suite(r#""total": 1, "passed": 1, "failed": 0"#, "failed")).2, 1);
    assert_eq!(counts(&suite(r#""total": 1, "passed": 0, "failed": 1"#, "passed")).2, 1);
    assert_eq!(counts(&suite(r#""total": 3, "passed": 1, "failed": 2"#, "passed")), (3, 1, 2, 0));
    // A suite that could not run.
    assert_eq!(counts(r#"{"testSuites": [{"name": "s", "total": 0, "passed": 0, "failed": 1}]}"#).2, 1);
    let outer = r#"{"totalTests": 2, "passed": 1, "failed": 1, "testSuites": [{"name": "s", "total": 1, "passed": 1}]}"#;
    assert_eq!(counts(outer).2, 1);
}

const JEST: &str = r#"{"numFailedTestSuites":1,"numFailedTests":1,"numPassedTests":1,"numPendingTests":1,
    "numRuntimeErrorTestSuites":1,"numTotalTestSuites":2,"numTotalTests":3,"numTodoTests":0,"success":false,
    "startTime":1700000000000,"testResults":[{"assertionResults":[
    {"ancestorTitles":["math"],"duration":4,"failureDetails":[],"failureMessages":[],"fullName":"math adds","location":null,
     "numPassingAsserts":1,"status":"passed","title":"adds"},
    {"ancestorTitles":["math"],"duration":7,"failureMessages":["Error: expect(received).toBe(expected)\n    at Object"],
     "fullName":"math divides","status":"failed","title":"divides"},
    {"fullName":"math waits","status":"pending","title":"waits","duration":null,"failureMessages":[]}],
    "endTime":1,"message":"","name":"/pack/tests/math.test.js","startTime":1,"status":"failed","summary":""},
    {"assertionResults":[],"message":"SyntaxError: Unexpected token","name":"/pack/tests/broken.test.js","status":"failed"}],
    "wasInterrupted":false}"#;

#[test]
fn jest() {
    let told = told(JEST).unwrap();
    assert_eq!(
        statuses(&told),
        [
            ("math adds", Passed),
            ("math divides", Failed),
            ("math waits", Skipped),
            ("/pack/tests/broken.test.js", Error)
        ]
    );
    assert_eq!(told.cases[1].duration_ms, 7);
    assert!(told.cases[3].error_message.as_deref().unwrap().starts_with("SyntaxError"));
    for (text, failed) in [
        (r#"{"numTotalTests": 2, "numFailedTests": 0, "success": true, "testResults": []}"#, 2),
        (r#"{"numTotalTests": 0, "numFailedTests": 0, "success": false, "testResults": []}"#, 1),
        (r#"{"numTotalTests": 0, "numFailedTests": 0, "success": true, "testResults": []}"#, 0),
    ] {
        assert_eq!(counts(text).2, failed, "{text}");
    }
}

#[test]
fn pytest_json_report() {
    let text = r#"{"created": 1, "duration": 0.2, "exitcode": 1, "root": "/pack", "environment": {},
        "summary": {"passed": 1, "failed": 1, "skipped": 1, "total": 3, "collected": 3},
        "collectors": [{"nodeid": "", "outcome": "passed", "result": []},
        {"nodeid": "tests/test_b.py", "outcome": "failed", "longrepr": "ImportError: no module"}],
        "tests": [{"nodeid": "tests/test_a.py::test_one", "outcome": "passed", "setup": {"duration": 0.25},
        "call": {"duration": 0.5, "outcome": "passed", "stdout": "hi\n"}, "teardown": {"duration": 0.25}},
        {"nodeid": "tests/test_a.py::test_two", "outcome": "failed", "call": {"duration": 0.1, "outcome": "failed",
        "crash": {"path": "a", "lineno": 1, "message": "AssertionError: seven"}, "longrepr": "long"}},
        {"nodeid": "tests/test_a.py::test_three", "outcome": "skipped"}]}"#;
    let told = told(text).unwrap();
    assert_eq!(
        statuses(&told),
        [
            ("tests/test_b.py", Error),
            ("tests/test_a.py::test_one", Passed),
            ("tests/test_a.py::test_two", Failed),
            ("tests/test_a.py::test_three", Skipped)
        ]
    );
    assert_eq!((told.cases[1].duration_ms, told.cases[1].stdout.as_str()), (1000, "hi\n"));
    assert_eq!(told.cases[2].error_message.as_deref(), Some("AssertionError: seven"));
    assert_eq!(counts(r#"{"summary": {"total": 3, "passed": 3}, "exitcode": 0, "tests": []}"#).2, 3);
    assert_eq!(counts(r#"{"summary": {"total": 0}, "exitcode": 5, "tests": []}"#).2, 1);
}

#[test]
fn what_is_no_result_is_refused() {
    let deep = "[".repeat(100_000);
    let nested = format!("{{\"testSuites\": {deep}");
    for (text, word) in [
        ("", "empty"),
        ("[]", "no JSON object"),
        ("true", "no JSON object"),
        ("all passed", "no JSON object"),
        ("{\"total\": 3", "no JSON object"),
        (&deep, "no JSON object"),
        (&nested, "no JSON object"),
        ("{}", "neither numbers nor tests"),
        (r#"{"status": "passed"}"#, "neither numbers nor tests"),
        (r#"{"total": 3, "passed": 4}"#, "contradict"),
        (r#"{"total": 3, "passed": 1, "failed": 1}"#, "contradict"),
        (r#"{"total": -3, "passed": 1}"#, "no number of tests"),
        (r#"{"total": "3"}"#, "no number of tests"),
        (r#"{"total": 1e99, "passed": 1}"#, "no number of tests"),
        (r#"{"passed": 18446744073709551615, "failed": 2}"#, "contradict"),
        (r#"{"testSuites": {"a": 1}}"#, "no list of objects"),
        (r#"{"testSuites": [1]}"#, "no list of objects"),
        (r#"{"testCases": [{"name": "a", "status": "fine"}]}"#, "status `fine`"),
        (r#"{"testCases": [{"name": "a"}]}"#, "status ``"),
        (
            r#"{"numTotalTests": 1, "testResults": [{"assertionResults": [{"status": "great"}]}]}"#,
            "status `great`",
        ),
        (r#"{"summary": {}, "tests": [{"outcome": "great"}]}"#, "outcome `great`"),
    ] {
        let error = told(text).unwrap_err();
        assert!(error.contains(word), "{}: {error}", &text[..text.len().min(80)]);
    }
}

#[test]
fn no_cut_of_a_result_passes() {
    for text in [ATTUNE, JEST] {
        for end in (0..text.len()).filter(|end| text.is_char_boundary(*end)) {
            if let Ok(told) = told(&text[..end]) {
                assert!(told.counts.failed > 0, "{end}");
            }
        }
    }
}
