//! A pack as a directory: which of its files belong to it, and what they hold.
//!
//! Left out is what tools leave behind and no pack needs, and what the pack itself names; empty directories are
//! not kept, as in git. Links are followed where they stay in the pack.

mod error;
mod left_out;
mod secrets;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use attune_schemas::EntryPath;
use attune_schemas::component::KnownActions;
use attune_schemas::lint::{LintReport, PackContent, lint_pack_beside};

pub use error::PackDirectoryError;
pub use left_out::Reason;
pub use secrets::Secret;

use crate::archive::SourceFile;
use crate::atomic_file::AtomicWrite;
use walk::Walk;

/// A pack's directory and the files that make the pack.
#[derive(Debug, Clone)]
pub struct PackDirectory {
    directory: PathBuf,
    files: BTreeMap<EntryPath, PackFile>,
    left_out: BTreeMap<String, Reason>,
    empty: BTreeSet<String>,
}

#[derive(Debug, Clone)]
struct PackFile {
    path: PathBuf,
    size: u64,
    executable: bool,
}

impl PackDirectory {
    /// Reads which files are in `directory`.
    ///
    /// # Errors
    /// It is not a directory, or one of its files can be in no archive.
    pub fn open(directory: &Path) -> Result<Self, PackDirectoryError> {
        let refuse = |reason| PackDirectoryError::NotADirectory { path: directory.to_owned(), reason };
        match fs_err::metadata(directory) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return Err(refuse("it is a file")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(refuse("it does not exist"));
            }
            Err(error) => return Err(error.into()),
        }
        let walk = Walk::through(directory)?;
        let (files, left_out, empty) = (walk.files, walk.left_out, walk.empty);
        Ok(Self { directory: directory.to_owned(), files, left_out, empty })
    }

    /// The directory, as it was named.
    pub fn path(&self) -> &Path {
        &self.directory
    }

    /// The files of the pack with their sizes in bytes.
    pub fn files(&self) -> impl Iterator<Item = (&EntryPath, u64)> {
        self.files.iter().map(|(path, file)| (path, file.size))
    }

    /// The files and directories that do not belong to the pack, each with the reason.
    pub const fn left_out(&self) -> &BTreeMap<String, Reason> {
        &self.left_out
    }

    /// The place of the pack's file at `path`, links resolved; `None` if the pack has no such file.
    pub fn place(&self, path: &EntryPath) -> Option<&Path> {
        self.files.get(path).map(|file| file.path.as_path())
    }

    /// The bytes of the pack's file at `path`; `None` if the pack has no such file.
    ///
    /// # Errors
    /// The file is there and cannot be read.
    pub fn read(&self, path: &EntryPath) -> io::Result<Option<Vec<u8>>> {
        self.place(path).map(fs_err::read).transpose()
    }

    /// The text of the pack's file at `path`, empty if the pack has no such file.
    ///
    /// # Errors
    /// The file cannot be read, or is not UTF-8.
    pub fn read_text(&self, path: &EntryPath) -> io::Result<String> {
        String::from_utf8(self.read(path)?.unwrap_or_default())
            .map_err(|_| io::Error::new(io::ErrorKind::InvalidData, format!("`{path}` is not UTF-8")))
    }

    /// Checks everything that can be checked without a network.
    pub fn lint(&self) -> LintReport {
        self.lint_beside(&KnownActions::default())
    }

    /// The same, where the actions of other packs are known.
    pub fn lint_beside(&self, actions: &KnownActions) -> LintReport {
        self.lint_changed(actions, &BTreeMap::new())
    }

    /// The same, as if the files in `changed` had these texts.
    pub fn lint_changed(&self, actions: &KnownActions, changed: &BTreeMap<EntryPath, String>) -> LintReport {
        let files: BTreeSet<EntryPath> = self.files.keys().cloned().collect();
        let left_out =
            self.left_out.iter().map(|(path, reason)| (path.clone(), reason.to_string())).collect();
        let content = PackContent { files, left_out, empty_directories: self.empty.clone() };
        let read = |path: &EntryPath| match changed.get(path) {
            Some(text) => Some(text.clone().into_bytes()),
            None => self.read(path).ok()?,
        };
        lint_pack_beside(&content, &read, actions)
    }

    /// Replaces the pack's file at `path` with `new`, whole or not at all, if it still holds `old`.
    ///
    /// Its permissions stay; a link stays, and leads to the new text.
    ///
    /// # Errors
    /// The file cannot be written, is not there, or was changed meanwhile.
    pub fn replace(&self, path: &EntryPath, old: &str, new: &str) -> io::Result<()> {
        let changed = || io::Error::other(format!("`{path}` was changed meanwhile"));
        let place = self.place(path).filter(|_| self.read_text(path).is_ok_and(|text| text == old));
        let place = place.ok_or_else(changed)?;
        let permissions = fs_err::metadata(place)?.permissions();
        let mut file = AtomicWrite::default().start_for(place)?;
        io::Write::write_all(&mut file, new.as_bytes())?;
        file.file_mut().set_permissions(permissions)?;
        file.commit(place.file_name().ok_or_else(changed)?)
    }

    /// The files of the pack that hold a secret.
    ///
    /// # Errors
    /// A file cannot be read.
    pub fn secrets(&self) -> io::Result<Vec<Secret>> {
        let mut found = Vec::new();
        for (path, file) in &self.files {
            if let Some(holds) = secrets::of(path, &file.path)? {
                found.push(Secret { file: path.clone(), holds });
            }
        }
        Ok(found)
    }

    /// The files, ready to be archived.
    pub fn sources(&self) -> BTreeMap<EntryPath, SourceFile<'_>> {
        let source = |file: &PackFile| {
            let path = file.path.clone();
            SourceFile {
                executable: file.executable,
                size: file.size,
                open: Box::new(move || Ok(Box::new(fs_err::File::open(path)?) as Box<dyn Read>)),
            }
        };
        self.files.iter().map(|(path, file)| (path.clone(), source(file))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(pack: &PackDirectory) -> Vec<&str> {
        pack.files.keys().map(EntryPath::as_str).collect()
    }

    fn write(directory: &Path, name: &str) {
        let path = directory.join(name);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, name).unwrap();
    }

    #[test]
    fn what_tools_leave_behind_is_left_out() {
        let directory = tempfile::tempdir().unwrap();
        for name in ["pack.yaml", ".gitignore", ".git/HEAD", "lib/a.py", "lib/__pycache__/a.pyc", "b.pyc"] {
            write(directory.path(), name);
        }
        let pack = PackDirectory::open(directory.path()).unwrap();
        assert_eq!(names(&pack), [".gitignore", "lib/a.py", "pack.yaml"]);
    }

    #[test]
    fn links_inside_are_followed_and_links_out_are_refused() {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), "lib/a.py");
        let link = |target: &str, name: &str| {
            fs_err::os::unix::fs::symlink(target, directory.path().join(name)).unwrap();
        };
        link("lib/a.py", "b.py");
        let pack = PackDirectory::open(directory.path()).unwrap();
        assert_eq!(names(&pack), ["b.py", "lib/a.py"]);
        for target in ["/etc/passwd", "nowhere", "."] {
            link(target, "bad");
            let error = PackDirectory::open(directory.path()).unwrap_err();
            assert!(matches!(error, PackDirectoryError::FileKind { .. }), "{target}: {error}");
            fs_err::remove_file(directory.path().join("bad")).unwrap();
        }
    }

    #[test]
    fn a_name_that_no_archive_may_hold_is_refused() {
        let directory = tempfile::tempdir().unwrap();
        write(directory.path(), "a\\b");
        let error = PackDirectory::open(directory.path()).unwrap_err();
        assert!(matches!(error, PackDirectoryError::FileName { .. }), "{error}");
    }
}
