//! Reads how tests are found in a pack that names no runners.

use super::listed::read_tests;
use super::read::{DEFAULT_TIMEOUT_SECONDS, Shared, pack_path};
use super::section::{Discovery, ResultFormat};
use crate::diagnostics::{Code, Findings};
use crate::yaml::Fields;

/// The directory of tests that everybody uses.
const DEFAULT_DIRECTORY: &str = "tests";
const KNOWN: [&str; 5] = ["method", "path", "tests", "command", "timeout"];

/// The discovery of `testing`, or `None` with a finding where it is not usable.
pub(super) fn read_discovery(
    testing: &Fields<'_>,
    shared: &Shared,
    findings: &mut Findings,
) -> Option<Discovery> {
    if !testing.has("discovery") {
        findings
            .push(testing.missing("discovery").advise("write `discovery: {method: directory, path: tests}`"));
        return None;
    }
    let fields = testing.mapping("discovery", findings)?;
    fields.report_unknown(Code::UnknownField, &KNOWN, true, findings);
    let method = fields.required_text("method", findings)?;
    let has_path = fields.has("path");
    let path = fields.text("path", findings).and_then(|text| pack_path(&fields, "path", text, findings));
    let of_all = || testing.get("timeout").and_then(serde_json::Value::as_u64).filter(|limit| *limit > 0);
    let timeout_seconds =
        fields.positive("timeout", findings).or_else(of_all).unwrap_or(DEFAULT_TIMEOUT_SECONDS);
    match method {
        "directory" => {
            let path = if has_path { path? } else { DEFAULT_DIRECTORY.to_owned() };
            Some(Discovery::Directory { path, timeout_seconds })
        }
        "manifest" => {
            if !has_path && !fields.has("tests") {
                let finding = fields.missing("tests");
                findings.push(finding.advise("list the tests, or name the file with the list with `path`"));
            }
            let tests = read_tests(&fields, shared, findings);
            Some(Discovery::Manifest { path, tests })
        }
        "executable" => Some(Discovery::Executable {
            command: fields.required_text("command", findings)?.to_owned(),
            timeout_seconds,
            result_format: shared.result_format.clone(),
            result_path: if ResultFormat::named(&shared.result_format) == ResultFormat::Simple {
                None
            } else {
                shared.result_path.clone()
            },
        }),
        other => {
            let message = format!("`{other}` is not a known way to find tests");
            findings.push(
                fields
                    .finding(Code::DiscoveryUnknown, "method", message)
                    .advise("use `directory`, `manifest` or `executable`"),
            );
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::YamlDocument;

    fn read(text: &str) -> (Option<Discovery>, Vec<Code>) {
        let document = YamlDocument::parse("pack.yaml", text).unwrap();
        let mut findings = Findings::new();
        let map = document.to_json(&mut findings);
        let shared = Shared { result_format: "tap".to_owned(), result_path: Some("out".to_owned()) };
        let discovery = read_discovery(&Fields::root(&document, &map), &shared, &mut findings);
        (discovery, findings.iter().map(|finding| finding.code).collect())
    }

    #[test]
    fn each_method_is_read() {
        let directory = |path: &str, timeout_seconds| {
            Some(Discovery::Directory { path: path.to_owned(), timeout_seconds })
        };
        assert_eq!(read("discovery: {method: directory}"), (directory("tests", 300), vec![]));
        let text = "timeout: 40\ndiscovery: {method: directory, path: ./checks/}";
        assert_eq!(read(text), (directory("checks", 40), vec![]));

        let (manifest, codes) = read(
            "discovery:\n  method: manifest\n  path: tests/more.yaml\n  tests:\n  - {name: a, command: make test}\n",
        );
        let Some(Discovery::Manifest { path, tests }) = manifest else { panic!("{manifest:?}") };
        assert_eq!((path.as_deref(), codes), (Some("tests/more.yaml"), vec![]));
        assert_eq!((tests[0].name.as_str(), tests[0].result_format.as_str()), ("a", "tap"));

        let (executable, codes) = read("discovery: {method: executable, command: make test, timeout: 180}");
        let expected = Discovery::Executable {
            command: "make test".to_owned(),
            timeout_seconds: 180,
            result_format: "tap".to_owned(),
            result_path: Some("out".to_owned()),
        };
        assert_eq!((executable, codes), (Some(expected), vec![]));
    }

    #[test]
    fn a_method_of_a_later_version_is_read_as_another() {
        let other: Discovery = serde_json::from_str(r#"{"method": "crystal ball", "path": 7}"#).unwrap();
        assert_eq!(other, Discovery::Other);
    }
}
