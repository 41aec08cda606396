//! Refs of components: `pack.name`, how a short one is completed, and the label made from one.

use super::files::workflow_name;
use super::kind::ComponentKind;
use crate::diagnostics::{Code, Findings, shown};
use crate::entry_path::EntryPath;
use crate::pack_ref::PackRef;
use crate::yaml::Fields;

/// `text` as a full ref: one without a dot belongs to `pack`. A blank text stays blank.
pub(super) fn complete(pack: &PackRef, text: &str) -> String {
    let text = text.trim();
    if text.contains('.') || text.is_empty() { text.to_owned() } else { format!("{pack}.{text}") }
}

/// Whether `component_ref` belongs to `pack`.
pub(super) fn belongs_to(component_ref: &str, pack: &PackRef) -> bool {
    component_ref.split_once('.').is_some_and(|(prefix, _)| prefix == pack.as_str())
}

/// The label of a component without one: `core.http_request` is `Http Request`.
pub(super) fn derived_label(component_ref: &str) -> String {
    let last = component_ref.rsplit('.').next().unwrap_or(component_ref);
    let words = last.split('_').filter(|word| !word.is_empty()).map(|word| {
        let mut letters = word.chars();
        letters
            .next()
            .map(|first| first.to_uppercase().chain(letters).collect::<String>())
            .unwrap_or_default()
    });
    words.collect::<Vec<_>>().join(" ")
}

/// The ref of the component in `file`, or `None` if there is nothing to make one of.
pub(super) fn read_ref(
    kind: ComponentKind,
    pack: &PackRef,
    file: &EntryPath,
    fields: &Fields<'_>,
    findings: &mut Findings,
) -> Option<String> {
    let component_ref = match fields.get("ref").map(|value| value.as_str().map(str::trim)) {
        // A wrong type has been reported where all fields are checked.
        Some(None) => return None,
        Some(Some(text)) if !text.is_empty() => match kind {
            ComponentKind::Rule => complete(pack, text),
            _ => text.to_owned(),
        },
        // Attune names workflows after their files.
        _ if kind == ComponentKind::Workflow => format!("{pack}.{}", workflow_name(file)),
        _ => return ref_from_name(kind, pack, fields, findings),
    };
    check_ref(kind, pack, &component_ref, fields, findings);
    Some(component_ref)
}

fn ref_from_name(
    kind: ComponentKind,
    pack: &PackRef,
    fields: &Fields<'_>,
    findings: &mut Findings,
) -> Option<String> {
    let name =
        fields.get("name").and_then(|name| name.as_str()).map(str::trim).filter(|name| !name.is_empty());
    // A name with a space is for people and makes no ref.
    let Some(name) = name.filter(|name| !name.contains(char::is_whitespace)) else {
        let finding = fields.finding(Code::ComponentRefMissing, "ref", format!("the {kind} has no `ref`"));
        findings.push(finding.advise(format!("add `ref: {pack}.` with a name of its own")));
        return None;
    };
    let component_ref = complete(pack, name);
    let message = format!("the {kind} has no `ref`, so that some of Attune's loaders skip it");
    findings.push(
        fields
            .finding(Code::ComponentRefDerived, "ref", message)
            .advise(format!("add `ref: {component_ref}`; it is used here")),
    );
    check_ref(kind, pack, &component_ref, fields, findings);
    Some(component_ref)
}

fn check_ref(
    kind: ComponentKind,
    pack: &PackRef,
    component_ref: &str,
    fields: &Fields<'_>,
    findings: &mut Findings,
) {
    if let Some(reason) = reason_to_refuse(kind, component_ref) {
        let message = format!("`{}` is not the ref of a {kind}: {reason}", shown(component_ref));
        let last = component_ref.rsplit('.').next().unwrap_or(component_ref).to_lowercase();
        findings.push(
            fields
                .finding(Code::ComponentRefInvalid, "ref", message)
                .advise(format!("write `ref: {pack}.{last}`")),
        );
    } else if !belongs_to(component_ref, pack) {
        let message = format!("`{component_ref}` is named after another pack than `{pack}`");
        let last = component_ref.rsplit('.').next().unwrap_or(component_ref);
        findings.push(
            fields.finding(Code::ForeignRef, "ref", message).advise(format!("write `ref: {pack}.{last}`")),
        );
    }
}

/// Attune's database asks for exactly one dot; runtimes, queues and workflows may have more.
fn reason_to_refuse(kind: ComponentKind, component_ref: &str) -> Option<&'static str> {
    let many_dots = matches!(kind, ComponentKind::Runtime | ComponentKind::Queue | ComponentKind::Workflow);
    let dots = component_ref.matches('.').count();
    if dots == 0 {
        Some("it needs the pack's ref and a dot before the name")
    } else if dots > 1 && !many_dots {
        Some("it has more than one dot")
    } else if component_ref.split('.').any(str::is_empty) {
        Some("a part of it is empty")
    } else if component_ref.chars().any(char::is_uppercase) {
        Some("only lowercase letters are allowed")
    } else if component_ref.chars().any(|c| c.is_whitespace() || c.is_control() || c == '/') {
        Some("it has a character that no ref may have")
    } else if component_ref.len() > 255 {
        Some("it is longer than 255 characters")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_made_from_refs() {
        let table =
            [("core.http_request", "Http Request"), ("core.echo", "Echo"), ("a.b__c_", "B C"), ("x", "X")];
        for (component_ref, label) in table {
            assert_eq!(derived_label(component_ref), label);
        }
    }

    #[test]
    fn refs_follow_the_rules_of_their_kind() {
        let table = [
            (ComponentKind::Action, "core.echo", true),
            (ComponentKind::Action, "echo", false),
            (ComponentKind::Action, "core.a.b", false),
            (ComponentKind::Action, "core.", false),
            (ComponentKind::Action, "Core.echo", false),
            (ComponentKind::Action, "core.ec ho", false),
            (ComponentKind::Queue, "core.a.b", true),
            (ComponentKind::Runtime, "core.python", true),
            (ComponentKind::Runtime, "python", false),
            (ComponentKind::Queue, "core..b", false),
        ];
        for (kind, component_ref, accepted) in table {
            assert_eq!(reason_to_refuse(kind, component_ref).is_none(), accepted, "{kind} {component_ref}");
        }
    }
}
