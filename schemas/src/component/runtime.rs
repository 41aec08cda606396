//! Runtimes: the rules that the tables of fields cannot say.

use serde_json::Value;

use crate::diagnostics::{Code, Findings};
use crate::runtime_definition::RuntimeDefinition;
use crate::yaml::Fields;

/// Checks that at most one version is the default, and that the steps of the older form can be followed.
pub(super) fn check_runtime(
    component_ref: &str,
    fields: &Fields<'_>,
    definition: &serde_json::Map<String, Value>,
    findings: &mut Findings,
) {
    let versions = fields.sections("versions");
    let mut defaults =
        versions.iter().filter(|version| version.get("is_default") == Some(&Value::Bool(true)));
    if let (Some(_), Some(second)) = (defaults.next(), defaults.next()) {
        let message = "two versions are the default, of which servers choose either";
        findings.push(second.finding(Code::PassedOver, "is_default", message).advise("keep one default"));
    }
    let has_installers = fields.get("installers").is_some();
    if let (true, Err(error)) = (has_installers, RuntimeDefinition::read(component_ref, definition)) {
        let message = format!("the installers cannot be followed: {error}");
        let finding = fields.key_finding(Code::PassedOver, "installers", message);
        findings.push(finding.advise("write `execution_config`, or give each step a `name` and a `command`"));
    }
}
