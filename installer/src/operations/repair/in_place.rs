//! What is mended where it is, without a source: what is foreign, modes, links, and files that another generation
//! has as well.

use std::collections::BTreeSet;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use attune_host::generation::Generation;
use attune_host::root::{HostRoot, remove_tree, unseal};
use attune_host::verification::{Finding, FindingKind};
use attune_registry::atomic_file::{AtomicWrite, FileMode};
use attune_schemas::Digest;

/// Mends in the trees of the store what needs no bytes. What it could not mend is found again later.
pub(super) fn mend_trees(differences: &[Finding]) -> io::Result<()> {
    let of_trees = || differences.iter().filter(|finding| finding.tree.is_some());
    // Directories get their modes back last, since things in them change first.
    let mut opened: BTreeSet<PathBuf> = BTreeSet::new();
    for finding in of_trees() {
        let target = match (finding.kind, &finding.expected) {
            (FindingKind::Foreign, _) => None,
            (FindingKind::LeadsElsewhere, Some(target)) => Some(PathBuf::from(target)),
            _ => continue,
        };
        let Some(directory) = finding.path.parent() else { continue };
        let mode = fs_err::metadata(directory)?.permissions().mode();
        if mode & 0o200 == 0 && opened.insert(directory.to_owned()) {
            unseal(directory)?;
        }
        remove(&finding.path)?;
        if let Some(target) = target {
            fs_err::os::unix::fs::symlink(target, &finding.path)?;
        }
    }
    for directory in opened {
        fs_err::set_permissions(directory, Permissions::from_mode(0o555))?;
    }
    for finding in of_trees().filter(|finding| finding.kind == FindingKind::Mode) {
        let mode = finding.expected.as_deref().and_then(|mode| u32::from_str_radix(mode, 8).ok());
        if let Some(mode) = mode {
            fs_err::set_permissions(&finding.path, Permissions::from_mode(mode))?;
        }
    }
    Ok(())
}

/// Removes whatever is at `path`, and nothing that a link there leads to.
fn remove(path: &Path) -> io::Result<()> {
    match fs_err::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(found) if found.is_dir() => remove_tree(path),
        _ => fs_err::remove_file(path),
    }
}

/// Restores the descriptions and releases of the active generation that are not as its lock file says, from a
/// generation that has the same bytes; tells whether all of them are whole then.
pub(super) fn restore_kept_files(root: &HostRoot, active: &Generation) -> io::Result<bool> {
    let directory = root.generation(active.id);
    let mut others: Vec<u64> = root.generation_ids()?.into_iter().filter(|id| *id != active.id).collect();
    others.sort_unstable_by(|a, b| b.cmp(a));
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
        let copy = others.iter().find_map(|id| has(&root.generation(*id)));
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
    Ok(all_are_whole)
}
