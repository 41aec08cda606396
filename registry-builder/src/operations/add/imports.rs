//! The packages that a file of JavaScript asks for by `import`, as far as its text tells.

use std::collections::BTreeSet;

/// The names in `text` after `from`, `import` and `import(`: packages alone, without the paths in them.
pub(super) fn imported_packages(text: &str) -> BTreeSet<&str> {
    let lines = text.lines().map(str::trim_start);
    let code = lines.filter(|line| !["//", "*", "/*"].iter().any(|comment| line.starts_with(comment)));
    code.flat_map(specifiers).filter_map(package_of).collect()
}

/// The quoted texts of a line that follow a word of importing.
fn specifiers(line: &str) -> impl Iterator<Item = &str> {
    let quotes = line.char_indices().filter(|(_, character)| matches!(character, '"' | '\'' | '`'));
    quotes.filter_map(move |(at, quote)| {
        let before = line[..at].trim_end();
        let is_import = match before.strip_suffix('(') {
            Some(called) => ends_in_word(called.trim_end(), "import"),
            None => ends_in_word(before, "import") || ends_in_word(before, "from"),
        };
        let inside = line[at + 1..].split(quote).next()?;
        is_import.then_some(inside)
    })
}

fn ends_in_word(text: &str, word: &str) -> bool {
    let before = text.strip_suffix(word).map(|before| before.chars().next_back());
    let is_of_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '.');
    before.is_some_and(|last| !last.is_some_and(is_of_name))
}

/// `@s/name` of `@s/name/path`; `None` for files and what Node.js itself brings by scheme.
fn package_of(specifier: &str) -> Option<&str> {
    if specifier.is_empty() || specifier.starts_with(['.', '/', '#']) || specifier.contains(':') {
        return None;
    }
    let parts = if specifier.starts_with('@') { 2 } else { 1 };
    let end = specifier.match_indices('/').nth(parts - 1).map_or(specifier.len(), |(at, _)| at);
    Some(&specifier[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_found_behind_every_form_of_import() {
        for (text, expected) in [
            ("import a from 'a';", &["a"][..]),
            ("import {\n  x,\n} from \"@s/b/lib/x.js\";", &["@s/b"]),
            ("import 'c/register'", &["c"]),
            ("const d = await import('d');", &["d"]),
            ("export * from'e'", &["e"]),
            ("import fs from 'node:fs'; import x from './x.js'; import y from '#y'", &[]),
            ("const a = require('a'); Buffer.from('b'); x.import('c'); reimport('d')", &[]),
            ("// import a from 'a'\n * import b from 'b'", &[]),
        ] {
            assert_eq!(imported_packages(text).into_iter().collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
