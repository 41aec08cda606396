//! Work queues: the one component whose reader is strict.

use serde_json::Value;

use crate::diagnostics::{Code, Findings, shown};
use crate::yaml::Fields;

/// Checks the rules that the table of fields cannot say: the action is a full ref, and no text is blank.
pub(super) fn check_queue(fields: &Fields<'_>, findings: &mut Findings) {
    if let Some(text) = fields.get("dispatch_action").and_then(|value| value.as_str()) {
        let full = text.split_once('.').is_some_and(|(pack, name)| !pack.is_empty() && !name.is_empty());
        if !full {
            let message = format!("`dispatch_action` is `{}`, which is not `pack.name`", shown(text));
            findings.push(
                fields
                    .finding(Code::ComponentRefInvalid, "dispatch_action", message)
                    .advise("queues take full refs only, such as `my_pack.my_action`"),
            );
        }
    }
    if fields.get("description").and_then(|value| value.as_str()).is_some_and(|text| text.trim().is_empty()) {
        let message = "`description` is blank, which Attune refuses in a queue";
        findings.push(
            fields.finding(Code::Missing, "description", message).advise("write one, or remove the field"),
        );
    }
    let Some(dispatch) = fields.section("config").and_then(|config| config.section("dispatch")) else {
        return;
    };
    for key in ["concurrency", "batch_size"] {
        if let Some(tunable) = dispatch.section(key) {
            check_tunable(&tunable, findings);
        }
    }
    if let Some(coalescing) = dispatch.section("coalescing") {
        check_coalescing(fields, &coalescing, findings);
    }
}

/// The fields of a tunable that its source needs, and those that go with it.
const SOURCES: [(&str, &str, &[&str]); 3] = [
    ("literal", "value", &[]),
    ("pack_config", "path", &["fallback"]),
    ("keystore", "key_ref", &["path", "fallback"]),
];

fn check_tunable(tunable: &Fields<'_>, findings: &mut Findings) {
    let Some(source) = tunable.get("source").and_then(Value::as_str) else { return };
    let Some((_, needed, allowed)) = SOURCES.iter().find(|(name, ..)| *name == source) else { return };
    if !tunable.has(needed) {
        let finding = tunable.missing(needed);
        findings.push(finding.advise(format!("a value of the source `{source}` needs it")));
    }
    for key in ["value", "path", "key_ref", "fallback"] {
        if tunable.has(key) && key != *needed && !allowed.contains(&key) {
            let message = format!("`{}` does not go with the source `{source}`", tunable.path(key));
            findings.push(tunable.key_finding(Code::QueueField, key, message).advise("remove it"));
        }
    }
}

/// Items are put together in batches alone, by what they have at a path.
fn check_coalescing(queue: &Fields<'_>, coalescing: &Fields<'_>, findings: &mut Findings) {
    if coalescing.get("enabled") != Some(&Value::Bool(true)) {
        return;
    }
    if queue.get("batch_mode").is_none_or(|mode| mode != "batch") {
        let message = format!("`{}` needs `batch_mode: batch`", coalescing.path("enabled"));
        let finding = coalescing.finding(Code::QueueField, "enabled", message);
        findings.push(finding.advise("write `batch_mode: batch`, or disable it"));
    }
    let path = coalescing.get("group_by_path");
    if path.is_none_or(|path| path.as_str().is_some_and(|path| path.trim().is_empty())) {
        let finding = coalescing.missing("group_by_path");
        findings.push(finding.advise("name the field by which items belong together"));
    }
}
