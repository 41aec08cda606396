//! The kind of each room's failures: what a command line turns into an exit code.
//!
//! A room says what failed; of what kind that is, is decided here, above all rooms.

use attune_registry::bundle::BundleError;
use attune_registry::machine_fault::MachineFault;
use attune_registry::pack_directory::PackDirectoryError;
use attune_registry::reader::ReaderError;
use attune_registry::resolve::ResolveError;
use attune_registry::source::SourceError;
use attune_registry::trust::{KeyError, PublishError, TrustError};
use attune_schemas::FailureKind;

use crate::bundle::CutError;
use crate::operations::{AddError, CheckError, InitError, InspectError, RefreshError, VerifyError};
use crate::pack::ReleaseError;
use crate::registry::RegistryError;
use crate::runtime::AddRuntimeError;
use crate::signing::SigningError;
use crate::targets::NoDefaultTarget;

/// An error that is of some kind of failure.
pub trait Failed: std::error::Error {
    /// The kind of the failure.
    fn kind(&self) -> FailureKind;
}

/// The kind of `error`, and the machine's fault that it comes from: such a one is never the data's, whichever stage
/// met it.
pub fn kind_of(error: &(impl Failed + 'static)) -> (FailureKind, Option<MachineFault>) {
    let fault = MachineFault::of(error);
    (fault.map_or_else(|| error.kind(), |_| FailureKind::Failed), fault)
}

impl Failed for TrustError {
    fn kind(&self) -> FailureKind {
        self.kind()
    }
}

impl Failed for PublishError {
    fn kind(&self) -> FailureKind {
        self.kind()
    }
}

impl Failed for KeyError {
    fn kind(&self) -> FailureKind {
        FailureKind::Failed
    }
}

impl Failed for ReaderError {
    fn kind(&self) -> FailureKind {
        self.kind()
    }
}

impl Failed for ResolveError {
    fn kind(&self) -> FailureKind {
        FailureKind::Unresolvable
    }
}

impl Failed for SourceError {
    fn kind(&self) -> FailureKind {
        self.kind()
    }
}

impl Failed for RegistryError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Busy { .. } => FailureKind::Busy,
            Self::NotARegistry { .. } | Self::NoLock { .. } | Self::ClockJump { .. } | Self::Io(_) => {
                FailureKind::Failed
            }
            Self::Trust(error) => error.kind(),
            Self::Publish(error) => error.kind(),
            Self::Reader(error) => error.kind(),
        }
    }
}

impl Failed for NoDefaultTarget {
    fn kind(&self) -> FailureKind {
        FailureKind::Usage
    }
}

impl Failed for PackDirectoryError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::NotADirectory { .. } => FailureKind::Usage,
            _ => FailureKind::Failed,
        }
    }
}

impl Failed for ReleaseError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Refused { .. } => FailureKind::Untrusted,
            _ => FailureKind::Failed,
        }
    }
}

impl Failed for SigningError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::NoSigningKey => FailureKind::Usage,
            Self::NoDraft { .. }
            | Self::KeyExists { .. }
            | Self::NotEnoughSignatures { .. }
            | Self::Io(_) => FailureKind::Failed,
            Self::Registry(error) => error.kind(),
            Self::Publish(error) => error.kind(),
            Self::Key(error) => error.kind(),
            Self::Trust(error) => error.kind(),
        }
    }
}

impl Failed for CutError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::OutputPath { .. } => FailureKind::Usage,
            Self::NoRuntime { .. } | Self::NoTarget { .. } => FailureKind::Unresolvable,
            Self::NoDefaultTarget(error) => error.kind(),
            Self::Registry(error) => error.kind(),
            Self::Reader(error) => error.kind(),
            Self::Resolve(error) => error.kind(),
            Self::Bundle(BundleError::Blob(error)) if error.is_damage() || error.is_absence() => {
                FailureKind::Untrusted
            }
            Self::Bundle(_) | Self::Io(_) => FailureKind::Failed,
        }
    }
}

impl Failed for AddRuntimeError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Runtime { source, .. } => source.kind(),
            Self::Registry(error) => error.kind(),
            Self::Key(error) => error.kind(),
            Self::Publish(error) => error.kind(),
            Self::Io(_) => FailureKind::Failed,
        }
    }
}

impl Failed for CheckError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Lint(failure) if failure.secrets() > 0 => FailureKind::Usage,
            Self::Lint(_) | Self::SamePack { .. } => FailureKind::Failed,
            Self::Directory(error) => error.kind(),
        }
    }
}

impl Failed for AddError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::VersionTaken { .. } => FailureKind::Failed,
            Self::InstallsNowhere { .. } | Self::TargetsMissing { .. } | Self::RuntimeVersion(_) => {
                FailureKind::Unresolvable
            }
            Self::Check(error) => error.kind(),
            Self::Python { source, .. } => source.kind(),
            Self::Node { source, .. } => source.kind(),
            Self::NoDefaultTarget(error) => error.kind(),
            Self::Release(error) => error.kind(),
            Self::Registry(error) => error.kind(),
            Self::Key(error) => error.kind(),
            Self::Publish(error) => error.kind(),
        }
    }
}

impl Failed for InitError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::ThresholdWithoutBins => FailureKind::Usage,
            Self::NotEmpty { .. } | Self::Io(_) => FailureKind::Failed,
            Self::Key(error) => error.kind(),
            Self::Publish(error) => error.kind(),
            Self::Trust(error) => error.kind(),
        }
    }
}

impl Failed for InspectError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::NoPack { .. } => FailureKind::Unresolvable,
            Self::Registry(error) => error.kind(),
            Self::Reader(error) => error.kind(),
            Self::Source(error) => error.kind(),
            Self::Trust(error) => error.kind(),
        }
    }
}

impl Failed for VerifyError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Unreadable(error) => error.kind(),
            Self::Damaged(_) => FailureKind::Untrusted,
        }
    }
}

impl Failed for RefreshError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Registry(error) => error.kind(),
            Self::Key(error) => error.kind(),
        }
    }
}
