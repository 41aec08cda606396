//! The database: whether it is sound, is of this generation, and has its rows.

use std::thread;
use std::time::Duration;

use attune_registry::machine_fault::MachineFault;
use attune_schemas::Digest;

use super::report::{Finding, FindingKind, Findings, HostPart, with_causes};
use super::{VerificationError, Verifying};
use crate::database::{Audit, DatabaseError, RowDifferenceKind, audit, database_fault, row_differences};
use crate::generation::{InstalledGeneration, LOCK_FILE};
use crate::root::HostRoot;

/// How long an install takes at most from its rows to the link that activates them.
const WAITS: u32 = 20;
const WAIT: Duration = Duration::from_millis(50);

fn is_of_machine(error: &DatabaseError) -> bool {
    database_fault(error).is_some() || MachineFault::of(error).is_some()
}

impl Verifying<'_> {
    /// Holds the database against the generation, whose lock file has the digest `lock`.
    pub(super) fn database(&self, lock: Digest, findings: &mut Findings) -> Result<(), VerificationError> {
        let of = |kind| Finding::new(kind, HostPart::Database, self.root.database());
        for _ in 0..WAITS {
            match audit(self.root) {
                Ok(Some(found)) if found.generation == Some(self.generation.id) => {
                    return self.registered(&found, lock, findings);
                }
                Ok(Some(found)) => {
                    let active = self.root.active_generation().map_err(|source| self.root.failed(source))?;
                    if active != Some(self.generation.id) {
                        findings.add(of(FindingKind::InProgress));
                        return Ok(());
                    }
                    if let Some(fault) = found.faults.first() {
                        findings.add(of(FindingKind::Database).found(fault));
                        return Ok(());
                    }
                }
                Ok(None) => {
                    findings.add(of(FindingKind::Missing));
                    return Ok(());
                }
                Err(error) if is_of_machine(&error) => return Err(error.into()),
                Err(error) => {
                    findings.add(of(FindingKind::Database).found(&with_causes(&error)));
                    return Ok(());
                }
            }
            // Rows come right before the link that activates them.
            thread::sleep(WAIT);
        }
        let registered = audit(self.root).ok().flatten().and_then(|found| found.generation);
        let registered = registered.map_or_else(|| "none".to_owned(), |id| id.to_string());
        findings.add(of(FindingKind::OtherGeneration).found(&registered).expected(&self.generation.id));
        Ok(())
    }

    fn registered(
        &self,
        audit: &Audit,
        lock: Digest,
        findings: &mut Findings,
    ) -> Result<(), VerificationError> {
        let of = |kind| Finding::new(kind, HostPart::Database, self.root.database());
        for fault in &audit.faults {
            findings.add(of(FindingKind::Database).found(fault));
        }
        if audit.lock.is_some_and(|registered| registered != lock) {
            let path = self.root.generation(self.generation.id).join(LOCK_FILE);
            findings.add(Finding::new(FindingKind::Changed, HostPart::Generation, path));
            // Whoever changed it may have changed the packs that it names.
            return Ok(());
        }
        if !audit.faults.is_empty() {
            return Ok(());
        }
        match self.rows() {
            // Rows that are gone are why others refer to none.
            Ok(differences) if differences.is_empty() => {
                for fault in &audit.dangling {
                    findings.add(of(FindingKind::Database).found(fault));
                }
            }
            Ok(differences) => differences.into_iter().for_each(|difference| findings.add(difference)),
            Err(error) if is_of_machine(&error) => return Err(error.into()),
            Err(error) => findings.add(of(FindingKind::Database).found(&with_causes(&error))),
        }
        Ok(())
    }

    /// The rows that are not as they were registered.
    fn rows(&self) -> Result<Vec<Finding>, DatabaseError> {
        let installed = InstalledGeneration::load(self.root, self.generation.clone());
        // What is wrong with its files is found with them.
        let Ok(Some(installed)) = installed else { return Ok(Vec::new()) };
        let Some(packs) = installed.registered_packs() else { return Ok(Vec::new()) };
        let path = &self.generation.root;
        let recorded = if path.as_os_str().is_empty() { self.root.path() } else { path };
        let differences =
            row_differences(self.root, &HostRoot::recorded(recorded), &packs, &self.generation.lists)?;
        let covered = differences.into_iter().filter(|difference| self.covers(&difference.pack));
        let findings = covered.map(|difference| {
            let (kind, columns) = match difference.kind {
                RowDifferenceKind::Missing => (FindingKind::Missing, None),
                RowDifferenceKind::Changed(columns) => (FindingKind::Changed, Some(columns.join(", "))),
                RowDifferenceKind::Foreign => (FindingKind::Foreign, None),
            };
            let finding = Finding::new(kind, HostPart::Database, self.root.database()).of([difference.pack]);
            let row = Some(format!("{} {}", difference.table, difference.row));
            Finding { found: columns, row, ..finding }
        });
        Ok(findings.collect())
    }
}
