//! As much of Rust's grammar as it takes to see which paths a file names.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

/// The text of every file of Rust below `src`, by its path there.
///
/// # Errors
/// A file cannot be read.
pub fn rust_files(src: &Path) -> io::Result<BTreeMap<PathBuf, String>> {
    let mut texts = BTreeMap::new();
    let mut directories = vec![src.to_owned()];
    while let Some(directory) = directories.pop() {
        for entry in fs_err::read_dir(directory)? {
            let path = entry?.path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(src).expect("it is below src").to_owned();
                texts.insert(name, fs_err::read_to_string(&path)?);
            }
        }
    }
    Ok(texts)
}

/// A path that a file names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsePath {
    /// Its segments, without renaming.
    pub segments: Vec<String>,
    /// The name that it has in the file, where a `use` gives it another.
    renamed: Option<String>,
    /// The modules of the file that it stands in, from the outermost.
    pub inline: Vec<String>,
    /// Whether it stands in a `use`.
    pub is_use: bool,
    /// Whether it stands in a `use` that others see.
    pub is_reexport: bool,
}

impl UsePath {
    /// The name that a `use` brings in.
    pub fn name(&self) -> Option<&str> {
        self.renamed.as_ref().or(self.segments.last()).map(String::as_str)
    }
}

/// `text` with comments, strings and characters emptied.
pub fn without_comments(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut kept = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(hashes) = raw_string(rest) {
            let end = format!("\"{}", "#".repeat(hashes));
            let start = hashes + 2;
            rest[start..].find(&end).map_or(rest.len(), |found| start + found + end.len())
        } else if rest.starts_with('"') {
            string_end(rest)
        } else if rest.starts_with('\'') {
            character_end(rest)
        } else {
            0
        };
        if skipped > 0 {
            kept.push(' ');
            at += skipped;
        } else {
            let next = rest.chars().next().expect("at is before the end");
            kept.push(next);
            at += next.len_utf8();
        }
    }
    kept
}

fn raw_string(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

fn string_end(rest: &str) -> usize {
    let mut escaped = false;
    for (index, character) in rest.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return index + 1,
            _ => {}
        }
    }
    rest.len()
}

/// The length of a character; 0 for a lifetime.
fn character_end(rest: &str) -> usize {
    let mut characters = rest.char_indices().skip(1);
    match (characters.next(), characters.next()) {
        (Some((_, '\\')), Some(_)) => rest[3..].find('\'').map_or(0, |end| end + 4),
        (Some(_), Some((index, '\''))) => index + 1,
        _ => 0,
    }
}

/// Every path in `text` that has more than one segment, or stands in a `use`; groups are taken apart.
pub fn use_paths(text: &str) -> Vec<UsePath> {
    let tokens = tokens(text);
    let mut reader = Reader { tokens: &tokens, at: 0, paths: Vec::new(), modules: Vec::new(), depth: 0 };
    reader.read();
    reader.paths
}

/// Identifiers, `::`, and single characters of punctuation.
fn tokens(text: &str) -> Vec<&str> {
    let is_word = |character: char| character.is_alphanumeric() || character == '_';
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let length = if is_word(first) {
            rest.find(|character| !is_word(character)).unwrap_or(rest.len())
        } else if rest.starts_with("::") {
            2
        } else {
            first.len_utf8()
        };
        tokens.push(&rest[..length]);
        rest = rest[length..].trim_start();
    }
    tokens
}

struct Reader<'a> {
    tokens: &'a [&'a str],
    at: usize,
    paths: Vec<UsePath>,
    /// The inline modules that are open, each with the depth of braces outside of it.
    modules: Vec<(String, usize)>,
    depth: usize,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> &str {
        self.tokens.get(self.at + ahead).copied().unwrap_or_default()
    }

    fn read(&mut self) {
        while self.at < self.tokens.len() {
            match self.peek(0) {
                "mod" if self.peek(2) == "{" => {
                    self.modules.push((self.peek(1).to_owned(), self.depth));
                    self.at += 2;
                }
                "use" => {
                    let before = self.at.checked_sub(1).map_or("", |before| self.tokens[before]);
                    let is_reexport = before == "pub" || before == ")";
                    self.at += 1;
                    self.tree(Vec::new(), Some(is_reexport));
                }
                "{" => {
                    self.depth += 1;
                    self.at += 1;
                }
                "}" => {
                    self.depth = self.depth.saturating_sub(1);
                    self.modules.retain(|(_, outside)| *outside < self.depth);
                    self.at += 1;
                }
                word if is_name(word) && self.peek(1) == "::" => self.tree(Vec::new(), None),
                _ => self.at += 1,
            }
        }
    }

    /// Reads a path, with its groups in a `use`.
    fn tree(&mut self, mut segments: Vec<String>, reexport: Option<bool>) {
        loop {
            match self.peek(0) {
                "{" if reexport.is_some() => {
                    self.at += 1;
                    while self.at < self.tokens.len() && self.peek(0) != "}" {
                        if self.peek(0) == "," {
                            self.at += 1;
                        } else {
                            self.tree(segments.clone(), reexport);
                        }
                    }
                    self.at += 1;
                    return;
                }
                word if is_name(word) => {
                    segments.push(word.to_owned());
                    self.at += 1;
                }
                _ => {
                    // `*`, or the type parameters of an expression.
                    self.at += 1;
                    break;
                }
            }
            if self.peek(0) != "::" {
                break;
            }
            self.at += 1;
        }
        let renamed = (reexport.is_some() && self.peek(0) == "as").then(|| {
            self.at += 2;
            self.tokens.get(self.at - 1).copied().unwrap_or_default().to_owned()
        });
        self.paths.push(UsePath {
            segments,
            renamed,
            inline: self.modules.iter().map(|(name, _)| name.clone()).collect(),
            is_use: reexport.is_some(),
            is_reexport: reexport == Some(true),
        });
    }
}

fn is_name(token: &str) -> bool {
    token.chars().next().is_some_and(|first| first.is_alphabetic() || first == '_')
}
