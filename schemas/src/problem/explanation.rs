//! The explanations of all codes, which are the sections of `docs/ERRORS.md`.
//!
//! ```text
//! ### H001: the root does not exist
//!
//! The cause, in one paragraph.
//!
//! *Cure:* the remedy, in one paragraph.
//! ```

use std::fmt;

/// The document, which is part of the program: it needs no network.
const DOCUMENT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/ERRORS.md"));
const HEADING: &str = "### ";
const CURE: &str = "*Cure:* ";

/// What is known of a code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Explanation {
    /// The code.
    pub code: &'static str,
    /// The failure, in a few words.
    pub title: &'static str,
    /// How it comes about.
    pub cause: &'static str,
    /// The remedy.
    pub cure: &'static str,
}

/// Every explanation, in the order of the document.
pub fn explanations() -> impl Iterator<Item = Explanation> {
    DOCUMENT.split(HEADING).skip(1).filter_map(|section| {
        let (heading, body) = section.split_once('\n')?;
        let (code, title) = heading.split_once(": ")?;
        let (cause, rest) = body.split_once(CURE)?;
        // The heading of the next group may follow.
        let cure = rest.split("\n\n").next()?;
        Some(Explanation { code, title, cause: cause.trim(), cure: cure.trim() })
    })
}

/// The explanation of `code`, written in capitals or not.
pub fn explain(code: &str) -> Option<Explanation> {
    explanations().find(|explanation| explanation.code.eq_ignore_ascii_case(code))
}

impl Explanation {
    /// The cure as a hint has it: from a small letter on, and without the full stop.
    pub fn cure_as_hint(&self) -> String {
        let cure = self.cure.strip_suffix('.').unwrap_or(self.cure);
        let mut letters = cure.chars();
        let first = letters.next().map(|first| first.to_ascii_lowercase());
        first.into_iter().chain(letters).collect()
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { code, title, cause, cure } = self;
        write!(f, "{code}: {title}\n\n{cause}\n\nCure: {cure}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cure_serves_as_a_hint() {
        let hint = explain("H001").unwrap().cure_as_hint();
        assert!(hint.starts_with("name the root") && !hint.ends_with('.'), "{hint}");
    }

    #[test]
    fn an_explanation_is_found_in_small_letters_too() {
        let explanation = explain("h001").unwrap();
        assert_eq!(explanation.code, "H001");
        assert!(!explanation.cause.is_empty() && !explanation.cure.contains("\n\n"));
        assert_eq!(explain("Z999"), None);
    }
}
