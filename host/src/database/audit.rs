//! Whether a database is sound, and has the rows that its generation would be given.
//!
//! The rows that should be there are written as an install writes them, into a database in memory; so there is no
//! second opinion on what a row looks like.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::str::FromStr as _;

use attune_registry::blob::Durability;
use attune_schemas::component::ComponentKind;
use attune_schemas::{Digest, PackRef};
use jiff::Timestamp;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, ffi};

use super::fault::database_fault;
use super::reader::read;
use super::register::{OtherPacks, RegisteredGeneration, RegisteredPack, Registration};
use super::schema::schema_faults;
use super::{Database, DatabaseError};
use crate::generation::ListDigests;
use crate::root::HostRoot;

/// A database, looked at as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// The generation that its rows are of.
    pub generation: Option<u64>,
    /// The digest of that generation's lock file, where it was recorded.
    pub lock: Option<Digest>,
    /// The faults that SQLite finds in the file.
    pub faults: Vec<String>,
    /// Rows that refer to ones that are not there.
    pub dangling: Vec<String>,
}

/// A row that is not as it was registered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowDifference {
    /// The pack that it belongs to.
    pub pack: PackRef,
    /// Its table.
    pub table: &'static str,
    /// The ref, path or version that it has in its table.
    pub row: String,
    /// The kind of the difference.
    pub kind: RowDifferenceKind,
}

/// How a row differs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum RowDifferenceKind {
    /// It is not there.
    Missing,
    /// These columns have other values.
    Changed(Vec<String>),
    /// It belongs to an installed pack, which does not have it.
    Foreign,
}

/// A table whose rows are an installed pack's.
struct Table {
    name: &'static str,
    /// An expression for what a row is called by.
    key: &'static str,
    /// An expression for the pack that a row belongs to.
    pack: &'static str,
    /// A condition for rows that an install writes, and removes again.
    ours: &'static str,
}

const fn components(name: &'static str, ours: &'static str) -> Table {
    Table { name, key: "ref", pack: "pack_ref", ours }
}

const TABLES: [Table; 12] = [
    Table { name: "pack", key: "ref", pack: "ref", ours: "installation_method = 'offline'" },
    components("permission_set", "1"),
    components("runtime", "1"),
    // Versions stay for environments that had them.
    Table {
        name: "runtime_version",
        key: "runtime_ref || ' ' || version",
        pack: "(SELECT pack_ref FROM runtime WHERE runtime.id = runtime_version.runtime)",
        ours: "0",
    },
    components("trigger", "is_adhoc = 0"),
    components("workflow_definition", "1"),
    components("action", "is_adhoc = 0"),
    components("work_queue", "is_adhoc = 0"),
    components("rule", "is_adhoc = 0"),
    components("sensor", "is_adhoc = 0"),
    components("policy", "1"),
    Table { name: "pack_environment", key: "env_path", pack: "pack_ref", ours: "1" },
];

/// Columns whose values are numbers of rows, times, or the business of whoever runs the host.
const PASSING: [&str; 28] = [
    "id",
    "created",
    "updated",
    "installed_at",
    "installed_by",
    "last_verified",
    "verified_at",
    "enabled",
    "accepting_new_items",
    "available",
    "auto_detected",
    "detection_config",
    "webhook_enabled",
    "webhook_key",
    "webhook_config",
    "sensor",
    "sensor_ref",
    "trigger",
    "action",
    "dispatch_action",
    "runtime_version",
    "env_key",
    "status",
    "claimed_by_worker",
    "claim_expires_at",
    "owner_identity",
    "install_log",
    "install_error",
];

