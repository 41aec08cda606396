//! The linter's findings as SARIF 2.1.0, the form in which code hosts and editors take them.
//!
//! Source: OASIS Standard, Static Analysis Results Interchange Format (SARIF) Version 2.1.0. Places count characters,
//! and files are named from the directory in which the packs were named.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use attune_schemas::lint::{Finding, Severity};
use attune_schemas::problem::{ErrorCode, explain};
use serde_json::{Value, json};

use crate::operations::{LintedPack, LintedPacks};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The findings of `report`, and the files with secrets, as one run of the linter.
pub(super) fn sarif(report: &LintedPacks) -> String {
    let results: Vec<Value> = report.packs.iter().flat_map(results).collect();
    let codes: BTreeSet<&str> = results.iter().filter_map(|result| result["ruleId"].as_str()).collect();
    let driver = json!({
        "name": "attune-build",
        "version": env!("CARGO_PKG_VERSION"),
        "rules": codes.into_iter().map(rule).collect::<Vec<_>>(),
    });
    let run = json!({ "tool": { "driver": driver }, "columnKind": "unicodeCodePoints", "results": results });
    let log = json!({ "$schema": SCHEMA, "version": "2.1.0", "runs": [run] });
    format!("{log:#}\n")
}

fn rule(code: &str) -> Value {
    let Some(explanation) = explain(code) else { return json!({ "id": code }) };
    json!({
        "id": code,
        "shortDescription": { "text": explanation.title },
        "fullDescription": { "text": explanation.cause },
        "help": { "text": explanation.cure },
    })
}

fn results(pack: &LintedPack) -> impl Iterator<Item = Value> {
    let findings = pack.findings.iter().map(|finding| result(pack, finding));
    let secrets = pack.secrets.iter().map(|secret| {
        let text = format!("the file holds {}", secret.holds);
        json!({
            "ruleId": ErrorCode::Secrets.id(),
            "level": "error",
            "message": { "text": text },
            "locations": [{ "physicalLocation": { "artifactLocation": { "uri": uri(pack, secret.file.as_str()) } } }],
        })
    });
    findings.chain(secrets)
}

fn result(pack: &LintedPack, finding: &Finding) -> Value {
    let level = match finding.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    };
    let text = match &finding.advice {
        Some(advice) => format!("{}; {advice}", finding.message),
        None => finding.message.clone(),
    };
    let place = json!({
        "artifactLocation": { "uri": uri(pack, &finding.file) },
        "region": { "startLine": finding.line, "startColumn": finding.column },
    });
    json!({
        "ruleId": finding.code.id(),
        "level": level,
        "message": { "text": text },
        "locations": [{ "physicalLocation": place }],
    })
}

/// A file of a pack as a reference (RFC 3986), relative where the pack was named so.
fn uri(pack: &LintedPack, file: &str) -> String {
    let directory = pack.directory.trim_end_matches('/');
    let directory = directory.strip_prefix("./").unwrap_or(directory);
    let path = if directory == "." { file.to_owned() } else { format!("{directory}/{file}") };
    let mut uri = if path.starts_with('/') { "file://".to_owned() } else { String::new() };
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}
