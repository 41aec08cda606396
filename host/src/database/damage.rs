//! A database that is damaged: set aside, never removed, so that its rows can be written again.

use std::io;
use std::path::PathBuf;

use rusqlite::ErrorCode;

use super::DatabaseError;
use super::audit::audit;
use super::connection::database_files;
use crate::root::HostRoot;
use attune_registry::machine_fault::causes;

/// Moves the database of `root` away where it is damaged, with the files beside it; returns its new name.
pub fn set_aside_damaged(root: &HostRoot) -> io::Result<Option<PathBuf>> {
    let is_damaged = match audit(root) {
        Ok(audit) => audit.is_some_and(|audit| !audit.faults.is_empty()),
        Err(error) => error.is_damage() || is_of_damage(&error),
    };
    if !is_damaged {
        return Ok(None);
    }
    let name = |number: u32, suffix: &str| root.state().join(format!("damaged-{number}.db{suffix}"));
    let number =
        (1..u32::MAX).find(|number| fs_err::symlink_metadata(name(*number, "")).is_err()).unwrap_or(1);
    // The database last: while it is there, it is found damaged again.
    for (file, suffix) in database_files(root).into_iter().zip(["", "-wal", "-shm"]).rev() {
        match fs_err::rename(&file, name(number, suffix)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(Some(name(number, "")))
}

fn is_of_damage(error: &DatabaseError) -> bool {
    causes(error).any(|cause| {
        let code = cause.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error_code);
        matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
    })
}
