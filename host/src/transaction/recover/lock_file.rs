//! The lock file of the active generation, held against the digest that the database has of it, before anything is
//! believed that it says.

use std::io;

use attune_registry::atomic_file::replace_file;
use attune_schemas::Digest;
use attune_schemas::problem::WarningCode;

use super::RecoverError;
use crate::generation::{Copies, LOCK_FILE, usable_generation};
use crate::root::{HostRoot, read_regular, remove_tree};

/// The state of a lock file that may be believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LockFile {
    /// It is what was registered.
    AsRegistered,
    /// It was changed or lost, and is what was registered again.
    Restored,
    /// It and its copy are one, and the database has another digest.
    OtherRows,
}

/// Holds the lock file of generation `active` against `registered`, its digest in the database, and restores it where it
/// is not that. Where the database has none, as it is of another generation or gone, its copy is the only witness.
///
/// # Errors
/// It is neither what was registered nor like its copy: nothing vouches for it.
pub(super) fn hold_lock_file(
    root: &HostRoot,
    active: u64,
    registered: Option<&Digest>,
) -> Result<LockFile, RecoverError> {
    let failed = |source| root.failed(source);
    let directory = root.generation(active);
    let path = directory.join(LOCK_FILE);
    let found = match read_regular(&path) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => {
            Vec::new()
        }
        found => found.map_err(failed)?,
    };
    let digest = Digest::of(&found);
    if Some(&digest) == registered {
        return Ok(LockFile::AsRegistered);
    }
    let copies = Copies::load(&directory).unwrap_or_default();
    if let Some(copy) = registered.and_then(|registered| copies.get(LOCK_FILE, registered)) {
        if path.is_dir() {
            remove_tree(&path).map_err(failed)?;
        }
        replace_file(&path, copy).map_err(failed)?;
        tracing::warn!(
        code = %WarningCode::LockFileRestored,
            "`{LOCK_FILE}` of generation {active} was not what was registered; its copy took its place"
        );
        return Ok(LockFile::Restored);
    }
    if copies.get(LOCK_FILE, &digest).is_some() {
        return Ok(LockFile::OtherRows);
    }
    let message = match registered {
        Some(_) => format!("`{}` is not what was registered", path.display()),
        None => format!("`{}` is not like its copy, and the database does not know it", path.display()),
    };
    Err(RecoverError::NotActive {
        root: root.path().to_owned(),
        active,
        usable: usable_generation(root, None, Some(active)).map_err(failed)?,
        source: io::Error::new(io::ErrorKind::InvalidData, message),
    })
}