type Rows = BTreeMap<(&'static str, String), Row>;

struct Row {
    pack: Option<String>,
    is_ours: bool,
    columns: BTreeMap<String, Value>,
}

/// Looks at the database of `root` as a whole; `None` if there is none, or it has no tables.
pub fn audit(root: &HostRoot) -> Result<Option<Audit>, DatabaseError> {
    read(root, |connection| {
        let mut faults: Vec<String> = Vec::new();
        connection.pragma_query(None, "integrity_check", |row| {
            faults.push(row.get(0)?);
            Ok(())
        })?;
        faults.retain(|fault| fault != "ok");
        // What the disk refused says nothing about the file.
        if let Some(failed) = faults.iter().find_map(|fault| failure_in(fault)) {
            return Err(rusqlite::Error::SqliteFailure(failed, None).into());
        }
        faults.extend(schema_faults(connection)?);
        let mut dangling = Vec::new();
        connection.pragma_query(None, "foreign_key_check", |row| {
            let (table, to): (String, String) = (row.get(0)?, row.get(2)?);
            dangling.push(format!("a row of `{table}` refers to one of `{to}` that is not there"));
            Ok(())
        })?;
        let (generation, lock) = registered(connection)?;
        Ok(Audit { generation, lock, faults, dangling })
    })
}

/// The failure of the machine in the words of SQLite about a page that it could not get.
fn failure_in(fault: &str) -> Option<ffi::Error> {
    let (_, code) = fault.rsplit_once("unable to get the page. error code=")?;
    let failed = ffi::Error::new(code.lines().next()?.trim().parse().ok()?);
    database_fault(&failed).map(|_| failed)
}

/// The generation whose rows the database of `root` holds, with the digest of its lock file where that was recorded;
/// `None` if there is no database, or no rows yet.
///
/// # Errors
/// The database cannot be read.
pub fn registered_lock(root: &HostRoot) -> Result<Option<(u64, Option<Digest>)>, DatabaseError> {
    let found = read(root, |connection| Ok(registered(connection)?))?;
    Ok(found.and_then(|(generation, lock)| Some((generation?, lock))))
}

/// The registered generation, and the digest of its lock file.
fn registered(connection: &Connection) -> rusqlite::Result<(Option<u64>, Option<Digest>)> {
    // A database that no writer has migrated lacks the column.
    let knows_lock = columns_of(connection, "install_journal")?.iter().any(|column| column == "lock_digest");
    let lock = if knows_lock { "lock_digest" } else { "NULL" };
    let sql = format!("SELECT generation, {lock} FROM install_journal");
    let found = connection
        .query_row(&sql, [], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?)))
        .optional()?;
    let Some((generation, lock)) = found else { return Ok((None, None)) };
    Ok((u64::try_from(generation).ok(), lock.and_then(|lock| Digest::from_str(&lock).ok())))
}

