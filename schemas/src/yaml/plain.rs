//! The values of a document, from the same pass that its outline comes of, where it is written plainly.
//!
//! Attune's own parser decides about every value. Most files leave it nothing to decide: each scalar stands on one line,
//! as it is meant, and between scalars there is nothing but indentation, dashes, colons, brackets and comments. Of
//! those the values are taken here, and the other parser is not run, which takes longer than all the rest. Whatever
//! is written in another way, with an anchor, a tag, an escape or a line break in a scalar, is left to it.

use saphyr_parser::{Event, Marker, ScalarStyle, Span};
use serde_yaml::{Mapping, Value};

/// The longest key and the deepest nesting that are read here, both far from the limits of the other parser.
const MAX_KEY_BYTES: usize = 256;
const MAX_DEPTH: usize = 64;

/// A list or mapping whose end has not come yet.
enum Open {
    List(Vec<Value>),
    /// With the key whose value comes next.
    Mapping(Mapping, Option<String>),
}

/// Builds the values, as long as all is plain.
pub(super) struct PlainValues<'t> {
    text: &'t str,
    is_plain: bool,
    /// The end of the last scalar, in bytes.
    end: usize,
    /// The line that was looked up last, and where it starts, in bytes.
    line: (usize, usize),
    is_ascii: bool,
    /// How many brackets are open.
    brackets: usize,
    open: Vec<Open>,
    root: Option<Value>,
}

