//! The ids of rows of packs and workflows.

use std::collections::BTreeMap;

use super::DatabaseError;
use super::reader::read;
use crate::root::HostRoot;

/// The id of each pack's row, by ref; none where `root` has no database.
///
/// # Errors
/// The database cannot be read.
pub fn pack_ids(root: &HostRoot) -> Result<BTreeMap<String, i64>, DatabaseError> {
    ids(root, "SELECT ref, id FROM pack")
}

/// The id of each workflow's row, by ref; none where `root` has no database.
///
/// # Errors
/// The database cannot be read.
pub fn workflow_ids(root: &HostRoot) -> Result<BTreeMap<String, i64>, DatabaseError> {
    ids(root, "SELECT ref, id FROM workflow_definition")
}

fn ids(root: &HostRoot, sql: &str) -> Result<BTreeMap<String, i64>, DatabaseError> {
    let ids = read(root, |connection| {
        let mut statement = connection.prepare(sql)?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(rows.collect::<rusqlite::Result<BTreeMap<String, i64>>>()?)
    })?;
    Ok(ids.unwrap_or_default())
}
