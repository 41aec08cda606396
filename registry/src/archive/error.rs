//! Why an archive is refused.

use std::io;

use attune_schemas::entry_path::EntryPathError;

use crate::machine_fault::is_of_machine;

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
    /// An entry is neither a file nor a directory, but for example a link or a device.
    #[error("archive entry `{path}` is a {kind}; only files and directories are allowed")]
    EntryType {
        /// The entry.
        path: String,
        /// Its kind.
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
    /// A link leads out of the archive, or to what is not in it.
    #[error("archive entry `{path}` is a link that leads out of the archive")]
    LinkOut {
        /// The entry.
        path: String,
    },
    /// More entries or bytes than allowed.
    #[error("the archive has more than {limit} {what}")]
    TooLarge {
        /// The limit.
        limit: u64,
        /// The limited unit.
        what: &'static str,
    },
    /// The archive does not unpack to the footprint that its release states.
    #[error("the archive holds {actual} {what}, its release says {expected}")]
    Footprint {
        /// The counted unit.
        what: &'static str,
        /// The number that the release states.
        expected: u64,
        /// The number found.
        actual: u64,
    },
    /// Reading or writing failed, whatever the archive holds.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl ArchiveError {
    /// What a failed read of an archive means: damage, unless the machine failed.
    pub fn of_read(error: io::Error) -> Self {
        if is_of_machine(&error) { Self::Io(error) } else { Self::Damaged(error) }
    }
}
