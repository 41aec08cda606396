//! The choice of workers for an action or sensor: the rules that the tables of fields cannot say.

use serde_json::Value;

use super::shape::{Reader, hand_over};
use crate::diagnostics::{Code, Findings, shown};
use crate::runtime_constraint::RuntimeConstraint;
use crate::yaml::Fields;

/// Checks tolerations, affinities and the versions of runtimes.
pub(super) fn check_worker(fields: &Fields<'_>, findings: &mut Findings) {
    for toleration in fields.sections("worker_tolerations") {
        let is_blank = |value: &Value| value.as_str().is_some_and(|value| value.trim().is_empty());
        let is_exists = toleration.get("operator").is_some_and(|operator| operator == "exists");
        if !is_exists && toleration.get("value").is_some_and(is_blank) {
            let message = format!("`{}` is blank", toleration.path("value"));
            let finding = toleration.finding(Code::Missing, "value", message);
            findings.push(finding.advise("write the taint's value, or leave it out"));
        }
    }
    if let Some(affinity) = fields.section("worker_affinity") {
        let preferred = affinity.sections("preferred").into_iter();
        let preferred = preferred.filter_map(|preferred| preferred.section("preference"));
        let terms = affinity.sections("required").into_iter().chain(affinity.sections("anti_affinity"));
        for expression in terms.chain(preferred).flat_map(|term| term.sections("match_expressions")) {
            check_expression(&expression, findings);
        }
    }
    check_versions(fields, findings);
}

/// `in` and `not_in` compare with values, and `exists` and `does_not_exist` with none.
fn check_expression(expression: &Fields<'_>, findings: &mut Findings) {
    let Some(operator) = expression.get("operator").and_then(Value::as_str) else { return };
    let values = expression.get("values").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let finding = |message: String| expression.finding(Code::Missing, "values", message);
    match operator {
        "in" | "not_in" if values.is_empty() && expression.get("values").is_none_or(Value::is_array) => {
            let message =
                format!("`{}` is empty, and `{operator}` compares with it", expression.path("values"));
            findings.push(finding(message).advise("list at least one value"));
        }
        "exists" | "does_not_exist" if !values.is_empty() => {
            let message = format!("`{operator}` takes no `{}`", expression.path("values"));
            let finding = expression.key_finding(Code::UnknownValue, "values", message);
            findings.push(finding.advise("remove the values, or write `in` or `not_in`"));
        }
        _ => {}
    }
    for (index, value) in values.iter().enumerate() {
        if value.as_str().is_some_and(|value| value.trim().is_empty()) {
            let path = expression.path("values").index(index);
            findings.push(expression.finding_at(Code::Missing, &path, format!("`{path}` is blank")));
        }
    }
}

/// Constraints that no worker can read, so that none of its versions meets them.
fn check_versions(fields: &Fields<'_>, findings: &mut Findings) {
    let mut found = Findings::new();
    let mut check = |fields: &Fields<'_>, key: &str| {
        let Some(text) = fields.get(key).and_then(Value::as_str) else { return };
        if text.parse::<RuntimeConstraint>().is_err() {
            let message =
                format!("`{}` is `{}`, which is no constraint on versions", fields.path(key), shown(text));
            let finding = fields.finding(Code::UnknownValue, key, message);
            found.push(finding.advise("write one such as `>=3.11`, `^20` or `3.12`"));
        }
    };
    check(fields, "runtime_version");
    if let Some(required) = fields.section("required_worker_runtimes") {
        required.keys().for_each(|name| check(&required, name));
    }
    hand_over(found, Reader::Lenient, findings);
}
