//! The differences between a tree and its list.

use std::collections::HashSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use attune_schemas::Digest;
use serde::Serialize;

use super::file_list::{Content, FileList, ListedEntry};
use super::survey::{Found, FoundKind, Survey};

/// The bits of a mode by which somebody may write.
const WRITE_BITS: u32 = 0o222;
/// Set-user-id and its like.
const SPECIAL_BITS: u32 = 0o7000;
const READ_AND_EXECUTE_BITS: u32 = 0o555;

/// A difference between a tree and its list. Paths are relative to the tree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase", tag = "difference")]
pub enum Difference {
    /// Something of the list is not there.
    Missing {
        /// Its path.
        path: PathBuf,
    },
    /// A file has other bytes.
    Changed {
        /// Its path.
        path: PathBuf,
    },
    /// Something is there that is not in the list.
    Foreign {
        /// Its path.
        path: PathBuf,
    },
    /// A file, directory or link is something else now.
    Replaced {
        /// Its path.
        path: PathBuf,
        /// What the list says that it is.
        expected: ListedKind,
    },
    /// A link leads elsewhere.
    LeadsElsewhere {
        /// Its path.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
        /// Where it should lead.
        expected: PathBuf,
    },
    /// Permissions grew, or a file may be executed no longer.
    Mode {
        /// Its path; empty for the tree itself.
        path: PathBuf,
        /// Its mode, in octal.
        mode: String,
        /// The mode that it should have, in octal.
        expected: String,
    },
    /// A file could not be read.
    Unreadable {
        /// Its path; empty for the tree itself.
        path: PathBuf,
        /// Why.
        reason: String,
        /// The kind of that.
        #[serde(skip)]
        kind: io::ErrorKind,
    },
    /// Python wrote bytecode that nobody recorded. All else that is foreign is told as such.
    Bytecode {
        /// Its path.
        path: PathBuf,
    },
    /// The tree is not there.
    NoTree,
    /// No list of the tree is there, or none that the generation names.
    NoList,
    /// The list is not the one that the generation names.
    ListChanged,
}

impl Difference {
    /// The file at `path` could not be read.
    pub fn unreadable(path: PathBuf, error: &io::Error) -> Self {
        Self::Unreadable { path, reason: error.to_string(), kind: error.kind() }
    }
}

/// What a list says that something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum ListedKind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// A symbolic link.
    Link,
}

impl Difference {
    /// Whether it is one to warn of, and none that makes a tree another than was installed.
    pub const fn is_warning(&self) -> bool {
        matches!(self, Self::Bytecode { .. })
    }
}

/// A file whose bytes are to be held against a digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ToRead {
    pub(super) path: OsString,
    pub(super) size: u64,
    /// Its device and inode.
    pub(super) file: (u64, u64),
    pub(super) expected: Digest,
}

/// Holds what is in a tree against its list; whatever only its bytes can tell is left to read.
pub(super) fn compare(list: &FileList, survey: &Survey) -> (Vec<Difference>, Vec<ToRead>) {
    let mut comparison = Comparison::default();
    let mut listed = list.entries().iter().peekable();
    for found in &survey.entries {
        while let Some(entry) = listed.next_if(|entry| entry.path < found.path) {
            comparison.missing(entry);
        }
        match listed.next_if(|entry| entry.path == found.path) {
            Some(entry) => comparison.both(entry, found),
            None => comparison.foreign(found),
        }
    }
    listed.for_each(|entry| comparison.missing(entry));
    (comparison.differences, comparison.to_read)
}

#[derive(Default)]
struct Comparison<'a> {
    differences: Vec<Difference>,
    to_read: Vec<ToRead>,
    /// Directories that are gone or foreign, which stand for all that is below them.
    told: HashSet<&'a [u8]>,
}

impl<'a> Comparison<'a> {
    fn missing(&mut self, entry: &'a ListedEntry) {
        if matches!(entry.content, Content::Directory { .. }) {
            self.tell_directory(&entry.path, Difference::Missing { path: path(&entry.path) });
        } else if !self.is_told(&entry.path) {
            self.differences.push(Difference::Missing { path: path(&entry.path) });
        }
    }

