//! Why installed packs cannot be tested.

use std::io;
use std::path::PathBuf;

use attune_host::inventory::InventoryError;
use attune_host::process::Interrupted;
use attune_host::root::RootError;
use attune_schemas::PackRef;
use attune_schemas::problem::ErrorCode;

use crate::failure::Failed;
use crate::pack_tests::TestError;

/// Why installed packs cannot be tested.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestsError {
    /// The root cannot be read.
    #[error(transparent)]
    Root(#[from] RootError),
    /// A pack is not installed, or nobody knows what is.
    #[error(transparent)]
    Installed(#[from] InventoryError),
    /// What the generation keeps of a pack is lost.
    #[error("the installed release of pack `{pack}` is damaged")]
    Lost {
        /// The pack.
        pack: PackRef,
        /// The cause; absent where it is not there.
        #[source]
        source: Option<io::Error>,
    },
    /// There is no place for a copy of a pack.
    #[error("could not make a directory for tests in `{}`", directory.display())]
    Scratch {
        /// The directory.
        directory: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The system failed while tests ran.
    #[error(transparent)]
    Run(#[from] TestError),
    /// A signal asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl Failed for TestsError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Installed(error) => error.code(),
            Self::Lost { .. } => ErrorCode::GenerationDamaged,
            Self::Scratch { .. } => ErrorCode::NoScratch,
            Self::Run(error) => error.code(),
            Self::Interrupted(_) => ErrorCode::Interrupted,
        }
    }
}
