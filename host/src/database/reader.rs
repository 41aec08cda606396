//! Reads a database without changing a file, also where it may not be written.
//!
//! ```text
//! no write-ahead log    read as an immutable file, which needs no lock and no file beside it
//! a log, and its index  read with both, the index read-only: a writer is at work, or was killed
//! a log, and no index   a copy of both is read, since making the index would write beside the database
//! ```
//!
//! What was read without a lock counts only if the files were the same afterwards.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rusqlite::{Connection, OpenFlags, OptionalExtension};

use super::DatabaseError;
use super::connection::registered_in;
use super::migrations::require_known;
use super::require_file;
use crate::root::HostRoot;

/// How often a database that changes while it is read is read again.
const ATTEMPTS: usize = 20;

/// The generation whose rows the database of `root` holds; `None` if there is no database, or no rows yet.
///
/// # Errors
/// The database cannot be read.
pub fn registered_generation(root: &HostRoot) -> Result<Option<u64>, DatabaseError> {
    Ok(read(root, |connection| Ok(registered_in(connection)?))?.flatten())
}

/// The answer of `query`, or `None` if `root` has no database with tables.
pub(super) fn read<T>(
    root: &HostRoot,
    query: impl Fn(&Connection) -> Result<T, DatabaseError>,
) -> Result<Option<T>, DatabaseError> {
    let path = root.database();
    require_file(&path)?;
    let unreadable = |error: DatabaseError| match error {
        DatabaseError::Statement(source) => DatabaseError::Unreadable { path: path.clone(), source },
        error => error,
    };
    let answer = |connection: &Connection| {
        let has = |condition: &str| {
            let sql = format!("SELECT 1 FROM sqlite_master WHERE {condition}");
            connection.query_row(&sql, [], |_| Ok(())).optional().map(|found| found.is_some())
        };
        require_known(connection)?;
        if has("name = 'install_journal'")? {
            query(connection).map(Some)
        } else if has("type = 'table'")? {
            Err(DatabaseError::NoJournal { path: path.clone() })
        } else {
            Ok(None)
        }
    };
    let try_at = |path: &Path, options: &str| {
        let connection = open(path, options)?;
        answer(&connection).map_err(unreadable)
    };
    let io = |source| DatabaseError::Io { path: path.clone(), source };
    for attempt in 1.. {
        let before = Stamps::of(&path).map_err(io)?;
        let Some(stamps) = &before else { return Ok(None) };
        let outcome = if !stamps.has_log() {
            try_at(&path, "&immutable=1")
        } else if stamps.index_is_there {
            match try_at(&path, "&readonly_shm=1") {
                Ok(found) => return Ok(found),
                // Only a writer may mark how far it reads, which is needed right after another has written.
                Err(_) => read_copy(&path, &try_at),
            }
        } else {
            read_copy(&path, &try_at)
        };
        if attempt == ATTEMPTS || Stamps::of(&path).map_err(io)? == before {
            return outcome;
        }
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    unreachable!("the last attempt returns")
}

/// Reads a copy of the database at `path` and of its log.
fn read_copy<T>(
    path: &Path,
    try_at: &dyn Fn(&Path, &str) -> Result<T, DatabaseError>,
) -> Result<T, DatabaseError> {
    let io = |source| DatabaseError::Io { path: path.to_owned(), source };
    // Where the directory for temporary files may not be written either, memory may.
    let directory = tempfile::tempdir().or_else(|_| tempfile::tempdir_in("/dev/shm")).map_err(io)?;
    let copy = directory.path().join("attune.db");
    fs_err::copy(path, &copy).map_err(io)?;
    match fs_err::copy(log_of(path), log_of(&copy)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(io(error)),
        _ => {}
    }
    // The copies are as the originals are, which may be read-only.
    for file in [copy.clone(), log_of(&copy)] {
        if file.exists() {
            use std::os::unix::fs::PermissionsExt as _;
            fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).map_err(io)?;
        }
    }
    try_at(&copy, "")
}

fn open(path: &Path, options: &str) -> Result<Connection, DatabaseError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    Connection::open_with_flags(format!("file:{}?mode=ro{options}", uri_path(path)), flags)
        .map_err(|source| DatabaseError::Unreadable { path: path.to_owned(), source })
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

