//! The programs that the scripts of environments name in their first line, and the home of `pyvenv.cfg`.

use std::ffi::{OsStr, OsString};
use std::io::{self, Read as _};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::{Path, PathBuf};

use super::Verifying;
use super::report::{Finding, FindingKind, Findings, HostPart};
use super::trees::Lists;
use crate::root::StoreKind;
use crate::trees::Content;

/// The most of a script that is read, in bytes: a first line, and the one by which a shell starts Python.
const HEAD_BYTES: u64 = 4096;

impl Verifying<'_> {
    /// Looks for the program of every script that is as it was installed.
    pub(super) fn scripts(&self, lists: &Lists, findings: &mut Findings) {
        if self.generation.was_moved_to(self.root) {
            // That is why they lead nowhere, and it is told once.
            return;
        }
        let used = self.used();
        for (tree, list) in lists.iter().filter(|((kind, _), _)| *kind == StoreKind::Envs) {
            let place = self.root.store(tree.0, &tree.1);
            let scripts = list.entries().iter().filter(|entry| {
                let is_program = entry.path.as_bytes().starts_with(b"bin/") || entry.path == "pyvenv.cfg";
                is_program && matches!(entry.content, Content::File { .. })
            });
            for script in scripts {
                let path = place.join(&script.path);
                let Some(head) = head(&path).filter(|_| !findings.knows(&path)) else { continue };
                let named = if script.path == "pyvenv.cfg" { home(&head) } else { program(&head) };
                // Where a link leads that is there is a matter of interpreters.
                if let Some(named) = named.filter(|named| is_gone(named)) {
                    let finding = Finding::new(FindingKind::Script, HostPart::Environment, path);
                    let packs = used.get(tree).cloned().unwrap_or_default();
                    let finding = finding.of(packs).found(&named.display());
                    findings.add(Finding { tree: Some(*tree), ..finding });
                }
            }
        }
    }
}

fn is_gone(path: &Path) -> bool {
    fs_err::symlink_metadata(path).is_err_and(|error| error.kind() == io::ErrorKind::NotFound)
}

fn head(path: &Path) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    fs_err::File::open(path).ok()?.take(HEAD_BYTES).read_to_end(&mut head).ok()?;
    Some(head)
}

/// The program that runs a script, if its first line names one by its path.
fn program(head: &[u8]) -> Option<PathBuf> {
    let mut lines = head.strip_prefix(b"#!")?.split(|&byte| byte == b'\n');
    let first = lines.next()?.trim_ascii();
    let by_shell = lines.next().and_then(|line| line.strip_prefix(b"'''exec' "));
    let path = match by_shell.filter(|_| first == b"/bin/sh") {
        Some(line) => unquoted(line)?,
        None => first.split(u8::is_ascii_whitespace).next()?.to_vec(),
    };
    path.starts_with(b"/").then(|| PathBuf::from(OsString::from_vec(path)))
}

/// The path at the beginning of `line`, as launchers are written whose path is long or has spaces:
/// `'/path' "$0" "$@"`, where a quote in the path is `'"'"'`.
fn unquoted(line: &[u8]) -> Option<Vec<u8>> {
    const QUOTE: &[u8] = br#"'"'"'"#;
    let mut rest = line.strip_prefix(b"'")?;
    let mut path = Vec::new();
    while let Some((&byte, tail)) = rest.split_first() {
        if let Some(after) = rest.strip_prefix(QUOTE) {
            path.push(b'\'');
            rest = after;
        } else if byte == b'\'' {
            return Some(path);
        } else {
            path.push(byte);
            rest = tail;
        }
    }
    None
}

/// The directory of the interpreter that a `pyvenv.cfg` names.
fn home(head: &[u8]) -> Option<PathBuf> {
    let line = head.split(|&byte| byte == b'\n').find_map(|line| line.strip_prefix(b"home = "))?;
    Some(PathBuf::from(OsStr::from_bytes(line.trim_ascii())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_names_its_program() {
        let table: [(&[u8], Option<&str>); 7] = [
            (b"#!/a/python\nimport", Some("/a/python")),
            (b"#! /usr/bin/env python", Some("/usr/bin/env")),
            (b"#!/bin/sh\n'''exec' '/with space/python' \"$0\" \"$@\"\n' '''", Some("/with space/python")),
            (b"#!/bin/sh\n'''exec' '/it'\"'\"'s/python' \"$0\" \"$@\"\n' '''", Some("/it's/python")),
            (b"#!/bin/sh\necho", Some("/bin/sh")),
            (b"#!python", None),
            (b"\x7fELF", None),
        ];
        for (head, expected) in table {
            assert_eq!(program(head).as_deref(), expected.map(Path::new), "{head:?}");
        }
        assert_eq!(home(b"a = b\nhome = /usr/bin\n"), Some("/usr/bin".into()));
    }
}
