//! A YAML text as it is written: where each key and value starts and ends, in bytes, for edits that keep the rest.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Span};

/// The deepest nesting that is read.
const MAX_DEPTH: usize = 128;

/// A value as it is written.
#[derive(Debug)]
pub(crate) struct SyntaxNode {
    /// Its first byte: of a block, that of its first key or item; of a block of text, that of the text itself.
    pub(crate) start: usize,
    /// The byte after its last.
    pub(crate) end: usize,
    pub(crate) content: SyntaxContent,
}

/// What a value holds.
#[derive(Debug)]
pub(crate) enum SyntaxContent {
    /// The text of a scalar, or an alias as it is written.
    Scalar(String),
    /// A mapping, in the order of the file.
    Mapping { is_flow: bool, entries: Vec<SyntaxEntry> },
    /// A list.
    List { is_flow: bool, items: Vec<SyntaxNode> },
}

/// A key and its value.
#[derive(Debug)]
pub(crate) struct SyntaxEntry {
    pub(crate) key: SyntaxNode,
    pub(crate) value: SyntaxNode,
}

impl SyntaxEntry {
    /// The key, unless it is no scalar.
    pub(crate) fn name(&self) -> &str {
        self.key.text().unwrap_or_default()
    }
}

impl SyntaxNode {
    /// The one document in `text`; `None` if it cannot be read so.
    pub(crate) fn of(text: &str) -> Option<Self> {
        let mut builder = Builder { text, bytes: Bytes::of(text), open: Vec::new(), root: None };
        for event in Parser::new_from_str(text) {
            let (event, span) = event.ok()?;
            builder.on_event(event, span)?;
        }
        builder.root
    }

    /// The text of a scalar.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.content {
            SyntaxContent::Scalar(text) => Some(text),
            _ => None,
        }
    }

    /// The keys and values of a mapping.
    pub(crate) fn entries(&self) -> &[SyntaxEntry] {
        match &self.content {
            SyntaxContent::Mapping { entries, .. } => entries,
            _ => &[],
        }
    }

    /// The items of a list, if it is one.
    pub(crate) fn items(&self) -> Option<&[Self]> {
        match &self.content {
            SyntaxContent::List { items, .. } => Some(items),
            _ => None,
        }
    }

    pub(crate) const fn is_mapping(&self) -> bool {
        matches!(self.content, SyntaxContent::Mapping { .. })
    }

    /// Whether it is a mapping or list in brackets.
    pub(crate) const fn is_flow(&self) -> bool {
        matches!(
            self.content,
            SyntaxContent::Mapping { is_flow: true, .. } | SyntaxContent::List { is_flow: true, .. }
        )
    }

    /// The entry with the key `name`.
    pub(crate) fn entry(&self, name: &str) -> Option<&SyntaxEntry> {
        self.entries().iter().find(|entry| entry.name() == name)
    }
}

/// The byte of each character of a text that is not ASCII alone.
struct Bytes(Option<Vec<usize>>);

impl Bytes {
    fn of(text: &str) -> Self {
        if text.is_ascii() {
            return Self(None);
        }
        Self(Some(text.char_indices().map(|(index, _)| index).chain([text.len()]).collect()))
    }

    fn at(&self, marker: Marker) -> Option<usize> {
        match &self.0 {
            None => Some(marker.index()),
            Some(places) => places.get(marker.index()).copied(),
        }
    }
}

struct Open {
    node: SyntaxNode,
    key: Option<SyntaxNode>,
}

struct Builder<'t> {
    text: &'t str,
    bytes: Bytes,
    open: Vec<Open>,
    root: Option<SyntaxNode>,
}

