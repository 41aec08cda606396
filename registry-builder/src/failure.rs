//! The code of each room's failures, and with it the kind: an exit code on a command line.
//!
//! A room says what failed; the code is given here, above all rooms.

use attune_registry::bundle::BundleError;
use attune_registry::contents::ContentsError;
use attune_registry::machine_fault::MachineFault;
use attune_registry::origin::OriginError;
use attune_registry::pack_directory::PackDirectoryError;
use attune_registry::packing::ReleaseError;
use attune_registry::reader::ReaderError;
use attune_registry::resolve::ResolveError;
use attune_registry::source::SourceError;
use attune_registry::trust::{KeyError, PublishError, TrustError};
use attune_schemas::problem::ErrorCode;

use crate::bundle::CutError;
use crate::operations::{AddError, CheckError, InitError, RefreshError, VerifyError};
use crate::registry::RegistryError;
use crate::runtime::AddRuntimeError;
use crate::signing::SigningError;
use crate::targets::NoDefaultTarget;

/// An error with a code.
pub trait Failed: std::error::Error {
    /// The code of the failure, which says of what kind it is.
    fn code(&self) -> ErrorCode;
}

/// The code of `error`, and the machine's fault that it comes from: such a one is never the data's, whichever stage
/// met it.
pub fn code_of(error: &(impl Failed + 'static)) -> (ErrorCode, Option<MachineFault>) {
    let fault = MachineFault::of(error);
    (fault.map_or_else(|| error.code(), MachineFault::code), fault)
}

impl Failed for TrustError {
    fn code(&self) -> ErrorCode {
        self.code()
    }
}

impl Failed for PublishError {
    fn code(&self) -> ErrorCode {
        self.code()
    }
}

impl Failed for KeyError {
    fn code(&self) -> ErrorCode {
        self.code()
    }
}

impl Failed for ReaderError {
    fn code(&self) -> ErrorCode {
        self.code()
    }
}

impl Failed for ResolveError {
    fn code(&self) -> ErrorCode {
        // A failure inside the resolver keeps the code that it has outside.
        match self {
            Self::Candidates { source, .. } => {
                source.downcast_ref().map_or_else(|| self.code(), ReaderError::code)
            }
            _ => self.code(),
        }
    }
}

impl Failed for SourceError {
    fn code(&self) -> ErrorCode {
        self.code()
    }
}

impl Failed for RegistryError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::NotARegistry { .. } => ErrorCode::NotARegistry,
            Self::Busy { .. } => ErrorCode::RegistryBusy,
            Self::NoLock { .. } => ErrorCode::RegistryWithoutLocks,
            Self::ClockJump { .. } => ErrorCode::ClockJump,
            Self::Io(_) => ErrorCode::RegistryAccess,
            Self::Trust(error) => error.code(),
            Self::Publish(error) => error.code(),
            Self::Reader(error) => error.code(),
        }
    }
}

impl Failed for NoDefaultTarget {
    fn code(&self) -> ErrorCode {
        ErrorCode::NoDefaultTarget
    }
}

impl Failed for PackDirectoryError {
    fn code(&self) -> ErrorCode {
        self.code()
    }
}

impl Failed for ReleaseError {
    fn code(&self) -> ErrorCode {
        self.code()
    }
}

impl Failed for SigningError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::NoSigningKey => ErrorCode::NoSigningKey,
            Self::NoDraft { .. } => ErrorCode::NoDraft,
            Self::KeyExists { .. } => ErrorCode::KeyExists,
            Self::NotEnoughSignatures { .. } => ErrorCode::SignaturesMissing,
            Self::Io(_) => ErrorCode::SigningAccess,
            Self::Registry(error) => error.code(),
            Self::Publish(error) => error.code(),
            Self::Key(error) => error.code(),
            Self::Trust(error) => error.code(),
        }
    }
}

impl Failed for CutError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::OutputPath { .. } => ErrorCode::BundleOutput,
            Self::NoRuntime { .. } => ErrorCode::RuntimeNotCarried,
            Self::NoTarget { .. } => ErrorCode::TargetNotBuilt,
            Self::NoDefaultTarget(error) => error.code(),
            Self::Registry(error) => error.code(),
            Self::Reader(error) => error.code(),
            Self::Resolve(error) => Failed::code(error),
            Self::Bundle(BundleError::Blob(error)) if error.is_damage() || error.is_absence() => {
                ErrorCode::RegistryBlobDamaged
            }
            Self::Bundle(_) | Self::Io(_) => ErrorCode::BundleNotWritten,
        }
    }
}

impl Failed for AddRuntimeError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Runtime { source, .. } => source.code(),
            Self::Registry(error) => error.code(),
            Self::Key(error) => error.code(),
            Self::Publish(error) => error.code(),
            Self::Io(_) => ErrorCode::RegistryAccess,
        }
    }
}

impl Failed for CheckError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Lint(failure) if failure.secrets() > 0 => ErrorCode::Secrets,
            Self::Lint(_) => ErrorCode::LintErrors,
            Self::SamePack { .. } => ErrorCode::SamePackTwice,
            Self::OtherPack { .. } => ErrorCode::OtherPackInSource,
            Self::NotFixed { .. } => ErrorCode::PackAccess,
            Self::Directory(error) | Self::Obtained { source: error, .. } => error.code(),
        }
    }
}

impl Failed for OriginError {
    fn code(&self) -> ErrorCode {
        self.code()
    }
}

impl Failed for AddError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Origin(error) => error.code(),
            Self::VersionTaken { .. } => ErrorCode::VersionTaken,
            Self::InstallsNowhere { .. } => ErrorCode::InstallsNowhere,
            Self::TargetsMissing { .. } => ErrorCode::TargetsMissing,
            Self::RuntimeVersion(_) => ErrorCode::RuntimeVersionUnserved,
            Self::Check(error) => error.code(),
            Self::Python { source, .. } => source.code(),
            Self::Node { source, .. } => source.code(),
            Self::NoDefaultTarget(error) => error.code(),
            Self::Release(error) => error.code(),
            Self::Registry(error) => error.code(),
            Self::Key(error) => error.code(),
            Self::Publish(error) => error.code(),
        }
    }
}

impl Failed for InitError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::ThresholdWithoutBins => ErrorCode::ThresholdWithoutBins,
            Self::NotEmpty { .. } => ErrorCode::NotEmpty,
            Self::Io(_) => ErrorCode::RegistryAccess,
            Self::Key(error) => error.code(),
            Self::Publish(error) => error.code(),
            Self::Trust(error) => error.code(),
        }
    }
}

impl Failed for ContentsError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::NoPack { .. } => ErrorCode::PackNotThere,
            Self::NotARegistry { .. } => ErrorCode::NotARegistry,
            Self::Reader(error) => error.code(),
            Self::Source(error) => error.code(),
            Self::Trust(error) => error.code(),
        }
    }
}

impl Failed for VerifyError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Unreadable(error) => error.code(),
            Self::Damaged(_) => ErrorCode::FilesDamaged,
        }
    }
}

impl Failed for RefreshError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Registry(error) => error.code(),
            Self::Key(error) => error.code(),
        }
    }
}
