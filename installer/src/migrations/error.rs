//! Why a change stops at the migrations of packs.

use std::io;

use attune_host::process::Interrupted;
use attune_schemas::{EntryPath, PackRef};

use super::report::MigrationName;

/// Why a change stops at the migrations of packs.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum MigrationError {
    /// A script ended with an error.
    #[error("{migration} failed: `{script}` ended with {status}{output}")]
    Failed {
        /// The migration.
        migration: MigrationName,
        /// The script.
        script: EntryPath,
        /// How it ended.
        status: String,
        /// The end of its output, after a colon; empty if it said nothing.
        output: String,
    },
    /// A script ran into its limit.
    #[error("{migration} failed: `{script}` ran longer than {limit_seconds} s, or wrote without end{output}")]
    TimedOut {
        /// The migration.
        migration: MigrationName,
        /// The script.
        script: EntryPath,
        /// Its limit.
        limit_seconds: u64,
        /// The end of its output, after a colon; empty if it said nothing.
        output: String,
    },
    /// A script cannot be run.
    #[error("{migration} cannot be run: `{script}` {reason}")]
    NotRun {
        /// The migration.
        migration: MigrationName,
        /// The script.
        script: EntryPath,
        /// The reason.
        reason: String,
    },
    /// The system failed.
    #[error("the migrations of pack `{pack}` cannot be run")]
    Io {
        /// The pack.
        pack: PackRef,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The release that the active generation keeps of a pack cannot be read, or was changed.
    #[error("the scripts that lead back from an installed version cannot be read")]
    Kept(#[source] io::Error),
    /// The files of an installed pack are not those that were installed.
    #[error(
        "the scripts that lead back from {pack} {version} are not run: its files were changed or are gone"
    )]
    Damaged {
        /// The pack.
        pack: PackRef,
        /// The installed version.
        version: attune_schemas::Version,
    },
    /// A signal asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}
