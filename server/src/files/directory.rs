//! The directory that is hosted, checked once before anything listens.
//!
//! A [`RegistryDirectory`] proves that a registry was there at the start, so that a typing error is an
//! error message and not a host full of 404s. It promises nothing about later: a directory may be
//! emptied or replaced under a running server, which `/healthz` then tells.

use std::io;
use std::path::{Path, PathBuf};

use super::open_file::{self, FileError, Found};
use super::served_path::ServedPath;

/// The head of the trust chain, without which no client can start.
const HEAD: &str = "/metadata/timestamp.json";

/// A directory that held a registry when it was opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryDirectory(PathBuf);

/// Why a directory cannot be hosted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DirectoryError {
    /// There is nothing at the path.
    #[error("there is no directory `{}`", path.display())]
    Missing {
        /// The path as it was given.
        path: PathBuf,
    },
    /// The path is a file, such as a bundle.
    #[error("`{}` is not a directory", path.display())]
    NotADirectory {
        /// The path as it was given.
        path: PathBuf,
    },
    /// The directory has no `metadata/timestamp.json`, or an empty one.
    #[error("`{}` is not a registry: it has no `metadata/timestamp.json`", path.display())]
    NotARegistry {
        /// The path as it was given.
        path: PathBuf,
    },
    /// `metadata` or `metadata/timestamp.json` is a symbolic link.
    #[error("`{name}` in `{}` is a symbolic link, and links are not followed", path.display())]
    Linked {
        /// The path as it was given.
        path: PathBuf,
        /// The name of the link.
        name: String,
    },
    /// The registry is there and cannot be read.
    #[error("the registry `{}` cannot be read", path.display())]
    Unreadable {
        /// The path as it was given.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl RegistryDirectory {
    /// Checks that `path` is a registry that can be read.
    pub fn open(path: impl Into<PathBuf>) -> Result<Self, DirectoryError> {
        let path = path.into();
        let metadata = match fs_err::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(DirectoryError::Missing { path });
            }
            Err(source) => return Err(DirectoryError::Unreadable { path, source }),
        };
        if !metadata.is_dir() {
            return Err(DirectoryError::NotADirectory { path });
        }
        let directory = Self(path);
        directory.check()?;
        Ok(directory)
    }

    /// The path as it was given.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Checks that the head of the trust chain can be read now.
    pub(crate) fn check(&self) -> Result<(), DirectoryError> {
        let path = self.0.clone();
        let head = ServedPath::parse(HEAD).expect("the head is part of the layout");
        match open_file::find(&path, &head) {
            Ok(Found::File(file)) if file.len > 0 => Ok(()),
            Ok(_) | Err(FileError::NotFound) => Err(DirectoryError::NotARegistry { path }),
            Err(FileError::Link { name }) => Err(DirectoryError::Linked { path, name }),
            Err(FileError::Denied) => {
                let source = io::ErrorKind::PermissionDenied.into();
                Err(DirectoryError::Unreadable { path, source })
            }
            Err(FileError::Io(source)) => Err(DirectoryError::Unreadable { path, source }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_missing_directory_is_refused() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let error = RegistryDirectory::open(root.path().join("none")).expect_err("missing");
        assert!(matches!(error, DirectoryError::Missing { .. }), "{error}");
    }

    #[test]
    fn a_file_is_refused() {
        let file = tempfile::NamedTempFile::new().expect("a temporary file");
        let error = RegistryDirectory::open(file.path()).expect_err("a file");
        assert!(matches!(error, DirectoryError::NotADirectory { .. }), "{error}");
    }

    #[test]
    fn a_directory_without_a_timestamp_is_refused() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let error = RegistryDirectory::open(root.path()).expect_err("empty");
        assert!(matches!(error, DirectoryError::NotARegistry { .. }), "{error}");
        fs_err::create_dir(root.path().join("metadata")).expect("a directory");
        fs_err::write(root.path().join("metadata/timestamp.json"), "").expect("a file");
        let error = RegistryDirectory::open(root.path()).expect_err("an empty timestamp");
        assert!(matches!(error, DirectoryError::NotARegistry { .. }), "{error}");
    }

    #[test]
    fn linked_metadata_is_refused() {
        let root = tempfile::tempdir().expect("a temporary directory");
        symlink("/tmp", root.path().join("metadata")).expect("a link");
        let error = RegistryDirectory::open(root.path()).expect_err("a link");
        assert!(matches!(error, DirectoryError::Linked { .. }), "{error}");
    }
}