impl Builder<'_> {
    fn on_event(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        match event {
            Event::MappingStart(..) => {
                let is_flow = self.has(span, '{')?;
                self.start(span, SyntaxContent::Mapping { is_flow, entries: Vec::new() })
            }
            Event::SequenceStart(..) => {
                let is_flow = self.has(span, '[')?;
                self.start(span, SyntaxContent::List { is_flow, items: Vec::new() })
            }
            Event::MappingEnd => self.close(span, '}'),
            Event::SequenceEnd => self.close(span, ']'),
            Event::Scalar(text, style, ..) => {
                let start = self.bytes.at(span.start)?;
                let end = match style {
                    ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted => self.closing_quote(start)?,
                    // The end may be that of the space after it.
                    _ => start + self.text.get(start..self.bytes.at(span.end)?)?.trim_end().len(),
                };
                self.add(SyntaxNode { start, end, content: SyntaxContent::Scalar(text.into()) })
            }
            Event::Alias(_) => {
                let (start, end) = (self.bytes.at(span.start)?, self.bytes.at(span.end)?);
                let text = self.text.get(start..end)?.to_owned();
                self.add(SyntaxNode { start, end, content: SyntaxContent::Scalar(text) })
            }
            _ => Some(()),
        }
    }

    /// The byte after the scalar in quotes that starts at `start`; the parser's end may be behind a comment.
    fn closing_quote(&self, start: usize) -> Option<usize> {
        let mut letters = self.text.get(start..)?.char_indices();
        let (_, quote) = letters.next()?;
        while let Some((index, letter)) = letters.next() {
            let is_doubled = || self.text[start + index + 1..].starts_with('\'');
            if letter == '\\' && quote == '"' || letter == quote && quote == '\'' && is_doubled() {
                letters.next();
            } else if letter == quote {
                return Some(start + index + 1);
            }
        }
        None
    }

    fn has(&self, span: Span, bracket: char) -> Option<bool> {
        Some(self.text.get(self.bytes.at(span.start)?..)?.starts_with(bracket))
    }

    fn start(&mut self, span: Span, content: SyntaxContent) -> Option<()> {
        let start = self.bytes.at(span.start)?;
        self.open.push(Open { node: SyntaxNode { start, end: start, content }, key: None });
        (self.open.len() <= MAX_DEPTH).then_some(())
    }

    fn close(&mut self, span: Span, bracket: char) -> Option<()> {
        let Open { mut node, .. } = self.open.pop()?;
        if node.is_flow() {
            let (start, end) = (self.bytes.at(span.start)?, self.bytes.at(span.end)?);
            node.end = if self.text.get(start..)?.starts_with(bracket) { start + 1 } else { end };
            self.text.get(..node.end)?.ends_with(bracket).then_some(())?;
        } else {
            let (first, last) = match &node.content {
                SyntaxContent::Mapping { entries, .. } => (
                    entries.first().map(|entry| entry.key.start),
                    entries.last().map(|entry| entry.value.end),
                ),
                SyntaxContent::List { items, .. } => (None, items.last().map(|item| item.end)),
                SyntaxContent::Scalar(_) => (None, None),
            };
            node.start = first.unwrap_or(node.start);
            node.end = last.unwrap_or(node.start).max(node.start);
        }
        self.add(node)
    }

    fn add(&mut self, node: SyntaxNode) -> Option<()> {
        let Some(parent) = self.open.last_mut() else {
            // A second document is no file of a pack.
            return if self.root.is_none() {
                self.root = Some(node);
                Some(())
            } else {
                None
            };
        };
        match &mut parent.node.content {
            SyntaxContent::List { items, .. } => items.push(node),
            SyntaxContent::Mapping { entries, .. } => match parent.key.take() {
                Some(key) => entries.push(SyntaxEntry { key, value: node }),
                None => parent.key = Some(node),
            },
            SyntaxContent::Scalar(_) => return None,
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_and_value_has_its_bytes() {
        let text = "# é\nref: weather  # c\ntasks:\n  - name: \"a\"\n    next: [{do: b }, c]\n  - {é: 'x'}\nlast: |\n  one\n  two\n\n# end\n";
        let root = SyntaxNode::of(text).unwrap();
        let written = |node: &SyntaxNode| text[node.start..node.end].to_owned();
        assert_eq!(written(&root.entry("ref").unwrap().value), "weather");
        let tasks = root.entry("tasks").unwrap().value.items().unwrap();
        assert_eq!(written(&tasks[0]), "name: \"a\"\n    next: [{do: b }, c]");
        let next = tasks[0].entry("next").unwrap();
        assert_eq!(
            (written(&next.key), written(&next.value)),
            ("next".to_owned(), "[{do: b }, c]".to_owned())
        );
        assert_eq!(written(&next.value.items().unwrap()[0]), "{do: b }");
        assert_eq!(written(&tasks[1]), "{é: 'x'}");
        assert_eq!(written(&tasks[1].entries()[0].value), "'x'");
        assert_eq!(written(&root.entry("last").unwrap().value), "one\n  two");
        assert!(!root.is_flow() && tasks[1].is_flow() && tasks[1].is_mapping());
        let quoted = "a: 'it''s' # c\nb: \"x\\\"y\" # d\n";
        let root = SyntaxNode::of(quoted).unwrap();
        let values: Vec<&str> =
            root.entries().iter().map(|entry| &quoted[entry.value.start..entry.value.end]).collect();
        assert_eq!(values, ["'it''s'", "\"x\\\"y\""]);
        assert!(SyntaxNode::of("a: 1\n---\nb: 2\n").is_none());
        assert!(SyntaxNode::of(&"[".repeat(500)).is_none());
    }
}
