//! The code of each stage's failures, and with it the kind: an exit code on a command line, a status in an HTTP API.
//!
//! A stage says what failed; the code is given here, above all stages. The remedies are said
//! at the edge that has them: a command line names its flags.

mod host;
mod origin;
mod unsigned;

use attune_host::database::database_fault;
use attune_registry::archive::ArchiveError;
use attune_registry::contents::ContentsError;
use attune_registry::machine_fault::MachineFault;
use attune_registry::reader::ReaderError;
use attune_registry::release_check::WheelError;
use attune_registry::resolve::ResolveError;
use attune_registry::source::SourceError;
use attune_registry::trust::{FetchError, TrustError, Verdict};
use attune_schemas::problem::ErrorCode;

use crate::environments::{BuildError, NodeModulesError, RecipeError, VenvError};
use crate::migrations::MigrationError;
use crate::pack_tests::TestError;
use crate::plan::{ChooseError, PlanError};
use crate::source::{FindError, OpenError, PackSourceError, PlaceError, SourceNameError, VerifyError};
use crate::trust::AnchorError;
use crate::trust::TrustedError;
use crate::unpack::UnpackError;

/// An error with a code.
pub trait Failed: std::error::Error {
    /// The code of the failure, which says of what kind it is.
    fn code(&self) -> ErrorCode;

    /// The verdict on the freshness of metadata, if the error is about that.
    fn verdict(&self) -> Option<Verdict> {
        None
    }
}

/// The code of `error`, and the machine's fault that it comes from: such a one is never the data's, whichever stage
/// met it.
pub fn code_of(error: &(impl Failed + 'static)) -> (ErrorCode, Option<MachineFault>) {
    let fault = MachineFault::of(error).or_else(|| database_fault(error));
    (fault.map_or_else(|| error.code(), MachineFault::code), fault)
}

impl Failed for MigrationError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Failed { .. } => ErrorCode::MigrationFailed,
            Self::TimedOut { .. } => ErrorCode::MigrationTimedOut,
            Self::NotRun { .. } | Self::Io { .. } => ErrorCode::MigrationNotRun,
            Self::Kept(_) | Self::Damaged { .. } => ErrorCode::MigratedPackDamaged,
            Self::Interrupted(_) => ErrorCode::Interrupted,
        }
    }
}

impl Failed for SourceNameError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Absent(_) => ErrorCode::BundleMissing,
            Self::Unknown(..) => ErrorCode::BundleAccess,
            Self::Directory(_) => ErrorCode::DirectoryIsNoSource,
            Self::Socket(_) => ErrorCode::SocketIsNoSource,
            Self::Url(_) => ErrorCode::UrlIsNoBundle,
        }
    }
}

impl Failed for PlaceError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Secret(_) => ErrorCode::RegistryUrlSecret,
            Self::Bundle(_) => ErrorCode::BundleIsNoRegistry,
            Self::NotUtf8(_) | Self::Unknown(..) => ErrorCode::RegistryPath,
        }
    }
}

impl Failed for PackSourceError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Verify(error) => error.code(),
            Self::Known(error) => error.code(),
            Self::Source(error) => error.code(),
            Self::Unsigned(error) => error.code(),
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Verify(error) => error.verdict(),
            _ => None,
        }
    }
}

impl Failed for ContentsError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::NoPack { .. } => ErrorCode::UnknownPack,
            Self::NotARegistry { .. } => ErrorCode::DirectoryIsNoSource,
            Self::Reader(error) => Failed::code(error),
            Self::Source(error) => error.code(),
            Self::Trust(error) => Failed::code(error),
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Reader(error) => error.verdict(),
            Self::Trust(error) => error.verdict(),
            _ => None,
        }
    }
}

impl Failed for SourceError {
    fn code(&self) -> ErrorCode {
        self.code()
    }
}

impl Failed for TrustError {
    fn code(&self) -> ErrorCode {
        failed_source(self).map_or_else(|| self.code(), SourceError::code)
    }

    fn verdict(&self) -> Option<Verdict> {
        self.verdict()
    }
}

/// The failure of the source that kept a metadata file from being fetched.
pub fn failed_source(error: &TrustError) -> Option<&SourceError> {
    match error {
        TrustError::Fetch {
            source: FetchError::Source(cause) | FetchError::Forbidden(cause) | FetchError::Damaged(cause),
            ..
        } => cause.downcast_ref(),
        _ => None,
    }
}

impl Failed for ReaderError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Trust(error) => Failed::code(error),
            _ => self.code(),
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Trust(error) => error.verdict(),
            _ => None,
        }
    }
}

impl Failed for OpenError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Source(error) => error.code(),
            Self::Verify(error) => error.code(),
            Self::Reader(error) => Failed::code(error),
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Source(_) => None,
            Self::Verify(error) => error.verdict(),
            Self::Reader(error) => error.verdict(),
        }
    }
}

impl Failed for FindError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Reader(error) => Failed::code(error),
            Self::Registry { source, .. } => source.code(),
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Reader(error) => error.verdict(),
            Self::Registry { source, .. } => source.verdict(),
        }
    }
}

impl Failed for ResolveError {
    fn code(&self) -> ErrorCode {
        // A failure inside the resolver keeps the code that it has outside.
        let of_reader = failed_reader(self).map(Failed::code);
        of_reader.or_else(|| failed_search(self).map(Failed::code)).unwrap_or_else(|| self.code())
    }

    fn verdict(&self) -> Option<Verdict> {
        failed_reader(self).and_then(Failed::verdict).or_else(|| failed_search(self)?.verdict())
    }
}

/// The failure of a known registry that kept releases from being listed.
pub fn failed_search(error: &ResolveError) -> Option<&FindError> {
    match error {
        ResolveError::Candidates { source, .. } => source.downcast_ref(),
        _ => None,
    }
}

