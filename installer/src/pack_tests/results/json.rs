//! Results as JSON: Attune's own, and those of jest and of pytest-json-report.
//!
//! Attune's own is what `pack_test_execution` keeps; a part of it will do, a suite or the numbers alone, and the names of
//! its fields may be written with capitals or with underscores.

use attune_schemas::pack_test_result::TestStatus;
use serde_json::{Map, Value};

use super::Counts;
use super::cases::{CaseText, Cases};

/// The most failure messages of one test of jest.
const MAX_MESSAGES: usize = 20;

/// Reads `text`: one object, which may stand among other lines.
pub(super) fn read(text: &str, cases: &mut Cases) -> Result<(), String> {
    let object = object_in(text)?;
    if object.contains_key("numTotalTests") && object.contains_key("testResults") {
        return jest(&object, cases);
    }
    if object.contains_key("summary") && (object.contains_key("exitcode") || object.contains_key("tests")) {
        return pytest(&object, cases);
    }
    attune(&object, cases)
}

/// The object that is `text`, or its last line, or all from the first line that begins one.
fn object_in(text: &str) -> Result<Map<String, Value>, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("it is empty".to_owned());
    }
    let parse = |text: &str| serde_json::from_str::<Map<String, Value>>(text);
    let whole = match parse(text) {
        Ok(object) => return Ok(object),
        Err(error) => error,
    };
    let last =
        text.lines().next_back().filter(|line| line.starts_with('{')).and_then(|line| parse(line).ok());
    let inner = || {
        let begin = if text.starts_with('{') { 0 } else { text.find("\n{")? + 1 };
        let end = text.rfind('}')?;
        parse(text.get(begin..=end)?).ok()
    };
    last.or_else(inner).ok_or_else(|| format!("it is no JSON object: {whole}"))
}

/// The value of a field under any of its names.
fn field<'a>(object: &'a Map<String, Value>, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| object.get(*name)).filter(|value| !value.is_null())
}

fn number(object: &Map<String, Value>, names: &[&str]) -> Result<Option<u64>, String> {
    let Some(value) = field(object, names) else { return Ok(None) };
    let number = value.as_u64();
    number.map(Some).ok_or_else(|| format!("its `{}` is no number of tests", names[0]))
}

fn text<'a>(object: &'a Map<String, Value>, names: &[&str]) -> &'a str {
    field(object, names).and_then(Value::as_str).unwrap_or_default()
}

fn objects<'a>(
    object: &'a Map<String, Value>,
    names: &[&str],
) -> Result<Option<Vec<&'a Map<String, Value>>>, String> {
    let Some(value) = field(object, names) else { return Ok(None) };
    let wrong = || format!("its `{}` is no list of objects", names[0]);
    let items = value.as_array().ok_or_else(wrong)?;
    let objects: Option<Vec<_>> = items.iter().map(Value::as_object).collect();
    objects.map(Some).ok_or_else(wrong)
}

/// Attune's own result, one suite of it, or the numbers alone.
fn attune(object: &Map<String, Value>, cases: &mut Cases) -> Result<(), String> {
    let suites = objects(object, &["testSuites", "test_suites"])?;
    let before = cases.counted();
    for suite in suites.iter().flatten() {
        one_suite(suite, cases)?;
    }
    if suites.as_ref().is_none_or(Vec::is_empty) {
        return one_suite(object, cases);
    }
    let claimed = claimed(object)?;
    let seen = cases.counted().less(before);
    if let Some(claimed) = claimed.filter(|claimed| claimed.failed > seen.failed) {
        let more = claimed.failed - seen.failed;
        cases.doubt(more, &format!("{more} tests failed that are in none of its suites"))?;
    }
    Ok(())
}

