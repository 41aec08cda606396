//! A place in a text.

/// A place in a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
}

impl Position {
    /// The start of a file; defects of a whole file are reported here.
    pub const START: Self = Self { line: 1, column: 1 };

    /// The place of the character at the byte `index` of `text`.
    pub(crate) fn in_text(text: &str, index: usize) -> Self {
        let before = &text[..index];
        let last = before.rsplit('\n').next().unwrap_or(before);
        Self { line: before.matches('\n').count() + 1, column: last.chars().count() + 1 }
    }
}
