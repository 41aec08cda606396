//! Why an archive is refused.

use std::io;

use attune_schemas::entry_path::EntryPathError;

/// Why an archive could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchiveError {
    /// The stream is not a tar archive, is cut off, or fails its checksum.
    #[error("the archive is damaged or cut off")]
    Damaged(#[source] io::Error),
    /// An entry's path is not one that may be unpacked.
    #[error("the archive has a hostile entry")]
    Path(#[from] EntryPathError),
    /// An entry is a link, a device or anything else but a file or directory.
    #[error("archive entry `{path}` is a {kind}; only files and directories are allowed")]
    EntryType {
        /// The entry.
        path: String,
        /// What it is.
        kind: &'static str,
    },
    /// Two entries have the same path, or paths that differ only by case.
    #[error("archive entry `{path}` collides with an earlier one")]
    Collision {
        /// The later entry.
        path: String,
    },
    /// A file stands where a directory is needed.
    #[error("archive entry `{path}` is below a file")]
    BelowFile {
        /// The entry.
        path: String,
    },
    /// More entries or bytes than allowed.
    #[error("the archive has more than {limit} {what}")]
    TooLarge {
        /// The limit.
        limit: u64,
        /// What is limited.
        what: &'static str,
    },
    /// The archive unpacks to something else than its release says.
    #[error("the archive holds {actual} {what}, its release says {expected}")]
    Footprint {
        /// What was counted.
        what: &'static str,
        /// What the release says.
        expected: u64,
        /// What was found.
        actual: u64,
    },
    /// Writing to disk failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}
