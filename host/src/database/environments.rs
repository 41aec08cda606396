//! Rows of environments.

use std::collections::BTreeMap;
use std::path::PathBuf;

use attune_registry::blob::Durability;
use jiff::Timestamp;
use rusqlite::params;

use super::operations::CompletedOperation;
use super::reader::read;
use super::register::{RegisteredGeneration, record_generation};
use super::{Database, DatabaseError};
use crate::root::HostRoot;

/// The row of an environment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedEnvironment {
    /// The pack.
    pub pack: String,
    /// The runtime.
    pub runtime_ref: String,
    /// `pending`, `installing`, `ready`, `failed` or `outdated`.
    pub status: String,
    /// When it was made.
    pub installed_at: Option<String>,
    /// When it was last found whole.
    pub last_verified: Option<String>,
    /// Whether that is more than seven days ago.
    pub needs_verification: bool,
    /// The output of the steps that built it.
    pub install_log: Option<String>,
    /// Why it could not be built.
    pub install_error: Option<String>,
}

/// An environment that was built again.
#[derive(Debug, Clone, PartialEq)]
pub struct EnvironmentUpdate {
    /// Its path.
    pub path: PathBuf,
    /// How it was made.
    pub metadata: serde_json::Value,
}

/// Every environment that the database of `root` knows, by its path.
pub fn environments(root: &HostRoot) -> Result<BTreeMap<PathBuf, RecordedEnvironment>, DatabaseError> {
    // Not from the view: a database that no writer has migrated may lack it.
    let sql = "SELECT env_path, pack_ref, runtime_ref, status, installed_at, last_verified, \
         coalesce(status = 'ready' AND julianday(last_verified) < julianday('now') - 7, 0), \
         install_log, install_error FROM pack_environment";
    let found = read(root, |connection| {
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([], |row| {
            let recorded = RecordedEnvironment {
                pack: row.get(1)?,
                runtime_ref: row.get(2)?,
                status: row.get(3)?,
                installed_at: row.get(4)?,
                last_verified: row.get(5)?,
                needs_verification: row.get(6)?,
                install_log: row.get(7)?,
                install_error: row.get(8)?,
            };
            Ok((PathBuf::from(row.get::<_, String>(0)?), recorded))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    })?;
    Ok(found.unwrap_or_default())
}

/// Records the result of a verification: whole environments are ready and verified now, others outdated.
/// The lock must be held.
pub fn record_verified(
    root: &HostRoot,
    found: &[(PathBuf, bool)],
    now: Timestamp,
) -> Result<(), DatabaseError> {
    if !root.database().is_file() {
        return Ok(());
    }
    let mut database = Database::open_file(&root.database(), Durability::Synced)?;
    let transaction = database.transaction()?;
    for (path, is_whole) in found {
        let path = path.display().to_string();
        let sql = if *is_whole {
            "UPDATE pack_environment SET status = 'ready', last_verified = ?2, updated = ?2 \
             WHERE env_path = ?1 AND status IN ('ready', 'outdated')"
        } else {
            "UPDATE pack_environment SET status = 'outdated', updated = ?2 WHERE env_path = ?1 AND status = 'ready'"
        };
        transaction.execute(sql, params![path, now.to_string()])?;
    }
    transaction.commit()?;
    Ok(())
}

/// Environments that are registered together, as they were built again.
pub struct EnvironmentRegistration<'a> {
    /// The environments.
    pub rebuilt: &'a [EnvironmentUpdate],
    /// The generation that has them.
    pub generation: RegisteredGeneration,
    /// The operation that they were built by.
    pub operation: CompletedOperation<'a>,
    /// The time of the registration.
    pub now: Timestamp,
}

impl Database {
    /// Records that environments were built again.
    pub fn update_environments(
        &mut self,
        registration: &EnvironmentRegistration<'_>,
    ) -> Result<(), DatabaseError> {
        let &EnvironmentRegistration { rebuilt, ref generation, operation, now } = registration;
        let transaction = self.transaction()?;
        for EnvironmentUpdate { path, metadata } in rebuilt {
            transaction.execute(
                "UPDATE pack_environment SET status = 'ready', installed_at = ?2, last_verified = ?2, updated = ?2, \
                 install_error = NULL, metadata = ?3 WHERE env_path = ?1",
                params![path.display().to_string(), now.to_string(), metadata.to_string()],
            )?;
        }
        if generation.id == generation.previous {
            let sql = "UPDATE install_journal SET lock_digest = ?1";
            transaction.execute(sql, [generation.lock.to_string()])?;
        } else {
            record_generation(&transaction, generation, now)?;
        }
        operation.insert(&transaction, generation)?;
        transaction.commit()?;
        Ok(())
    }
}
