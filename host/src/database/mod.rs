//! Registers packs and their components in the host's database, in one transaction.

mod components;
mod database;
mod definition;
mod environments;
mod packs;
mod row;
mod runtimes;

use std::collections::BTreeMap;

use attune_schemas::PackRef;
use attune_schemas::component::ComponentKind;
use jiff::Timestamp;

pub use database::Database;
pub use environments::RecordedEnvironment;
pub use packs::environment_metadata;

use crate::environment::{EnvironmentDescription, EnvironmentName};
use crate::generation::InstalledPack;
use crate::generation::KeptRelease;
use crate::root::HostRoot;
use attune_schemas::pack_test_result::PackTestResult;

/// Why the registration failed; nothing of it remains.
#[derive(Debug, thiserror::Error)]
pub enum DatabaseError {
    /// The database cannot be opened.
    #[error("could not open the database `{}`", path.display())]
    Open {
        /// The database.
        path: std::path::PathBuf,
        /// The cause.
        #[source]
        source: rusqlite::Error,
    },
    /// A statement failed.
    #[error("could not register the packs")]
    Statement(#[from] rusqlite::Error),
    /// A release drops a runtime that something else runs on.
    #[error("this release of pack `{pack}` drops runtime `{runtime}`, which `{user}` runs on")]
    RuntimeInUse {
        /// The pack.
        pack: PackRef,
        /// The runtime.
        runtime: String,
        /// The action or sensor.
        user: String,
    },
    /// A component's ref belongs to another pack, or was made on the host.
    #[error("{kind} `{component}` of pack `{pack}` cannot be registered: its ref is taken")]
    Taken {
        /// The pack.
        pack: PackRef,
        /// What it is.
        kind: ComponentKind,
        /// Its ref.
        component: String,
    },
    /// A component does not satisfy the database's rules.
    #[error("could not register {kind} `{component}` of pack `{pack}`")]
    Component {
        /// The pack.
        pack: PackRef,
        /// What it is.
        kind: ComponentKind,
        /// Its ref.
        component: String,
        /// The cause.
        #[source]
        source: rusqlite::Error,
    },
}

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

/// The result of a pack's tests, to be recorded.
pub struct RecordedTest<'a> {
    /// The result.
    pub result: &'a PackTestResult,
    /// Whether another version of the pack was installed before.
    pub is_update: bool,
}

/// Packs that are registered together.
pub struct Registration<'a> {
    /// The root.
    pub root: &'a HostRoot,
    /// The packs.
    pub packs: &'a [RegisteredPack<'a>],
    /// The generation that they are of.
    pub generation: u64,
    /// The generation before, 0 if there is none.
    pub previous: u64,
    /// How the packs' tests ended.
    pub tests: &'a [RecordedTest<'a>],
    /// The time of the registration.
    pub now: Timestamp,
}

impl Registration<'_> {
    /// Writes all rows in one transaction.
    pub fn commit(&self, database: &mut Database) -> Result<(), DatabaseError> {
        let transaction = database.transaction()?;
        runtimes::ensure_builtin(&transaction, self.now)?;
        for registered in self.packs {
            let pack = packs::upsert(&transaction, registered, self)?;
            components::replace_all(&transaction, pack, registered, self.now)?;
            packs::record_environments(&transaction, pack, registered, self)?;
        }
        components::link(&transaction, self.packs)?;
        packs::record_tests(&transaction, self)?;
        record_generation(&transaction, self.generation, self.previous, self.now)?;
        transaction.commit()?;
        Ok(())
    }
}

/// SQLite integers are signed; generations are counted one by one and never get there.
fn row_id(generation: u64) -> i64 {
    i64::try_from(generation).expect("fewer generations than that")
}

/// Makes `generation` the one that the rows are of.
fn record_generation(
    transaction: &rusqlite::Transaction<'_>,
    generation: u64,
    previous: u64,
    now: Timestamp,
) -> rusqlite::Result<()> {
    transaction.execute(
        "INSERT INTO install_journal (only, generation, previous, registered_at) VALUES (1, ?1, ?2, ?3) \
         ON CONFLICT (only) DO UPDATE SET generation = ?1, previous = ?2, registered_at = ?3",
        rusqlite::params![row_id(generation), row_id(previous), now.to_string()],
    )?;
    Ok(())
}