/// The state of the files of a database: as long as it is the same, the rows are.
#[derive(Debug, PartialEq, Eq)]
pub struct DatabaseStamp(Option<Stamps>);

/// The clock of a file system may stand still for so long.
const CLOCK_TICK: std::time::Duration = std::time::Duration::from_millis(50);

impl DatabaseStamp {
    /// Whether a change after `now` is sure to change this.
    pub fn is_settled(&self, now: SystemTime) -> bool {
        let Some(stamps) = &self.0 else { return true };
        let times = [Some(stamps.database.1), stamps.log.map(|(_, changed)| changed)];
        times.into_iter().flatten().all(|changed| changed + CLOCK_TICK < now)
    }
}

/// The state of the files of the database of `root`.
///
/// # Errors
/// They cannot be looked at.
pub fn database_stamp(root: &HostRoot) -> Result<DatabaseStamp, DatabaseError> {
    let path = root.database();
    let stamps = Stamps::of(&path).map_err(|source| DatabaseError::Io { path, source })?;
    Ok(DatabaseStamp(stamps))
}

/// The length of a file and the time of its last change.
type Stamp = (u64, SystemTime);

/// The stamps of a database and of the files beside it.
#[derive(Debug, PartialEq, Eq)]
struct Stamps {
    database: Stamp,
    log: Option<Stamp>,
    index_is_there: bool,
}

impl Stamps {
    /// Those of the database at `path`; `None` if there is none.
    fn of(path: &Path) -> io::Result<Option<Self>> {
        let Some(database) = stamp(path)? else { return Ok(None) };
        let index = PathBuf::from(path).with_extension("db-shm");
        Ok(Some(Self {
            database,
            log: stamp(&log_of(path))?,
            index_is_there: fs_err::symlink_metadata(index).is_ok(),
        }))
    }

    /// Whether there is a write-ahead log with anything in it.
    const fn has_log(&self) -> bool {
        matches!(self.log, Some((bytes, _)) if bytes > 0)
    }
}

fn stamp(path: &Path) -> io::Result<Option<Stamp>> {
    match fs_err::metadata(path) {
        Ok(found) => Ok(Some((found.len(), found.modified()?))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The write-ahead log of the database at `path`.
fn log_of(path: &Path) -> PathBuf {
    path.with_extension("db-wal")
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

    /// A root whose database has rows in a log, as a writer that was killed leaves it.
    fn killed() -> (tempfile::TempDir, HostRoot) {
        let (directory, root) = root();
        let (_other, writing) = self::root();
        let mut created = CreatedPaths::default();
        let mut database = Database::open(&writing, Durability::Unsynced, &mut created).unwrap();
        let transaction = database.transaction().unwrap();
        transaction
            .execute("INSERT INTO install_journal VALUES (1, 42, 41, '2026-01-01T00:00:00Z', NULL)", [])
            .unwrap();
        transaction.commit().unwrap();
        for name in ["attune.db", "attune.db-wal", "attune.db-shm"] {
            fs_err::copy(writing.state().join(name), root.state().join(name)).unwrap();
        }
        (directory, root)
    }

    fn contents(root: &HostRoot) -> Vec<(std::ffi::OsString, Vec<u8>)> {
        let mut names = names(root);
        names.sort();
        names.into_iter().map(|name| (name.clone(), fs_err::read(root.state().join(name)).unwrap())).collect()
    }

    #[test]
    fn the_log_of_a_killed_writer_counts_and_no_file_changes() {
        for without_index in [false, true] {
            let (_directory, root) = killed();
            if without_index {
                fs_err::remove_file(root.state().join("attune.db-shm")).unwrap();
            }
            let before = contents(&root);
            assert_eq!(registered_generation(&root).unwrap(), Some(42), "without index: {without_index}");
            assert_eq!(contents(&root), before, "without index: {without_index}");
        }
    }

    #[test]
    fn a_database_that_is_none_is_unreadable() {
        let (_directory, root) = root();
        fs_err::write(root.database(), "not a database, and long enough to be looked at".repeat(40)).unwrap();
        let error = registered_generation(&root).unwrap_err();
        assert!(matches!(error, DatabaseError::Unreadable { .. }), "{error:?}");
        assert!(error.is_damage());
    }
}
