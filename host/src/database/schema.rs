//! Whether a database has the tables, indices and triggers that this program makes.

use std::collections::BTreeMap;
use std::path::Path;

use attune_registry::blob::Durability;
use rusqlite::Connection;

use super::migrations::SCHEMA_VERSION;
use super::{Database, DatabaseError};

/// The kind and the name of a part of a schema.
type Name = (String, String);

/// A part of a schema: the table that it is of, and its definition.
type Part = (String, Option<String>);

/// What is missing in the schema behind `connection`, is another than it should be, or is foreign and would act on
/// rows. The schema of an earlier program is not looked at: it is brought up to date first.
pub(super) fn schema_faults(connection: &Connection) -> Result<Vec<String>, DatabaseError> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    let found = parts(connection)?;
    if version == 0 {
        // A program that did not count yet made nothing of a later one.
        let later =
            found.values().any(|(_, sql)| sql.as_ref().is_some_and(|sql| sql.contains("lock_digest")));
        return Ok(if later { vec!["the version of the schema is gone".to_owned()] } else { Vec::new() });
    }
    if usize::try_from(version).ok() != Some(SCHEMA_VERSION) {
        return Ok(Vec::new());
    }
    let scratch = Database::open_file(Path::new(":memory:"), Durability::Unsynced)?;
    let expected = parts(scratch.connection())?;
    let mut faults = Vec::new();
    for (name, part) in &expected {
        match found.get(name) {
            None => faults.push(format!("{} `{}` is missing", name.0, name.1)),
            Some(found) if found != part => faults.push(format!("{} `{}` was changed", name.0, name.1)),
            Some(_) => {}
        }
    }
    let is_ours = |table: &str| expected.contains_key(&("table".to_owned(), table.to_owned()));
    for (name, (table, _)) in &found {
        if name.0 == "trigger" && is_ours(table) && !expected.contains_key(name) {
            faults.push(format!("trigger `{}` is foreign", name.1));
        }
    }
    Ok(faults)
}

fn parts(connection: &Connection) -> rusqlite::Result<BTreeMap<Name, Part>> {
    let sql = "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'";
    let mut statement = connection.prepare(sql)?;
    let rows = statement.query_map([], |row| Ok(((row.get(0)?, row.get(1)?), (row.get(2)?, row.get(3)?))))?;
    rows.collect()
}
