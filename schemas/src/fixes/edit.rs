//! Edits of a text by their bytes.

use std::ops::Range;

use crate::diagnostics::Code;
use crate::yaml::SyntaxNode;

/// New text in the place of some bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

impl Edit {
    pub(super) fn replace(range: Range<usize>, text: impl Into<String>) -> Self {
        Self { range, text: text.into() }
    }

    pub(super) fn insert(at: usize, text: impl Into<String>) -> Self {
        Self::replace(at..at, text)
    }
}

/// Edits that are made together or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fix {
    /// The code of the finding that it removes.
    pub(super) code: Code,
    pub(super) edits: Vec<Edit>,
}

impl Fix {
    pub(super) const fn new(code: Code, edits: Vec<Edit>) -> Self {
        Self { code, edits }
    }

    fn range(&self) -> Range<usize> {
        let start = self.edits.iter().map(|edit| edit.range.start).min().unwrap_or_default();
        let end = self.edits.iter().map(|edit| edit.range.end).max().unwrap_or_default();
        start..end
    }
}

/// The fixes of which none reaches into another that comes before it; the rest wait for another round.
pub(super) fn without_overlaps(mut fixes: Vec<Fix>) -> Vec<Fix> {
    fixes.retain(|fix| !fix.edits.is_empty());
    fixes.sort_by_key(|fix| (fix.range().start, fix.range().end));
    let mut end = None;
    fixes.retain(|fix| {
        let range = fix.range();
        let is_free = end.is_none_or(|end| range.start > end);
        if is_free {
            end = Some(range.end);
        }
        is_free
    });
    fixes
}

/// `text` with all edits of `fixes`; `None` if two of them overlap.
pub(super) fn apply(text: &str, fixes: &[&Fix]) -> Option<String> {
    let mut edits: Vec<&Edit> = fixes.iter().flat_map(|fix| &fix.edits).collect();
    edits.sort_by_key(|edit| (edit.range.start, edit.range.end));
    let (mut edited, mut end) = (String::with_capacity(text.len()), 0);
    for edit in edits {
        edited.push_str(text.get(end..edit.range.start)?);
        edited.push_str(&edit.text);
        end = edit.range.end;
    }
    edited.push_str(text.get(end..)?);
    Some(edited)
}

/// A text with the questions that edits of YAML ask of it.
#[derive(Clone, Copy)]
pub(super) struct Source<'t> {
    pub(super) text: &'t str,
}

impl<'t> Source<'t> {
    pub(super) fn raw(self, node: &SyntaxNode) -> &'t str {
        self.text.get(node.start..node.end).unwrap_or_default()
    }

    pub(super) fn between(self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or_default()
    }

    pub(super) fn newline(self) -> &'static str {
        if self.text.contains("\r\n") { "\r\n" } else { "\n" }
    }

    /// How many characters stand before the byte `at` on its line.
    pub(super) fn column(self, at: usize) -> usize {
        let before = self.between(0, at);
        before.rsplit('\n').next().unwrap_or(before).chars().count()
    }

    /// The start of a new line, as far right as the byte `at` is.
    pub(super) fn line_at(self, at: usize) -> String {
        format!("{}{}", self.newline(), " ".repeat(self.column(at)))
    }

    /// The dash of the item `item` of a block.
    pub(super) fn dash(self, item: &SyntaxNode) -> Option<usize> {
        let before = self.between(0, item.start).trim_end_matches(' ');
        before.ends_with('-').then(|| before.len() - 1)
    }

    /// Whether `node` is on one line.
    pub(super) fn is_on_one_line(self, node: &SyntaxNode) -> bool {
        !self.raw(node).contains('\n')
    }

    /// Moves the lines after the one of the byte `start` right, up to the one of the byte `end`.
    pub(super) fn indent(self, start: usize, end: usize, by: usize) -> Vec<Edit> {
        let region = self.between(start, end);
        let starts = region.match_indices('\n').map(|(index, _)| start + index + 1);
        let is_blank = |at: &usize| {
            let rest = self.text.get(*at..).unwrap_or_default();
            rest.lines().next().unwrap_or_default().trim().is_empty()
        };
        starts.filter(|at| !is_blank(at)).map(|at| Edit::insert(at, " ".repeat(by))).collect()
    }

    /// The scalar `node` as a list of one.
    pub(super) fn wrapped(self, node: &SyntaxNode) -> Option<Edit> {
        if node.text().is_none_or(str::is_empty) || !self.is_on_one_line(node) {
            return None;
        }
        Some(Edit::replace(node.start..node.end, format!("[{}]", self.raw(node))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixes_that_overlap_wait() {
        let fix =
            |start: usize, end: usize| Fix::new(Code::LegacyWorkflow, vec![Edit::replace(start..end, "x")]);
        assert_eq!(
            without_overlaps(vec![fix(4, 9), fix(0, 2), fix(8, 12), fix(2, 3)]),
            [fix(0, 2), fix(4, 9)]
        );
        assert_eq!(apply("abcdef", &[&fix(1, 2), &fix(4, 6)]).as_deref(), Some("axcdx"));
        assert_eq!(apply("abcdef", &[&fix(1, 5), &fix(4, 6)]), None);
    }
}
