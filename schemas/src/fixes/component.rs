//! Components: a ref that the name gives, and the older fields of rules.

use super::FixableFile;
use super::edit::{Edit, Fix, Source};
use crate::component::{ComponentKind, OLDER_RULE_REFS, read_component};
use crate::diagnostics::{Code, Findings};
use crate::yaml::SyntaxNode;

pub(super) fn component_fixes(file: FixableFile<'_>, source: Source<'_>, root: &SyntaxNode) -> Vec<Fix> {
    let mut fixes = Vec::new();
    if root.entry("ref").is_none()
        && let Some(component) =
            read_component(file.kind, file.pack, file.file, source.text, &mut Findings::new())
    {
        let reference = &component.summary().component_ref;
        fixes.push(Fix::new(Code::ComponentRefDerived, vec![first_entry(source, root, "ref", reference)]));
    }
    if file.kind == ComponentKind::Rule {
        for (key, older) in OLDER_RULE_REFS {
            if let (None, Some(entry)) = (root.entry(key), root.entry(older)) {
                let edit = Edit::replace(entry.key.start..entry.key.end, key);
                fixes.push(Fix::new(Code::OlderRuleField, vec![edit]));
            }
        }
    }
    fixes
}

/// An entry before all others of `root`.
pub(super) fn first_entry(source: Source<'_>, root: &SyntaxNode, key: &str, value: &str) -> Edit {
    if root.is_flow() {
        Edit::insert(root.start + 1, format!("{key}: {value}, "))
    } else {
        Edit::insert(root.start, format!("{key}: {value}{}", source.line_at(root.start)))
    }
}
