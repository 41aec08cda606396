//! Parses an expression, with a bound on its nesting.

use std::fmt;

use super::lexer::{Lexer, Operator, Token};
use super::tree::{Expression, Node, NodeId, NodeKind};

/// The deepest nesting of brackets and signs; more is refused.
pub const MAX_DEPTH: usize = 64;

/// The place and the kind of an expression's fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SyntaxError {
    /// Where it is, in bytes from the start of the expression.
    pub offset: usize,
    /// The fault.
    pub fault: SyntaxFault,
    /// The remedy, where it is plain.
    pub advice: Option<&'static str>,
}

/// The fault of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum SyntaxFault {
    /// A sign that no expression has.
    Unexpected(String),
    /// A word or sign, and what should stand there.
    Expected {
        /// What should.
        wanted: &'static str,
        /// What does.
        found: String,
    },
    /// A text whose closing quote is missing.
    UnclosedText,
    /// A call of something that is no function's bare name.
    CallOfValue,
    /// More than [`MAX_DEPTH`] levels of nesting.
    TooDeep,
}

impl SyntaxError {
    pub(super) const fn unclosed_text(offset: usize) -> Self {
        Self { offset, fault: SyntaxFault::UnclosedText, advice: None }
    }
}

impl fmt::Display for SyntaxFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unexpected(sign) => write!(f, "`{sign}` has no meaning in an expression"),
            Self::Expected { wanted, found } => write!(f, "{wanted} should stand where {found} does"),
            Self::UnclosedText => f.write_str("a text has no closing quote"),
            Self::CallOfValue => f.write_str("only functions can be called, by their bare name"),
            Self::TooDeep => write!(f, "the expression is nested deeper than {MAX_DEPTH} levels"),
        }
    }
}

type Parsed<T> = Result<T, SyntaxError>;

/// How tightly an operator binds; a larger number binds tighter.
const fn strength(operator: Operator) -> u8 {
    match operator {
        Operator::Or => 1,
        Operator::And => 2,
        Operator::Compare => 4,
        Operator::Plus | Operator::Minus => 5,
        Operator::Times => 6,
    }
}
/// Between `and` and the comparisons.
const NOT: u8 = 3;
/// Above everything that stands between two values.
const NEGATION: u8 = 7;

pub(super) struct Parser<'t> {
    lexer: Lexer<'t>,
    token: Token<'t>,
    offset: usize,
    nodes: Vec<Node<'t>>,
    depth: usize,
}

impl<'t> Parser<'t> {
    pub(super) const fn new(lexer: Lexer<'t>) -> Self {
        Self { lexer, token: Token::End, offset: 0, nodes: Vec::new(), depth: 0 }
    }

