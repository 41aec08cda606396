//! Reads the `testing` section of `pack.yaml`.
//!
//! Absent is fine. What is there must be complete: Attune refuses to test a pack whose section lacks a
//! required field, though it does so only once it is installed.

use std::collections::BTreeMap;

use super::discovery::read_discovery;
use super::section::{OnFailure, ResultFormat, RunnerKind, TestRunner, Testing};
use crate::diagnostics::{Code, Findings};
use crate::entry_path::EntryPath;
use crate::yaml::Fields;

/// The limit of a runner without one, in seconds.
pub(super) const DEFAULT_TIMEOUT_SECONDS: u64 = 300;
const KNOWN: [&str; 9] = [
    "enabled",
    "discovery",
    "runners",
    "requirements",
    "result_format",
    "result_path",
    "min_pass_rate",
    "on_failure",
    "timeout",
];
const KNOWN_OF_RUNNER: [&str; 7] =
    ["type", "entry_point", "timeout", "result_format", "result_path", "requirements", "config"];

/// The parts of the section that its tests share, unless they say otherwise.
pub(super) struct Shared {
    pub(super) result_format: String,
    pub(super) result_path: Option<String>,
}

pub(in crate::pack) fn read_testing(fields: &Fields<'_>, findings: &mut Findings) -> Option<Testing> {
    let testing = fields.mapping("testing", findings)?;
    testing.report_unknown(Code::UnknownField, &KNOWN, true, findings);
    if !testing.has("enabled") {
        findings.push(testing.missing("enabled"));
    }
    let enabled = testing.boolean("enabled", findings).unwrap_or(true);
    let result_format = read_result_format(&testing, findings);
    let result_path = testing.text("result_path", findings);
    // Where all tests write plain output, a place that nobody can use harms nobody.
    let mut of_place = Findings::new();
    let result_path = result_path.and_then(|path| pack_path(&testing, "result_path", path, &mut of_place));
    if ResultFormat::named(&result_format) != ResultFormat::Simple {
        findings.extend(of_place);
    }
    let shared = Shared { result_format, result_path };
    let discovery = read_discovery(&testing, &shared, findings);
    let runners = read_runners(&testing, &shared, findings);
    let requirements = read_requirements(&testing, findings);
    let min_pass_rate = read_min_pass_rate(&testing, findings);
    Some(Testing {
        enabled,
        discovery,
        runners,
        requirements,
        min_pass_rate,
        on_failure: read_on_failure(&testing, findings),
    })
}

fn read_runners(
    testing: &Fields<'_>,
    shared: &Shared,
    findings: &mut Findings,
) -> BTreeMap<String, TestRunner> {
    let mut runners = BTreeMap::new();
    if !testing.has("runners") {
        let message = "`testing.runners` is missing, without which Attune itself cannot test the pack";
        findings
            .push(testing.finding(Code::RunnersMissing, "runners", message).advise("write `runners: {}`"));
    }
    let Some(named) = testing.mapping("runners", findings) else { return runners };
    for name in named.keys() {
        if !named.has(name) {
            findings.push(named.missing(name));
        } else if let Some(fields) = named.mapping(name, findings)
            && let Some(runner) = read_runner(&fields, shared, findings)
        {
            runners.insert(name.to_owned(), runner);
        }
    }
    runners
}

/// The files that the section and its runners name, each once.
fn read_requirements(testing: &Fields<'_>, findings: &mut Findings) -> Vec<String> {
    let mut files = Vec::new();
    let mut add = |fields: &Fields<'_>, findings: &mut Findings| {
        let named = match fields.get("requirements") {
            Some(serde_json::Value::Array(_)) => fields.texts("requirements", findings).unwrap_or_default(),
            _ => fields.text("requirements", findings).map(str::to_owned).into_iter().collect(),
        };
        for name in named {
            let file = pack_path(fields, "requirements", &name, findings);
            files.extend(file.filter(|file| !files.contains(file)));
        }
    };
    add(testing, findings);
    // What is wrong with the runners is told where they are read.
    let mut told = Findings::new();
    if let Some(runners) = testing.mapping("runners", &mut told) {
        for name in runners.keys() {
            if let Some(runner) = runners.mapping(name, &mut told) {
                add(&runner, findings);
            }
        }
    }
    files
}

