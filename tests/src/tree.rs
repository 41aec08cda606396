//! A directory tree as a value: two of them are equal when nothing was written in between.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use attune_schemas::Digest;

/// What can be told of one file, directory or link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeEntry {
    /// The mode, file type included.
    pub mode: u32,
    /// The size in bytes; 0 for a directory.
    pub size: u64,
    /// The time of the last change, in nanoseconds since the epoch.
    pub modified: i128,
    /// Where a link leads to.
    pub link: Option<PathBuf>,
    /// The digest of a file's content.
    pub content: Option<Digest>,
}

/// Everything below a directory, and the directory itself as the empty path.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    entries: BTreeMap<PathBuf, TreeEntry>,
}

impl Tree {
    /// Reads the tree at `root`; empty where there is nothing.
    pub fn of(root: &Path) -> Self {
        let mut tree = Self::default();
        tree.visit(root, root);
        tree
    }

    /// The same tree without what a failed attempt may touch and leave as it was: the times of
    /// directories, and those of the files by which processes lock each other.
    #[must_use]
    pub fn without_touched(mut self) -> Self {
        // Failures are logged, too.
        self.entries.retain(|path, _| !path.ends_with("state/log/operations.jsonl"));
        for (path, entry) in &mut self.entries {
            let locks = path.ends_with("state/lock") || path.ends_with(".lock");
            if entry.content.is_none() && entry.link.is_none() || locks {
                entry.modified = 0;
            }
        }
        self
    }

    /// The same tree without the paths, relative to the root, that are `such`.
    #[must_use]
    pub fn without(mut self, such: impl Fn(&Path) -> bool) -> Self {
        self.entries.retain(|path, _| !such(path));
        self
    }

    /// The same tree without what tells the time or the place on disk, to compare two separate installations.
    #[must_use]
    pub fn content_only(mut self) -> Self {
        let is_kept = |path: &Path| {
            let is_stamp = path.starts_with("store/lists") && path.ends_with("stamp");
            let has_time = path.ends_with("generation.json") || path.ends_with("copies.json.zst");
            !path.starts_with("state") && !has_time && !is_stamp
        };
        self.entries.retain(|path, _| is_kept(path));
        for entry in self.entries.values_mut() {
            entry.modified = 0;
        }
        self
    }

    /// The same tree without what unpacking changes, to compare a pack with its source: the times, and
    /// whether anybody may write.
    #[must_use]
    pub fn as_packed(mut self) -> Self {
        for entry in self.entries.values_mut() {
            entry.modified = 0;
            entry.mode &= !0o222;
        }
        self
    }

    /// Whether there is nothing at all, not even the root.
    pub fn is_absent(&self) -> bool {
        self.entries.is_empty()
    }

    /// The paths, relative to the root.
    pub fn paths(&self) -> impl Iterator<Item = &Path> {
        self.entries.keys().map(PathBuf::as_path)
    }

    /// Asserts that `self`, read later, is the same as `before`.
    #[track_caller]
    pub fn assert_same(&self, before: &Self) {
        let differences = self.differences(before);
        assert!(differences.is_empty(), "the tree changed:\n{differences}");
    }

    /// What is otherwise in `self`, read later, than in `before`, a line each.
    pub fn differences(&self, before: &Self) -> String {
        let mut differences = String::new();
        for (path, entry) in &self.entries {
            match before.entries.get(path) {
                None => writeln!(differences, "new: {}", path.display()).unwrap(),
                Some(old) if old != entry => {
                    writeln!(differences, "changed: {}\n  {old:?}\n  {entry:?}", path.display()).unwrap();
                }
                Some(_) => {}
            }
        }
        for path in before.entries.keys().filter(|path| !self.entries.contains_key(*path)) {
            writeln!(differences, "gone: {}", path.display()).unwrap();
        }
        differences
    }

    fn visit(&mut self, root: &Path, path: &Path) {
        let Ok(metadata) = fs_err::symlink_metadata(path) else { return };
        let relative = path.strip_prefix(root).unwrap().to_owned();
        let kind = metadata.file_type();
        let entry = TreeEntry {
            mode: metadata.mode(),
            size: if kind.is_dir() { 0 } else { metadata.len() },
            modified: i128::from(metadata.mtime()) * 1_000_000_000 + i128::from(metadata.mtime_nsec()),
            link: kind.is_symlink().then(|| fs_err::read_link(path).unwrap()),
            content: kind.is_file().then(|| Digest::of(&fs_err::read(path).unwrap())),
        };
        self.entries.insert(relative, entry);
        if kind.is_dir() {
            for child in fs_err::read_dir(path).unwrap() {
                self.visit(root, &child.unwrap().path());
            }
        }
    }
}