    pub(super) fn parse(mut self) -> Parsed<Expression<'t>> {
        self.advance()?;
        self.value(0)?;
        match self.token {
            Token::End => Ok(Expression { nodes: self.nodes }),
            Token::Word("not") => Err(SyntaxError {
                advice: Some("write `not a in b`"),
                ..self.expected("an operator or the end")
            }),
            _ => Err(self.expected("an operator or the end")),
        }
    }

    fn advance(&mut self) -> Parsed<()> {
        (self.token, self.offset) = self.lexer.next()?;
        Ok(())
    }

    fn expected(&self, wanted: &'static str) -> SyntaxError {
        let fault = SyntaxFault::Expected { wanted, found: self.token.to_string() };
        SyntaxError { offset: self.offset, fault, advice: None }
    }

    fn add(&mut self, kind: NodeKind<'t>, offset: usize) -> NodeId {
        self.nodes.push(Node { kind, offset });
        self.nodes.len() - 1
    }

    fn take(&mut self, token: &Token<'_>, wanted: &'static str) -> Parsed<()> {
        if self.token == *token { self.advance() } else { Err(self.expected(wanted)) }
    }

    /// The operator that stands here between two values.
    fn operator(&self) -> Option<Operator> {
        match self.token {
            Token::Operator(operator) => Some(operator),
            Token::Word("or") => Some(Operator::Or),
            Token::Word("and") => Some(Operator::And),
            Token::Word("in") => Some(Operator::Compare),
            _ => None,
        }
    }

    /// A value with all operators after it that bind at least as tightly as `least`.
    fn value(&mut self, least: u8) -> Parsed<NodeId> {
        if self.depth >= MAX_DEPTH {
            return Err(SyntaxError { offset: self.offset, fault: SyntaxFault::TooDeep, advice: None });
        }
        self.depth += 1;
        let mut left = self.operand()?;
        loop {
            if self.token == Token::Pipe && least == 0 {
                left = self.filter()?;
                continue;
            }
            let Some(operator) = self.operator().filter(|operator| strength(*operator) >= least) else {
                break;
            };
            let offset = self.offset;
            self.advance()?;
            self.value(strength(operator) + 1)?;
            left = self.add(NodeKind::Binary(operator), offset);
        }
        self.depth -= 1;
        Ok(left)
    }

    /// A value with what stands before and right after it.
    fn operand(&mut self) -> Parsed<NodeId> {
        let offset = self.offset;
        let strength = match self.token {
            Token::Word("not") => NOT,
            Token::Operator(Operator::Minus) => NEGATION,
            _ => {
                let value = self.primary()?;
                return self.members(value);
            }
        };
        self.advance()?;
        self.value(strength)?;
        Ok(self.add(NodeKind::Unary, offset))
    }

    fn primary(&mut self) -> Parsed<NodeId> {
        let offset = self.offset;
        match self.token {
            Token::Number => {
                self.advance()?;
                Ok(self.add(NodeKind::Constant, offset))
            }
            Token::Text(text) => {
                self.advance()?;
                Ok(self.add(NodeKind::Text(text), offset))
            }
            Token::Word("true" | "false" | "null") => {
                self.advance()?;
                Ok(self.add(NodeKind::Constant, offset))
            }
            Token::Word("and" | "or" | "in") => Err(self.expected("a value")),
            Token::Word(name) => {
                self.advance()?;
                if self.token != Token::Open {
                    return Ok(self.add(NodeKind::Name(name), offset));
                }
                self.advance()?;
                let arguments = self.values(&Token::Close, "`,` or `)`")?;
                Ok(self.add(NodeKind::Call { name, arguments }, offset))
            }
            Token::Open => {
                self.advance()?;
                let value = self.value(0)?;
                self.take(&Token::Close, "`)`")?;
                Ok(value)
            }
            Token::OpenBracket => {
                self.advance()?;
                self.values(&Token::CloseBracket, "`,` or `]`")?;
                Ok(self.add(NodeKind::List, offset))
            }
            _ => Err(self.expected("a value")),
        }
    }

    /// Values with commas between them up to `end`; their number.
    fn values(&mut self, end: &Token<'_>, wanted: &'static str) -> Parsed<usize> {
        let mut count = 0;
        while self.token != *end {
            self.value(0)?;
            count += 1;
            if self.token != Token::Comma {
                break;
            }
            self.advance()?;
        }
        self.take(end, wanted)?;
        Ok(count)
    }

    /// `.name` and `[index]` after a value.
    fn members(&mut self, mut base: NodeId) -> Parsed<NodeId> {
        loop {
            let offset = self.offset;
            match self.token {
                Token::Dot => {
                    self.advance()?;
                    let Token::Word(name) = self.token else { return Err(self.expected("a name")) };
                    let offset = self.offset;
                    self.advance()?;
                    base = self.add(NodeKind::Field { base, name }, offset);
                }
                Token::OpenBracket => {
                    self.advance()?;
                    let index = self.value(0)?;
                    self.take(&Token::CloseBracket, "`]`")?;
                    base = self.add(NodeKind::Index { base, index }, offset);
                }
                Token::Open => {
                    let advice = Some("call a function with the value as its argument, as in `length(x)`");
                    return Err(SyntaxError { offset, fault: SyntaxFault::CallOfValue, advice });
                }
                _ => return Ok(base),
            }
        }
    }

    /// `| name` and `| name(arguments)` after a value; arguments may have names, `attribute='x'`.
    fn filter(&mut self) -> Parsed<NodeId> {
        self.advance()?;
        let Token::Word(name) = self.token else { return Err(self.expected("the name of a filter")) };
        let offset = self.offset;
        self.advance()?;
        if self.token == Token::Open {
            self.skip_arguments()?;
        }
        Ok(self.add(NodeKind::Filter { name }, offset))
    }

    /// A filter's arguments, which no server reads: only their brackets are followed.
    fn skip_arguments(&mut self) -> Parsed<()> {
        let mut open = 0_usize;
        loop {
            match self.token {
                Token::Open => open += 1,
                Token::Close => open -= 1,
                Token::End => return Err(self.expected("`)`")),
                _ => {}
            }
            match self.lexer.next() {
                Ok((token, offset)) => (self.token, self.offset) = (token, offset),
                // `attribute='x'`
                Err(error) if error.fault == SyntaxFault::Unexpected("=".to_owned()) => {
                    self.lexer.skip_sign();
                }
                Err(error) => return Err(error),
            }
            if open == 0 {
                return Ok(());
            }
        }
    }
}
