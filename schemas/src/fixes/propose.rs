//! Everything that may be corrected in a file, as far as it can be told from its text.

use super::FixableFile;
use super::component::component_fixes;
use super::edit::{Fix, Source};
use super::workflow::workflow_fixes;
use crate::component::ComponentKind;
use crate::yaml::SyntaxNode;

/// The corrections of `text`, the present text of `file`, for the codes that were found in it.
pub(super) fn propose(file: FixableFile<'_>, text: &str) -> Vec<Fix> {
    let start = text.len() - text.trim_start_matches('\u{feff}').len();
    let source = Source { text: &text[start..] };
    let Some(root) = SyntaxNode::of(source.text).filter(SyntaxNode::is_mapping) else { return Vec::new() };
    let mut fixes = match file.kind {
        ComponentKind::Workflow => workflow_fixes(file, source, &root),
        _ => component_fixes(file, source, &root),
    };
    fixes.retain(|fix| file.codes.contains(&fix.code));
    for edit in fixes.iter_mut().flat_map(|fix| &mut fix.edits) {
        edit.range = edit.range.start + start..edit.range.end + start;
    }
    fixes
}
