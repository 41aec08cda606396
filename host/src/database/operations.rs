//! Rows of operations: what changed the host, when, and by whom.

use attune_schemas::Digest;
use jiff::Timestamp;
use rusqlite::{Transaction, params};

use super::DatabaseError;
use super::reader::read;
use super::register::{RegisteredGeneration, row_id};
use crate::generation::PackDifference;
use crate::process::{MigrationReport, Operation, OperationKind};
use crate::root::HostRoot;

/// An operation with the generations between which it led.
#[derive(Debug, Clone, Copy)]
pub struct CompletedOperation<'a> {
    /// The operation.
    pub operation: &'a Operation,
    /// The packs that it changed.
    pub packs: &'a [PackDifference],
}

/// The row of an operation.
#[derive(Debug, Clone, PartialEq)]
pub struct RecordedOperation {
    /// Its kind; `None` if a later program wrote it.
    pub kind: Option<OperationKind>,
    /// The generation that was active afterwards.
    pub generation: u64,
    /// The generation that was active before, 0 if there was none.
    pub previous: u64,
    /// When it began.
    pub started_at: Timestamp,
    /// How long it took, in milliseconds.
    pub duration_ms: u64,
    /// Who asked for it.
    pub user: String,
    /// The command line, without secrets.
    pub command: String,
    /// The registry that packs came from.
    pub source: Option<String>,
    /// The options by which checks were left out.
    pub forced: Vec<String>,
    /// The packs that it changed.
    pub packs: Vec<PackDifference>,
    /// The migrations of packs that ran with it, or were left out.
    pub migrations: Vec<MigrationReport>,
    /// The digest of the lock file of the generation that was active afterwards.
    pub lock: Digest,
}

impl CompletedOperation<'_> {
    /// Writes its row.
    pub(super) fn insert(
        self,
        transaction: &Transaction<'_>,
        generation: &RegisteredGeneration,
    ) -> rusqlite::Result<()> {
        let Operation { kind, started_at, user, command, source, forced, migrations, .. } = self.operation;
        transaction.execute(
            "INSERT INTO operation (kind, generation, previous, started_at, duration_ms, user, command, source, \
                 forced, packs, migrations, lock_digest) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                kind.as_str(),
                row_id(generation.id),
                row_id(generation.previous),
                started_at.to_string(),
                i64::try_from(self.operation.duration_ms()).unwrap_or(i64::MAX),
                user,
                command,
                source,
                serde_json::json!(forced).to_string(),
                serde_json::json!(self.packs).to_string(),
                serde_json::json!(migrations).to_string(),
                generation.lock.to_string(),
            ],
        )?;
        Ok(())
    }
}

/// The operations that the database of `root` knows, the oldest first.
///
/// # Errors
/// The database cannot be read, or has a row that no program of this kind wrote.
pub fn operations(root: &HostRoot) -> Result<Vec<RecordedOperation>, DatabaseError> {
    let found = read(root, |connection| {
        // A database that no writer has migrated lacks the table, or the column.
        let has = |sql: &str| connection.prepare(sql)?.exists([]);
        if !has("SELECT 1 FROM sqlite_master WHERE name = 'operation'")? {
            return Ok(Vec::new());
        }
        let has_migrations = has("SELECT 1 FROM pragma_table_info('operation') WHERE name = 'migrations'")?;
        let migrations = if has_migrations { "migrations" } else { "'[]'" };
        let sql = format!(
            "SELECT kind, generation, previous, started_at, duration_ms, user, command, source, forced, packs, \
             lock_digest, {migrations} FROM operation ORDER BY id"
        );
        let mut statement = connection.prepare(&sql)?;
        let rows = statement.query_map([], |row| {
            Ok(RecordedOperation {
                kind: OperationKind::parse(&row.get::<_, String>(0)?),
                generation: number(row, 1)?,
                previous: number(row, 2)?,
                started_at: text(row, 3, |text| text.parse().ok())?,
                duration_ms: number(row, 4)?,
                user: row.get(5)?,
                command: row.get(6)?,
                source: row.get(7)?,
                forced: text(row, 8, |text| serde_json::from_str(text).ok())?,
                packs: text(row, 9, |text| serde_json::from_str(text).ok())?,
                lock: text(row, 10, |text| text.parse().ok())?,
                migrations: text(row, 11, |text| serde_json::from_str(text).ok())?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    })?;
    Ok(found.unwrap_or_default())
}

fn number(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let value: i64 = row.get(column)?;
    u64::try_from(value).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, value))
}

fn text<T>(row: &rusqlite::Row<'_>, column: usize, parse: impl Fn(&str) -> Option<T>) -> rusqlite::Result<T> {
    let text: String = row.get(column)?;
    parse(&text).ok_or_else(|| rusqlite::Error::InvalidColumnType(column, text, rusqlite::types::Type::Text))
}
