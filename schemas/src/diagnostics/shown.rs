//! Text of a file as it is quoted in a message.

/// The most characters of a file's text that are quoted.
const MAX_CHARACTERS: usize = 60;

/// `text` without control characters, and not longer than people read.
pub(crate) fn shown(text: &str) -> String {
    let mut letters = text.chars();
    let start: String = letters.by_ref().take(MAX_CHARACTERS).collect();
    let more = if letters.next().is_some() { "..." } else { "" };
    format!("{}{more}", start.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_name_is_shown_in_part() {
        assert_eq!(shown("a\nb"), "a\\nb");
        assert_eq!(shown(&"x".repeat(1_000_000)).len(), 63);
    }
}
