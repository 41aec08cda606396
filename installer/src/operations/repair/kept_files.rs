//! The files that say what the active generation is, and their copies.

use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use attune_host::generation::{COPIES_FILE, Copies, Generation};
use attune_host::root::{HostRoot, unseal};
use attune_host::verification::{Finding, FindingKind};
use attune_registry::atomic_file::{AtomicWrite, FileMode};
use attune_schemas::Digest;

use super::in_place::remove;

/// Restores the descriptions and releases of the active generation that are not as its lock file says, from its copies
/// or a generation that has the same bytes, and then the copies; tells whether all of them are whole. The lock file
/// is whole: it was held against the database.
pub(super) fn restore_kept_files(root: &HostRoot, active: &Generation) -> io::Result<bool> {
    let directory = root.generation(active.id);
    let copies = Copies::load(&directory).unwrap_or_default();
    let mut others: Vec<u64> = root.generation_ids()?.into_iter().filter(|id| *id != active.id).collect();
    others.reverse();
    let mut all_are_whole = true;
    for (name, file) in &active.files {
        let has = |directory: &Path| {
            let path = directory.join(name);
            let is_file = fs_err::symlink_metadata(&path).is_ok_and(|found| found.is_file());
            fs_err::read(path).ok().filter(|bytes| is_file && Digest::of(bytes) == file.digest)
        };
        if has(&directory).is_some() {
            continue;
        }
        let copy = copies.get(name, &file.digest).map(<[u8]>::to_vec);
        let copy = copy.or_else(|| others.iter().find_map(|id| has(&root.generation(*id))));
        let Some(bytes) = copy else {
            all_are_whole = false;
            continue;
        };
        let path = directory.join(name);
        let folder = path.parent().unwrap_or(&directory);
        unseal(folder)?;
        remove(&path)?;
        AtomicWrite { mode: FileMode::ReadOnly, ..AtomicWrite::default() }.write(&path, &bytes)?;
        fs_err::set_permissions(folder, Permissions::from_mode(0o555))?;
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
    let is_listed = name.to_str().is_some_and(|name| active.files.contains_key(name) || name == COPIES_FILE);
    is_listed && matches!(finding.kind, FindingKind::Missing | FindingKind::Changed | FindingKind::Replaced)
}