fn read_runner(fields: &Fields<'_>, shared: &Shared, findings: &mut Findings) -> Option<TestRunner> {
    fields.report_unknown(Code::UnknownField, &KNOWN_OF_RUNNER, true, findings);
    let kind = fields.required_text("type", findings).map(|kind| runner_kind(fields, kind, findings));
    let entry_point = fields.required_text("entry_point", findings);
    let entry_point = entry_point.and_then(|text| pack_path(fields, "entry_point", text, findings));
    let timeout_seconds = fields.positive("timeout", findings).unwrap_or(DEFAULT_TIMEOUT_SECONDS);
    let result_format = if fields.has("result_format") {
        read_result_format(fields, findings)
    } else {
        shared.result_format.clone()
    };
    let result_path = read_result_path(fields, &result_format, shared.result_path.as_deref(), findings);
    let config = fields.text("config", findings).and_then(|text| pack_path(fields, "config", text, findings));
    Some(TestRunner {
        kind: kind?,
        entry_point: entry_point?,
        timeout_seconds,
        result_format,
        result_path,
        config,
    })
}

fn runner_kind(fields: &Fields<'_>, kind: &str, findings: &mut Findings) -> RunnerKind {
    let kind = RunnerKind::named(kind);
    if let RunnerKind::Other(other) = &kind {
        let message = format!("`{other}` is not a type of runner that can run, so that its tests fail");
        let advice = "use `script`, `unittest`, `pytest`, `jest` or `node`; a script can call any other tool";
        findings.push(fields.finding(Code::RunnerUnknown, "type", message).advise(advice));
    }
    kind
}

/// The path `text` of a file or directory of the pack, without a leading `./` or a trailing `/`.
pub(super) fn pack_path(
    fields: &Fields<'_>,
    key: &str,
    text: &str,
    findings: &mut Findings,
) -> Option<String> {
    let trimmed = text.strip_prefix("./").unwrap_or(text);
    match trimmed.strip_suffix('/').unwrap_or(trimmed).parse::<EntryPath>() {
        Ok(path) => Some(path.as_str().to_owned()),
        Err(error) => {
            findings.push(
                fields
                    .finding(Code::UnsafePath, key, error.to_string())
                    .advise("name a file of the pack, relative to `pack.yaml`"),
            );
            None
        }
    }
}

/// The place of the results of one test; plain output has none, and what is written there is nobody's business.
pub(super) fn read_result_path(
    fields: &Fields<'_>,
    result_format: &str,
    shared: Option<&str>,
    findings: &mut Findings,
) -> Option<String> {
    let own = fields.text("result_path", findings);
    if ResultFormat::named(result_format) == ResultFormat::Simple {
        return None;
    }
    match own {
        Some(own) => pack_path(fields, "result_path", own, findings),
        None => shared.map(str::to_owned),
    }
}

pub(super) fn read_result_format(fields: &Fields<'_>, findings: &mut Findings) -> String {
    let format = fields.text("result_format", findings).unwrap_or("simple");
    if !ResultFormat::NAMES.contains(&format) {
        let message = format!("`{format}` is not a known result format and is read as `simple`");
        findings.push(
            fields
                .finding(Code::ResultFormat, "result_format", message)
                .advise(format!("use one of {}", ResultFormat::NAMES.join(", "))),
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
        // A place for results is for those that write some.
        let places = [&shell.result_path, &python.result_path].map(Option::as_deref);
        assert_eq!(places, [Some("tests/results"), None]);
        let all = read(&FULL.replace("tests}\n  result_path", "tests}\n  result_format: tap\n  result_path"))
            .0
            .unwrap();
        assert_eq!(all.runners["python"].result_path.as_deref(), Some("tests/results"));
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
            ("type: script", "type: mocha", Code::RunnerUnknown),
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
            ("tests/results/", "/tmp/results\n  result_format: tap", Code::UnsafePath),
            ("method: directory", "method: guess", Code::DiscoveryUnknown),
            ("path: tests}", "path: ../tests}", Code::UnsafePath),
            ("method: directory", "method: executable", Code::Missing),
            ("method: directory, path: tests", "method: manifest", Code::Missing),
        ];
        for (from, to, code) in table {
            assert!(FULL.contains(from), "{from}");
            assert_eq!(read(&FULL.replacen(from, to, 1)).1, [code], "{from} -> {to}");
        }
        assert_eq!(read("testing: yes please").1, [Code::WrongType]);
        let empty = "testing: {enabled: true, discovery: {method: directory}, runners: {}}";
        assert_eq!(read(empty).1, []);
        assert_eq!(read(&empty.replace(", runners: {}", "")).1, [Code::RunnersMissing]);
        assert_eq!(read(&empty.replace("runners: {}", "runners: {shell: }")).1, [Code::Missing]);
    }
}