impl<'t> PlainValues<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        // Tabs and the line breaks of one parser alone are for that one.
        let is_plain = !text.contains(['\t', '\r', '\u{85}', '\u{2028}', '\u{2029}']);
        let (end, line, brackets) = (0, (1, 0), 0);
        Self { text, is_plain, end, line, is_ascii: text.is_ascii(), brackets, open: Vec::new(), root: None }
    }

    /// Takes the next event; from the first that is not plain on, nothing counts.
    pub(super) fn on_event(&mut self, event: &Event<'_>, span: &Span) {
        self.is_plain = self.is_plain && self.take(event, span).is_some();
    }

    /// The value of the document, if all of it is plain.
    pub(super) fn finish(mut self) -> Option<Value> {
        let is_whole = self.is_plain && self.open.is_empty() && self.is_clean_up_to(self.text.len());
        self.root.take().filter(|_| is_whole && self.brackets == 0)
    }

    fn take(&mut self, event: &Event<'_>, span: &Span) -> Option<()> {
        match event {
            Event::Scalar(text, style, 0, None) => {
                let value = self.scalar(text, *style, span)?;
                self.add(value)
            }
            Event::SequenceStart(0, None) => self.open(Open::List(Vec::new())),
            Event::MappingStart(0, None) => self.open(Open::Mapping(Mapping::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop()? {
                Open::List(items) => self.add(Value::Sequence(items)),
                Open::Mapping(mapping, None) => self.add(Value::Mapping(mapping)),
                Open::Mapping(_, Some(_)) => None,
            },
            Event::Nothing
            | Event::StreamStart
            | Event::StreamEnd
            | Event::DocumentStart(_)
            | Event::DocumentEnd => Some(()),
            _ => None,
        }
    }

    fn open(&mut self, open: Open) -> Option<()> {
        self.open.push(open);
        (self.open.len() < MAX_DEPTH).then_some(())
    }

    fn add(&mut self, value: Value) -> Option<()> {
        match self.open.last_mut() {
            None => self.root = Some(value),
            Some(Open::List(items)) => items.push(value),
            Some(Open::Mapping(mapping, key)) => match (key.take(), value) {
                (Some(key), value) => drop(mapping.insert(Value::String(key), value)),
                (None, Value::String(text)) if text.len() <= MAX_KEY_BYTES => *key = Some(text),
                (None, _) => return None,
            },
        }
        Some(())
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, span: &Span) -> Option<Value> {
        if style == ScalarStyle::Plain && text.is_empty() {
            return Some(Value::Null);
        }
        let (start, end) = (self.byte(span.start)?, self.byte(span.end)?);
        let raw = self.text.get(start..end)?;
        let is_same = match style {
            ScalarStyle::Plain => raw == text,
            ScalarStyle::SingleQuoted => raw.strip_prefix('\'')?.strip_suffix('\'')? == text,
            ScalarStyle::DoubleQuoted => raw.strip_prefix('"')?.strip_suffix('"')? == text,
            ScalarStyle::Literal | ScalarStyle::Folded => false,
        };
        if !is_same || raw.contains('\n') || !self.is_clean_up_to(start) {
            return None;
        }
        self.end = end;
        if style == ScalarStyle::Plain { self.plain(text) } else { Some(Value::String(text.to_owned())) }
    }

    /// The value of a scalar without quotes.
    fn plain(&self, text: &str) -> Option<Value> {
        let first = text.bytes().next()?;
        let is_common = first.is_ascii_alphanumeric() || b"_./+-~($".contains(&first) || !first.is_ascii();
        let is_mark = text.starts_with("---") || text.starts_with("...");
        if !is_common || is_mark || self.brackets > 0 && text.contains([':', '?']) {
            return None;
        }
        if text.len() < 18 && text.bytes().all(|byte| byte.is_ascii_digit()) {
            // With a zero in front it is no number.
            let is_text = text.len() > 1 && first == b'0';
            return Some(if is_text {
                Value::String(text.to_owned())
            } else {
                text.parse::<u64>().ok()?.into()
            });
        }
        match text {
            "null" | "~" => return Some(Value::Null),
            "true" => return Some(Value::Bool(true)),
            "false" => return Some(Value::Bool(false)),
            _ => {}
        }
        // What may be a number or another spelling of these.
        let may_be_else =
            !first.is_ascii_alphabetic() && first.is_ascii() || b"nNtTfF~".contains(&first) && text.len() < 6;
        if may_be_else {
            return serde_yaml::from_str(text)
                .ok()
                .filter(|value: &Value| !value.is_mapping() && !value.is_sequence());
        }
        Some(Value::String(text.to_owned()))
    }

    /// The byte at which `marker` is; places are asked for in their order.
    fn byte(&mut self, marker: Marker) -> Option<usize> {
        while self.line.0 < marker.line() {
            let end = self.text.get(self.line.1..)?.find('\n')?;
            self.line = (self.line.0 + 1, self.line.1 + end + 1);
        }
        if self.is_ascii {
            return Some(self.line.1 + marker.col());
        }
        let line = self.text.get(self.line.1..)?;
        let offset = line.char_indices().map(|(offset, _)| offset).chain([line.len()]).nth(marker.col())?;
        Some(self.line.1 + offset)
    }

    /// Whether there is nothing but the common signs of structure between the last scalar and `start`.
    fn is_clean_up_to(&mut self, start: usize) -> bool {
        let bytes = self.text.as_bytes();
        let is_space = |at: usize| bytes.get(at).is_none_or(|byte| matches!(byte, b' ' | b'\n'));
        let mut at = self.end;
        if at == 0 && self.text.starts_with("---\n") {
            at = 4;
        }
        while at < start {
            let is_after_space = at == 0 || is_space(at - 1);
            match bytes[at] {
                b' ' | b'\n' => {}
                b'-' if is_after_space && is_space(at + 1) => {}
                b':' if at == self.end && at > 0 && is_space(at + 1) => {}
                b'[' | b'{' if is_after_space || matches!(bytes[at - 1], b'[' | b'{') => self.brackets += 1,
                b']' | b'}' if self.brackets > 0 => self.brackets -= 1,
                b',' if self.brackets > 0 && is_space(at + 1) => {}
                b'#' if is_after_space => {
                    let line = &bytes[at..start];
                    at += line.iter().position(|byte| *byte == b'\n').unwrap_or(line.len());
                    continue;
                }
                _ => return false,
            }
            at += 1;
        }
        // A scalar begins after a space, a bracket or the start of the text.
        start == 0 || is_space(start - 1) || matches!(bytes[start - 1], b'[' | b'{') || start == bytes.len()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use crate::yaml::outline_builder::parse;

    use super::*;

    /// The value that is taken here, if any; it must be the one of the other parser.
    fn taken(text: &str) -> Option<Value> {
        let (root, value) = parse(text).ok()?;
        let value = value.filter(|_| root.is_some())?;
        assert_eq!(serde_yaml::from_str::<Value>(text).unwrap(), value, "{text:?}");
        Some(value)
    }

    #[test]
    fn what_is_written_plainly_is_taken_from_the_outline() {
        for text in [
            "a: 1\nb: two\nc: 'three'\nd: \"{{ x }}\"\n",
            "# a comment\nlist:\n- a\n- b: c\n  d:\n-  - e\n",
            "---\na: [b, {c: d}, []]\ne: {}\n# the end",
            "a: http://x:1/y?z#w\nb: 1.5\nc: 007\nd: 0x1f\ne: -3\nf: .nan\ng: ~\nh: Null\ni: TRUE\nj: no\nk: 1e3\nl: 12:30",
            "a:\n  b: 18446744073709551615\n  c: 99999999999999999\n  d: 0\n  e: 00\n",
        ] {
            assert!(taken(text).is_some(), "{text:?}");
        }
    }

    #[test]
    fn what_is_written_otherwise_is_left_to_the_other_parser() {
        for text in [
            "a: &x b\nc: *x",
            "a: !t b",
            "a: \"\\n\"",
            "a: 'it''s'",
            "a: one\n  two",
            "a: |\n  b\n",
            "a:\tb",
            "a: b\r\nc: d\r\n",
            "{a: b:c}",
            "{\"a\":1}",
            "1: a",
            "? a\n: b",
            "a: b\n...\n",
            "a: 18446744073709551616",
        ] {
            assert!(taken(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn places_are_those_of_characters() {
        for text in ["é: ü\nname: \"Größe\"\nx: — y", "# ö\né: ü # ß\nb: [ä, ö]"] {
            taken(text);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn both_parsers_agree_on_what_is_taken(text in "([a-c01.~#'\" {}\\[\\],:?\n-]|true|null|: |\n  |- |é){0,24}") {
            taken(&text);
        }

        #[test]
        fn both_parsers_agree_on_lines(lines in prop::collection::vec("( |  |    )?(- )?(- )?([abc]: ?)?([a-c0-9.+_-]{0,4}|\"[a-c{} ]{0,6}\"|'[a-c:# ]{0,6}'|\\[[ab,: ]{0,5}\\]|\\{[ab,: ]{0,5}\\})( #x)?", 0..8)) {
            taken(&lines.join("\n"));
        }
    }
}
