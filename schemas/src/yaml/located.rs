//! A value of a document together with its place, for readers of deep structures.

use serde_json::Value;

use super::field_path::{FieldPath, Step};
use super::outline::{Children, Node};
use crate::diagnostics::Position;

/// A value and where it stands.
///
/// A value that an alias brings has the place of the alias, and so has everything in it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Located<'d> {
    value: &'d Value,
    node: Option<&'d Node>,
    at: Position,
    key: Position,
}

impl<'d> Located<'d> {
    pub(super) fn root(value: &'d Value, node: Option<&'d Node>) -> Self {
        Self { value, node, at: Position::START, key: Position::START }.at_node(node)
    }

    /// A value of no file.
    pub(crate) fn of(value: &'d Value) -> Self {
        Self::root(value, None)
    }

    fn at_node(mut self, node: Option<&'d Node>) -> Self {
        self.node = node;
        if let Some(node) = node {
            self.key = node.key.unwrap_or(node.value);
            self.at = node.place();
        }
        self
    }

    pub(crate) const fn value(&self) -> &'d Value {
        self.value
    }

    /// Where it is.
    pub(crate) const fn at(&self) -> Position {
        self.at
    }

    /// Where its key is, or itself in a list.
    pub(crate) const fn key_at(&self) -> Position {
        self.key
    }

    /// The plain scalar as written, such as `1.10` for the number 1.1.
    pub(crate) fn written(&self) -> Option<&'d str> {
        self.node?.scalar.as_deref()
    }

    /// The value under `key`, unless it is null.
    pub(crate) fn get(&self, key: &str) -> Option<Self> {
        let value = self.value.get(key).filter(|value| !value.is_null())?;
        Some(self.child(value, key))
    }

    /// The value at `path` from here, or as far as there is one.
    pub(crate) fn along(&self, path: &FieldPath) -> Self {
        let mut here = *self;
        for step in path.steps() {
            let next = match step {
                Step::Key(key) => here.value.get(key).map(|value| here.child(value, key)),
                Step::Index(index) => here.items().nth(*index),
            };
            let Some(next) = next else { break };
            here = next;
        }
        here
    }

    fn child(&self, value: &'d Value, key: &str) -> Self {
        let node = match self.node.map(|node| &node.children) {
            Some(Children::Mapping(children)) => children.get(key),
            _ => None,
        };
        Self { value, node: None, at: self.at, key: self.at }.at_node(node)
    }

    /// The items of a list; none if it is no list.
    pub(crate) fn items(&self) -> impl ExactSizeIterator<Item = Self> + use<'d> {
        let nodes = match self.node.map(|node| &node.children) {
            Some(Children::List(nodes)) => nodes.as_slice(),
            _ => &[],
        };
        let at = self.at;
        let items = self.value.as_array().map_or(&[][..], Vec::as_slice);
        // Items that JSON cannot express are left out, after which the two lists are not in step.
        let nodes = if nodes.len() == items.len() { nodes } else { &[] };
        items
            .iter()
            .enumerate()
            .map(move |(index, value)| Self { value, node: None, at, key: at }.at_node(nodes.get(index)))
    }

    /// The keys and values of a mapping, nulls too, in no order that means anything.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'d str, Self)> + use<'d> {
        let parent = *self;
        let map = self.value.as_object().into_iter().flatten();
        map.map(move |(key, value)| (key.as_str(), parent.child(value, key)))
    }

    /// The keys and values of a mapping, nulls too, in the order of the file.
    pub(crate) fn entries_in_order(&self) -> Vec<(&'d str, Self)> {
        let mut entries: Vec<_> = self.entries().collect();
        entries.sort_by_key(|(_, value)| value.key_at());
        entries
    }
}
