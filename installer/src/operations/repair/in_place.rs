//! What is mended in the store without a source: what is foreign, modes and links.

use attune_schemas::problem::WarningCode;
use std::collections::BTreeSet;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use attune_host::root::{remove_tree, seal, unseal};
use attune_host::verification::{Finding, FindingKind, HostPart};

/// Mends in the store what needs no bytes. What cannot be mended stays, and is found again later.
pub(super) fn mend_trees(differences: &[Finding]) {
    let of_trees = || differences.iter().filter(|it| it.tree.is_some() || it.part == HostPart::Store);
    // Directories get their modes back last, since things in them change first.
    let mut opened: BTreeSet<PathBuf> = BTreeSet::new();
    for finding in of_trees() {
        told(finding, mend_entry(finding, &mut opened));
    }
    for directory in opened {
        if let Err(error) = seal(&directory) {
            tracing::warn!(code = %WarningCode::NotMended, "{error}");
        }
    }
    for finding in of_trees().filter(|finding| finding.kind == FindingKind::Mode) {
        let mode = finding.expected.as_deref().and_then(|mode| u32::from_str_radix(mode, 8).ok());
        if let Some(mode) = mode {
            told(finding, fs_err::set_permissions(&finding.path, Permissions::from_mode(mode)));
        }
    }
}

fn told(finding: &Finding, outcome: io::Result<()>) {
    if let Err(error) = outcome {
        tracing::warn!(code = %WarningCode::NotMended, "could not mend `{}`: {error}", finding.path.display());
    }
}

/// Removes what is foreign, and leads a link back; its directory, if it has to be opened for that, is in `opened`.
fn mend_entry(finding: &Finding, opened: &mut BTreeSet<PathBuf>) -> io::Result<()> {
    let target = match (finding.kind, &finding.expected) {
        (FindingKind::Foreign, _) => None,
        (FindingKind::LeadsElsewhere, Some(target)) => Some(PathBuf::from(target)),
        _ => return Ok(()),
    };
    let Some(directory) = finding.path.parent() else { return Ok(()) };
    let mode = fs_err::metadata(directory)?.permissions().mode();
    if mode & 0o200 == 0 && opened.insert(directory.to_owned()) {
        unseal(directory)?;
    }
    remove(&finding.path)?;
    match target {
        Some(target) => fs_err::os::unix::fs::symlink(target, &finding.path),
        None => Ok(()),
    }
}

/// Removes whatever is at `path`, and nothing that a link there leads to.
pub(super) fn remove(path: &Path) -> io::Result<()> {
    match fs_err::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Ok(found) if found.is_dir() => remove_tree(path),
        _ => fs_err::remove_file(path),
    }
}
