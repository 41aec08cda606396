//! Lists of tests: in `pack.yaml`, or in a file of the pack.

use super::read::{DEFAULT_TIMEOUT_SECONDS, Shared, read_result_format, read_result_path};
use super::section::ListedTest;
use crate::diagnostics::{Code, Findings};
use crate::yaml::{Fields, YamlDocument};

/// The most tests of one list.
const MAX_TESTS: usize = 1000;
const KNOWN: [&str; 6] = ["name", "runner", "command", "timeout", "result_format", "result_path"];

/// The tests in the list that is `text`, the content of `file`.
///
/// # Errors
/// Everything that is wrong with it.
pub fn read_test_list(file: &str, text: &str) -> Result<Vec<ListedTest>, Findings> {
    let mut findings = Findings::new();
    let document = match YamlDocument::parse(file, text) {
        Ok(document) => document,
        Err(finding) => {
            findings.push(finding);
            return Err(findings);
        }
    };
    let map = document.to_json(&mut findings);
    let fields = Fields::root(&document, &map);
    if !fields.has("tests") {
        findings.push(fields.missing("tests"));
    }
    let shared = Shared { result_format: "simple".to_owned(), result_path: None };
    let tests = read_tests(&fields, &shared, &mut findings);
    if findings.has_errors() { Err(findings) } else { Ok(tests) }
}

/// The tests under `tests` of `fields`, whose format is the shared one where they name none.
pub(super) fn read_tests(fields: &Fields<'_>, shared: &Shared, findings: &mut Findings) -> Vec<ListedTest> {
    let Some(items) = fields.list("tests", findings) else { return Vec::new() };
    if items.len() > MAX_TESTS {
        let message = format!("`{}` has {} tests, more than {MAX_TESTS}", fields.path("tests"), items.len());
        findings.push(fields.finding(Code::OutOfRange, "tests", message));
        return Vec::new();
    }
    let mut tests = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        let path = fields.path("tests").index(index);
        let Some(map) = item.as_object() else {
            findings.push(fields.wrong_type(&path, item, "a mapping"));
            continue;
        };
        tests.extend(read_test(&fields.at(map, path), shared, findings));
    }
    tests
}

fn read_test(fields: &Fields<'_>, shared: &Shared, findings: &mut Findings) -> Option<ListedTest> {
    fields.report_unknown(Code::UnknownField, &KNOWN, true, findings);
    let name = fields.required_text("name", findings);
    let runner = fields.text("runner", findings).unwrap_or("shell");
    let command = fields.required_text("command", findings);
    let timeout_seconds = fields.positive("timeout", findings).unwrap_or(DEFAULT_TIMEOUT_SECONDS);
    let result_format = if fields.has("result_format") {
        read_result_format(fields, findings)
    } else {
        shared.result_format.clone()
    };
    let result_path = read_result_path(fields, &result_format, shared.result_path.as_deref(), findings);
    Some(ListedTest {
        name: name?.to_owned(),
        runner: runner.to_owned(),
        command: command?.to_owned(),
        timeout_seconds,
        result_format,
        result_path,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(text: &str) -> Vec<Code> {
        read_test_list("tests/list.yaml", text).unwrap_err().iter().map(|finding| finding.code).collect()
    }

    #[test]
    fn a_list_is_read_with_its_defaults() {
        let text = "tests:\n- {name: Unit, runner: python, command: pytest -q, timeout: 5, result_format: tap, \
                    result_path: ./out.tap}\n- {name: Rest, command: make test}\n";
        let tests = read_test_list("tests/list.yaml", text).unwrap();
        assert_eq!((tests[0].runner.as_str(), tests[0].timeout_seconds), ("python", 5));
        assert_eq!(
            (tests[0].result_format.as_str(), tests[0].result_path.as_deref()),
            ("tap", Some("out.tap"))
        );
        assert_eq!((tests[1].runner.as_str(), tests[1].timeout_seconds), ("shell", 300));
        assert_eq!(tests[1].result_format, "simple");
        // JSON is YAML.
        assert_eq!(
            read_test_list("l.json", r#"{"tests": [{"name": "a", "command": "true"}]}"#).unwrap().len(),
            1
        );
    }

    #[test]
    fn each_defect_of_a_list_has_its_code() {
        let table = [
            ("", Code::Empty),
            ("tests", Code::RootNotMapping),
            ("a: [", Code::Syntax),
            ("other: 1", Code::Missing),
            ("tests: x", Code::WrongType),
            ("tests: [x]", Code::WrongType),
            ("tests: [{command: x}]", Code::Missing),
            ("tests: [{name: x}]", Code::Missing),
            ("tests: [{name: x, command: ' '}]", Code::Missing),
            ("tests: [{name: x, command: y, timeout: 0}]", Code::OutOfRange),
            ("tests: [{name: x, command: y, result_format: tap, result_path: ../z}]", Code::UnsafePath),
        ];
        for (text, code) in table {
            assert_eq!(codes(text), [code], "{text}");
        }
        let long = format!("tests: [{}]", vec!["{name: x, command: y}"; MAX_TESTS + 1].join(", "));
        assert_eq!(codes(&long), [Code::OutOfRange]);
    }
}
