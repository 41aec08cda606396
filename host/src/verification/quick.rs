//! The quick look: trees by their stamps, interpreters by their files, the database by what it names.
//!
//! A tree that was touched since it was last read is read, as it may be whole all the same; so the look costs as much as
//! what was touched. It does not see bytes that changed without a trace on the file, nor rows of the database.

use std::path::Path;

use attune_registry::machine_fault::MachineFault;
use attune_registry::workers::in_parallel;
use attune_schemas::Digest;

use super::report::{Finding, FindingKind, Findings, HostPart, with_causes};
use super::trees::Lists;
use super::{VerificationError, Verifying};
use crate::database::{database_fault, registered_lock};
use crate::generation::LOCK_FILE;
use crate::root::StoreKind;
use crate::trees::TreeLists;

impl Verifying<'_> {
    /// Those of `lists` whose trees were touched since they were last read.
    pub(super) fn touched(&self, mut lists: Lists) -> Lists {
        let trees: Vec<(StoreKind, Digest)> = lists.keys().copied().collect();
        let fits = in_parallel(&trees, |(kind, digest)| {
            let place = self.root.store(*kind, digest);
            let list = self.generation.lists.get(*kind, digest);
            list.is_some_and(|list| TreeLists::of(self.root, *kind, digest).stamp_fits(&list, &place))
        });
        for (tree, _) in trees.iter().zip(fits).filter(|(_, fits)| *fits) {
            lists.remove(tree);
        }
        lists
    }

    /// Holds the database against the generation, whose lock file has the digest `lock`, by the generation that it names.
    pub(super) fn registration(
        &self,
        lock: Digest,
        findings: &mut Findings,
    ) -> Result<(), VerificationError> {
        let of = |kind| Finding::new(kind, HostPart::Database, self.root.database());
        match registered_lock(self.root) {
            Ok(Some((id, registered))) if id == self.generation.id => {
                if registered.is_some_and(|registered| registered != lock) {
                    let path = self.root.generation(id).join(LOCK_FILE);
                    findings.add(Finding::new(FindingKind::Changed, HostPart::Generation, path));
                }
            }
            Ok(Some((id, _))) => {
                // Rows come right before the link that activates them.
                let is_changing = self.root.is_changing().map_err(|source| self.root.failed(source))?;
                let kind = if is_changing { FindingKind::InProgress } else { FindingKind::OtherGeneration };
                findings.add(of(kind).found(&id).expected(&self.generation.id));
            }
            Ok(None) => findings.add(of(FindingKind::Missing)),
            Err(error) if database_fault(&error).is_some() || MachineFault::of(&error).is_some() => {
                return Err(error.into());
            }
            Err(error) => findings.add(of(FindingKind::Database).found(&with_causes(&error))),
        }
        Ok(())
    }
}

/// Whether the program of an environment is there, in words where it is not.
pub(super) fn is_there(program: &Path) -> Result<(), String> {
    if program.is_file() { Ok(()) } else { Err("it is not there".to_owned()) }
}
