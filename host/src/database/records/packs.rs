//! Rows of packs.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{json, texts};
use crate::database::DatabaseError;
use crate::database::reader::read;
use crate::root::HostRoot;

/// The row of a pack. Times are in UTC, in the form of RFC 3339.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PackRecord {
    /// Its id, which an upgrade keeps.
    pub id: i64,
    /// Its ref.
    #[serde(rename = "ref")]
    pub pack: String,
    /// Its label.
    pub label: String,
    /// Its description.
    pub description: Option<String>,
    /// Its version.
    pub version: String,
    /// The schema of its configuration.
    pub conf_schema: Value,
    /// Its configuration.
    pub config: Value,
    /// Whatever else is kept of it.
    pub meta: Value,
    /// Its tags.
    pub tags: Vec<String>,
    /// The runtimes that it runs on.
    pub runtime_deps: Vec<String>,
    /// The packs that it needs.
    pub dependencies: Vec<String>,
    /// Whether it comes with Attune.
    pub is_standard: bool,
    /// The kind of its source.
    pub source_type: Option<String>,
    /// Where it came from.
    pub source_url: Option<String>,
    /// The checksum of its archive.
    pub checksum: Option<String>,
    /// Whether somebody other than this host vouches for that checksum.
    pub checksum_verified: bool,
    /// When it was installed.
    pub installed_at: Option<String>,
    /// The directory that it runs from.
    pub storage_path: Option<String>,
    /// When the row was made.
    pub created: String,
    /// When it was changed last.
    pub updated: String,
}

/// The rows of the packs of `root`, by ref.
pub fn pack_records(root: &HostRoot) -> Result<Vec<PackRecord>, DatabaseError> {
    let found = read(root, |connection| {
        let mut statement = connection.prepare("SELECT * FROM pack ORDER BY ref")?;
        let rows = statement.query_map([], |row| {
            Ok(PackRecord {
                id: row.get("id")?,
                pack: row.get("ref")?,
                label: row.get("label")?,
                description: row.get("description")?,
                version: row.get("version")?,
                conf_schema: json(row, "conf_schema")?,
                config: json(row, "config")?,
                meta: json(row, "meta")?,
                tags: texts(row, "tags")?,
                runtime_deps: texts(row, "runtime_deps")?,
                dependencies: texts(row, "dependencies")?,
                is_standard: row.get("is_standard")?,
                source_type: row.get("source_type")?,
                source_url: row.get("source_url")?,
                checksum: row.get("checksum")?,
                checksum_verified: row.get("checksum_verified")?,
                installed_at: row.get("installed_at")?,
                storage_path: row.get("storage_path")?,
                created: row.get("created")?,
                updated: row.get("updated")?,
            })
        })?;
        Ok(rows.collect::<Result<Vec<_>, _>>()?)
    })?;
    Ok(found.unwrap_or_default())
}
