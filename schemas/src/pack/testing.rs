//! The `testing` section of `pack.yaml`.
//!
//! Absent is fine. What is there must be complete: Attune refuses to test a pack whose section lacks a
//! required field, though it does so only once it is installed.

use std::collections::{BTreeMap, BTreeSet};

use super::metadata::{OnFailure, RunnerKind, TestRunner, Testing};
use crate::diagnostics::{Code, Findings};
use crate::entry_path::EntryPath;
use crate::yaml::{FieldPath, Fields};

/// The limit of a runner without one, in seconds.
const DEFAULT_TIMEOUT_SECONDS: u64 = 300;
const RESULT_FORMATS: [&str; 4] = ["simple", "json", "junit-xml", "tap"];
const KNOWN: [&str; 8] = [
    "enabled",
    "discovery",
    "runners",
    "result_format",
    "result_path",
    "min_pass_rate",
    "on_failure",
    "timeout",
];
const KNOWN_OF_RUNNER: [&str; 6] =
    ["type", "entry_point", "timeout", "result_format", "requirements", "config"];

pub(super) fn read_testing(fields: &Fields<'_>, findings: &mut Findings) -> Option<Testing> {
    let testing = fields.mapping("testing", findings)?;
    testing.report_unknown(Code::UnknownField, &KNOWN, true, findings);
    if !testing.has("enabled") {
        findings.push(testing.missing("enabled"));
    }
    let enabled = testing.boolean("enabled", findings).unwrap_or(true);
    if !testing.has("discovery") {
        findings
            .push(testing.missing("discovery").advise("write `discovery: {method: directory, path: tests}`"));
    } else if let Some(discovery) = testing.mapping("discovery", findings) {
        discovery.required_text("method", findings);
        discovery.text("path", findings);
    }
    testing.text("result_path", findings);
    let result_format = read_result_format(&testing, findings);
    let runners = read_runners(&testing, &result_format, findings);
    let none =
        testing.get("runners").and_then(serde_json::Value::as_object).is_some_and(serde_json::Map::is_empty);
    if enabled && none {
        let message = "testing is enabled and has no runners, so that it always passes";
        findings.push(
            testing
                .finding(Code::NoRunners, "runners", message)
                .advise("add a runner, or set `enabled: false`"),
        );
    }
    let min_pass_rate = read_min_pass_rate(&testing, findings);
    Some(Testing { enabled, runners, min_pass_rate, on_failure: read_on_failure(&testing, findings) })
}

fn read_runners(
    testing: &Fields<'_>,
    result_format: &str,
    findings: &mut Findings,
) -> BTreeMap<String, TestRunner> {
    let mut runners = BTreeMap::new();
    if !testing.has("runners") {
        findings.push(testing.missing("runners"));
    }
    let Some(named) = testing.mapping("runners", findings) else { return runners };
    for name in named.keys() {
        if !named.has(name) {
            findings.push(named.missing(name));
        } else if let Some(fields) = named.mapping(name, findings)
            && let Some(runner) = read_runner(&fields, result_format, findings)
        {
            runners.insert(name.to_owned(), runner);
        }
    }
    runners
}

fn read_runner(fields: &Fields<'_>, result_format: &str, findings: &mut Findings) -> Option<TestRunner> {
    fields.report_unknown(Code::UnknownField, &KNOWN_OF_RUNNER, true, findings);
    let kind = fields.required_text("type", findings).map(|kind| runner_kind(fields, kind, findings));
    let entry_point = read_entry_point(fields, findings);
    let timeout_seconds = fields.positive("timeout", findings).unwrap_or(DEFAULT_TIMEOUT_SECONDS);
    let result_format = if fields.has("result_format") {
        read_result_format(fields, findings)
    } else {
        result_format.to_owned()
    };
    Some(TestRunner { kind: kind?, entry_point: entry_point?, timeout_seconds, result_format })
}

fn runner_kind(fields: &Fields<'_>, kind: &str, findings: &mut Findings) -> RunnerKind {
    match kind {
        "script" => RunnerKind::Script,
        "unittest" => RunnerKind::Unittest,
        "pytest" => RunnerKind::Pytest,
        other => {
            let message = format!("`{other}` is not a type of runner that can run, so that its tests fail");
            findings.push(
                fields
                    .finding(Code::RunnerUnknown, "type", message)
                    .advise("use `script`, `unittest` or `pytest`; a script can call any other tool"),
            );
            RunnerKind::Other(other.to_owned())
        }
    }
}

/// The runner's file or directory, without a leading `./` or a trailing `/`.
fn read_entry_point(fields: &Fields<'_>, findings: &mut Findings) -> Option<String> {
    let text = fields.required_text("entry_point", findings)?;
    let trimmed = text.strip_prefix("./").unwrap_or(text);
    match trimmed.strip_suffix('/').unwrap_or(trimmed).parse::<EntryPath>() {
        Ok(path) => Some(path.as_str().to_owned()),
        Err(error) => {
            findings.push(
                fields
                    .finding(Code::UnsafePath, "entry_point", error.to_string())
                    .advise("name a file of the pack, relative to `pack.yaml`"),
            );
            None
        }
    }
}

fn read_result_format(fields: &Fields<'_>, findings: &mut Findings) -> String {
    let format = fields.text("result_format", findings).unwrap_or("simple");
    if !RESULT_FORMATS.contains(&format) {
        let message = format!("`{format}` is not a known result format and is read as `simple`");
        findings.push(
            fields
                .finding(Code::ResultFormat, "result_format", message)
                .advise(format!("use one of {}", RESULT_FORMATS.join(", "))),
        );
        return "simple".to_owned();
    }
    format.to_owned()
}

