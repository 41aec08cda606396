//! Why a directory is not one of a pack.

use std::io;
use std::path::PathBuf;

use attune_schemas::EntryPath;
use attune_schemas::entry_path::EntryPathError;
use attune_schemas::problem::ErrorCode;

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
    /// A pattern of files to leave out cannot be read.
    #[error("`{}`, {place}: `{pattern}` is not a valid pattern: {reason}", directory.display())]
    Pattern {
        /// The pack's directory.
        directory: PathBuf,
        /// The file, and the place in it.
        place: String,
        /// The pattern.
        pattern: String,
        /// The fault.
        reason: String,
    },
    /// A pattern leaves out a file without which there is no pack.
    #[error("`{}` would be left out, since it {because}", path.display())]
    NeededFile {
        /// The file.
        path: PathBuf,
        /// The pattern, and its place.
        because: String,
    },
    /// Two names that a file system without upper and lower case confuses.
    #[error("`{first}` and `{second}` of `{}` differ by case alone", directory.display())]
    Collision {
        /// The pack's directory.
        directory: PathBuf,
        /// The one.
        first: EntryPath,
        /// The other.
        second: EntryPath,
    },
    /// More than any host unpacks.
    #[error("`{}` has more than {limit} {what}", directory.display())]
    TooLarge {
        /// The pack's directory.
        directory: PathBuf,
        /// The most of them.
        limit: u64,
        /// The kind of thing that is counted.
        what: &'static str,
    },
    /// A disk failed.
    #[error("could not read a file of the pack")]
    Io(#[from] io::Error),
}

impl PackDirectoryError {
    /// The code of the failure.
    pub const fn code(&self) -> ErrorCode {
        match self {
            Self::NotADirectory { .. } => ErrorCode::NotAPack,
            Self::FileName { .. } => ErrorCode::FileName,
            Self::FileKind { .. } => ErrorCode::FileKind,
            Self::Pattern { .. } => ErrorCode::IgnorePattern,
            Self::NeededFile { .. } => ErrorCode::NeededFileLeftOut,
            Self::Collision { .. } => ErrorCode::NamesDifferByCase,
            Self::TooLarge { .. } => ErrorCode::PackTooLarge,
            _ => ErrorCode::PackAccess,
        }
    }
}
