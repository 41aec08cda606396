//! The files that say what the active generation is, and their copies.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use attune_host::generation::{COPIES_FILE, Copies, Generation, KEPT_FOLDERS};
use attune_host::root::{HostRoot, read_regular, seal, unseal};
use attune_host::verification::{Finding, FindingKind};
use attune_registry::atomic_file::{AtomicWrite, FileMode};
use attune_schemas::Digest;

use super::in_place::remove;

/// Restores the descriptions and releases of the active generation that are not as its lock file says, from its copies
/// or a generation that has the same bytes, and then the copies; tells whether all of them are whole. The lock file
/// is whole: it was held against the database.
pub(super) fn restore_kept_files(root: &HostRoot, active: &Generation) -> io::Result<bool> {
    let directory = root.generation(active.id);
    let folders = KEPT_FOLDERS.map(|folder| directory.join(folder));
    for folder in &folders {
        if fs_err::symlink_metadata(folder).is_ok_and(|found| found.is_dir()) {
            unseal(folder)?;
        } else {
            remove(folder)?;
            fs_err::create_dir(folder)?;
        }
    }
    let copies = Copies::load(&directory).unwrap_or_default();
    let mut others: Vec<u64> = root.generation_ids()?.into_iter().filter(|id| *id != active.id).collect();
    others.reverse();
    let mut all_are_whole = true;
    for (name, file) in &active.files {
        let has = |directory: &Path| {
            read_regular(&directory.join(name)).ok().filter(|bytes| Digest::of(bytes) == file.digest)
        };
        let path = directory.join(name);
        if has(&directory).is_some() {
            fs_err::set_permissions(path, Permissions::from_mode(0o444))?;
            continue;
        }
        let copy = copies.get(name, &file.digest).map(<[u8]>::to_vec);
        let copy = copy.or_else(|| others.iter().find_map(|id| has(&root.generation(*id))));
        let Some(bytes) = copy else {
            all_are_whole = false;
            continue;
        };
        remove(&path)?;
        AtomicWrite { mode: FileMode::ReadOnly, ..AtomicWrite::default() }.write(&path, &bytes)?;
    }
    for folder in &folders {
        seal(folder)?;
    }
    if all_are_whole && Copies::load(&directory).ok() != Some(Copies::of(&directory, active)?) {
        remove(&directory.join(COPIES_FILE))?;
        Copies::of(&directory, active)?.replace(&directory)?;
    }
    Ok(all_are_whole)
}

/// Whether `finding` is about one of these files, which come back in their place if at all.
pub(super) fn is_kept_file(root: &HostRoot, active: &Generation, finding: &Finding) -> bool {
    let directory = root.generation(active.id);
    let Ok(name) = finding.path.strip_prefix(directory) else { return false };
    let is_kept =
        |name: &str| active.files.contains_key(name) || name == COPIES_FILE || KEPT_FOLDERS.contains(&name);
    name.to_str().is_some_and(is_kept) && finding.kind != FindingKind::Foreign
}
