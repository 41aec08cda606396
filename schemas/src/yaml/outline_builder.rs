//! Builds an outline from the events of a YAML parser, in one pass and without recursion.
//!
//! It also measures how large the text becomes once its aliases are expanded, before anything expands
//! them.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle};
use serde_yaml::Value;

use super::outline::{Children, Node, OutlineError};
use super::plain::PlainValues;
use crate::diagnostics::Position;

/// The deepest nesting, the same that the value parser bears.
const MAX_DEPTH: usize = 128;
/// The most values that a file may have with its aliases expanded.
const MAX_EXPANDED_VALUES: usize = 250_000;
/// The longest plain scalar that is kept as written.
const MAX_SCALAR_BYTES: usize = 64;

/// The root of the one document in `text`, `None` if it holds none; and its value, where it is written plainly.
pub(super) fn parse(text: &str) -> Result<(Option<Node>, Option<Value>), OutlineError> {
    let mut builder = Builder::default();
    let mut values = PlainValues::new(text);
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| OutlineError::Syntax {
            position: position(*error.marker()),
            message: error.info().to_owned(),
        })?;
        values.on_event(&event, &span);
        builder.on_event(event, position(span.start))?;
    }
    Ok((builder.root, values.finish()))
}

fn position(marker: Marker) -> Position {
    Position { line: marker.line().max(1), column: marker.col() + 1 }
}

/// A mapping or list whose end has not come yet.
struct Open {
    node: Node,
    anchor: usize,
    values: usize,
    /// The key whose value comes next.
    key: Option<(String, Position)>,
}

#[derive(Default)]
struct Builder {
    documents: usize,
    open: Vec<Open>,
    root: Option<Node>,
    /// The expanded size of every anchored value.
    anchors: BTreeMap<usize, usize>,
}

impl Builder {
    fn on_event(&mut self, event: Event<'_>, position: Position) -> Result<(), OutlineError> {
        match event {
            Event::DocumentStart(_) => {
                self.documents += 1;
                if self.documents > 1 {
                    return Err(OutlineError::SecondDocument { position });
                }
                Ok(())
            }
            Event::MappingStart(anchor, _) => self.open(anchor, position, Children::Mapping(BTreeMap::new())),
            Event::SequenceStart(anchor, _) => self.open(anchor, position, Children::List(Vec::new())),
            Event::MappingEnd | Event::SequenceEnd => self.close(),
            Event::Scalar(text, style, anchor, _) => self.scalar(&text, style, anchor, position),
            Event::Alias(anchor) => {
                // An alias inside its own anchor has no size yet, and no end either.
                let values = *self.anchors.get(&anchor).ok_or(OutlineError::Expansion { position })?;
                self.key_is_next(position)?;
                self.add(leaf(position), values)
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
        }
    }

    fn open(&mut self, anchor: usize, position: Position, children: Children) -> Result<(), OutlineError> {
        self.key_is_next(position)?;
        if self.open.len() >= MAX_DEPTH {
            let message = format!("nested deeper than {MAX_DEPTH} levels");
            return Err(OutlineError::Syntax { position, message });
        }
        let node = Node { children, ..leaf(position) };
        self.open.push(Open { node, anchor, values: 1, key: None });
        Ok(())
    }

    fn close(&mut self) -> Result<(), OutlineError> {
        let Some(closed) = self.open.pop() else { return Ok(()) };
        self.remember(closed.anchor, closed.values);
        self.add(closed.node, closed.values)
    }

    fn scalar(
        &mut self,
        text: &str,
        style: ScalarStyle,
        anchor: usize,
        position: Position,
    ) -> Result<(), OutlineError> {
        self.remember(anchor, 1);
        if let Some(Open { node: Node { children: Children::Mapping(known), .. }, key: key @ None, .. }) =
            self.open.last_mut()
        {
            if let Some(first) = known.get(text).and_then(|node| node.key) {
                return Err(OutlineError::DuplicateKey { position, key: text.to_owned(), first });
            }
            *key = Some((text.to_owned(), position));
            return Ok(());
        }
        let plain = style == ScalarStyle::Plain && text.len() <= MAX_SCALAR_BYTES;
        self.add(Node { scalar: plain.then(|| text.into()), ..leaf(position) }, 1)
    }

    fn remember(&mut self, anchor: usize, values: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, values);
        }
    }

    /// Refuses a key that is not a scalar.
    fn key_is_next(&self, position: Position) -> Result<(), OutlineError> {
        match self.open.last() {
            Some(Open { node: Node { children: Children::Mapping(_), .. }, key: None, .. }) => {
                Err(OutlineError::ComplexKey { position })
            }
            _ => Ok(()),
        }
    }

    /// Puts a complete value into its place.
    fn add(&mut self, mut node: Node, values: usize) -> Result<(), OutlineError> {
        let position = node.value;
        let Some(parent) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        parent.values = parent.values.saturating_add(values);
        if parent.values > MAX_EXPANDED_VALUES {
            return Err(OutlineError::Expansion { position });
        }
        match &mut parent.node.children {
            Children::List(items) => items.push(node),
            Children::Mapping(items) => {
                if let Some((key, key_position)) = parent.key.take() {
                    node.key = Some(key_position);
                    if let Entry::Vacant(entry) = items.entry(key) {
                        entry.insert(node);
                    }
                }
            }
            Children::None => {}
        }
        Ok(())
    }
}

fn leaf(value: Position) -> Node {
    Node { key: None, value, scalar: None, children: Children::None }
}