    fn foreign(&mut self, found: &'a Found) {
        let path = path(&found.path);
        match found.kind {
            FoundKind::Directory if is_cache(&path) && !self.is_told(&found.path) => {}
            FoundKind::Directory => self.tell_directory(&found.path, Difference::Foreign { path }),
            _ if self.is_told(&found.path) => {}
            FoundKind::File if is_bytecode(&path) => self.differences.push(Difference::Bytecode { path }),
            _ => self.differences.push(Difference::Foreign { path }),
        }
    }

    fn both(&mut self, entry: &'a ListedEntry, found: &Found) {
        let path = path(&found.path);
        let (mode, expected_kind) = match (&entry.content, &found.kind) {
            (Content::Directory { mode }, FoundKind::Directory) => (*mode, None),
            (Content::File { mode, size, digest }, FoundKind::File) => {
                if *size == found.size {
                    let (path, file) = (found.path.clone(), found.file);
                    self.to_read.push(ToRead { path, size: *size, file, expected: *digest });
                } else {
                    self.differences.push(Difference::Changed { path: path.clone() });
                }
                (*mode, None)
            }
            (Content::Link { target }, FoundKind::Link(leads)) => {
                if leads != target {
                    let (target, expected) = (leads.into(), target.into());
                    self.differences.push(Difference::LeadsElsewhere { path, target, expected });
                }
                return;
            }
            (Content::Directory { mode }, _) => {
                self.told.insert(entry.path.as_bytes());
                (*mode, Some(ListedKind::Directory))
            }
            (Content::File { mode, .. }, _) => (*mode, Some(ListedKind::File)),
            (Content::Link { .. }, _) => (0, Some(ListedKind::Link)),
        };
        if let Some(expected) = expected_kind {
            self.differences.push(Difference::Replaced { path, expected });
        } else {
            self.differences.extend(mode_difference(path, found.mode, mode));
        }
    }

    fn tell_directory(&mut self, path: &'a OsStr, difference: Difference) {
        if !self.is_told(path) {
            self.differences.push(difference);
        }
        self.told.insert(path.as_bytes());
    }

    fn is_told(&self, path: &OsStr) -> bool {
        let bytes = path.as_bytes();
        let end = bytes.iter().rposition(|&byte| byte == b'/');
        end.is_some_and(|end| self.told.contains(&bytes[..end]))
    }
}

/// The difference of a mode that lets more people write, or fewer read or execute, than it should.
pub(super) fn mode_difference(path: PathBuf, mode: u32, expected: u32) -> Option<Difference> {
    let grew = mode & !expected & (WRITE_BITS | SPECIAL_BITS) != 0;
    let shrank = expected & !mode & READ_AND_EXECUTE_BITS != 0;
    let executable = mode & !expected & 0o111 != 0;
    (grew || shrank || executable).then(|| Difference::Mode {
        path,
        mode: format!("{mode:o}"),
        expected: format!("{expected:o}"),
    })
}

fn path(text: &OsStr) -> PathBuf {
    PathBuf::from(text)
}

fn is_cache(path: &Path) -> bool {
    path.file_name() == Some(OsStr::new("__pycache__"))
}

