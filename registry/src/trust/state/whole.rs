//! Changes of a registry's directory as a whole: each is decided by one rename or one removal, and what a killed
//! one leaves is passed over and cleared away by the next writer.
//!
//! ```text
//! <trust dir>/.incoming-<random>/    a registry that is about to be known
//! <trust dir>/.removed-<registry>/   one that is known no more
//! ```

use std::io;
use std::path::{Path, PathBuf};

use attune_schemas::tuf::RegistryName;

use crate::atomic_file::{Durability, INCOMING_PREFIX, create_folder, sync_folder, write_synced};

use super::metadata_store::StoredFile;
use super::policy::POLICY_FILE;

const REMOVED_PREFIX: &str = ".removed-";
const ROOT_FILE: &str = "root.json";
/// The file that decides whether versions were seen.
const TIMESTAMP_FILE: &str = "timestamp.json";

/// Makes `files` the content of the directory `registry`, which has no root yet.
pub(super) fn create(registry: &Path, files: &[StoredFile<'_>], durability: Durability) -> io::Result<()> {
    let trust_dir = parent(registry);
    create_folder(trust_dir, durability)?;
    let incoming = tempfile::Builder::new().prefix(INCOMING_PREFIX).tempdir_in(trust_dir)?;
    make_readable(incoming.path())?;
    for file in files {
        write_synced(&incoming.path().join(&file.name), file.bytes, durability)?;
    }
    if durability == Durability::Synced {
        sync_folder(incoming.path())?;
    }
    if registry.is_dir() {
        // Without a root it is no registry: what an earlier program left.
        remove(registry, Durability::Unsynced)?;
    }
    fs_err::rename(incoming.path(), registry)?;
    // Nothing is there any more for its drop to remove.
    let _moved = incoming.keep();
    if durability == Durability::Synced { sync_folder(trust_dir) } else { Ok(()) }
}

/// Makes the directory `staged`, which is on the same file system and on disk, the directory `registry`, which has
/// no root yet.
pub(super) fn adopt(registry: &Path, staged: &Path, durability: Durability) -> io::Result<()> {
    let trust_dir = parent(registry);
    create_folder(trust_dir, durability)?;
    if registry.is_dir() {
        remove(registry, Durability::Unsynced)?;
    }
    match fs_err::rename(staged, registry) {
        // The state may be a mount of its own.
        Err(error) if error.kind() == io::ErrorKind::CrossesDevices => copy(registry, staged, durability)?,
        moved => moved?,
    }
    if durability == Durability::Synced { sync_folder(trust_dir) } else { Ok(()) }
}

fn copy(registry: &Path, staged: &Path, durability: Durability) -> io::Result<()> {
    let mut files = Vec::new();
    for entry in fs_err::read_dir(staged)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        files.push((name, fs_err::read(entry.path())?));
    }
    let files = files.iter().map(|(name, bytes)| StoredFile { name: name.clone(), bytes });
    create(registry, &files.collect::<Vec<_>>(), durability)
}

/// Takes the directory `registry` away.
pub(super) fn remove(registry: &Path, durability: Durability) -> io::Result<()> {
    let removed = removed(registry);
    remove_dir(&removed)?;
    match fs_err::rename(registry, &removed) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        renamed => renamed?,
    }
    if durability == Durability::Synced {
        sync_folder(parent(registry))?;
    }
    remove_dir(&removed)
}

/// Removes all files of the directory `registry` but root and policy, the deciding timestamp first.
pub(super) fn forget(registry: &Path, durability: Durability) -> io::Result<()> {
    match fs_err::remove_file(registry.join(TIMESTAMP_FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        removed => removed?,
    }
    if durability == Durability::Synced {
        sync_folder(registry)?;
    }
    for entry in fs_err::read_dir(registry)? {
        let entry = entry?;
        if entry.file_name() != ROOT_FILE && entry.file_name() != POLICY_FILE {
            fs_err::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Clears what killed writers left in `trust_dir`; the caller holds the lock under which it is written, and has
/// completed what is to be completed.
pub(super) fn clear_leftovers(trust_dir: &Path) -> io::Result<()> {
    let entries = match fs_err::read_dir(trust_dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let (path, name) = {
            let entry = entry?;
            (entry.path(), entry.file_name())
        };
        let name = name.to_str().unwrap_or_default();
        if name.starts_with(INCOMING_PREFIX) || name.starts_with(REMOVED_PREFIX) {
            remove_dir(&path)?;
        } else if name.parse::<RegistryName>().is_ok() && path.is_dir() {
            clear_registry(&path)?;
        }
    }
    Ok(())
}

fn clear_registry(registry: &Path) -> io::Result<()> {
    if !registry.join(ROOT_FILE).is_file() {
        return remove(registry, Durability::Unsynced);
    }
    if !registry.join(TIMESTAMP_FILE).is_file() {
        return forget(registry, Durability::Unsynced);
    }
    for entry in fs_err::read_dir(registry)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(INCOMING_PREFIX.as_bytes()) {
            fs_err::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn removed(registry: &Path) -> PathBuf {
    let name = registry.file_name().unwrap_or_default();
    parent(registry).join(format!("{REMOVED_PREFIX}{}", name.to_string_lossy()))
}

fn parent(registry: &Path) -> &Path {
    registry.parent().expect("a registry's directory is in the trust directory")
}

/// Temporary directories are their owner's alone; everybody may look at this one.
fn make_readable(directory: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    fs_err::set_permissions(directory, std::fs::Permissions::from_mode(0o755))
}

fn remove_dir(directory: &Path) -> io::Result<()> {
    match fs_err::remove_dir_all(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}
