//! Why a wheel or a release is refused.

use std::io;

use attune_schemas::entry_path::EntryPathError;
use attune_schemas::{EntryPath, Platform, PythonMinor};
use zip::result::ZipError;

use super::wheel::{MAX_ENTRIES, MAX_UNPACKED_BYTES};
use crate::machine_fault::is_of_machine;
use crate::wheel::IdentityError;

/// Why a wheel is refused.
#[derive(Debug, thiserror::Error)]
pub enum WheelError {
    /// Not a zip archive, or a damaged one.
    #[error("it is not a valid zip archive")]
    Zip(#[source] ZipError),
    /// An entry's path may not be unpacked.
    #[error("it has a hostile entry")]
    Path(#[from] EntryPathError),
    /// An entry is a link, encrypted, or of another kind that no wheel has.
    #[error("entry `{path}` is {kind}")]
    Entry {
        /// The entry.
        path: String,
        /// Its kind.
        kind: &'static str,
    },
    /// Two entries have one path, or paths that differ by case alone, or one is a file and a directory.
    #[error("entry `{path}` collides with an earlier one, or differs from it by case alone")]
    Collision {
        /// The later entry.
        path: String,
    },
    /// More entries than any wheel has.
    #[error("it has {0} entries, more than {MAX_ENTRIES}")]
    TooManyEntries(usize),
    /// Unpacked it is larger than any wheel.
    #[error("unpacked it takes more than {MAX_UNPACKED_BYTES} bytes")]
    TooLarge,
    /// An entry unpacks to suspiciously many bytes.
    #[error("entry `{name}` expands from {packed} to {unpacked} bytes")]
    Ratio {
        /// The entry.
        name: EntryPath,
        /// Its packed size in bytes.
        packed: u64,
        /// Its unpacked size in bytes.
        unpacked: u64,
    },
    /// No `.dist-info/WHEEL`.
    #[error("it is a zip archive but not a wheel: it has no `.dist-info/WHEEL`")]
    NotAWheel,
    /// It unpacks to something else than its release says.
    #[error("it holds {actual} {counted}, its release says {expected}")]
    Footprint {
        /// The counted thing: `files`, `bytes`.
        counted: &'static str,
        /// The number in the release.
        expected: u64,
        /// The number found.
        actual: u64,
    },
    /// It is not the distribution that its file name says.
    #[error("it does not match its name")]
    Identity(#[from] IdentityError),
    /// A file of its metadata is not there, or larger than any.
    #[error("its `{path}` {reason}")]
    Metadata {
        /// The file.
        path: String,
        /// The fault.
        reason: &'static str,
    },
    /// A line of its entry points cannot be read.
    #[error("`{0}` is not an entry point")]
    EntryPoint(String),
    /// It brings data of a kind that no installer knows.
    #[error("`{0}` is not a known kind of data, or belongs to another package")]
    Data(String),
    /// It brings a file that belongs to the environment's interpreter.
    #[error("`{0}` would replace the interpreter of every environment that it is in")]
    Interpreter(String),
    /// RECORD does not tell the truth.
    #[error("its RECORD is wrong: {reason}")]
    Record {
        /// The fault.
        reason: String,
    },
    /// Reading or writing failed.
    #[error("could not read or write its files")]
    Io(#[from] io::Error),
}

impl From<ZipError> for WheelError {
    /// A failed read is damage, unless the machine failed.
    fn from(error: ZipError) -> Self {
        match error {
            ZipError::Io(error) if is_of_machine(&error) => Self::Io(error),
            error => Self::Zip(error),
        }
    }
}

/// Why a release cannot be laid out on any host, told by its locks alone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReleaseFault {
    /// Two parts of a lock are for one machine.
    #[error("its {runtime} lock has two parts for {target}")]
    TwoTargets {
        /// `Python` or `Node.js`.
        runtime: &'static str,
        /// The machine, for people.
        target: String,
    },
    /// A distribution is in one environment twice.
    #[error("wheel `{filename}` is the second of `{name}` for Python {python} on {platform}")]
    TwoWheels {
        /// The later wheel.
        filename: String,
        /// The distribution.
        name: String,
        /// The machine.
        platform: Platform,
        /// The Python feature release.
        python: PythonMinor,
    },
    /// The name of a wheel is none, or of another distribution.
    #[error("wheel `{filename}` is not one of `{name}`: {reason}")]
    WheelName {
        /// The wheel.
        filename: String,
        /// The distribution that the lock names.
        name: String,
        /// The difference.
        reason: String,
    },
    /// Two npm packages want one place, or one is at no place of a package.
    #[error("npm package `{name}` cannot be laid out: `{path}` {reason}")]
    NodePlace {
        /// The package.
        name: String,
        /// The place.
        path: EntryPath,
        /// The fault.
        reason: &'static str,
    },
    /// A link to a program leads to no package of its environment, or is in the way of one.
    #[error("the link `{path}` to a program {reason}")]
    BinLink {
        /// The link.
        path: EntryPath,
        /// The fault.
        reason: &'static str,
    },
    /// A tree is larger than any host unpacks.
    #[error("{name} unpacks to {actual} {counted}, more than {limit}")]
    TooLarge {
        /// The tree, for people.
        name: String,
        /// The counted thing: `files`, `bytes`.
        counted: &'static str,
        /// The number in the release.
        actual: u64,
        /// The most that is unpacked.
        limit: u64,
    },
}