/// Whether Python may have written `path`: a module's bytecode, or such a file before its last rename.
fn is_bytecode(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name = match name.rsplit_once('.') {
        Some((name, number)) if !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) => {
            name
        }
        _ => &name,
    };
    name.ends_with(".pyc") && path.parent().is_some_and(is_cache)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsString;

    use super::super::file_list::KnownDigests;
    use super::*;

    struct Tree(tempfile::TempDir);

    impl Tree {
        fn new() -> Self {
            let tree = Self(tempfile::tempdir().unwrap());
            for directory in ["a/b", "a.b"] {
                fs_err::create_dir_all(tree.at(directory)).unwrap();
            }
            for file in ["a/b/c", "a/x.py", "a.b/d", "top"] {
                fs_err::write(tree.at(file), "12345").unwrap();
            }
            fs_err::os::unix::fs::symlink("a", tree.at("link")).unwrap();
            tree
        }

        fn at(&self, path: &str) -> PathBuf {
            self.0.path().join(path)
        }

        fn list(&self) -> FileList {
            Survey::of(self.0.path()).unwrap().list(self.0.path(), &KnownDigests::new()).unwrap()
        }

        fn differences(&self, list: &FileList) -> Vec<Difference> {
            compare(list, &Survey::of(self.0.path()).unwrap()).0
        }
    }

    fn missing(path: &str) -> Difference {
        Difference::Missing { path: path.into() }
    }

    fn foreign(path: &str) -> Difference {
        Difference::Foreign { path: path.into() }
    }

    #[test]
    fn a_tree_is_as_its_list_says_and_every_file_is_left_to_read() {
        let tree = Tree::new();
        let (differences, to_read) = compare(&tree.list(), &Survey::of(tree.0.path()).unwrap());
        assert_eq!(differences, []);
        let paths: Vec<OsString> = to_read.into_iter().map(|file| file.path).collect();
        assert_eq!(paths, ["a.b/d", "a/b/c", "a/x.py", "top"]);
    }

    #[test]
    fn a_directory_stands_for_what_is_below_it() {
        let tree = Tree::new();
        let list = tree.list();
        fs_err::remove_dir_all(tree.at("a")).unwrap();
        fs_err::create_dir_all(tree.at("new/deep")).unwrap();
        fs_err::write(tree.at("new/deep/file"), "x").unwrap();
        fs_err::create_dir(tree.at("new.also")).unwrap();
        assert_eq!(tree.differences(&list), [missing("a"), foreign("new"), foreign("new.also")]);
    }

    #[test]
    fn every_kind_of_damage_is_told() {
        let tree = Tree::new();
        let list = tree.list();
        fs_err::write(tree.at("top"), "123456").unwrap();
        fs_err::remove_file(tree.at("a.b/d")).unwrap();
        fs_err::create_dir(tree.at("a.b/empty")).unwrap();
        fs_err::remove_file(tree.at("a/b/c")).unwrap();
        fs_err::os::unix::fs::symlink("/etc/passwd", tree.at("a/b/c")).unwrap();
        fs_err::remove_file(tree.at("link")).unwrap();
        fs_err::os::unix::fs::symlink("/etc", tree.at("link")).unwrap();
        assert_eq!(
            tree.differences(&list),
            [
                missing("a.b/d"),
                foreign("a.b/empty"),
                Difference::Replaced { path: "a/b/c".into(), expected: ListedKind::File },
                Difference::LeadsElsewhere {
                    path: "link".into(),
                    target: "/etc".into(),
                    expected: "a".into()
                },
                Difference::Changed { path: "top".into() },
            ]
        );
    }

    #[test]
    fn bytecode_in_its_cache_is_told_as_such_and_nothing_else_is() {
        let tree = Tree::new();
        let list = tree.list();
        fs_err::create_dir(tree.at("a/__pycache__")).unwrap();
        for name in ["x.cpython-311.pyc", "x.cpython-311.pyc.140", "x.so"] {
            fs_err::write(tree.at("a/__pycache__").join(name), "x").unwrap();
        }
        fs_err::write(tree.at("a/y.pyc"), "x").unwrap();
        let differences = tree.differences(&list);
        let (warnings, others): (Vec<_>, Vec<_>) = differences.iter().partition(|one| one.is_warning());
        assert_eq!(warnings.len(), 2, "{differences:?}");
        assert_eq!(others, [&foreign("a/__pycache__/x.so"), &foreign("a/y.pyc")]);
    }

    #[test]
    fn a_mode_may_lose_write_permission_and_nothing_else() {
        let difference = |mode, expected| mode_difference("x".into(), mode, expected).is_some();
        for (mode, expected) in [(0o444, 0o444), (0o444, 0o644), (0o555, 0o755)] {
            assert!(!difference(mode, expected), "{mode:o} {expected:o}");
        }
        for (mode, expected) in
            [(0o644, 0o444), (0o464, 0o444), (0o555, 0o444), (0o444, 0o555), (0o4555, 0o555), (0, 0o444)]
        {
            assert!(difference(mode, expected), "{mode:o} {expected:o}");
        }
    }
}
