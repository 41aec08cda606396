//! A text with some lines moved right, for a parser that is strict about the layout of brackets.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::outline::{Children, Node};

/// A text some of whose lines are moved right.
///
/// YAML wants the lines of a bracketed list or mapping further right than its key. Many people, and
/// formatters, close it right below the key; Attune's parser reads that and this one does not. Moving
/// such a line changes nothing inside brackets, and its columns can be moved back.
pub(super) struct ShiftedText<'t> {
    text: Cow<'t, str>,
    lines: BTreeSet<usize>,
}

/// How far a line is moved; further than any key is.
const SHIFT: usize = 256;
/// The most lines that are moved, each of which costs a further pass.
const MAX_SHIFTED_LINES: usize = 64;

impl<'t> ShiftedText<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self { text: Cow::Borrowed(text), lines: BTreeSet::new() }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Whether a line is moved.
    pub(super) fn is_shifted(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Moves `line` right; false if it is moved already, or if too many are.
    pub(super) fn shift(&mut self, line: usize) -> bool {
        let start = match line {
            0 | 1 => Some(0),
            _ => self.text.match_indices('\n').nth(line - 2).map(|(index, _)| index + 1),
        };
        let (Some(start), true) = (start, self.lines.len() < MAX_SHIFTED_LINES) else { return false };
        if !self.lines.insert(line) {
            return false;
        }
        self.text.to_mut().insert_str(start, &" ".repeat(SHIFT));
        true
    }

    /// Moves the columns of `node` and everything in it back.
    pub(super) fn restore(&self, node: &mut Node) {
        if self.lines.is_empty() {
            return;
        }
        for position in node.key.iter_mut().chain([&mut node.value]) {
            if self.lines.contains(&position.line) {
                position.column = position.column.saturating_sub(SHIFT).max(1);
            }
        }
        match &mut node.children {
            Children::None => {}
            Children::Mapping(children) => children.values_mut().for_each(|child| self.restore(child)),
            Children::List(children) => children.iter_mut().for_each(|child| self.restore(child)),
        }
    }
}