/// The numbers of a result or a suite, if it has any.
fn claimed(object: &Map<String, Value>) -> Result<Option<Counts>, String> {
    let total = number(object, &["totalTests", "total_tests", "total"])?;
    let (passed, failed) = (number(object, &["passed"])?, number(object, &["failed"])?);
    let skipped = number(object, &["skipped"])?;
    if total.is_none() && passed.is_none() && failed.is_none() {
        return Ok(None);
    }
    let (failed, skipped) = (failed.unwrap_or(0), skipped.unwrap_or(0));
    let others = failed.saturating_add(skipped);
    let total = total.unwrap_or_else(|| passed.unwrap_or(0).saturating_add(others));
    let passed = passed.unwrap_or_else(|| total.saturating_sub(others));
    // A suite that could not run has a failure and no test.
    let could_not_run = total == 0 && passed == 0;
    if passed.checked_add(others) != Some(total) && !could_not_run {
        return Err(format!(
            "its numbers contradict each other: {passed} passed, {failed} failed and {skipped} skipped of {total}"
        ));
    }
    Ok(Some(Counts { total: total.max(failed), passed, failed, skipped }))
}

fn one_suite(suite: &Map<String, Value>, cases: &mut Cases) -> Result<(), String> {
    let before = cases.listed();
    let listed = objects(suite, &["testCases", "test_cases"])?;
    for case in listed.iter().flatten() {
        one_case(case, cases)?;
    }
    let Some(claimed) = claimed(suite)? else {
        return match listed {
            Some(_) => Ok(()),
            None => Err("it has neither numbers nor tests".to_owned()),
        };
    };
    let seen = cases.listed().less(before);
    let name = text(suite, &["name"]);
    if seen.failed > 0 && claimed.failed == 0 {
        // The list is believed, which is worse.
        return Ok(());
    }
    let lacking = Counts {
        total: claimed.total.saturating_sub(seen.total),
        passed: claimed.passed.saturating_sub(seen.passed),
        failed: claimed.failed.saturating_sub(seen.failed),
        skipped: claimed.skipped.saturating_sub(seen.skipped),
    };
    if lacking.total < lacking.failed {
        return cases.doubt(
            lacking.failed,
            &format!("{} tests of `{name}` failed that are not listed", lacking.failed),
        );
    }
    let passed = lacking.total - lacking.failed - lacking.skipped.min(lacking.total - lacking.failed);
    cases.count(Counts { passed, skipped: lacking.total - lacking.failed - passed, ..lacking });
    Ok(())
}

fn one_case(case: &Map<String, Value>, cases: &mut Cases) -> Result<(), String> {
    let status = match text(case, &["status"]).to_ascii_lowercase().as_str() {
        "passed" => TestStatus::Passed,
        "failed" => TestStatus::Failed,
        "skipped" => TestStatus::Skipped,
        "error" => TestStatus::Error,
        other => return Err(format!("a test has the status `{}`", other.escape_debug())),
    };
    let milliseconds = field(case, &["durationMs", "duration_ms"]).and_then(Value::as_f64).unwrap_or(0.0);
    let message = text(case, &["errorMessage", "error_message"]);
    cases.push(
        status,
        &CaseText {
            name: text(case, &["name"]),
            seconds: milliseconds / 1000.0,
            message: Some(message),
            stdout: text(case, &["stdout"]),
            stderr: text(case, &["stderr"]),
        },
    )
}

