//! Texts of drawings: made harmless, measured without a font, and cut.

/// `text` in one line, without characters that control how others are shown.
pub(super) fn clean(text: &str) -> String {
    let mut cleaned = String::with_capacity(text.len());
    let mut pending_space = false;
    for character in text.chars() {
        if character.is_whitespace() {
            pending_space = !cleaned.is_empty();
            continue;
        }
        if std::mem::take(&mut pending_space) {
            cleaned.push(' ');
        }
        cleaned.push(if is_shown(character) { character } else { '\u{fffd}' });
    }
    cleaned
}

/// Whether a character is one that XML may have and that turns no text around.
const fn is_shown(character: char) -> bool {
    !matches!(character,
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff0}'..='\u{fffb}'
        | '\u{fffe}' | '\u{ffff}' | '\u{e0000}'..='\u{e0fff}')
}

/// The first `most` characters of `text`, with an ellipsis where more follow.
pub(super) fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// Whole pixels.
pub(super) type Px = i32;

/// The width of `text` in a sans-serif font of `size` pixels; rather too wide than too narrow.
pub(super) fn width(text: &str, size: Px) -> Px {
    text.chars().map(|character| advance(character) * size).sum::<Px>() / 1000 + 1
}

/// As much of `text` as fits into `most` pixels, with an ellipsis where that is not all.
pub(super) fn fit(text: &str, size: Px, most: Px) -> String {
    let mut total = 0;
    for (at, character) in text.char_indices() {
        total += advance(character) * size;
        if total / 1000 + 1 > most {
            let room = most * 1000 - 1000 * size;
            let mut kept = 0;
            let end = text[..at].char_indices().find(|(_, character)| {
                kept += advance(*character) * size;
                kept > room
            });
            let end = end.map_or(at, |(end, _)| end);
            return format!("{}…", text[..end].trim_end());
        }
    }
    text.to_owned()
}

/// The width of a character, in thousandths of the font's size.
const fn advance(character: char) -> Px {
    match character {
        'i' | 'j' | 'l' | '.' | ',' | ':' | ';' | '\'' | '!' | '|' | ' ' | 'I' => 320,
        'f' | 'r' | 't' | '(' | ')' | '[' | ']' | '-' | '/' | '"' => 420,
        'm' | 'w' | 'M' | 'W' | '@' | '%' | '…' => 960,
        'A'..='Z' | '<' | '>' | '=' | '+' => 720,
        '\0'..='\u{7f}' => 600,
        '\u{300}'..='\u{36f}' | '\u{fe00}'..='\u{fe0f}' => 0,
        '\u{80}'..='\u{10ff}' => 700,
        _ => 1100,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_that_nothing_turns_around() {
        assert_eq!(clean(" a\n\tb\u{202e}c\0 "), "a b\u{fffd}c\u{fffd}");
        assert_eq!(clean("жук 🚀 שלום"), "жук 🚀 שלום");
    }

    #[test]
    fn a_long_text_is_cut_to_its_room() {
        assert_eq!(fit("short", 13, 100), "short");
        for text in ["x".repeat(10_000), "🚀".repeat(10_000), "W ".repeat(10_000)] {
            let fitted = fit(&text, 13, 100);
            assert!(fitted.ends_with('…') && width(&fitted, 13) <= 100, "{fitted}");
            assert!(fitted.chars().count() > 3);
        }
        assert_eq!(cut("日本語", 2), "日本…");
        assert_eq!(cut("日本", 2), "日本");
    }
}
