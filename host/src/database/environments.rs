//! What the database knows of environments.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rusqlite::params;

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
    /// What the steps that built it said.
    pub install_log: Option<String>,
    /// Why it could not be built.
    pub install_error: Option<String>,
}

impl Database {
    /// Every environment that is recorded, by its path.
    pub fn environments(root: &HostRoot) -> Result<BTreeMap<PathBuf, RecordedEnvironment>, DatabaseError> {
        let Some(database) = Self::existing(root)? else { return Ok(BTreeMap::new()) };
        let sql = "SELECT view.env_path, view.pack_ref, view.runtime_ref, view.status, view.installed_at, \
             view.last_verified, view.needs_verification, row.install_log, view.install_error \
             FROM v_pack_environment_status AS view JOIN pack_environment AS row ON row.id = view.id";
        let mut statement = database.connection().prepare(sql)?;
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
    }

    /// Records what a verification found: whole ones are ready and verified now, others outdated.
    pub fn record_verified(
        root: &HostRoot,
        found: &[(PathBuf, bool)],
        now: Timestamp,
    ) -> Result<(), DatabaseError> {
        let Some(mut database) = Self::existing(root)? else { return Ok(()) };
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

    /// Records that the environment at `path` was built again; `generation` is the one that has it, where
    /// that is a new one.
    pub fn record_rebuilt(
        &mut self,
        rebuilt: &[(&Path, String)],
        generation: Option<(u64, u64)>,
        now: Timestamp,
    ) -> Result<(), DatabaseError> {
        let transaction = self.transaction()?;
        for (path, metadata) in rebuilt {
            transaction.execute(
                "UPDATE pack_environment SET status = 'ready', installed_at = ?2, last_verified = ?2, updated = ?2, \
                 install_error = NULL, metadata = ?3 WHERE env_path = ?1",
                params![path.display().to_string(), now.to_string(), metadata],
            )?;
        }
        if let Some((id, previous)) = generation {
            super::record_generation(&transaction, id, previous, now)?;
        }
        transaction.commit()?;
        Ok(())
    }
}
