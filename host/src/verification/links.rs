//! The links of the root by which packs and environments are found, whatever generation is active.

use std::io;
use std::path::Path;

use attune_schemas::PackRef;

use super::report::{Finding, FindingKind, Findings, HostPart};
use super::{VerificationError, Verifying};
use crate::generation::{Entry, Generation, parts_in_store};
use crate::root::{ENTRY_LINKS, HostRoot, PlantedError};

impl Verifying<'_> {
    /// Looks at the links of the root, and at whether it is where it was installed.
    pub(super) fn entry_links(&self, findings: &mut Findings) -> Result<(), VerificationError> {
        for (name, target) in ENTRY_LINKS {
            let path = self.root.path().join(name);
            let of = |kind| Finding::new(kind, HostPart::Links, &path).expected(&target);
            match fs_err::read_link(&path) {
                Ok(found) if found == Path::new(target) => {}
                Ok(found) => findings.add(of(FindingKind::LeadsElsewhere).found(&found.display())),
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    findings.add(of(FindingKind::Missing));
                }
                // It is none.
                Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                    findings
                        .add(Finding::new(FindingKind::Replaced, HostPart::Links, &path).expected(&"link"));
                }
                Err(error) => return Err(self.root.failed(error).into()),
            }
        }
        for path in self.root.open_places().map_err(|source| self.root.failed(source))? {
            let open = Finding::new(FindingKind::Mode, HostPart::Root, path);
            findings.add(open.found(&"writable by everybody"));
        }
        match self.root.require_no_planted_links() {
            Ok(()) => {}
            Err(PlantedError::Io(error)) => return Err(self.root.failed(error).into()),
            Err(PlantedError::Link { path }) => {
                findings.add(Finding::new(FindingKind::Replaced, HostPart::Root, path).found(&"link"));
            }
            Err(PlantedError::LeadsElsewhere { path, target }) if !findings.knows(&path) => {
                let planted = Finding::new(FindingKind::LeadsElsewhere, HostPart::Root, path);
                findings.add(planted.found(&target.display()));
            }
            Err(PlantedError::LeadsElsewhere { .. } | PlantedError::WritableByAll { .. }) => {}
        }
        if self.generation.was_moved_to(self.root) {
            let moved = Finding::new(FindingKind::MovedRoot, HostPart::Root, self.root.path());
            findings.add(moved.expected(&self.generation.root.display()));
        }
        Ok(())
    }
}

/// Whether every link by which `pack` of the active generation is found is there, and leads where it should; its
/// trees must be whole.
pub(super) fn pack_is_linked(root: &HostRoot, active: &Generation, pack: &PackRef) -> bool {
    let directory = root.generation(active.id);
    // The trees are whole, and so are the names at their tops.
    let Ok(entries) = active.entries_of(pack, &|digest| parts_in_store(root, digest)) else { return false };
    entries.into_iter().all(|(path, entry)| {
        let path = directory.join(path);
        match entry {
            Entry::Directory => fs_err::symlink_metadata(path).is_ok_and(|found| found.is_dir()),
            Entry::Link(target) => fs_err::read_link(path).is_ok_and(|found| found == target),
            Entry::File(content) => {
                let is_file = fs_err::symlink_metadata(&path).is_ok_and(|found| found.is_file());
                is_file && fs_err::read(path).is_ok_and(|found| found == content.as_bytes())
            }
        }
    })
}
