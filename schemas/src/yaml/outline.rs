//! The outline of a YAML text: where each key and value stands.
//!
//! Built by `outline_builder.rs` from the events of a parser. Holds no values, except plain scalars as
//! they are written.

use std::collections::BTreeMap;

use serde_yaml::Value;

use crate::diagnostics::Position;

use super::field_path::{FieldPath, Step};
use super::outline_builder;
use super::shifted_text::ShiftedText;

/// Why a text has no outline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OutlineError {
    Syntax { position: Position, message: String },
    SecondDocument { position: Position },
    DuplicateKey { position: Position, key: String, first: Position },
    ComplexKey { position: Position },
    Expansion { position: Position },
}

/// The positions of one document; nothing at all if the text holds none.
#[derive(Debug, Default)]
pub(super) struct Outline {
    root: Option<Node>,
}

/// One value: its place, the place of its key, and its content.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) key: Option<Position>,
    pub(super) value: Position,
    /// A plain scalar as written, for advice that quotes it.
    pub(super) scalar: Option<Box<str>>,
    pub(super) children: Children,
}

#[derive(Debug)]
pub(super) enum Children {
    None,
    Mapping(BTreeMap<String, Node>),
    List(Vec<Node>),
}

impl Node {
    /// Where it is found: a list or mapping that starts on a later line than its key, at its key.
    pub(super) fn place(&self) -> Position {
        match (self.key, &self.children) {
            (Some(key), Children::List(_) | Children::Mapping(_)) if key.line < self.value.line => key,
            _ => self.value,
        }
    }
}

impl Outline {
    /// That of `text`, and its value where it is written plainly.
    pub(super) fn of(text: &str) -> Result<(Self, Option<Value>), OutlineError> {
        let mut shifted = ShiftedText::new(text);
        loop {
            match outline_builder::parse(shifted.text()) {
                Err(OutlineError::Syntax { position, message }) if message == "invalid indentation" => {
                    if !shifted.shift(position.line) {
                        return Err(OutlineError::Syntax { position, message });
                    }
                }
                Ok((mut root, value)) => {
                    if let Some(root) = &mut root {
                        shifted.restore(root);
                    }
                    return Ok((Self { root }, value.filter(|_| !shifted.is_shifted())));
                }
                Err(error) => return Err(error),
            }
        }
    }

    pub(super) const fn root(&self) -> Option<&Node> {
        self.root.as_ref()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.root.is_none()
    }

    /// Where the value at `path` is, or the closest ancestor that is there.
    pub(super) fn value_position(&self, path: &FieldPath) -> Position {
        self.walk(path).last().map_or(Position::START, Node::place)
    }

    /// Where the key of `path` is; the value's position in a list.
    pub(super) fn key_position(&self, path: &FieldPath) -> Position {
        self.walk(path).last().map_or(Position::START, |node| node.key.unwrap_or(node.value))
    }

    /// The plain scalar at `path` as written.
    pub(super) fn scalar(&self, path: &FieldPath) -> Option<&str> {
        let node = self.walk(path).nth(path.steps().len())?;
        node.scalar.as_deref()
    }

    /// The nodes from the root along `path`, as far as they exist.
    fn walk<'a, 'p>(&'a self, path: &'p FieldPath) -> impl Iterator<Item = &'a Node> + use<'a, 'p> {
        let mut steps = path.steps().iter();
        std::iter::successors(self.root.as_ref(), move |node| match (&node.children, steps.next()?) {
            (Children::Mapping(children), Step::Key(key)) => children.get(key),
            (Children::List(children), Step::Index(index)) => children.get(*index),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: usize, column: usize) -> Position {
        Position { line, column }
    }

    #[test]
    fn every_value_and_key_has_its_place() {
        let text = "# a comment\nref: weather\ntesting:\n  runners: {shell: {type: script}}\nlist:\n- a\n- b: 3.10\n";
        let outline = Outline::of(text).unwrap().0;
        let root = FieldPath::root();
        let b = root.key("list").index(1).key("b");
        let table = [
            (root.key("ref"), at(2, 6), at(2, 1)),
            (root.key("testing"), at(3, 1), at(3, 1)),
            (root.key("testing").key("runners"), at(4, 12), at(4, 3)),
            (root.key("testing").key("runners").key("shell").key("type"), at(4, 27), at(4, 21)),
            (root.key("list").index(0), at(6, 3), at(6, 3)),
            (b.clone(), at(7, 6), at(7, 3)),
            (root.key("testing").key("absent"), at(3, 1), at(3, 1)),
            (root.key("absent"), at(2, 1), at(2, 1)),
        ];
        for (path, value, key) in table {
            assert_eq!(outline.value_position(&path), value, "value of {path}");
            assert_eq!(outline.key_position(&path), key, "key of {path}");
        }
        let brackets = Outline::of("tags: [\n  a, b,\n]\nmap: {\nc: 1,\n}\nd: 2\n").unwrap().0;
        assert_eq!(brackets.value_position(&root.key("map").key("c")), at(5, 4));
        assert_eq!(brackets.key_position(&root.key("map").key("c")), at(5, 1));
        assert_eq!(brackets.value_position(&root.key("tags").index(1)), at(2, 6));
        assert_eq!(brackets.key_position(&root.key("d")), at(7, 1));
        assert_eq!(outline.scalar(&b), Some("3.10"));
        assert_eq!(outline.scalar(&root.key("absent")), None);
    }
}