/// The result of `jest --json`.
fn jest(object: &Map<String, Value>, cases: &mut Cases) -> Result<(), String> {
    let before = cases.listed();
    for file in objects(object, &["testResults"])?.unwrap_or_default() {
        let tests = objects(file, &["assertionResults"])?.unwrap_or_default();
        if tests.is_empty() && text(file, &["status"]) == "failed" {
            let told = CaseText {
                name: text(file, &["name"]),
                message: Some(text(file, &["message"])),
                ..Default::default()
            };
            cases.push(TestStatus::Error, &told)?;
        }
        for test in tests {
            let status = match text(test, &["status"]) {
                "passed" => TestStatus::Passed,
                "failed" => TestStatus::Failed,
                "pending" | "todo" | "skipped" | "disabled" | "focused" => TestStatus::Skipped,
                other => return Err(format!("a test has the status `{}`", other.escape_debug())),
            };
            let messages = field(test, &["failureMessages"]).and_then(Value::as_array);
            let messages = messages.into_iter().flatten().filter_map(Value::as_str).take(MAX_MESSAGES);
            let message = messages.collect::<Vec<_>>().join("\n");
            let name = text(test, &["fullName", "title"]);
            let milliseconds = field(test, &["duration"]).and_then(Value::as_f64).unwrap_or(0.0);
            let told = CaseText {
                name,
                seconds: milliseconds / 1000.0,
                message: Some(&message),
                ..Default::default()
            };
            cases.push(status, &told)?;
        }
    }
    let seen = cases.listed().less(before);
    let claimed_total = number(object, &["numTotalTests"])?.unwrap_or(0);
    let claimed_failed = number(object, &["numFailedTests"])?.unwrap_or(0);
    let says_failed = object.get("success").and_then(Value::as_bool) == Some(false);
    close(cases, seen, claimed_total, claimed_failed, says_failed)
}

/// The result of pytest-json-report.
fn pytest(object: &Map<String, Value>, cases: &mut Cases) -> Result<(), String> {
    let before = cases.listed();
    for collector in objects(object, &["collectors"])?.unwrap_or_default() {
        if text(collector, &["outcome"]) == "failed" {
            let message = Some(text(collector, &["longrepr"]));
            let told = CaseText { name: text(collector, &["nodeid"]), message, ..Default::default() };
            cases.push(TestStatus::Error, &told)?;
        }
    }
    for test in objects(object, &["tests"])?.unwrap_or_default() {
        let status = match text(test, &["outcome"]) {
            "passed" | "xfailed" | "xpassed" => TestStatus::Passed,
            "failed" => TestStatus::Failed,
            "error" => TestStatus::Error,
            "skipped" => TestStatus::Skipped,
            other => return Err(format!("a test has the outcome `{}`", other.escape_debug())),
        };
        let stages = ["setup", "call", "teardown"].map(|stage| test.get(stage).and_then(Value::as_object));
        let stages = || stages.iter().copied().flatten();
        let seconds = stages().filter_map(|stage| stage.get("duration")?.as_f64()).sum();
        let message = stages().find_map(|stage| {
            let crash = stage.get("crash").and_then(Value::as_object);
            crash.and_then(|crash| crash.get("message")?.as_str()).or_else(|| stage.get("longrepr")?.as_str())
        });
        let message = message.filter(|_| status != TestStatus::Passed);
        let output = |name: &str| stages().find_map(|stage| stage.get(name)?.as_str()).unwrap_or_default();
        let (stdout, stderr) = (output("stdout"), output("stderr"));
        cases.push(status, &CaseText { name: text(test, &["nodeid"]), seconds, message, stdout, stderr })?;
    }
    let seen = cases.listed().less(before);
    let empty = Map::new();
    let summary = object.get("summary").and_then(Value::as_object).unwrap_or(&empty);
    let failed = number(summary, &["failed"])?.unwrap_or(0);
    let failed = failed.saturating_add(number(summary, &["error"])?.unwrap_or(0));
    let says_failed = object.get("exitcode").and_then(Value::as_i64).is_some_and(|code| code != 0);
    close(cases, seen, number(summary, &["total"])?.unwrap_or(0), failed, says_failed)
}

/// Holds what a runner counts against what it lists; the worse counts.
fn close(cases: &mut Cases, seen: Counts, total: u64, failed: u64, says_failed: bool) -> Result<(), String> {
    if total > seen.total {
        let missing = total - seen.total;
        return cases.doubt(missing, &format!("{missing} of its {total} tests are not listed"));
    }
    let more = failed.saturating_sub(seen.failed);
    if more > 0 {
        return cases.doubt(more, &format!("{more} tests failed that are not told"));
    }
    if says_failed && seen.failed == 0 {
        return cases.doubt(1, "it says that it failed, and lists no test that did");
    }
    Ok(())
}
