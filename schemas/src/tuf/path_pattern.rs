//! Path patterns of delegations: shell wildcards that stay within one path component.
//!
//! `*` is any run of characters, `?` any one, `[abc]`, `[a-z]` and `[!a-z]` one of a set or none of it;
//! none of them matches `/` (TUF 4.5). An unclosed `[` is itself.

/// Whether target `path` matches `pattern`.
pub fn path_matches(pattern: &str, path: &str) -> bool {
    let mut patterns = pattern.split('/');
    let mut parts = path.split('/');
    loop {
        match (patterns.next(), parts.next()) {
            (None, None) => return true,
            (Some(pattern), Some(part)) if part_matches(pattern, part) => {}
            _ => return false,
        }
    }
}

/// One component. Going back to the last star only keeps this linear in practice and never
/// exponential, for any pattern.
fn part_matches(pattern: &str, part: &str) -> bool {
    let tokens = tokens(pattern);
    let chars: Vec<char> = part.chars().collect();
    let (mut token, mut at) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while at < chars.len() {
        match tokens.get(token) {
            Some(Token::Star) => {
                star = Some((token, at));
                token += 1;
            }
            Some(other) if other.accepts(chars[at]) => {
                token += 1;
                at += 1;
            }
            _ => {
                let Some((star_token, star_at)) = star else { return false };
                star = Some((star_token, star_at + 1));
                token = star_token + 1;
                at = star_at + 1;
            }
        }
    }
    tokens[token..].iter().all(|token| matches!(token, Token::Star))
}

enum Token {
    Star,
    AnyOne,
    Literal(char),
    Set { negated: bool, ranges: Vec<(char, char)> },
}

impl Token {
    fn accepts(&self, char: char) -> bool {
        match self {
            Self::Star => false,
            Self::AnyOne => true,
            Self::Literal(literal) => *literal == char,
            Self::Set { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&char)) != *negated
            }
        }
    }
}

fn tokens(pattern: &str) -> Vec<Token> {
    let chars: Vec<char> = pattern.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while at < chars.len() {
        let (token, length) = match chars[at] {
            '*' => (Token::Star, 1),
            '?' => (Token::AnyOne, 1),
            '[' => set(&chars[at..]).unwrap_or((Token::Literal('['), 1)),
            literal => (Token::Literal(literal), 1),
        };
        tokens.push(token);
        at += length;
    }
    tokens
}

/// The set that starts at `[`, and its length; none if it is not closed.
fn set(chars: &[char]) -> Option<(Token, usize)> {
    let negated = chars.get(1) == Some(&'!');
    let start = if negated { 2 } else { 1 };
    // A bracket right at the start is a member, as in every shell.
    let end = (start + 1..chars.len()).find(|at| chars[*at] == ']')?;
    let mut ranges = Vec::new();
    let mut members = &chars[start..end];
    while let [first, rest @ ..] = members {
        if let ['-', last, after @ ..] = rest {
            ranges.push((*first, *last));
            members = after;
        } else {
            ranges.push((*first, *first));
            members = rest;
        }
    }
    Some((Token::Set { negated, ranges }, end + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_table() {
        for (pattern, path, expected) in [
            ("packs/*.json", "packs/a.json", true),
            ("packs/*.json", "packs/.json", true),
            ("packs/*.json", "packs/a/b.json", false),
            ("packs/*", "packs", false),
            ("*", "a", true),
            ("*", "a/b", false),
            ("*/*", "a/b", true),
            ("**", "a/b", false),
            ("a?c", "abc", true),
            ("a?c", "a/c", false),
            ("a?c", "ac", false),
            ("[a-c]x", "bx", true),
            ("[a-c]x", "dx", false),
            ("[!a-c]x", "dx", true),
            ("[!a-c]x", "ax", false),
            ("[]]x", "]x", true),
            ("[x", "[x", true),
            ("a*b*c", "aXbYbZc", true),
            ("a*b*c", "aXbYbZ", false),
            ("", "", true),
            ("", "a", false),
            ("a.c", "abc", false),
            ("é?", "éß", true),
        ] {
            assert_eq!(path_matches(pattern, path), expected, "{pattern} {path}");
        }
    }

    #[test]
    fn a_pattern_of_many_stars_ends_in_time() {
        assert!(!path_matches(&"*a".repeat(200), &"a".repeat(199)));
        assert!(!path_matches(&format!("{}b", "*a".repeat(100)), &"a".repeat(5000)));
    }
}
