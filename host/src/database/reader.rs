//! Reads a database without changing a file, also where it may not be written.
//!
//! A read-only connection to a database with a write-ahead log still makes two files beside it, and leaves
//! them. So a database at rest, which has no log, is read as an immutable file, and what was read counts only
//! if the file was the same afterwards. While a writer is at work the log is there, and is read with it.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::DatabaseError;
use super::connection::registered_in;
use super::migrations::require_known;
use crate::root::HostRoot;

/// The generation whose rows the database of `root` holds; `None` if there is no database, or no rows yet.
pub fn registered_generation(root: &HostRoot) -> Result<Option<u64>, DatabaseError> {
    Ok(read(root, |connection| Ok(registered_in(connection)?))?.flatten())
}

/// The answer of `query`, or `None` if `root` has no database with tables.
pub(super) fn read<T>(
    root: &HostRoot,
    query: impl Fn(&Connection) -> Result<T, DatabaseError>,
) -> Result<Option<T>, DatabaseError> {
    let path = root.database();
    let answer = |connection: &Connection| {
        let sql = "SELECT 1 FROM sqlite_master WHERE name = 'install_journal'";
        let has_tables = connection.query_row(sql, [], |_| Ok(())).optional()?.is_some();
        require_known(connection)?;
        if has_tables { query(connection).map(Some) } else { Ok(None) }
    };
    let Some(before) = stamp_at_rest(&path) else {
        return if path.is_file() { answer(&open(&path, "")?) } else { Ok(None) };
    };
    let first = open(&path, "&immutable=1").and_then(|connection| answer(&connection));
    if stamp_at_rest(&path) == Some(before) { first } else { answer(&open(&path, "")?) }
}

fn open(path: &Path, options: &str) -> Result<Connection, DatabaseError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(format!("file:{}?mode=ro{options}", uri_path(path)), flags)
        .map_err(|source| DatabaseError::Open { path: path.to_owned(), source })
}

/// `path` as a part of a URI: what has a meaning there is escaped.
fn uri_path(path: &Path) -> String {
    use std::fmt::Write as _;
    use std::os::unix::ffi::OsStrExt as _;
    let mut escaped = String::new();
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-~".contains(byte) {
            escaped.push(char::from(*byte));
        } else {
            write!(escaped, "%{byte:02X}").expect("writing to memory does not fail");
        }
    }
    escaped
}

/// The length and the time of the last change of a database that nobody is writing to.
fn stamp_at_rest(path: &Path) -> Option<(u64, SystemTime)> {
    let log = PathBuf::from(format!("{}-wal", path.display()));
    match fs_err::metadata(log) {
        Ok(log) if log.len() > 0 => return None,
        Err(error) if error.kind() != io::ErrorKind::NotFound => return None,
        _ => {}
    }
    let found = fs_err::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
    Some((found.len(), found.modified().ok()?))
}

#[cfg(test)]
mod tests {
    use attune_registry::blob::Durability;

    use super::*;
    use crate::database::Database;
    use crate::root::CreatedPaths;

    fn root() -> (tempfile::TempDir, HostRoot) {
        let directory = tempfile::tempdir().unwrap();
        let root = HostRoot::new(&directory.path().join("with ?#% & space")).unwrap();
        fs_err::create_dir_all(root.state()).unwrap();
        (directory, root)
    }

    fn names(root: &HostRoot) -> Vec<std::ffi::OsString> {
        fs_err::read_dir(root.state()).unwrap().map(|entry| entry.unwrap().file_name()).collect()
    }

    #[test]
    fn reading_leaves_no_file_behind() {
        let (_directory, root) = root();
        assert_eq!(registered_generation(&root).unwrap(), None);
        assert_eq!(names(&root).len(), 0);
        let mut created = CreatedPaths::default();
        drop(Database::open(&root, Durability::Unsynced, &mut created).unwrap());
        created.keep();
        assert_eq!(read(&root, |_| Ok(7)).unwrap(), Some(7));
        assert_eq!(names(&root), ["attune.db"]);
    }

    #[test]
    fn rows_are_read_while_a_writer_is_at_work() {
        let (_directory, root) = root();
        let mut created = CreatedPaths::default();
        let mut database = Database::open(&root, Durability::Unsynced, &mut created).unwrap();
        let transaction = database.transaction().unwrap();
        transaction
            .execute("INSERT INTO install_journal VALUES (1, 42, 41, '2026-01-01T00:00:00Z', NULL)", [])
            .unwrap();
        assert_eq!(registered_generation(&root).unwrap(), None);
        transaction.commit().unwrap();
        assert_eq!(registered_generation(&root).unwrap(), Some(42));
    }
}
