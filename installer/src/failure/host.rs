//! The codes of failures of a root, its lock, its database and what is installed to it.

use std::io;

use attune_host::ChangeError;
use attune_host::database::DatabaseError;
use attune_host::inventory::InventoryError;
use attune_host::preferences::RegistriesError;
use attune_host::root::{LockError, PlantedError, RootError};
use attune_host::store::{BackupError, GcError, PurgeError};
use attune_host::transaction::{AccessError, RecoverError};
use attune_host::verification::VerificationError;
use attune_schemas::problem::ErrorCode;

use super::Failed;

impl Failed for RootError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Io { .. } => ErrorCode::RootAccess,
            Self::NotARoot { .. } => ErrorCode::NotARoot,
            Self::Name { .. } => ErrorCode::RootName,
            Self::NoLinks { .. } => ErrorCode::RootWithoutLinks,
            Self::NotThere { .. } => ErrorCode::RootMissing,
            Self::NeverInstalled { .. } => ErrorCode::NeverInstalled,
            Self::HalfPurged { .. } => ErrorCode::HalfPurged,
            Self::Planted(PlantedError::Link { .. } | PlantedError::LeadsElsewhere { .. }) => {
                ErrorCode::PlantedLink
            }
            Self::Planted(PlantedError::WritableByAll { .. }) => ErrorCode::WritableByAll,
            Self::Planted(PlantedError::Io(_)) => ErrorCode::RootAccess,
        }
    }
}

impl Failed for RegistriesError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Damaged { .. } => ErrorCode::RegistriesDamaged,
            _ => ErrorCode::RegistryNotKnown,
        }
    }
}

impl Failed for LockError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Busy { .. } => ErrorCode::RootBusy,
            Self::NoLocks { .. } => ErrorCode::RootWithoutLocks,
            Self::NotWritable { .. } => ErrorCode::RootNotWritable,
        }
    }
}

impl Failed for DatabaseError {
    fn code(&self) -> ErrorCode {
        match self {
            _ if self.is_damage() => ErrorCode::DatabaseDamaged,
            Self::Open { .. } | Self::NotAFile { .. } | Self::NoJournal { .. } => {
                ErrorCode::DatabaseNotOpened
            }
            Self::Unreadable { .. } | Self::Io { .. } => ErrorCode::DatabaseAccess,
            Self::Newer { .. } => ErrorCode::DatabaseNewer,
            Self::Statement(_) => ErrorCode::RowRefused,
            Self::RuntimeInUse { .. } => ErrorCode::RuntimeInUse,
            Self::Taken { .. } => ErrorCode::RefTaken,
            Self::Component { .. } => ErrorCode::ComponentRefused,
        }
    }
}

impl Failed for RecoverError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Database(error) => error.code(),
            Self::Unfinished { .. } => ErrorCode::ChangeUnfinished,
            Self::Unclear { .. } => ErrorCode::ChangeUnclear,
            Self::Disagreement { .. } => ErrorCode::OtherGenerationRegistered,
            Self::NotActive { source, .. } => code_of_lock_file(Some(source)),
        }
    }
}

/// The code of a lock file that cannot be read: gone, or damaged.
fn code_of_lock_file(error: Option<&io::Error>) -> ErrorCode {
    let is_damaged = error.is_some_and(|error| error.kind() == io::ErrorKind::InvalidData);
    if is_damaged { ErrorCode::GenerationDamaged } else { ErrorCode::GenerationMissing }
}

impl Failed for AccessError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Lock(error) => error.code(),
            Self::Recover(error) => error.code(),
            Self::Interrupted(_) => ErrorCode::Interrupted,
        }
    }
}

impl Failed for ChangeError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Database(error) => error.code(),
            Self::Unfinished(error) => error.code(),
            Self::Interrupted(_) => ErrorCode::Interrupted,
        }
    }
}

impl Failed for GcError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Access(error) => error.code(),
            Self::Inventory(error) => error.code(),
            Self::Database(error) => error.code(),
            Self::Disagreement { .. } => ErrorCode::OtherGenerationRegistered,
            Self::NoGeneration { .. } => ErrorCode::NoSuchGeneration,
        }
    }
}

impl Failed for BackupError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Database(error) => error.code(),
            Self::Sign(_) => ErrorCode::HostRegistryDamaged,
            Self::NotWhole { .. } | Self::File(_) => ErrorCode::StoreDamaged,
            Self::Damaged { .. } => ErrorCode::BackupDamaged,
            Self::NotOurs { .. } => ErrorCode::BackupNotOurs,
            Self::NoPack { .. } | Self::Installed { .. } => ErrorCode::NotRestorable,
            Self::Interrupted(_) => ErrorCode::Interrupted,
            _ => ErrorCode::BackupAccess,
        }
    }
}

impl Failed for PurgeError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Access(error) => error.code(),
            Self::InUse { .. } => ErrorCode::RootInUse,
        }
    }
}

impl Failed for VerificationError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            Self::NotInstalled { .. } => ErrorCode::NotInstalled,
            Self::Unreadable { .. } => ErrorCode::NotVerified,
            Self::Database(error) => error.code(),
            Self::Interrupted(_) => ErrorCode::Interrupted,
        }
    }
}

impl Failed for InventoryError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Lock(error) => error.code(),
            Self::Register(error) => error.code(),
            Self::NotActive { source, .. } => code_of_lock_file(source.as_ref()),
            Self::NotInstalled { .. } => ErrorCode::NotInstalled,
            Self::NoEnvironment { .. } => ErrorCode::NoEnvironment,
            Self::NoWorkflow { .. } => ErrorCode::NoWorkflow,
        }
    }
}