fn read_min_pass_rate(testing: &Fields<'_>, findings: &mut Findings) -> Option<f64> {
    let rate = testing.number("min_pass_rate", findings)?;
    if (0.0..=1.0).contains(&rate) {
        return Some(rate);
    }
    if let Some(value) = testing.get("min_pass_rate") {
        let finding = testing.out_of_range("min_pass_rate", value, "between 0.0 and 1.0");
        findings.push(finding.advise("`1.0` means that every test must pass"));
    }
    None
}

fn read_on_failure(testing: &Fields<'_>, findings: &mut Findings) -> OnFailure {
    match testing.text("on_failure", findings) {
        None | Some("block") => OnFailure::Block,
        Some("warn") => OnFailure::Warn,
        Some("ignore") => OnFailure::Ignore,
        Some(other) => {
            let message = format!("`testing.on_failure` is `{other}`");
            findings.push(
                testing
                    .finding(Code::UnknownValue, "on_failure", message)
                    .advise("use `block`, `warn` or `ignore`"),
            );
            OnFailure::Block
        }
    }
}

/// Reports the runners whose entry point is neither a file nor a directory among `files`.
pub(crate) fn check_test_files(
    root: &Fields<'_>,
    testing: &Testing,
    files: &BTreeSet<EntryPath>,
    findings: &mut Findings,
) {
    if !testing.enabled {
        return;
    }
    for (name, runner) in &testing.runners {
        let directory = format!("{}/", runner.entry_point);
        let exists = files
            .iter()
            .any(|file| file.as_str() == runner.entry_point || file.as_str().starts_with(&directory));
        if !exists {
            let path = FieldPath::root().key("testing").key("runners").key(name).key("entry_point");
            let message =
                format!("the test runner `{name}` starts `{}`, which is not in the pack", runner.entry_point);
            findings.push(
                root.finding_at(Code::TestFileMissing, &path, message)
                    .advise("entry points of tests are relative to `pack.yaml`"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::YamlDocument;

    const FULL: &str = "testing:
  enabled: true
  discovery: {method: directory, path: tests}
  result_path: tests/results/
  runners:
    shell: {type: script, entry_point: ./tests/run_tests.sh, timeout: 60, result_format: tap}
    python: {type: pytest, entry_point: tests/}
  min_pass_rate: 0.5
  on_failure: warn
";

    fn read(text: &str) -> (Option<Testing>, Vec<Code>) {
        let document = YamlDocument::parse("pack.yaml", text).unwrap();
        let mut findings = Findings::new();
        let map = document.to_json(&mut findings);
        let testing = read_testing(&Fields::root(&document, &map), &mut findings);
        (testing, findings.iter().map(|finding| finding.code).collect())
    }

    #[test]
    fn a_full_section_is_read_with_its_defaults() {
        let (testing, codes) = read(FULL);
        let testing = testing.unwrap();
        assert_eq!(codes, []);
        assert_eq!(
            (testing.enabled, testing.min_pass_rate, testing.on_failure),
            (true, Some(0.5), OnFailure::Warn)
        );
        let shell = &testing.runners["shell"];
        assert_eq!(shell.kind, RunnerKind::Script);
        assert_eq!(shell.entry_point, "tests/run_tests.sh");
        assert_eq!((shell.timeout_seconds, shell.result_format.as_str()), (60, "tap"));
        let python = &testing.runners["python"];
        assert_eq!((python.kind.clone(), python.entry_point.as_str()), (RunnerKind::Pytest, "tests"));
        assert_eq!((python.timeout_seconds, python.result_format.as_str()), (300, "simple"));
    }

    #[test]
    fn no_section_is_no_finding() {
        assert_eq!(read("ref: x"), (None, vec![]));
        assert_eq!(read("testing:"), (None, vec![]));
    }

    #[test]
    fn each_defect_has_its_code() {
        let table = [
            ("  enabled: true\n", "", Code::Missing),
            ("  enabled: true\n", "  enabled: sometimes\n", Code::WrongType),
            ("  discovery: {method: directory, path: tests}\n", "", Code::Missing),
            ("method: directory, ", "", Code::Missing),
            ("type: script, ", "", Code::Missing),
            ("type: script", "type: jest", Code::RunnerUnknown),
            ("type: script", "type: 1", Code::WrongType),
            (", entry_point: tests/}", "}", Code::Missing),
            ("entry_point: tests/", "entry_point: ../tests", Code::UnsafePath),
            ("entry_point: tests/", "entry_point: /bin/true", Code::UnsafePath),
            ("timeout: 60", "timeout: 0", Code::OutOfRange),
            ("timeout: 60", "timeout: -1", Code::OutOfRange),
            ("timeout: 60", "timeout: 1.5", Code::WrongType),
            ("timeout: 60", "timeout: soon", Code::WrongType),
            ("result_format: tap", "result_format: xunit", Code::ResultFormat),
            ("min_pass_rate: 0.5", "min_pass_rate: 90", Code::OutOfRange),
            ("min_pass_rate: 0.5", "min_pass_rate: all", Code::WrongType),
            ("on_failure: warn", "on_failure: explode", Code::UnknownValue),
            ("on_failure", "on_failur", Code::UnknownField),
        ];
        for (from, to, code) in table {
            assert!(FULL.contains(from), "{from}");
            assert_eq!(read(&FULL.replacen(from, to, 1)).1, [code], "{from} -> {to}");
        }
        assert_eq!(read("testing: yes please").1, [Code::WrongType]);
        let empty = "testing: {enabled: true, discovery: {method: directory}, runners: {}}";
        assert_eq!(read(empty).1, [Code::NoRunners]);
        assert_eq!(read(&empty.replace("true", "false")).1, []);
        assert_eq!(read(&empty.replace("runners: {}", "runners: {shell: }")).1, [Code::Missing]);
    }
}
