//! Failures of the database's file that are the machine's.

use std::error::Error;

use attune_registry::machine_fault::{MachineFault, causes};
use rusqlite::ErrorCode;
use rusqlite::ffi;

/// The machine's fault that SQLite met, however deep it is in `error`.
pub fn database_fault(error: &(dyn Error + 'static)) -> Option<MachineFault> {
    let failed = |cause: &(dyn Error + 'static)| match cause.downcast_ref::<rusqlite::Error>() {
        Some(rusqlite::Error::SqliteFailure(failed, _)) => Some(*failed),
        _ => cause.downcast_ref::<ffi::Error>().copied(),
    };
    causes(error).find_map(failed).and_then(of_code)
}

fn of_code(failed: ffi::Error) -> Option<MachineFault> {
    Some(match failed.code {
        ErrorCode::OutOfMemory => MachineFault::Memory,
        ErrorCode::DiskFull => MachineFault::Space,
        ErrorCode::SystemIoFailure if failed.extended_code == ffi::SQLITE_IOERR_NOMEM => MachineFault::Memory,
        // The memory that readers and writers share is a file in the same directory, which could not grow.
        ErrorCode::SystemIoFailure if failed.extended_code == ffi::SQLITE_IOERR_SHMSIZE => {
            MachineFault::Space
        }
        ErrorCode::SystemIoFailure => MachineFault::Storage,
        // It says no more than that the kernel refused the file.
        ErrorCode::CannotOpen => MachineFault::Refused,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::DatabaseError;

    #[test]
    fn what_the_disk_refused_is_no_fault_of_the_rows() {
        let of = |code| {
            let failed = rusqlite::Error::SqliteFailure(ffi::Error::new(code), None);
            database_fault(&DatabaseError::Statement(failed))
        };
        assert_eq!(of(ffi::SQLITE_FULL), Some(MachineFault::Space));
        assert_eq!(of(ffi::SQLITE_IOERR_SHMSIZE), Some(MachineFault::Space));
        assert_eq!(of(ffi::SQLITE_IOERR_WRITE), Some(MachineFault::Storage));
        assert_eq!(of(ffi::SQLITE_IOERR_NOMEM), Some(MachineFault::Memory));
        assert_eq!(of(ffi::SQLITE_NOMEM), Some(MachineFault::Memory));
        assert_eq!(of(ffi::SQLITE_CANTOPEN), Some(MachineFault::Refused));
        for code in [ffi::SQLITE_CONSTRAINT, ffi::SQLITE_CORRUPT, ffi::SQLITE_NOTADB] {
            assert_eq!(of(code), None, "{code}");
        }
    }
}
