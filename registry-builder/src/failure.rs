//! The kind of each room's failures: what a command line turns into an exit code.
//!
//! A room says what failed; of what kind that is, is decided here, above all rooms.

use attune_registry::bundle::BundleError;
use attune_registry::pack_directory::PackDirectoryError;
use attune_registry::reader::ReaderError;
use attune_registry::resolve::ResolveError;
use attune_registry::source::SourceError;
use attune_registry::trust::{KeyError, PublishError, StateError, TrustError};
use attune_schemas::FailureKind;

use crate::bundle::CutError;
use crate::operations::{AddError, InitError, InspectError, RefreshError};
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

impl Failed for TrustError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Store(StateError::Io(_)) => FailureKind::Failed,
            _ => FailureKind::Untrusted,
        }
    }
}

impl Failed for PublishError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Trust(error) => Failed::kind(error),
            error => error.kind(),
        }
    }
}

impl Failed for KeyError {
    fn kind(&self) -> FailureKind {
        FailureKind::Failed
    }
}

impl Failed for ReaderError {
    fn kind(&self) -> FailureKind {
        FailureKind::Untrusted
    }
}

impl Failed for ResolveError {
    fn kind(&self) -> FailureKind {
        FailureKind::Unresolvable
    }
}

impl Failed for SourceError {
    fn kind(&self) -> FailureKind {
        if self.is_damage() { FailureKind::Untrusted } else { FailureKind::Failed }
    }
}

impl Failed for RegistryError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Busy { .. } => FailureKind::Busy,
            Self::NotARegistry { .. } | Self::Io(_) => FailureKind::Failed,
            Self::Trust(error) => Failed::kind(error),
            Self::Publish(error) => Failed::kind(error),
            Self::Reader(error) => Failed::kind(error),
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
            Self::NoDraft { .. } | Self::NotEnoughSignatures { .. } | Self::Io(_) => FailureKind::Failed,
            Self::Registry(error) => error.kind(),
            Self::Publish(error) => Failed::kind(error),
            Self::Key(error) => error.kind(),
            Self::Trust(error) => Failed::kind(error),
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
            Self::Reader(error) => Failed::kind(error),
            Self::Resolve(error) => Failed::kind(error),
            Self::Bundle(BundleError::Blob(_)) => FailureKind::Untrusted,
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
            Self::Publish(error) => Failed::kind(error),
            Self::Io(_) => FailureKind::Failed,
        }
    }
}

impl Failed for AddError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Lint(_) | Self::SamePack { .. } | Self::VersionTaken { .. } => FailureKind::Failed,
            Self::InstallsNowhere { .. } | Self::RuntimeVersion(_) => FailureKind::Unresolvable,
            Self::Directory(error) => error.kind(),
            Self::Python { source, .. } => source.kind(),
            Self::Node { source, .. } => source.kind(),
            Self::NoDefaultTarget(error) => error.kind(),
            Self::Release(error) => error.kind(),
            Self::Registry(error) => error.kind(),
            Self::Key(error) => error.kind(),
            Self::Publish(error) => Failed::kind(error),
        }
    }
}

impl Failed for InitError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::ThresholdWithoutBins => FailureKind::Usage,
            Self::NotEmpty { .. } | Self::Io(_) => FailureKind::Failed,
            Self::Key(error) => error.kind(),
            Self::Publish(error) => Failed::kind(error),
            Self::Trust(error) => Failed::kind(error),
        }
    }
}

impl Failed for InspectError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::NoPack { .. } => FailureKind::Unresolvable,
            Self::Registry(error) => error.kind(),
            Self::Reader(error) => Failed::kind(error),
            Self::Source(error) => Failed::kind(error),
            Self::Trust(error) => Failed::kind(error),
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
