//! Why an installation root could not be used.

use std::io;
use std::path::PathBuf;

use super::layout::HostRoot;
use super::planted::PlantedError;

/// Why an installation root could not be used.
#[derive(Debug, thiserror::Error)]
pub enum RootError {
    /// A file of the root could not be read or written.
    #[error("could not read or write the root `{}`", root.display())]
    Io {
        /// The root.
        root: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The directory holds other things.
    #[error("`{}` is not empty, and nothing was ever installed to it", root.display())]
    NotARoot {
        /// The directory.
        root: PathBuf,
    },
    /// Nothing that is installed could name its path.
    #[error("the path of the root, `{}`, {defect}", root.display().to_string().escape_debug())]
    Name {
        /// The root.
        root: PathBuf,
        /// The defect.
        defect: &'static str,
    },
    /// The file system has no symbolic links, of which generations and environments are made.
    #[error("the file system of `{}` has no symbolic links", root.display())]
    NoLinks {
        /// The root.
        root: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// There is no such directory.
    #[error("the root `{}` does not exist", root.display())]
    NotThere {
        /// The root.
        root: PathBuf,
        /// A directory beside it whose name is much like its own.
        similar: Option<PathBuf>,
    },
    /// It is a directory without an installation.
    #[error("nothing was ever installed to `{}`", root.display())]
    NeverInstalled {
        /// The root.
        root: PathBuf,
    },
    /// Its removal was cut off.
    #[error("the removal of `{}` was begun and not finished", root.display())]
    HalfPurged {
        /// The root.
        root: PathBuf,
    },
    /// Somebody planted something in the root.
    #[error(transparent)]
    Planted(#[from] PlantedError),
}

impl HostRoot {
    /// The failure to read or write a file of this root.
    pub fn failed(&self, source: io::Error) -> RootError {
        RootError::Io { root: self.path().to_owned(), source }
    }
}