/// The failure of the reader that kept releases from being listed.
pub fn failed_reader(error: &ResolveError) -> Option<&ReaderError> {
    match error {
        ResolveError::Candidates { source, .. } => source.downcast_ref(),
        _ => None,
    }
}

impl Failed for AnchorError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::File { .. } => ErrorCode::RootFileAccess,
            Self::NotARootFile { .. } => ErrorCode::NotARootFile,
            Self::Fingerprint { .. } => ErrorCode::FingerprintDiffers,
            Self::NoSuchRoot { .. } => ErrorCode::NoSuchRoot,
            Self::ReservedName { .. } => ErrorCode::ReservedName,
            Self::Trust(error) => Failed::code(error),
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Trust(error) => error.verdict(),
            _ => None,
        }
    }
}

impl Failed for TrustedError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Access(error) => error.code(),
            Self::Anchor(error) => error.code(),
            Self::Trust(error) => Failed::code(error),
            Self::UnknownRegistry { .. } => ErrorCode::RegistryNotTrusted,
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Anchor(error) => error.verdict(),
            Self::Trust(error) => error.verdict(),
            _ => None,
        }
    }
}

impl Failed for VerifyError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Anchor(error) => error.code(),
            Self::Trust(error) => Failed::code(error),
            Self::NoTrust { .. } => ErrorCode::NoTrust,
            Self::OwnRegistry { .. } => ErrorCode::HostRegistryDamaged,
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Anchor(error) => error.verdict(),
            Self::Trust(error) => error.verdict(),
            Self::NoTrust { .. } | Self::OwnRegistry { .. } => None,
        }
    }
}

impl Failed for ChooseError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Reader(error) => Failed::code(error),
            Self::Resolve(error) => Failed::code(error),
            Self::OthersNeeded { .. } => ErrorCode::NoSolution,
            Self::NothingRequested => ErrorCode::NothingRequested,
            Self::NotInIndex { .. } => ErrorCode::NotInIndex,
            Self::ListedTwice { .. } => ErrorCode::ListedTwice,
            Self::OtherRegistry { .. } | Self::RegistryNotKnown { .. } => ErrorCode::OtherRegistry,
            Self::Find(error) => error.code(),
            Self::NoChannel { .. } => ErrorCode::NoChannel,
            Self::Held { .. } | Self::RuledOut { .. } => ErrorCode::PackHeld,
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Reader(error) => error.verdict(),
            Self::Resolve(error) => error.verdict(),
            Self::Find(error) => error.verdict(),
            _ => None,
        }
    }
}

impl Failed for PlanError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Reader(error) => Failed::code(error),
            Self::Find(error) => error.code(),
            Self::Release { .. } => ErrorCode::ReleaseImpossible,
            Self::Interpreter(error) if error.is_of_machine() => ErrorCode::InterpreterKilled,
            Self::Interpreter(_) => ErrorCode::InterpreterBroken,
            Self::NoInterpreter { .. } => ErrorCode::NoPython,
            Self::NoNode { .. } => ErrorCode::NoNode,
            Self::RootWithColon { .. } => ErrorCode::RootWithColon,
            Self::Runtime { .. } => ErrorCode::NoRuntime,
            Self::NoAnswer { .. } => ErrorCode::RuntimeUnknown,
            Self::Scratch(_) => ErrorCode::NoScratch,
            Self::NoVersion { .. } => ErrorCode::NoRuntimeVersion,
            Self::OtherTarget { .. } => ErrorCode::OtherTarget,
            Self::OtherBundle { .. } => ErrorCode::OtherBundleTarget,
            Self::WheelTags { .. } => ErrorCode::WheelTags,
            Self::MissingLibraries { .. } => ErrorCode::LibrariesMissing,
            Self::RuntimeLibraries { .. } => ErrorCode::RuntimeLibrariesMissing,
            Self::NoSpace { .. } => ErrorCode::NoSpace,
            Self::Space { .. } => ErrorCode::SpaceUnknown,
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Reader(error) => error.verdict(),
            _ => None,
        }
    }
}

impl Failed for UnpackError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Source(error) => error.code(),
            Self::Interrupted(_) => ErrorCode::Interrupted,
            Self::Archive { source: ArchiveError::Io(_), .. }
            | Self::Wheel { source: WheelError::Io(_), .. }
            | Self::NodePackage { source: ArchiveError::Io(_), .. }
            | Self::Io(_) => ErrorCode::UnpackAccess,
            Self::Archive { .. } => ErrorCode::ArchiveRefused,
            Self::Wheel { .. } => ErrorCode::WheelRefused,
            Self::NodePackage { .. } => ErrorCode::NodePackageRefused,
        }
    }
}

impl Failed for BuildError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Io(_) | Self::Python(VenvError::Io(_)) | Self::Node(NodeModulesError::Io(_)) => {
                ErrorCode::EnvironmentAccess
            }
            Self::Python(VenvError::Wheel { .. } | VenvError::Reserved { .. }) => {
                ErrorCode::WheelNotInstallable
            }
            Self::Python(VenvError::Collision { .. }) | Self::Node(NodeModulesError::Collision { .. }) => {
                ErrorCode::PackagesCollide
            }
        }
    }
}

impl Failed for RecipeError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Failed { .. } => ErrorCode::RecipeFailed,
            Self::NoDescription { .. } => ErrorCode::NoRecipe,
            Self::Interrupted(_) => ErrorCode::Interrupted,
        }
    }
}

impl Failed for TestError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Failed { .. } => ErrorCode::TestsFailed,
            Self::Run { .. } => ErrorCode::TestsNotRun,
        }
    }
}
