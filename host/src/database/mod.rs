//! Registration: rows of packs, components and environments, in one SQLite file.
//!
//! ```text
//! migrations   the schema by version: PRAGMA user_version
//! connection   the file, opened by whoever changes the host
//! reader       the file, opened read-only by everybody else
//! audit        whether the file is sound, and has the rows that it should have
//! operations   the rows of what changed the host
//! records      rows as they are, for those who show them
//! references   rows of one pack that name components of another
//! register     the rows of packs, in one transaction, with the generation that they are of
//! workflows    the rows of workflows, from the files of packs
//! ```

mod audit;
mod component_fields;
mod component_row;
mod components;
mod connection;
mod damage;
mod environments;
mod fault;
mod migrations;
mod operations;
mod pack_source;
mod packs;
mod reader;
mod records;
mod references;
mod register;
mod row_ids;
mod runtimes;
mod schema;
mod settings;
mod workflows;

use attune_schemas::PackRef;
use attune_schemas::component::ComponentKind;

pub use audit::{Audit, RowDifference, RowDifferenceKind, audit, registered_lock, row_differences};
pub use connection::{Database, database_files};
pub use damage::set_aside_damaged;
pub use environments::{
    EnvironmentRegistration, EnvironmentUpdate, RecordedEnvironment, environments, record_verified,
};
pub use fault::database_fault;
pub use operations::{CompletedOperation, RecordedOperation, operations};
pub use packs::environment_metadata;
pub use reader::{DatabaseStamp, database_stamp, registered_generation};
pub use records::{ComponentRecord, PackRecord, TestRecord, component_records, pack_records, test_records};
pub use references::{Reference, made_on_host, references_to};
pub use register::{
    OtherPacks, RegisteredGeneration, RegisteredPack, Registration, TestReason, TestResultRow,
};
pub use row_ids::{pack_ids, workflow_ids};
pub use runtimes::defined_runtimes;
pub use settings::{PackSettings, pack_settings};
pub use workflows::{
    SyncError, SyncOptions, SyncedPack, SyncedWorkflow, WorkflowChange, WorkflowFault, WorkflowRegistration,
    WorkflowSync, workflow_sync,
};

/// The version of SQLite that is linked.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}

/// Why the database could not be read or written; a transaction that fails leaves nothing.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The database cannot be opened.
    #[error("could not open the database `{}`", path.display())]
    Open {
        /// The database.
        path: std::path::PathBuf,
        /// The cause.
        #[source]
        source: rusqlite::Error,
    },
    /// The database cannot be read.
    #[error("could not read the database `{}`", path.display())]
    Unreadable {
        /// The database.
        path: std::path::PathBuf,
        /// The cause.
        #[source]
        source: rusqlite::Error,
    },
    /// A file of the database cannot be read.
    #[error("could not read the database `{}`", path.display())]
    Io {
        /// The database.
        path: std::path::PathBuf,
        /// The cause.
        #[source]
        source: std::io::Error,
    },
    /// Something else is in its place.
    #[error("the database `{}` is not a file", path.display())]
    NotAFile {
        /// The database.
        path: std::path::PathBuf,
    },
    /// It has tables, and not the one that says of which generation they are.
    #[error("the database `{}` lacks the table with its generation", path.display())]
    NoJournal {
        /// The database.
        path: std::path::PathBuf,
    },
    /// A later program wrote it.
    #[error("the database has schema {found}, and this program knows schemas up to {known}")]
    Newer {
        /// The version of its schema.
        found: i64,
        /// The newest version that is known.
        known: usize,
    },
    /// A statement failed.
    #[error("could not register the packs")]
    Statement(#[from] rusqlite::Error),
    /// A release drops a runtime that something else runs on.
    #[error("this release of pack `{pack}` drops runtime `{runtime}`, which `{user}` runs on")]
    RuntimeInUse {
        /// The pack.
        pack: PackRef,
        /// The runtime.
        runtime: String,
        /// The action or sensor.
        user: String,
    },
    /// A component's ref belongs to another pack, or was made on the host.
    #[error("{kind} `{component}` of pack `{pack}` cannot be registered: its ref is taken")]
    Taken {
        /// The pack.
        pack: PackRef,
        /// Its kind.
        kind: ComponentKind,
        /// Its ref.
        component: String,
    },
    /// A component does not satisfy the database's rules.
    #[error("could not register {kind} `{component}` of pack `{pack}`")]
    Component {
        /// The pack.
        pack: PackRef,
        /// Its kind.
        kind: ComponentKind,
        /// Its ref.
        component: String,
        /// The cause.
        #[source]
        source: rusqlite::Error,
    },
}

/// Refuses what is no file in the place of the database at `path`; there need not be one.
fn require_file(path: &std::path::Path) -> Result<(), DatabaseError> {
    match fs_err::symlink_metadata(path) {
        Ok(found) if !found.is_file() => Err(DatabaseError::NotAFile { path: path.to_owned() }),
        // Whatever keeps it from being looked at keeps it from being opened.
        _ => Ok(()),
    }
}

impl DatabaseError {
    /// Whether the file of the database is not what a database is.
    pub fn is_damage(&self) -> bool {
        use rusqlite::ErrorCode::{DatabaseCorrupt, NotADatabase};
        match self {
            Self::NotAFile { .. } | Self::NoJournal { .. } => true,
            Self::Unreadable { source, .. } | Self::Open { source, .. } => {
                matches!(source.sqlite_error_code(), Some(NotADatabase | DatabaseCorrupt))
            }
            _ => false,
        }
    }
}
