//! Rules: which event runs which action.

use serde_json::{Map, Value};

use super::reference::complete;
use crate::diagnostics::{Code, Findings};
use crate::pack_ref::PackRef;
use crate::yaml::Fields;

/// The refs of a rule, each with its older spelling.
pub(crate) const OLDER_RULE_REFS: [(&str, &str); 2] = [("trigger_ref", "trigger"), ("action_ref", "action")];

/// Checks that the rule names its trigger and its action, in a spelling that is read.
pub(super) fn check_rule(fields: &Fields<'_>, findings: &mut Findings) {
    for (key, older) in OLDER_RULE_REFS {
        match (fields.get(key), fields.get(older).and_then(Value::as_str)) {
            (None, Some(text)) if !text.trim().is_empty() => {
                let message = format!("`{older}` is read by none of today's servers, which skip the rule");
                let advice = format!("write `{key}: {}`", text.trim().escape_debug());
                findings.push(fields.key_finding(Code::OlderRuleField, older, message).advise(advice));
            }
            (None, _) => findings.push(fields.missing(key)),
            (Some(Value::String(text)), _) if text.trim().is_empty() => {
                findings.push(fields.finding(Code::Missing, key, format!("`{key}` is blank")));
            }
            _ => {}
        }
    }
}

/// Completes the refs of the trigger and the action, and gives `permission_set_ref` its proper name.
pub(super) fn complete_rule(pack: &PackRef, definition: &mut Map<String, Value>) {
    for (key, older) in OLDER_RULE_REFS {
        if !definition.contains_key(key)
            && let Some(text) = definition.get(older).and_then(Value::as_str)
        {
            let text = Value::from(text);
            definition.remove(older);
            definition.insert(key.to_owned(), text);
        }
        if let Some(Value::String(text)) = definition.get_mut(key) {
            *text = complete(pack, text);
        }
    }
    if let Some(alias) = definition.remove("permission_set_ref") {
        definition.entry("permission_set_refs").or_insert(alias);
    }
    if let Some(refs) = definition.get_mut("permission_set_refs")
        && refs.is_string()
    {
        *refs = Value::Array(vec![refs.take()]);
    }
}
