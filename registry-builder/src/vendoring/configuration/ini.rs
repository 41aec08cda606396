//! The syntax of `.npmrc`: lines of `key=value`, and `${VARIABLE}` in both.
//!
//! Source: npm's packages `ini` (decode) and `@npmcli/config` (env-replace).

use attune_registry::fetch::Variables;

/// The entries above the first section, in their order; sections are of no use to npm. A key without a value
/// is `true`, and `key[]` is told like `key`, several times.
pub(super) fn entries(text: &str, variables: &Variables) -> Vec<(String, String)> {
    let lines = text.trim_start_matches('\u{feff}').split(['\r', '\n']).map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with([';', '#']));
    let top = lines.take_while(|line| !(line.starts_with('[') && line.ends_with(']')));
    top.map(|line| {
        let (key, value) = match line.split_once('=') {
            Some((key, value)) => (key, unquoted(value)),
            None => (line, "true".to_owned()),
        };
        let key = unquoted(key);
        let key = key.strip_suffix("[]").unwrap_or(&key);
        (expanded(key, variables), expanded(&value, variables))
    })
    .collect()
}

/// A value as it is meant: without quotes, escapes and a comment after it.
fn unquoted(text: &str) -> String {
    let text = text.trim();
    let is_in = |quote: char| text.len() > 1 && text.starts_with(quote) && text.ends_with(quote);
    if is_in('"') {
        return serde_json::from_str(text).unwrap_or_else(|_| text.to_owned());
    }
    if is_in('\'') {
        return text[1..text.len() - 1].to_owned();
    }
    let (mut value, mut characters) = (String::new(), text.chars());
    while let Some(character) = characters.next() {
        match character {
            ';' | '#' => break,
            '\\' => match characters.next() {
                Some(escaped @ ('\\' | ';' | '#')) => value.push(escaped),
                Some(other) => value.extend(['\\', other]),
                None => value.push('\\'),
            },
            other => value.push(other),
        }
    }
    value.trim().to_owned()
}

/// `text` with `${NAME}` replaced; one that is not set stays as it is, and `${NAME?}` is then empty. An odd
/// number of backslashes before it keeps it from being replaced.
pub(super) fn expanded(text: &str, variables: &Variables) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, after) = rest.split_at(at);
        let Some((name, tail)) = reference(&after[2..]) else {
            result.push_str(before);
            result.push_str("${");
            rest = &after[2..];
            continue;
        };
        let plain = before.trim_end_matches('\\');
        let backslashes = before.len() - plain.len();
        let kept = backslashes / 2;
        result.push_str(plain);
        result.push_str(&before[..plain.len() + kept][plain.len()..]);
        let whole = &after[..after.len() - tail.len()];
        let bare = name.strip_suffix('?');
        match variables.get(bare.unwrap_or(name)) {
            _ if backslashes % 2 == 1 => result.push_str(whole),
            Some(value) => result.push_str(value),
            None if bare.is_some() => {}
            None => result.push_str(whole),
        }
        rest = tail;
    }
    result + rest
}

/// The name in `NAME}...`, with its `?`, and what comes after.
fn reference(text: &str) -> Option<(&str, &str)> {
    let (name, tail) = text.split_once('}')?;
    let bare = name.strip_suffix('?').unwrap_or(name);
    (!bare.is_empty() && !bare.contains(['$', '{', '?'])).then_some((name, tail))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_as_npm_reads_them() {
        let text = "; comment\n# comment\n\nregistry = https://h.invalid/ ; after\r\n\
                    //h.invalid/:_authToken=\"a;b\"\nca[]=one\nca[]=two\nsingle='x y'\nalone\nesc=a\\;b\\\\c\\d\n\
                    [section]\nin=section\n";
        let entries = entries(text, &Variables::default());
        let entries: Vec<_> = entries.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        assert_eq!(
            entries,
            [
                ("registry", "https://h.invalid/"),
                ("//h.invalid/:_authToken", "a;b"),
                ("ca", "one"),
                ("ca", "two"),
                ("single", "x y"),
                ("alone", "true"),
                ("esc", "a;b\\c\\d"),
            ]
        );
    }

    #[test]
    fn variables_are_put_in_as_npm_does() {
        let variables = Variables::from([("A", "1"), ("EMPTY", "")]);
        for (text, expected) in [
            ("x${A}y${A}", "x1y1"),
            ("${NOT_SET}", "${NOT_SET}"),
            ("${NOT_SET?}.", "."),
            ("${A?}", "1"),
            ("${EMPTY}.", "."),
            ("${A-default}", "${A-default}"),
            ("\\${A}", "${A}"),
            ("\\\\${A}", "\\1"),
            ("${", "${"),
            ("${}", "${}"),
            ("$A", "$A"),
            ("${x${A}", "${x1"),
        ] {
            assert_eq!(expanded(text, &variables), expected, "{text}");
        }
    }
}
