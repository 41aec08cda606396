//! Why a repository could not be read without git.

use std::io;

use crate::origin::error::OriginError;
use crate::report::without_secrets;

/// Why it could not; the source is named later.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    /// Only the program `git` can.
    #[error("{0}")]
    Needed(&'static str),
    /// The repository or its server is at fault.
    #[error("{0}")]
    Broken(String),
    /// It has not what was asked for.
    #[error("there is no such commit")]
    NoCommit,
    /// Somebody asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// A disk failed.
    #[error("{0}")]
    Io(#[from] io::Error),
}

impl Fault {
    /// A fault of the repository, as a library tells it.
    pub(super) fn broken(error: impl std::error::Error) -> Self {
        let mut text = error.to_string();
        let mut source = error.source();
        while let Some(error) = source {
            let more = error.to_string();
            if !text.contains(&more) {
                text = format!("{text}: {more}");
            }
            source = error.source();
        }
        Self::Broken(text)
    }

    /// A fault of the repository, unless it comes from a full disk of this machine.
    pub(super) fn of_disk_or_broken(error: impl std::error::Error + 'static) -> Self {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(error) = cause {
            let io = error.downcast_ref::<io::Error>();
            if io.is_some_and(|error| error.kind() == io::ErrorKind::StorageFull) {
                return Self::Io(io::ErrorKind::StorageFull.into());
            }
            cause = error.source();
        }
        Self::broken(error)
    }

    /// The failure to obtain `source_name` at `reference`.
    pub(super) fn into_origin(self, source_name: &str, reference: &str) -> OriginError {
        let source_name = source_name.to_owned();
        match self {
            Self::Needed(reason) => OriginError::GitNeeded { source_name, reason },
            Self::Broken(reason) => {
                let reason: String = reason.chars().filter(|c| !c.is_control()).take(500).collect();
                OriginError::Git { source_name, reason: without_secrets(&reason).into_owned() }
            }
            Self::NoCommit => OriginError::NoRef { source_name, reference: reference.to_owned() },
            Self::Interrupted => OriginError::Interrupted,
            Self::Io(error) => OriginError::Io(error),
        }
    }
}