/// Holds the rows in the database of `root` against those that `packs`, everything that is installed, would get
/// there. The rows carry the path of `recorded`, the root that they were written for; the trees of `root` have `lists`.
pub fn row_differences(
    root: &HostRoot,
    recorded: &HostRoot,
    packs: &[RegisteredPack<'_>],
    lists: &ListDigests,
) -> Result<Vec<RowDifference>, DatabaseError> {
    let mut scratch = Database::open_file(Path::new(":memory:"), Durability::Unsynced)?;
    scratch.register(&Registration {
        root: recorded,
        files: root,
        lists,
        packs,
        others: OtherPacks::RemoveAll,
        operation: None,
        generation: RegisteredGeneration { id: 1, lock: Digest::of(b""), previous: 0 },
        tests: &[],
        settings: &BTreeMap::new(),
        now: Timestamp::UNIX_EPOCH,
    })?;
    let expected = rows(scratch.connection())?;
    let found = read(root, |connection| Ok((rows(connection)?, earlier_workflows(connection)?)))?;
    let (found, earlier) = found.unwrap_or_default();
    let mut differences = compare(&expected, &found, packs);
    differences.retain(|difference| !is_of_earlier_program(difference, &earlier, packs));
    Ok(differences)
}

/// The refs of the workflows that an earlier program registered, whose rows are otherwise until they are written again.
fn earlier_workflows(connection: &Connection) -> rusqlite::Result<BTreeSet<String>> {
    let has_sources = !columns_of(connection, "workflow_source")?.is_empty();
    let with_source = if has_sources { "SELECT workflow FROM workflow_source" } else { "SELECT 0" };
    let sql = format!("SELECT ref FROM workflow_definition WHERE id NOT IN ({with_source})");
    let mut statement = connection.prepare(&sql)?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// Whether `difference` comes of a program that wrote workflows as their files have them, and no action beside them.
fn is_of_earlier_program(
    difference: &RowDifference,
    earlier: &BTreeSet<String>,
    packs: &[RegisteredPack<'_>],
) -> bool {
    let components = packs.iter().flat_map(|registered| &registered.release.config.components);
    let mut actions = components.filter(|component| component.kind == ComponentKind::Action);
    earlier.contains(&difference.row)
        && match (difference.table, &difference.kind) {
            ("workflow_definition", RowDifferenceKind::Changed(_)) => true,
            ("action", RowDifferenceKind::Missing) => {
                !actions.any(|action| action.component_ref == difference.row)
            }
            _ => false,
        }
}

fn compare(expected: &Rows, found: &Rows, packs: &[RegisteredPack<'_>]) -> Vec<RowDifference> {
    let owner = |row: &Row| packs.iter().map(|registered| registered.pack).find(|pack| row.is_of(pack));
    let mut differences = Vec::new();
    let mut add = |pack: &PackRef, (table, row): &(&'static str, String), kind| {
        differences.push(RowDifference { pack: pack.clone(), table, row: row.clone(), kind });
    };
    for (name, row) in expected {
        // Rows of no pack are what a server brings along.
        let Some(pack) = owner(row) else { continue };
        let Some(there) = found.get(name) else {
            add(pack, name, RowDifferenceKind::Missing);
            continue;
        };
        let changed = row.columns.iter().filter(|(column, value)| {
            let now = there.columns.get(*column);
            now.is_some_and(|now| now != *value)
        });
        let changed: Vec<String> = changed.map(|(column, _)| column.clone()).collect();
        if !changed.is_empty() {
            add(pack, name, RowDifferenceKind::Changed(changed));
        }
    }
    for (name, row) in found.iter().filter(|(name, row)| row.is_ours && !expected.contains_key(*name)) {
        let own: Option<PackRef> = row.pack.as_deref().and_then(|pack| pack.parse().ok());
        // A pack that an install registered and that is installed no longer is foreign as well.
        let pack = owner(row).cloned().or_else(|| own.filter(|_| name.0 == "pack"));
        if let Some(pack) = pack {
            add(&pack, name, RowDifferenceKind::Foreign);
        }
    }
    differences.sort();
    differences
}

impl Row {
    fn is_of(&self, pack: &PackRef) -> bool {
        self.pack.as_deref() == Some(pack.as_str())
    }
}

/// The rows of everything that installs write.
fn rows(connection: &Connection) -> rusqlite::Result<Rows> {
    let mut rows = Rows::new();
    for Table { name, key, pack, ours } in TABLES {
        let mut columns = columns_of(connection, name)?;
        columns.retain(|column| !PASSING.contains(&column.as_str()));
        let selected: Vec<String> = columns.iter().map(|column| select(name, column)).collect();
        let sql = format!("SELECT {key}, {pack}, {ours}, {} FROM {name}", selected.join(", "));
        let mut statement = connection.prepare(&sql)?;
        let found = statement.query_map([], |row| {
            let values = columns.iter().enumerate();
            let values = values.map(|(at, column)| Ok((column.clone(), row.get::<_, Value>(at + 3)?)));
            let columns = values.collect::<rusqlite::Result<_>>()?;
            let is_ours = row.get::<_, Option<bool>>(2)?.unwrap_or_default();
            Ok(((name, row.get::<_, String>(0)?), Row { pack: row.get(1)?, is_ours, columns }))
        })?;
        for row in found {
            let (name, row) = row?;
            rows.insert(name, row);
        }
    }
    Ok(rows)
}

/// An expression for a column's value: numbers of rows differ between databases, what they refer to does not.
fn select(table: &str, column: &str) -> String {
    let referred = match (table, column) {
        // What an operator set there stays.
        ("pack", "config") => return "NULL".to_owned(),
        (_, "pack") => "pack",
        (_, "runtime") => "runtime",
        (_, "workflow_def") => "workflow_definition",
        _ => return format!("{table}.{column}"),
    };
    format!("(SELECT referred.ref FROM {referred} AS referred WHERE referred.id = {table}.{column})")
}

fn columns_of(connection: &Connection, table: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare("SELECT name FROM pragma_table_info(?1)")?;
    statement.query_map([table], |row| row.get(0))?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_that_the_disk_refused_is_told_from_one_that_is_damaged() {
        let told = |code| failure_in(&format!("Tree 3 page 3: unable to get the page. error code={code}"));
        assert_eq!(
            told(ffi::SQLITE_IOERR_SHORT_READ).map(|it| it.extended_code),
            Some(ffi::SQLITE_IOERR_SHORT_READ)
        );
        assert!(told(ffi::SQLITE_NOMEM).is_some());
        assert!(told(ffi::SQLITE_CORRUPT).is_none());
        assert!(failure_in("wrong # of entries in index x").is_none());
    }
}
