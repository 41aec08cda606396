//! The expressions in a text: each from `{{` to the next `}}`.

/// A part of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Piece<'t> {
    /// An expression, without its braces and the spaces around it.
    Expression {
        /// The expression; empty if there is none between the braces.
        text: &'t str,
        /// Where it starts, in bytes from the start of the text.
        offset: usize,
    },
    /// A `{{` that no `}}` follows.
    Unclosed {
        /// Where it starts, in bytes from the start of the text.
        offset: usize,
    },
}

/// The expressions of a text, in order.
#[derive(Debug, Clone)]
pub struct Templates<'t> {
    text: &'t str,
    from: usize,
}

/// The expressions of `text`, in order.
pub const fn templates(text: &str) -> Templates<'_> {
    Templates { text, from: 0 }
}

/// Whether `text` has an expression, or the beginning of one.
pub fn is_template(text: &str) -> bool {
    text.contains("{{")
}

/// The expression of a text that is nothing but one.
pub fn only_expression(text: &str) -> Option<&str> {
    let inner = text.trim().strip_prefix("{{")?.strip_suffix("}}")?;
    (!inner.contains("{{") && !inner.contains("}}")).then(|| inner.trim())
}

impl<'t> Iterator for Templates<'t> {
    type Item = Piece<'t>;

    fn next(&mut self) -> Option<Self::Item> {
        let open = self.from + self.text[self.from..].find("{{")?;
        let inner = open + 2;
        let Some(length) = self.text[inner..].find("}}") else {
            self.from = self.text.len();
            return Some(Piece::Unclosed { offset: open });
        };
        let whole = &self.text[inner..inner + length];
        self.from = inner + length + 2;
        let text = whole.trim();
        let offset = inner + (whole.len() - whole.trim_start().len());
        Some(Piece::Expression { text, offset })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_are_found_with_their_places() {
        let text = "a {{ x }} b {{y}}{{  }} {{ z";
        let found: Vec<_> = templates(text).collect();
        assert_eq!(
            found,
            [
                Piece::Expression { text: "x", offset: 5 },
                Piece::Expression { text: "y", offset: 14 },
                Piece::Expression { text: "", offset: 21 },
                Piece::Unclosed { offset: 24 },
            ]
        );
    }

    #[test]
    fn a_text_that_is_nothing_but_an_expression_is_told_from_others() {
        assert_eq!(only_expression(" {{ x.y }} "), Some("x.y"));
        for text in ["{{ x }} and {{ y }}", "x", "a {{ x }}", "{{ x"] {
            assert_eq!(only_expression(text), None, "{text}");
        }
    }
}
