//! The database file, opened by whoever changes a host and holds its lock.

use std::path::{Path, PathBuf};

use attune_registry::blob::Durability;
use rusqlite::{Connection, OptionalExtension, Transaction};

use super::migrations::migrate;
use super::{DatabaseError, require_file};
use crate::root::{CreatedPaths, HostRoot};

/// An open database with its tables, for writing.
#[derive(Debug)]
pub struct Database {
    connection: Connection,
}

/// The database file of `root` and those that SQLite keeps beside it.
pub fn database_files(root: &HostRoot) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|suffix| root.database().with_extension(format!("db{suffix}")))
}

impl Database {
    /// Opens the database of `root`, and creates or migrates its tables; files that this creates are noted in
    /// `created`.
    pub fn open(
        root: &HostRoot,
        durability: Durability,
        created: &mut CreatedPaths,
    ) -> Result<Self, DatabaseError> {
        let path = root.database();
        require_file(&path)?;
        if !path.exists() {
            // Only with the database itself: beside one that is there they may be somebody else's.
            for file in database_files(root) {
                created.note_if_missing(&file);
            }
        }
        Self::open_file(&path, durability)
    }

    /// Opens the database at `path`.
    pub fn open_file(path: &Path, durability: Durability) -> Result<Self, DatabaseError> {
        let open = |source| DatabaseError::Open { path: path.to_owned(), source };
        let mut connection = Connection::open(path).map_err(open)?;
        let synchronous = match durability {
            Durability::Synced => "FULL",
            Durability::Unsynced => "OFF",
        };
        // First: the change to a write-ahead log waits for the disk already.
        connection.pragma_update(None, "synchronous", synchronous).map_err(open)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(open)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(open)?;
        // What it takes back a statement by is small, and no other disk may keep a change of the root from being made.
        connection.pragma_update(None, "temp_store", "MEMORY").map_err(open)?;
        migrate(&mut connection)?;
        Ok(Self { connection })
    }

    /// Writes what a killed program left in the log of `root`'s database into the database, so that it is at rest.
    pub fn settle(root: &HostRoot) -> Result<(), DatabaseError> {
        let [database, log, _] = database_files(root);
        let is_left = |log: std::fs::Metadata| log.is_file();
        if database.is_file() && fs_err::symlink_metadata(log).is_ok_and(is_left) {
            // Its last connection does so when it is closed.
            drop(Self::open_file(&database, Durability::Synced)?);
        }
        Ok(())
    }

    /// The generation that its rows are of; `None` before the first.
    pub fn registered(&self) -> Result<Option<u64>, DatabaseError> {
        Ok(registered_in(&self.connection)?)
    }

    /// The connection, to read by.
    pub(super) const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Begins a transaction.
    pub(super) fn transaction(&mut self) -> Result<Transaction<'_>, DatabaseError> {
        Ok(self.connection.transaction()?)
    }
}

/// The generation that the rows behind `connection` are of.
pub(super) fn registered_in(connection: &Connection) -> rusqlite::Result<Option<u64>> {
    let sql = "SELECT generation FROM install_journal";
    let generation = connection.query_row(sql, [], |row| row.get::<_, i64>(0)).optional()?;
    Ok(generation.and_then(|generation| u64::try_from(generation).ok()))
}
