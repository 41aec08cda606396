//! The configuration of packs, which people of the host set and no release brings back.

use std::collections::BTreeMap;

use attune_schemas::PackRef;
use rusqlite::{Transaction, params};
use serde_json::json;

use super::DatabaseError;
use super::reader::read;
use crate::root::HostRoot;

/// The column `config` of packs, as it is.
pub type PackSettings = BTreeMap<PackRef, String>;

/// The configuration of `packs` in the database of `root`.
///
/// # Errors
/// The database cannot be read.
pub fn pack_settings<'a>(
    root: &HostRoot,
    packs: impl Iterator<Item = &'a PackRef>,
) -> Result<PackSettings, DatabaseError> {
    let packs = json!(packs.collect::<Vec<_>>()).to_string();
    let found = read(root, |connection| {
        let mut query = connection.prepare(
            "SELECT ref, config FROM pack WHERE installation_method = 'offline' AND config IS NOT NULL \
                 AND ref IN (SELECT value FROM json_each(?1))",
        )?;
        let rows = query.query_map([&packs], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?;
        let rows: Vec<(String, String)> = rows.collect::<rusqlite::Result<_>>()?;
        Ok(rows.into_iter().filter_map(|(pack, config)| Some((pack.parse().ok()?, config))).collect())
    })?;
    Ok(found.unwrap_or_default())
}

/// Writes the configuration of those packs that `settings` has.
pub(super) fn restore(transaction: &Transaction<'_>, settings: &PackSettings) -> rusqlite::Result<()> {
    for (pack, config) in settings {
        transaction.execute("UPDATE pack SET config = ?2 WHERE ref = ?1", params![pack.as_str(), config])?;
    }
    Ok(())
}
