//! The versions of the database's schema: `PRAGMA user_version` counts the migrations that it has seen.
//!
//! A migration is never changed once it is released; the next change is a file of its own. Version 0 is a
//! database without tables, or one of a program that did not count yet, whose tables are those of version 1.

use rusqlite::{Connection, Transaction};

use super::DatabaseError;

/// Every migration, the first leads from version 0 to 1.
const MIGRATIONS: [&str; 6] = [
    include_str!("migrations/0001_tables.sql"),
    include_str!("migrations/0002_lock_digest.sql"),
    include_str!("migrations/0003_paths_of_workers.sql"),
    include_str!("migrations/0004_operations.sql"),
    include_str!("migrations/0005_migrations_of_packs.sql"),
    include_str!("migrations/0006_workflows.sql"),
];

/// The version of the schema that this program writes.
pub(super) const SCHEMA_VERSION: usize = MIGRATIONS.len();

/// Brings the schema up to date, in one transaction.
pub(super) fn migrate(connection: &mut Connection) -> Result<(), DatabaseError> {
    apply(connection, &MIGRATIONS)
}

/// Refuses a schema that a later program wrote.
pub(super) fn require_known(connection: &Connection) -> Result<usize, DatabaseError> {
    known_version(connection, SCHEMA_VERSION)
}

fn known_version(connection: &Connection, newest: usize) -> Result<usize, DatabaseError> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    match usize::try_from(version) {
        Ok(version) if version <= newest => Ok(version),
        _ => Err(DatabaseError::Newer { found: version, known: newest }),
    }
}

fn apply(connection: &mut Connection, migrations: &[&str]) -> Result<(), DatabaseError> {
    if known_version(connection, migrations.len())? == migrations.len() {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    // Read again: another program may have migrated meanwhile.
    let version = known_version(&transaction, migrations.len())?;
    for migration in &migrations[version..] {
        transaction.execute_batch(migration)?;
    }
    set_version(&transaction, migrations.len())?;
    transaction.commit()?;
    Ok(())
}

fn set_version(transaction: &Transaction<'_>, version: usize) -> rusqlite::Result<()> {
    let version = i64::try_from(version).expect("fewer migrations than that");
    transaction.pragma_update(None, "user_version", version)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "CREATE TABLE IF NOT EXISTS a (x INTEGER)";
    const SECOND: &str = "ALTER TABLE a ADD COLUMN y TEXT NOT NULL DEFAULT 'new'";

    fn version(connection: &Connection) -> i64 {
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    }

    #[test]
    fn each_migration_is_applied_once_and_keeps_the_rows() {
        let mut connection = Connection::open_in_memory().unwrap();
        // As a program made it that did not count yet.
        connection.execute_batch(&format!("{FIRST}; INSERT INTO a VALUES (7)")).unwrap();
        for _ in 0..2 {
            apply(&mut connection, &[FIRST, SECOND]).unwrap();
            assert_eq!(version(&connection), 2);
        }
        let row: (i64, String) =
            connection.query_row("SELECT x, y FROM a", [], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        assert_eq!(row, (7, "new".to_owned()));
    }

    #[test]
    fn a_migration_that_fails_changes_nothing() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply(&mut connection, &[FIRST]).unwrap();
        apply(&mut connection, &[FIRST, SECOND, "no sql"]).unwrap_err();
        assert_eq!(version(&connection), 1);
        connection.prepare("SELECT y FROM a").unwrap_err();
    }

    #[test]
    fn a_schema_of_a_later_program_is_refused() {
        let mut connection = Connection::open_in_memory().unwrap();
        apply(&mut connection, &[FIRST, SECOND]).unwrap();
        let error = apply(&mut connection, &[FIRST]).unwrap_err();
        assert!(matches!(error, DatabaseError::Newer { found: 2, known: 1 }), "{error}");
    }
}
