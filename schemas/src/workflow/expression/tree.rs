//! An expression as nodes in one list, and what it refers to.

use super::lexer::{Lexer, Operator};
use super::parser::{Parser, SyntaxError};

/// A parsed expression.
#[derive(Debug, Clone)]
pub struct Expression<'t> {
    pub(super) nodes: Vec<Node<'t>>,
}

/// The number of a node in the list.
pub(super) type NodeId = usize;

/// A part of an expression; its parts come before it in the list.
#[derive(Debug, Clone)]
pub(super) struct Node<'t> {
    pub(super) kind: NodeKind<'t>,
    /// Where its name or sign stands, in bytes.
    pub(super) offset: usize,
}

#[derive(Debug, Clone)]
pub(super) enum NodeKind<'t> {
    /// A number, `true`, `false` or `null`.
    Constant,
    /// A text, as it is written between its quotes.
    Text(&'t str),
    Name(&'t str),
    Field {
        base: NodeId,
        name: &'t str,
    },
    Index {
        base: NodeId,
        index: NodeId,
    },
    Call {
        name: &'t str,
        arguments: usize,
    },
    Filter {
        name: &'t str,
    },
    List,
    Unary,
    Binary(Operator),
}

/// Something that an expression refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Use<'t> {
    /// The name that it starts with.
    pub name: &'t str,
    /// Where that name stands, in bytes.
    pub offset: usize,
    /// What is taken of it at once: `y` of `x.y` and of `x['y']`.
    pub member: Member<'t>,
}

/// The first thing that is taken of a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Member<'t> {
    /// The whole of it.
    Whole,
    /// A member that is known by its name.
    Named(&'t str, usize),
    /// A member that only an execution knows: `x[y]`.
    Computed,
}

/// A call of a function, or the use of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Call<'t> {
    /// The function's name.
    pub name: &'t str,
    /// Where it stands, in bytes.
    pub offset: usize,
    /// How many arguments it gets; `None` for a filter.
    pub arguments: Option<usize>,
}

impl<'t> Expression<'t> {
    /// Parses `text`, which stands between the braces of a template.
    ///
    /// # Errors
    /// It is none, or nested too deep; with the place.
    pub fn parse(text: &'t str) -> Result<Self, SyntaxError> {
        Parser::new(Lexer::new(text)).parse()
    }

    /// The names that it refers to, in no particular order.
    pub fn uses(&self) -> Vec<Use<'t>> {
        let mut members = vec![Member::Whole; self.nodes.len()];
        for node in &self.nodes {
            match node.kind {
                NodeKind::Field { base, name } => members[base] = Member::Named(name, node.offset),
                NodeKind::Index { base, index } => {
                    members[base] = match self.nodes[index].kind {
                        NodeKind::Text(name) => Member::Named(name, self.nodes[index].offset),
                        _ => Member::Computed,
                    };
                }
                _ => {}
            }
        }
        let named = self.nodes.iter().zip(members).filter_map(|(node, member)| match node.kind {
            NodeKind::Name(name) => Some(Use { name, offset: node.offset, member }),
            _ => None,
        });
        named.collect()
    }

    /// The functions that it calls and the filters that it uses.
    pub fn calls(&self) -> impl Iterator<Item = Call<'t>> + '_ {
        self.nodes.iter().filter_map(|Node { kind, offset }| match *kind {
            NodeKind::Call { name, arguments } => {
                Some(Call { name, offset: *offset, arguments: Some(arguments) })
            }
            NodeKind::Filter { name } => Some(Call { name, offset: *offset, arguments: None }),
            _ => None,
        })
    }

    /// Whether it is one call of a function without arguments, as `succeeded()` is, and of which.
    pub fn only_call(&self) -> Option<&'t str> {
        match self.nodes.as_slice() {
            [Node { kind: NodeKind::Call { name, arguments: 0 }, .. }] => Some(name),
            _ => None,
        }
    }

    /// Whether it joins parts by `operator`, `and` or `or`, somewhere.
    pub fn is_compound(&self) -> bool {
        let joins = |node: &Node<'_>| matches!(node.kind, NodeKind::Binary(Operator::And | Operator::Or));
        self.nodes.iter().any(joins)
    }
}
