//! The list of everything in a tree, and its text.
//!
//! ```text
//! attune.file-list/v1
//! d 555 - - actions
//! f 444 1234 <sha256 in hex> actions/run.py
//! l - - ../a%20b bin/tool
//! ```
//!
//! A line is a kind, a mode in octal, a size in bytes, a digest or the target of a link, and a path
//! relative to the tree. Lines are sorted by path, byte by byte; what is not printable ASCII, a space and `%` are
//! written as `%` with two hex digits, so that a list names every file that a file system can hold.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::fmt::Write as _;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use attune_schemas::Digest;

/// The first line of a list.
const FORMAT: &str = "attune.file-list/v1";

/// Digests of files that are known already, by their paths in the tree.
pub type KnownDigests = HashMap<OsString, Digest>;

/// Everything in a tree, sorted by path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct FileList {
    entries: Vec<ListedEntry>,
}

/// A file, directory or link of a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedEntry {
    /// Its path, relative to the tree.
    pub path: OsString,
    /// What it is.
    pub content: Content,
}

/// What an entry of a list is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// A directory.
    Directory {
        /// Its permission bits.
        mode: u32,
    },
    /// A regular file.
    File {
        /// Its permission bits.
        mode: u32,
        /// Its size in bytes.
        size: u64,
        /// The digest of its bytes.
        digest: Digest,
    },
    /// A symbolic link.
    Link {
        /// Its target, as it is written in the link.
        target: OsString,
    },
}

/// Why bytes are not a list of files.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FileListError {
    /// The bytes are of another format.
    #[error("it does not start with `{FORMAT}`")]
    Format,
    /// A line is none of a list.
    #[error("its line {line} is damaged")]
    Line {
        /// The line, from 1.
        line: usize,
    },
}

impl FileList {
    /// A list of `entries`, in any order.
    pub fn new(mut entries: Vec<ListedEntry>) -> Self {
        entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Self { entries }
    }

    /// Its entries, sorted by path.
    pub fn entries(&self) -> &[ListedEntry] {
        &self.entries
    }

    /// The entry at `path`.
    pub fn get(&self, path: &OsStr) -> Option<&ListedEntry> {
        let found = self.entries.binary_search_by(|entry| entry.path.as_os_str().cmp(path));
        found.ok().map(|at| &self.entries[at])
    }

    /// The names at the top of the tree.
    pub fn top(&self) -> impl Iterator<Item = &OsStr> {
        let paths = self.entries.iter().map(|entry| entry.path.as_os_str());
        paths.filter(|path| !path.as_bytes().contains(&b'/'))
    }

    /// Its text.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut text = String::with_capacity(FORMAT.len() + 1 + self.entries.len() * 128);
        text.push_str(FORMAT);
        text.push('\n');
        for entry in &self.entries {
            let written = match &entry.content {
                Content::Directory { mode } => write!(text, "d {mode:o} - - "),
                Content::File { mode, size, digest } => write!(text, "f {mode:o} {size} {} ", digest.hex()),
                Content::Link { target } => {
                    text.push_str("l - - ");
                    escape(target, &mut text);
                    text.push(' ');
                    Ok(())
                }
            };
            written.expect("writing to memory does not fail");
            escape(&entry.path, &mut text);
            text.push('\n');
        }
        text.into_bytes()
    }

    /// Reads the text of a list.
    ///
    /// # Errors
    /// It is none, or is not sorted.
    pub fn parse(bytes: &[u8]) -> Result<Self, FileListError> {
        let text = str::from_utf8(bytes).map_err(|_| FileListError::Format)?;
        let mut lines = text.strip_suffix('\n').unwrap_or_default().split('\n').enumerate();
        if lines.next().is_none_or(|(_, first)| first != FORMAT) {
            return Err(FileListError::Format);
        }
        let mut entries: Vec<ListedEntry> = Vec::new();
        for (number, line) in lines {
            let damaged = FileListError::Line { line: number + 1 };
            let entry = parse_line(line).ok_or_else(|| damaged.clone())?;
            if entries.last().is_some_and(|last| last.path >= entry.path) {
                return Err(damaged);
            }
            entries.push(entry);
        }
        Ok(Self { entries })
    }
}

fn parse_line(line: &str) -> Option<ListedEntry> {
    let mut fields = line.split(' ');
    let [kind, mode, size, content, path] = [(); 5].map(|()| fields.next());
    if fields.next().is_some() {
        return None;
    }
    let (mode, content) = (mode?, content?);
    let bits = || u32::from_str_radix(mode, 8).ok();
    let content = match kind? {
        "d" => Content::Directory { mode: bits()? },
        "f" => Content::File {
            mode: bits()?,
            size: size?.parse().ok()?,
            digest: Digest::from_hex(content).ok()?,
        },
        "l" => Content::Link { target: unescape(content)? },
        _ => return None,
    };
    Some(ListedEntry { path: unescape(path?)?, content })
}

fn escape(text: &OsStr, into: &mut String) {
    for &byte in text.as_bytes() {
        if byte.is_ascii_graphic() && byte != b'%' {
            into.push(char::from(byte));
        } else {
            write!(into, "%{byte:02x}").expect("writing to memory does not fail");
        }
    }
}

fn unescape(text: &str) -> Option<OsString> {
    if !text.contains('%') {
        return Some(text.into());
    }
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        if byte == b'%' {
            let digits = str::from_utf8(after.get(..2)?).ok()?;
            bytes.push(u8::from_str_radix(digits, 16).ok()?);
            rest = &after[2..];
        } else {
            bytes.push(byte);
            rest = after;
        }
    }
    Some(OsString::from_vec(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &[u8]) -> ListedEntry {
        let content = Content::File { mode: 0o444, size: 3, digest: Digest::of(b"abc") };
        ListedEntry { path: OsString::from_vec(path.to_vec()), content }
    }

    #[test]
    fn every_name_is_written_and_read_again() {
        let names: [&[u8]; 6] = [b"a", b"a b", b"100%25", b"line\nbreak", "\u{e4}".as_bytes(), b"\xff\xfe"];
        let mut entries: Vec<ListedEntry> = names.iter().map(|name| file(name)).collect();
        let target = OsString::from_vec(b"../x y\n\xff".to_vec());
        entries.push(ListedEntry { path: "link".into(), content: Content::Link { target } });
        entries.push(ListedEntry { path: "d".into(), content: Content::Directory { mode: 0o555 } });
        let list = FileList::new(entries);
        let bytes = list.to_bytes();
        assert!(bytes.is_ascii());
        assert_eq!(FileList::parse(&bytes).unwrap(), list);
        assert_eq!(list.get(OsStr::new("a b")), Some(&file(b"a b")));
        assert_eq!(list.get(OsStr::new("b")), None);
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let good = FileList::new(vec![file(b"a"), file(b"b")]).to_bytes();
        let good = String::from_utf8(good).unwrap();
        let swapped: Vec<&str> = good.lines().rev().collect();
        let swapped = format!("{FORMAT}\n{}\n{}\n", swapped[0], swapped[1]);
        let cut = good.trim_end().to_owned();
        let doubled = good.replace(" b\n", " a\n");
        let bad =
            ["", "x\n", &cut, &swapped, &doubled, &good.replace("f 444", "q 444"), &(good.clone() + "\n")];
        for text in bad {
            assert!(FileList::parse(text.as_bytes()).is_err(), "{text}");
        }
        assert_eq!(FileList::parse(format!("{FORMAT}\n").as_bytes()).unwrap(), FileList::default());
    }
}
