//! The directories of the store: nothing is in them but trees and lists, whichever generation has them, and nobody but
//! the owner writes there.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use attune_schemas::Digest;

use super::report::{Finding, FindingKind, Findings, HostPart};
use super::{VerificationError, Verifying};
use crate::root::StoreKind;
use crate::trees::is_name_of_lists;

/// The mode of the topmost directory of a tree.
const SEALED: u32 = 0o555;

impl Verifying<'_> {
    /// Looks for foreign names in the directories of the store.
    pub(super) fn foreign_in_store(&self, findings: &mut Findings) -> Result<(), VerificationError> {
        let is_part = |name: &OsStr| StoreKind::ALL.iter().any(|kind| name == kind.directory());
        let is_digest = |name: &OsStr| name.to_str().is_some_and(|name| Digest::from_hex(name).is_ok());
        let all_lists = self.root.all_lists();
        let originals = self.root.originals();
        let is_other =
            |name: &OsStr| [&all_lists, &originals].iter().any(|own| Some(name) == own.file_name());
        let mut look = |directory: &Path, is_ours: &dyn Fn(&OsStr) -> bool| {
            let outcome = look_for_foreign(directory, is_ours, findings);
            outcome.map_err(|source| self.root.failed(source))
        };
        look(&self.root.path().join("store"), &|name| is_part(name) || is_other(name))?;
        look(&all_lists, &is_part)?;
        for kind in StoreKind::ALL {
            look(&self.root.store_part(kind), &is_digest)?;
            look(&self.root.lists_part(kind), &is_digest)?;
        }
        let trees: BTreeSet<(StoreKind, Digest)> = self.generation.store_entries().collect();
        for (kind, digest) in &trees {
            look(&self.root.lists(*kind, digest), &is_name_of_lists)?;
        }
        for (kind, digest) in trees {
            if let Some(finding) = open_to_others(&self.root.store(kind, &digest)) {
                findings.add(finding);
            }
        }
        Ok(())
    }
}

/// That others than the owner may write into the tree at `place`, or not everybody may read it.
fn open_to_others(place: &Path) -> Option<Finding> {
    let found = fs_err::symlink_metadata(place).ok().filter(std::fs::Metadata::is_dir)?;
    let mode = found.permissions().mode() & 0o7777;
    let finding = Finding::new(FindingKind::Mode, HostPart::Store, place);
    let expected = (mode & 0o200) | SEALED;
    // One that was left open by a kill, or is a pack's own, may be written by its owner.
    (mode & !0o200 != SEALED).then(|| finding.found(&format!("{mode:o}")).expected(&format!("{expected:o}")))
}

/// Adds every entry of `directory` that is not `is_ours`; what is no directory is found elsewhere.
fn look_for_foreign(
    directory: &Path,
    is_ours: &dyn Fn(&OsStr) -> bool,
    findings: &mut Findings,
) -> io::Result<()> {
    let entries = match fs_err::read_dir(directory) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(());
        }
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        if !is_ours(&entry.file_name()) && !findings.knows(&entry.path()) {
            findings.add(Finding::new(FindingKind::Foreign, HostPart::Store, entry.path()));
        }
    }
    Ok(())
}
