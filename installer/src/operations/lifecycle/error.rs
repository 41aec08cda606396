//! Why packs could not be removed, or an earlier generation not become active again.

use std::path::PathBuf;

use attune_host::ChangeError;
use attune_host::database::DatabaseError;
use attune_host::inventory::InventoryError;
use attune_host::process::Interrupted;
use attune_host::root::RootError;
use attune_host::store::{BackupError, PurgeError};
use attune_host::transaction::AccessError;
use attune_schemas::problem::ErrorCode;
use attune_schemas::{PackRef, Requirement, Version};

use super::users::User;
use crate::failure::Failed;
use crate::migrations::MigrationError;
use crate::operations::RebuildError;

/// Why packs could not be removed, or an earlier generation not become active again. Unless the change is unfinished,
/// the root is as it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LifecycleError {
    /// The root cannot be read or written.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The root cannot be changed now.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// Nothing is installed, or not the pack that was named.
    #[error(transparent)]
    Inventory(#[from] InventoryError),
    /// The database cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Packs cannot be backed up, or a backup cannot be used.
    #[error(transparent)]
    Backup(#[from] BackupError),
    /// The root cannot be removed.
    #[error(transparent)]
    Purge(#[from] PurgeError),
    /// An environment could not be built again.
    #[error(transparent)]
    Rebuild(#[from] RebuildError),
    /// A pack that comes back needs one that is not there.
    #[error("pack `{pack}` cannot be restored: it needs {needs} {requirement}, {}", there_in_words(there.as_ref()))]
    Lacks {
        /// The pack.
        pack: PackRef,
        /// The pack that it needs.
        needs: PackRef,
        /// Its requirement.
        requirement: Requirement,
        /// The version that is installed.
        there: Option<Version>,
    },
    /// The change failed.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// A migration failed or could not run.
    #[error(transparent)]
    Migration(#[from] MigrationError),
    /// A signal asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
    /// Packs that stay need packs that are to go.
    #[error("{} cannot be uninstalled: {}", packs_in_words(packs), users_in_words(users))]
    InUse {
        /// The packs.
        packs: Vec<PackRef>,
        /// Whatever needs them.
        users: Vec<User>,
    },
    /// There is no earlier generation.
    #[error("there is no generation before the active one, {active}, in `{}`", root.display())]
    NoEarlier {
        /// The root.
        root: PathBuf,
        /// The active generation.
        active: u64,
    },
    /// A generation is not there.
    #[error("there is no generation {id} in `{}`; there are {}", root.display(), numbers(there))]
    NoGeneration {
        /// The root.
        root: PathBuf,
        /// The generation.
        id: u64,
        /// Those that are there.
        there: Vec<u64>,
    },
    /// A generation is not as it was made.
    #[error("generation {id} is damaged: {reason}")]
    DamagedGeneration {
        /// The generation.
        id: u64,
        /// The reason.
        reason: String,
    },
    /// The store lacks files of a generation.
    #[error("generation {id} has files that were changed or are gone: those of {}", packs_in_words(packs))]
    DamagedPacks {
        /// The generation.
        id: u64,
        /// The packs that they are of.
        packs: Vec<PackRef>,
    },
    /// The installed version is not in the range.
    #[error("pack `{pack}` cannot be pinned to `{requirement}`: version {installed} is installed")]
    PinExcludes {
        /// The pack.
        pack: PackRef,
        /// The range.
        requirement: Requirement,
        /// The installed version.
        installed: Version,
    },
}

impl Failed for LifecycleError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Access(error) => error.code(),
            Self::Inventory(error) => error.code(),
            Self::Database(error) => error.code(),
            Self::Change(error) => error.code(),
            Self::Migration(error) => error.code(),
            Self::Backup(error) => error.code(),
            Self::Purge(error) => error.code(),
            Self::Rebuild(error) => error.code(),
            Self::Lacks { .. } => ErrorCode::NotRestorable,
            Self::Interrupted(_) => ErrorCode::Interrupted,
            Self::InUse { .. } => ErrorCode::PackInUse,
            Self::NoEarlier { .. } => ErrorCode::NoEarlierGeneration,
            Self::NoGeneration { .. } => ErrorCode::NoSuchGeneration,
            Self::DamagedGeneration { .. } => ErrorCode::GenerationDamaged,
            Self::DamagedPacks { .. } => ErrorCode::StoreDamaged,
            Self::PinExcludes { .. } => ErrorCode::PinExcludesInstalled,
        }
    }
}

fn there_in_words(there: Option<&Version>) -> String {
    there.map_or("which is not installed".to_owned(), |version| format!("and {version} is installed"))
}

fn packs_in_words(packs: &[PackRef]) -> String {
    packs.iter().map(|pack| format!("`{pack}`")).collect::<Vec<_>>().join(", ")
}

fn users_in_words(users: &[User]) -> String {
    users.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

fn numbers(ids: &[u64]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
