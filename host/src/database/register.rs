//! The registration of packs: their rows, written from what is installed.

use std::collections::BTreeMap;

use attune_schemas::pack_test_result::PackTestResult;
use attune_schemas::{Digest, PackRef};
use jiff::Timestamp;

use super::operations::CompletedOperation;
use super::settings::PackSettings;
use super::workflows::{self, Known, WorkflowSources};
use super::{Database, DatabaseError, components, packs, runtimes, settings};
use crate::environment::{EnvironmentDescription, EnvironmentName};
use crate::generation::{InstalledGeneration, InstalledPack, KeptRelease, ListDigests};
use crate::root::HostRoot;

/// A pack as it is installed: everything that its rows are written from.
pub struct RegisteredPack<'a> {
    /// The pack.
    pub pack: &'a PackRef,
    /// Its entry in the generation's lock file.
    pub installed: &'a InstalledPack,
    /// Its release, as the generation keeps it.
    pub release: &'a KeptRelease,
    /// The descriptions of its environments.
    pub environments: BTreeMap<&'a EnvironmentName, &'a EnvironmentDescription>,
}

impl InstalledGeneration {
    /// Its packs, as they are registered; `None` if something of them is not kept.
    pub fn registered_packs(&self) -> Option<Vec<RegisteredPack<'_>>> {
        let packs = self.generation.packs.iter().map(|(pack, installed)| {
            let environments = installed
                .environments
                .iter()
                .map(|(name, environment)| Some((name, self.descriptions.get(&environment.digest)?)));
            let environments = environments.collect::<Option<_>>()?;
            Some(RegisteredPack { pack, installed, release: self.releases.get(pack)?, environments })
        });
        packs.collect()
    }
}

/// The result of a pack's tests, to be recorded.
pub struct TestResultRow<'a> {
    /// The result.
    pub result: &'a PackTestResult,
    /// Why they ran.
    pub reason: TestReason,
}

/// Why tests ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TestReason {
    /// The pack was installed.
    Install,
    /// Another version of the pack was installed before.
    Update,
    /// Somebody asked for it.
    Manual,
}

impl TestReason {
    /// The reason as it is recorded.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Install => "install",
            Self::Update => "update",
            Self::Manual => "manual",
        }
    }
}

/// The rows of packs that are not registered now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OtherPacks<'a> {
    /// Those of these packs go, and the others stay.
    Remove(&'a [PackRef]),
    /// Those that an install had registered go.
    RemoveAll,
}

/// The generation that rows are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegisteredGeneration {
    /// Its number.
    pub id: u64,
    /// The digest of its lock file.
    pub lock: Digest,
    /// The generation before, 0 if there was none; its own number where its lock file alone was written anew.
    pub previous: u64,
}

/// Packs that are registered together.
pub struct Registration<'a> {
    /// The root that the rows name.
    pub root: &'a HostRoot,
    /// The root whose store has the files of the packs: the same, unless it was moved.
    pub files: &'a HostRoot,
    /// The lists of the trees in it.
    pub lists: &'a ListDigests,
    /// The packs.
    pub packs: &'a [RegisteredPack<'a>],
    /// The treatment of the others.
    pub others: OtherPacks<'a>,
    /// The generation that they are of.
    pub generation: RegisteredGeneration,
    /// How the packs' tests ended.
    pub tests: &'a [TestResultRow<'a>],
    /// The configuration that packs get back; that of all others stays.
    pub settings: &'a PackSettings,
    /// The operation that they are registered by; `None` where rows that were lost are written again.
    pub operation: Option<CompletedOperation<'a>>,
    /// The time of the registration.
    pub now: Timestamp,
}

impl Database {
    /// Writes all rows of `registration` in one transaction.
    pub fn register(&mut self, registration: &Registration<'_>) -> Result<(), DatabaseError> {
        let known = Known::of(self.connection())?;
        let sources = WorkflowSources { root: registration.files, lists: registration.lists };
        let loaded = workflows::load(registration.packs, sources, &known);
        let transaction = self.transaction()?;
        runtimes::ensure_builtin(&transaction, registration.now)?;
        // Rows refer to each other across packs; what is left over refers to nothing at the end.
        transaction.pragma_update(None, "defer_foreign_keys", true)?;
        match registration.others {
            OtherPacks::Remove(gone) => packs::remove(&transaction, gone)?,
            OtherPacks::RemoveAll => packs::remove_others(&transaction, registration.packs)?,
        }
        for (registered, workflows) in registration.packs.iter().zip(&loaded) {
            let pack = packs::upsert(&transaction, registered, registration)?;
            components::replace_all(&transaction, pack, (registered, workflows), registration.now)?;
            packs::record_environments(&transaction, pack, registered, registration)?;
        }
        settings::restore(&transaction, registration.settings)?;
        components::link(&transaction, registration.packs)?;
        packs::record_tests(&transaction, registration.tests, registration.now)?;
        record_generation(&transaction, &registration.generation, registration.now)?;
        if let Some(operation) = registration.operation {
            operation.insert(&transaction, &registration.generation)?;
        }
        transaction.commit()?;
        Ok(())
    }
}

impl Database {
    /// Adds rows for tests that ran at any other time, and returns the packs that are not registered in the version
    /// that was tested.
    pub fn record_tests(
        &mut self,
        tests: &[TestResultRow<'_>],
        now: Timestamp,
    ) -> Result<Vec<String>, DatabaseError> {
        let transaction = self.transaction()?;
        let left_out = packs::record_tests(&transaction, tests, now)?;
        transaction.commit()?;
        Ok(left_out)
    }

    /// Removes the rows of all packs that an install registered, and says that there is no generation.
    pub fn forget_packs(&mut self) -> Result<(), DatabaseError> {
        let transaction = self.transaction()?;
        transaction.pragma_update(None, "defer_foreign_keys", true)?;
        packs::remove_others(&transaction, &[])?;
        transaction.execute("DELETE FROM install_journal", [])?;
        transaction.commit()?;
        Ok(())
    }
}

/// SQLite integers are signed; generations are counted one by one and never get there.
pub(super) fn row_id(generation: u64) -> i64 {
    i64::try_from(generation).expect("fewer generations than that")
}

/// Makes `generation` the one that the rows are of.
pub(super) fn record_generation(
    transaction: &rusqlite::Transaction<'_>,
    generation: &RegisteredGeneration,
    now: Timestamp,
) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO install_journal (only, generation, previous, registered_at, lock_digest) \
         VALUES (1, ?1, ?2, ?3, ?4) \
         ON CONFLICT (only) DO UPDATE SET generation = ?1, previous = ?2, registered_at = ?3, lock_digest = ?4",
        rusqlite::params![
            row_id(generation.id),
            row_id(generation.previous),
            now.to_string(),
            generation.lock.to_string()
        ],
    )?;
    Ok(())
}
