//! Work queues: the one component whose reader is strict.

use crate::diagnostics::{Code, Findings};
use crate::yaml::Fields;

/// Checks the rules that the table of fields cannot say: the action is a full ref, and no text is blank.
pub(super) fn check_queue(fields: &Fields<'_>, findings: &mut Findings) {
    if let Some(text) = fields.get("dispatch_action").and_then(|value| value.as_str()) {
        let full = text.split_once('.').is_some_and(|(pack, name)| !pack.is_empty() && !name.is_empty());
        if !full {
            let message = format!("`dispatch_action` is `{}`, which is not `pack.name`", text.escape_debug());
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
}
