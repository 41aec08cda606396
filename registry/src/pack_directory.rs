//! A pack as a directory: which of its files belong to it, and what they hold.
//!
//! Left out is what tools leave behind and no pack needs: version control, bytecode, virtual
//! environments, editors' and systems' droppings. Links are followed where they stay in the pack.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use attune_schemas::EntryPath;
use attune_schemas::entry_path::EntryPathError;
use attune_schemas::lint::{LintReport, lint_pack};

use crate::archive::SourceFile;

/// A pack's directory and the files that make the pack.
#[derive(Debug, Clone)]
pub struct PackDirectory {
    directory: PathBuf,
    files: BTreeMap<EntryPath, PackFile>,
}

#[derive(Debug, Clone)]
struct PackFile {
    path: PathBuf,
    size: u64,
    executable: bool,
}

/// Why a directory is not one of a pack.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackDirectoryError {
    /// There is no directory.
    #[error("`{}` is not a pack's directory: {reason}", path.display())]
    NotADirectory {
        /// The path that was named.
        path: PathBuf,
        /// The fault.
        reason: &'static str,
    },
    /// A file of the pack has a name that cannot be archived.
    #[error("a file in `{}` cannot be archived", directory.display())]
    FileName {
        /// The pack's directory.
        directory: PathBuf,
        /// The cause.
        #[source]
        source: EntryPathError,
    },
    /// A file of the pack is neither a file nor a directory, or leads out of the pack.
    #[error("`{}` cannot be archived: {reason}", path.display())]
    FileKind {
        /// The file.
        path: PathBuf,
        /// The fault.
        reason: &'static str,
    },
    /// A disk failed.
    #[error("could not read a file of the pack")]
    Io(#[from] io::Error),
}

/// Names that are left out wherever they are.
const LEFT_OUT: [&str; 13] = [
    ".DS_Store",
    ".git",
    ".hg",
    ".idea",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
    ".svn",
    ".tox",
    ".venv",
    ".vscode",
    "__pycache__",
    "node_modules",
];

impl PackDirectory {
    /// Reads which files are in `directory`.
    ///
    /// # Errors
    /// It is not a directory, or one of its files can be in no archive.
    pub fn open(directory: &Path) -> Result<Self, PackDirectoryError> {
        let refuse = |reason| PackDirectoryError::NotADirectory { path: directory.to_owned(), reason };
        match fs_err::metadata(directory) {
            Ok(metadata) if metadata.is_dir() => {}
            Ok(_) => return Err(refuse("it is a file; name the directory that it is in")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(refuse("it does not exist"));
            }
            Err(error) => return Err(error.into()),
        }
        let root = fs_err::canonicalize(directory)?;
        let mut pack = Self { directory: directory.to_owned(), files: BTreeMap::new() };
        let mut ancestors = vec![root.clone()];
        pack.walk(&root, None, &root, &mut ancestors)?;
        Ok(pack)
    }

    /// The directory, as it was named.
    pub fn path(&self) -> &Path {
        &self.directory
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
        let names: BTreeSet<EntryPath> = self.files.keys().cloned().collect();
        lint_pack(&names, &|path| {
            let bytes = self.read(path).ok()??;
            // Shown as a syntax error where it is; a file that is no text has no valid YAML.
            Some(String::from_utf8_lossy(&bytes).into_owned())
        })
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

    fn walk(
        &mut self,
        directory: &Path,
        prefix: Option<&EntryPath>,
        root: &Path,
        ancestors: &mut Vec<PathBuf>,
    ) -> Result<(), PackDirectoryError> {
        for entry in fs_err::read_dir(directory)? {
            let entry = entry?;
            let name = entry.file_name();
            let Some(name) = name.to_str() else {
                return Err(PackDirectoryError::FileKind {
                    path: entry.path(),
                    reason: "its name is not UTF-8",
                });
            };
            if LEFT_OUT.contains(&name) || is_bytecode(name) {
                continue;
            }
            let text = prefix.map_or(name.to_owned(), |prefix| format!("{prefix}/{name}"));
            let path: EntryPath = text.parse().map_err(|source| PackDirectoryError::FileName {
                directory: self.directory.clone(),
                source,
            })?;
            self.visit(&entry.path(), path, root, ancestors)?;
        }
        Ok(())
    }

    fn visit(
        &mut self,
        path: &Path,
        entry: EntryPath,
        root: &Path,
        ancestors: &mut Vec<PathBuf>,
    ) -> Result<(), PackDirectoryError> {
        let refuse = |reason| PackDirectoryError::FileKind { path: path.to_owned(), reason };
        let real = match fs_err::canonicalize(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(refuse("it is a link that leads nowhere"));
            }
            real => real?,
        };
        if !real.starts_with(root) {
            return Err(refuse("it is a link that leads out of the pack"));
        }
        let metadata = fs_err::metadata(&real)?;
        if metadata.is_dir() {
            if ancestors.contains(&real) {
                return Err(refuse("it is a link to a directory that it is in"));
            }
            ancestors.push(real.clone());
            self.walk(&real, Some(&entry), root, ancestors)?;
            ancestors.pop();
        } else if metadata.is_file() {
            let executable = metadata.permissions().mode() & 0o100 != 0;
            self.files.insert(entry, PackFile { path: real, size: metadata.len(), executable });
        } else {
            return Err(refuse("it is neither a file nor a directory"));
        }
        Ok(())
    }
}

fn is_bytecode(name: &str) -> bool {
    Path::new(name).extension().is_some_and(|extension| extension == "pyc" || extension == "pyo")
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
