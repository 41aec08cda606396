//! Why a root could not be made whole.

use std::error::Error;
use std::io;
use std::path::PathBuf;

use crate::database::DatabaseError;
use crate::root::RootError;
use crate::transaction::step::Step;

/// Why a root could not be made whole.
#[derive(Debug, thiserror::Error)]
pub enum RecoverError {
    /// The root cannot be read or written.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The database cannot be read or written.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Everything is in place and registered, and a last step failed.
    #[error(
        "generation {generation} is complete and registered, but {}; {}",
        undone(*step),
        state_of(*generation, *active)
    )]
    Unfinished {
        /// The generation.
        generation: u64,
        /// The generation that `current` leads to, if any.
        active: Option<u64>,
        /// The step that failed.
        step: Step,
        /// The cause.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The rows were written, the disk failed, and now nothing says whether they are there.
    #[error("generation {generation} may or may not be registered; {}", state_of(*generation, *active))]
    Unclear {
        /// The generation.
        generation: u64,
        /// The generation that `current` leads to, if any.
        active: Option<u64>,
        /// The fault that the database met.
        #[source]
        source: DatabaseError,
    },

    /// The database holds another generation than the active one, whose rows cannot be written again.
    #[error("{} in `{}`, and the database holds generation {registered}", is_active(*active), root.display())]
    Disagreement {
        /// The root.
        root: PathBuf,
        /// The active generation, if there is one.
        active: Option<u64>,
        /// The registered one.
        registered: u64,
        /// A generation that `current` could lead to.
        usable: Option<u64>,
    },
    /// `current` leads to no generation that can be read.
    #[error("`current` leads to generation {active} in `{}`, which is not there or damaged", root.display())]
    NotActive {
        /// The root.
        root: PathBuf,
        /// The generation.
        active: u64,
        /// A generation that it could lead to.
        usable: Option<u64>,
        /// The reason.
        #[source]
        source: io::Error,
    },
}

fn is_active(active: Option<u64>) -> String {
    active.map_or_else(
        || "no generation is active".to_owned(),
        |active| format!("generation {active} is active"),
    )
}

fn undone(step: Step) -> &'static str {
    match step {
        Step::Activated => "could not be made active",
        Step::TrustKept => "the metadata of its registry could not be kept",
        Step::Registered => "the database met a fault when it kept that",
        Step::Written | Step::Synced => "is not finished",
    }
}

fn state_of(generation: u64, active: Option<u64>) -> String {
    match active {
        None => "no generation is active yet".to_owned(),
        Some(active) if active == generation => {
            format!("generation {active} is active, perhaps not yet on disk")
        }
        Some(active) => format!("generation {active} is still active"),
    }
}
