//! Reads which files are in a directory, and which of them belong to the pack.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use attune_schemas::EntryPath;
use attune_schemas::pack::{PACK_FILE, exclude_patterns};

use super::PackFile;
use super::error::PackDirectoryError;
use super::left_out::{IGNORE_FILE, Patterns, Reason, left_out_by_pattern, left_out_of_every_pack, lines_of};
use crate::archive::PACK_LIMITS;

/// A walk through a pack's directory.
pub(super) struct Walk<'a> {
    /// The directory, as it was named.
    directory: &'a Path,
    root: PathBuf,
    ancestors: Vec<PathBuf>,
    patterns: Vec<Patterns>,
    /// Every path seen, folded by case, for names that a host could not tell apart.
    folded: BTreeMap<String, EntryPath>,
    name_bytes: u64,
    bytes: u64,
    pub(super) files: BTreeMap<EntryPath, PackFile>,
    pub(super) left_out: BTreeMap<String, Reason>,
    pub(super) empty: BTreeSet<String>,
}

impl<'a> Walk<'a> {
    /// Walks through `directory`.
    pub(super) fn through(directory: &'a Path) -> Result<Self, PackDirectoryError> {
        let root = fs_err::canonicalize(directory)?;
        let mut walk = Self {
            directory,
            root: root.clone(),
            ancestors: vec![root.clone()],
            patterns: Vec::new(),
            folded: BTreeMap::new(),
            name_bytes: 0,
            bytes: 0,
            files: BTreeMap::new(),
            left_out: BTreeMap::new(),
            empty: BTreeSet::new(),
        };
        if let Ok(manifest) = fs_err::read(root.join(PACK_FILE)) {
            let excluded = exclude_patterns(&String::from_utf8_lossy(&manifest));
            walk.patterns.push(Patterns::of(directory, "", PACK_FILE, &excluded)?);
        }
        walk.descend(&root, None)?;
        Ok(walk)
    }

    fn descend(&mut self, directory: &Path, prefix: Option<&EntryPath>) -> Result<(), PackDirectoryError> {
        let known = self.patterns.len();
        let ignore_file = directory.join(IGNORE_FILE);
        if ignore_file.is_file() {
            let below = prefix.map_or("", EntryPath::as_str);
            let file = prefix.map_or(IGNORE_FILE.to_owned(), |prefix| format!("{prefix}/{IGNORE_FILE}"));
            let lines = lines_of(&fs_err::read(ignore_file)?);
            self.patterns.push(Patterns::of(self.directory, below, &file, &lines)?);
        }
        let mut is_empty = true;
        for entry in fs_err::read_dir(directory)? {
            is_empty = false;
            self.enter(&entry?, prefix)?;
        }
        if let Some(prefix) = prefix.filter(|_| is_empty) {
            self.empty.insert(prefix.to_string());
        }
        self.patterns.truncate(known);
        Ok(())
    }

    fn enter(
        &mut self,
        entry: &fs_err::DirEntry,
        prefix: Option<&EntryPath>,
    ) -> Result<(), PackDirectoryError> {
        let place = entry.path();
        let name = entry.file_name();
        let shown = prefix.map_or_else(
            || name.to_string_lossy().into_owned(),
            |prefix| format!("{prefix}/{}", name.to_string_lossy()),
        );
        let reason = left_out_of_every_pack(&name.to_string_lossy(), &place)
            .or_else(|| left_out_by_pattern(&self.patterns, &shown, place.is_dir()));
        if let Some(reason) = reason {
            if shown == PACK_FILE {
                return Err(PackDirectoryError::NeededFile { path: place, because: reason.to_string() });
            }
            self.left_out.insert(shown, reason);
            return Ok(());
        }
        if name.to_str().is_none() {
            return Err(PackDirectoryError::FileKind { path: place, reason: "its name is not UTF-8" });
        }
        let path: EntryPath = shown.parse().map_err(|source| PackDirectoryError::FileName {
            directory: self.directory.to_owned(),
            source,
        })?;
        self.visit(&place, path)
    }

    fn visit(&mut self, path: &Path, entry: EntryPath) -> Result<(), PackDirectoryError> {
        let refuse = |reason| PackDirectoryError::FileKind { path: path.to_owned(), reason };
        let real = match fs_err::canonicalize(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(refuse("it is a link that leads nowhere"));
            }
            real => real?,
        };
        if !real.starts_with(&self.root) {
            return Err(refuse("it is a link that leads out of the pack"));
        }
        let metadata = fs_err::metadata(&real)?;
        if metadata.is_dir() {
            if self.ancestors.contains(&real) {
                return Err(refuse("it is a link to a directory that it is in"));
            }
            self.ancestors.push(real.clone());
            self.descend(&real, Some(&entry))?;
            self.ancestors.pop();
        } else if metadata.is_file() {
            let executable = metadata.permissions().mode() & 0o100 != 0;
            self.claim(&entry)?;
            self.count_bytes(metadata.len())?;
            self.files.insert(entry, PackFile { path: real, size: metadata.len(), executable });
        } else {
            return Err(refuse("it is neither a file nor a directory"));
        }
        Ok(())
    }

    /// Takes a file's name, and those of its directories, which no other may have in another case.
    fn claim(&mut self, path: &EntryPath) -> Result<(), PackDirectoryError> {
        let mut next = Some(path.clone());
        while let Some(path) = next {
            next = path.parent();
            match self.folded.get(&path.case_folded()) {
                Some(first) if *first == path => break,
                Some(first) => {
                    let (first, second) = (first.clone().min(path.clone()), first.clone().max(path));
                    let directory = self.directory.to_owned();
                    return Err(PackDirectoryError::Collision { directory, first, second });
                }
                None => {}
            }
            self.name_bytes += path.as_str().len() as u64;
            self.folded.insert(path.case_folded(), path);
        }
        let entries = self.folded.len() as u64;
        self.require(entries, PACK_LIMITS.max_entries, "files and directories")?;
        self.require(self.name_bytes, PACK_LIMITS.max_name_bytes, "bytes in the names of its files")
    }

    fn count_bytes(&mut self, size: u64) -> Result<(), PackDirectoryError> {
        self.bytes = self.bytes.saturating_add(size);
        self.require(self.bytes, PACK_LIMITS.max_bytes, "bytes")
    }

    fn require(&self, count: u64, limit: u64, what: &'static str) -> Result<(), PackDirectoryError> {
        let directory = self.directory.to_owned();
        if count > limit { Err(PackDirectoryError::TooLarge { directory, limit, what }) } else { Ok(()) }
    }
}
