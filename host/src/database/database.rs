//! The database file.

use attune_registry::blob::Durability;
use attune_schemas::runtime_definition::RuntimeDefinition;
use rusqlite::{Connection, OpenFlags, OptionalExtension, Transaction};

use super::DatabaseError;
use crate::root::{CreatedPaths, HostRoot};

/// An open database with its tables.
#[derive(Debug)]
pub struct Database {
    connection: Connection,
}

const SCHEMA: &str = include_str!("schema.sql");

impl Database {
    /// Opens the database of `root` and creates what it lacks; files it creates are noted in `guard`.
    pub fn open(
        root: &HostRoot,
        durability: Durability,
        guard: &mut CreatedPaths,
    ) -> Result<Self, DatabaseError> {
        let path = root.database();
        if !path.exists() {
            // Only with the database itself: beside one that is there they may be somebody else's.
            for suffix in ["", "-wal", "-shm"] {
                guard.note_if_missing(&path.with_extension(format!("db{suffix}")));
            }
        }
        let open = |source| DatabaseError::Open { path: path.clone(), source };
        let connection = Connection::open(&path).map_err(open)?;
        let synchronous = match durability {
            Durability::Synced => "FULL",
            Durability::Unsynced => "OFF",
        };
        // First: the change to a write-ahead log waits for the disk already.
        connection.pragma_update(None, "synchronous", synchronous).map_err(open)?;
        connection.pragma_update(None, "journal_mode", "WAL").map_err(open)?;
        connection.pragma_update(None, "foreign_keys", true).map_err(open)?;
        connection.execute_batch(SCHEMA).map_err(open)?;
        Ok(Self { connection })
    }

    /// The generation whose rows it holds; `None` before the first.
    pub fn registered(&self) -> Result<Option<u64>, DatabaseError> {
        let sql = "SELECT generation FROM install_journal";
        let generation = self.connection.query_row(sql, [], |row| row.get::<_, i64>(0)).optional()?;
        Ok(generation.and_then(|generation| u64::try_from(generation).ok()))
    }

    /// The connection itself.
    pub(super) const fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Begins a transaction.
    pub fn transaction(&mut self) -> Result<Transaction<'_>, DatabaseError> {
        Ok(self.connection.transaction()?)
    }

    /// The generation whose rows the database of `root` holds; `None` where there is no database.
    pub fn registered_generation(root: &HostRoot) -> Result<Option<u64>, DatabaseError> {
        Self::existing(root)?.map_or(Ok(None), |database| database.registered())
    }

    /// The runtimes that installed packs define; one that cannot be read was warned of when it came.
    pub fn runtimes(root: &HostRoot) -> Result<Vec<RuntimeDefinition>, DatabaseError> {
        let Some(database) = Self::existing(root)? else { return Ok(Vec::new()) };
        let sql = "SELECT ref, json_object('name', name, 'aliases', json(aliases), 'distributions', json(distributions), \
             'installers', json(installers), 'execution_config', json(execution_config), 'versions', \
             json((SELECT json_group_array(json_object('version', version, \
                 'is_default', json(CASE is_default WHEN 0 THEN 'false' ELSE 'true' END), \
                 'distributions', json(distributions), 'execution_config', json(execution_config))) \
             FROM runtime_version WHERE runtime_version.runtime = runtime.id))) \
             FROM runtime WHERE pack IS NOT NULL ORDER BY ref";
        let mut statement = database.connection.prepare(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
        let mut definitions = Vec::new();
        for row in rows {
            let (reference, text) = row?;
            let definition = serde_json::from_str(&text).ok();
            definitions.extend(definition.and_then(|map| RuntimeDefinition::read(&reference, &map).ok()));
        }
        Ok(definitions)
    }

    /// The database of `root`, where there is one with its tables.
    pub(super) fn existing(root: &HostRoot) -> Result<Option<Self>, DatabaseError> {
        let path = root.database();
        if !path.is_file() {
            return Ok(None);
        }
        let open = |source| DatabaseError::Open { path: path.clone(), source };
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags).map_err(open)?;
        let table: Option<i64> = connection
            .query_row("SELECT 1 FROM sqlite_master WHERE name = 'install_journal'", [], |row| row.get(0))
            .optional()
            .map_err(open)?;
        if table.is_none() {
            return Ok(None);
        }
        // An earlier program made no view of environments.
        connection.execute_batch(SCHEMA).map_err(open)?;
        Ok(Some(Self { connection }))
    }
}
