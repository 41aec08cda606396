//! The words and signs of an expression.

use std::fmt;

use super::parser::{SyntaxError, SyntaxFault};

/// A word or sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'t> {
    Number,
    /// A text, as it is written between its quotes.
    Text(&'t str),
    /// A name or a keyword.
    Word(&'t str),
    Operator(Operator),
    Open,
    Close,
    OpenBracket,
    CloseBracket,
    Dot,
    Comma,
    /// `|`, before the name of a filter.
    Pipe,
    End,
}

/// An operator between two values, or before one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Or,
    And,
    Compare,
    Plus,
    Minus,
    Times,
}

/// Reads words one after the other, with one word in advance.
pub(super) struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    pub(super) const fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }

    /// Passes over a sign that was refused.
    pub(super) const fn skip_sign(&mut self) {
        self.at += 1;
    }

    /// The next word and where it starts, in bytes.
    pub(super) fn next(&mut self) -> Result<(Token<'t>, usize), SyntaxError> {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        let start = self.at;
        let Some(first) = rest.chars().next() else { return Ok((Token::End, start)) };
        let (token, length) = match first {
            'a'..='z' | 'A'..='Z' | '_' => {
                let length =
                    rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
                (Token::Word(&rest[..length]), length)
            }
            '0'..='9' => (Token::Number, number(rest)),
            '"' | '\'' => {
                let inner = text(rest, first).ok_or_else(|| SyntaxError::unclosed_text(start))?;
                (Token::Text(inner), inner.len() + 2)
            }
            _ => sign(rest).ok_or_else(|| unexpected(rest, first, start))?,
        };
        self.at += length;
        Ok((token, start))
    }
}

/// The length of the number that `rest` starts with: digits, and digits after a dot.
fn number(rest: &str) -> usize {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(rest);
    match rest[whole..].strip_prefix('.').map(digits) {
        Some(fraction) if fraction > 0 => whole + 1 + fraction,
        _ => whole,
    }
}

/// The text that `rest` starts with, without its quotes; `None` if it does not end.
fn text(rest: &str, quote: char) -> Option<&str> {
    let mut is_escaped = false;
    for (index, character) in rest.char_indices().skip(1) {
        match character {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            character if character == quote => return Some(&rest[1..index]),
            _ => {}
        }
    }
    None
}

fn sign(rest: &str) -> Option<(Token<'static>, usize)> {
    let mut bytes = rest.bytes();
    let (first, second) = (bytes.next()?, bytes.next());
    let one = |token| Some((token, 1));
    match (first, second) {
        (b'=' | b'!' | b'<' | b'>', Some(b'=')) => Some((Token::Operator(Operator::Compare), 2)),
        (b'<' | b'>', _) => one(Token::Operator(Operator::Compare)),
        (b'+', _) => one(Token::Operator(Operator::Plus)),
        (b'-', _) => one(Token::Operator(Operator::Minus)),
        (b'*' | b'/' | b'%', _) => one(Token::Operator(Operator::Times)),
        (b'(', _) => one(Token::Open),
        (b')', _) => one(Token::Close),
        (b'[', _) => one(Token::OpenBracket),
        (b']', _) => one(Token::CloseBracket),
        (b'.', _) => one(Token::Dot),
        (b',', _) => one(Token::Comma),
        (b'|', Some(b'|')) => None,
        (b'|', _) => one(Token::Pipe),
        _ => None,
    }
}

fn unexpected(rest: &str, first: char, offset: usize) -> SyntaxError {
    let (found, advice) = match first {
        '=' => ("=".to_owned(), Some("compare with `==`")),
        '!' => ("!".to_owned(), Some("write `not`")),
        '&' if rest.starts_with("&&") => ("&&".to_owned(), Some("write `and`")),
        '|' => ("||".to_owned(), Some("write `or`")),
        '?' | ':' => (
            first.to_string(),
            Some("expressions have no conditional; use two transitions with a `when` each"),
        ),
        '{' | '}' => (first.to_string(), Some("expressions have no mappings; publish one from an action")),
        other => (other.escape_debug().to_string(), None),
    };
    SyntaxError { offset, fault: SyntaxFault::Unexpected(found), advice }
}

impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number => f.write_str("a number"),
            Self::Text(_) => f.write_str("a text"),
            Self::Word(word) => write!(f, "`{}`", word.chars().take(40).collect::<String>()),
            Self::Operator(_) => f.write_str("an operator"),
            Self::Open => f.write_str("`(`"),
            Self::Close => f.write_str("`)`"),
            Self::OpenBracket => f.write_str("`[`"),
            Self::CloseBracket => f.write_str("`]`"),
            Self::Dot => f.write_str("`.`"),
            Self::Comma => f.write_str("`,`"),
            Self::Pipe => f.write_str("`|`"),
            Self::End => f.write_str("the end"),
        }
    }
}
