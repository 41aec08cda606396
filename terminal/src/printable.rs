//! Text of strangers, as a terminal may show it.

use std::borrow::Cow;

/// `text` with each character written out that would move the cursor, colour what follows or turn its direction; lines stay
/// lines.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_active) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        if is_active(character) {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
    }
    Cow::Owned(shown)
}

fn is_active(character: char) -> bool {
    let turns =
        matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || (character.is_control() && character != '\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_the_cursor_is_shown_and_not_done() {
        for (text, expected) in [
            ("two\nlines, für jede", "two\nlines, für jede"),
            ("a\u{1b}[2Jb\rc", r"a\u{1b}[2Jb\u{d}c"),
            ("x\u{202e}y\u{9b}", r"x\u{202e}y\u{9b}"),
        ] {
            assert_eq!(printable(text), expected);
        }
    }
}
