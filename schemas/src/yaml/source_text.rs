//! The text of a file, and the place of a character of one of its scalars.

use std::sync::OnceLock;

use crate::diagnostics::Position;

/// How far into a scalar a place is looked for, in bytes; beyond it, the scalar's own place is told.
const MAX_OFFSET: usize = 16 * 1024;

/// A file's path in the pack and its text.
#[derive(Debug, Default)]
pub(crate) struct SourceText {
    file: Box<str>,
    text: Box<str>,
    /// Where each line starts, in bytes.
    lines: OnceLock<Vec<usize>>,
}

impl SourceText {
    pub(crate) fn new(file: &str, text: &str) -> Self {
        Self { file: file.into(), text: text.into(), lines: OnceLock::new() }
    }

    pub(crate) fn file(&self) -> &str {
        &self.file
    }

    /// Where the byte `offset` of `value` stands, which is the scalar that starts at `start`.
    ///
    /// The scalar's own place, where the file's text cannot be followed so far.
    pub(crate) fn place_in(&self, start: Position, value: &str, offset: usize) -> Position {
        if offset > MAX_OFFSET {
            return start;
        }
        let Some(before) = value.get(..offset) else { return start };
        self.byte_at(start).and_then(|byte| self.follow(byte, before)).unwrap_or(start)
    }

    fn lines(&self) -> &[usize] {
        self.lines.get_or_init(|| {
            let ends = self.text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
            std::iter::once(0).chain(ends.map(|(index, _)| index + 1)).collect()
        })
    }

    fn byte_at(&self, position: Position) -> Option<usize> {
        let start = *self.lines().get(position.line.checked_sub(1)?)?;
        let line = self.text.get(start..)?;
        let (offset, _) = line.char_indices().nth(position.column.checked_sub(1)?)?;
        Some(start + offset)
    }

    fn position_of(&self, byte: usize) -> Position {
        let lines = self.lines();
        let line = lines.partition_point(|start| *start <= byte);
        let start = lines.get(line.saturating_sub(1)).copied().unwrap_or_default();
        Position { line: line.max(1), column: self.text[start..byte].chars().count() + 1 }
    }

    /// The place of the character that comes after the value's characters `before`, in a scalar at `byte`.
    fn follow(&self, byte: usize, before: &str) -> Option<Position> {
        let mut raw = Raw::at(&self.text[byte..])?;
        let mut rest = before;
        while let Some(character) = rest.chars().next() {
            if character.is_whitespace() {
                rest = rest.trim_start();
                raw.skip_space();
            } else {
                raw.skip(character)?;
                rest = &rest[character.len_utf8()..];
            }
        }
        // Lines are folded, so that spaces before the character are not its own.
        raw.skip_space();
        Some(self.position_of(self.text.len() - raw.rest.len()))
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Single,
    Double,
}

/// A scalar as it is written, from some character of it on.
struct Raw<'t> {
    rest: &'t str,
    style: Style,
}

impl<'t> Raw<'t> {
    fn at(text: &'t str) -> Option<Self> {
        Some(match text.chars().next()? {
            '"' => Self { rest: &text[1..], style: Style::Double },
            '\'' => Self { rest: &text[1..], style: Style::Single },
            // The text of a block starts on the line after its sign.
            '|' | '>' => Self { rest: &text[text.find('\n')?..], style: Style::Plain }.without_space(),
            _ => Self { rest: text, style: Style::Plain },
        })
    }

    fn without_space(mut self) -> Self {
        self.skip_space();
        self
    }

    fn skip_space(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            let escaped =
                ["\\n", "\\t", "\\r", "\\ ", "\\\n"].iter().find_map(|escape| self.rest.strip_prefix(escape));
            match escaped.filter(|_| self.style == Style::Double) {
                Some(rest) => self.rest = rest,
                None => return,
            }
        }
    }

    /// Passes over the spelling of `character`.
    fn skip(&mut self, character: char) -> Option<()> {
        let mut letters = self.rest.chars();
        let first = letters.next()?;
        if self.style == Style::Double && first == '\\' {
            let length = match letters.next()? {
                'x' => 4,
                'u' => 6,
                'U' => 10,
                other => 1 + other.len_utf8(),
            };
            self.rest = self.rest.get(length..)?;
            return Some(());
        }
        // A block may begin with the spaces of its own text.
        if first != character {
            return None;
        }
        self.rest = letters.as_str();
        if self.style == Style::Single && character == '\'' {
            self.rest = self.rest.strip_prefix('\'')?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml::{FieldPath, YamlDocument};

    /// The place of `x!` in the value of `a`, by the two ways of finding it.
    fn place(text: &str) -> (Position, Position) {
        let document = YamlDocument::parse("f.yaml", text).unwrap();
        let value = document.value().get("a").unwrap().as_str().unwrap().to_owned();
        let start = document.position(&FieldPath::root().key("a"));
        let found = document.source().place_in(start, &value, value.find("x!").unwrap());
        (found, Position::in_text(text, text.find("x!").unwrap()))
    }

    #[test]
    fn a_character_is_found_in_each_style_of_scalar() {
        let texts = [
            "a: é b x!",
            "é: 1\na: \"é \\\"b\\\" \\u00e9 \\n x!\"",
            "a: 'it''s x!'",
            "a: |\n  one\n  two  x!\n",
            "a: >-\n\n  one\n\n  two x!",
            "a: one\n  two\n  x! three",
            "a: \"one\n  two \\\n  x!\"",
            "a: \"one\r\n  x!\"\r\n",
        ];
        for text in texts {
            let (found, expected) = place(text);
            assert_eq!(found, expected, "{text:?}");
        }
    }

    #[test]
    fn a_place_that_cannot_be_followed_is_that_of_the_scalar() {
        let source = SourceText::new("f.yaml", "a: bcd");
        let start = Position { line: 1, column: 4 };
        assert_eq!(source.place_in(start, "xyz", 2), start);
        assert_eq!(source.place_in(start, "bcd", 2), Position { line: 1, column: 6 });
        assert_eq!(source.place_in(Position { line: 9, column: 9 }, "bcd", 2).line, 9);
        assert_eq!(source.place_in(start, &"b".repeat(MAX_OFFSET * 2), MAX_OFFSET + 1), start);
    }
}
