//! Which kind a failure is of.

use attune_registry::archive::ArchiveError;
use attune_registry::reader::ReaderError;
use attune_registry::resolve::ResolveError;
use attune_registry::source::SourceError;
use attune_registry::trust::{FetchError, TrustError, Verdict};
use attune_schemas::FailureKind;

use crate::error::InstallError;
use crate::host::LockError;
use crate::unpack::{UnpackError, WheelError};

impl InstallError {
    /// The kind of the failure.
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Interrupted => FailureKind::Interrupted,
            Self::Trust(error) => trust_kind(error),
            Self::Fingerprint { .. } | Self::NoSuchRoot { .. } => FailureKind::Untrusted,
            Self::NotARootFile { .. } | Self::NoTrust { .. } | Self::NotInIndex { .. } => {
                FailureKind::Untrusted
            }
            Self::ListedTwice { .. } | Self::OtherRegistry { .. } => FailureKind::Untrusted,
            Self::Source(error) => source_kind(error),
            Self::Reader(error) => reader_kind(error),
            Self::Resolve(ResolveError::Candidates { source, .. }) => candidates_kind(&**source),
            Self::Resolve(_) => FailureKind::Unresolvable,
            Self::Plan(error) => error.kind(),
            Self::Unpack(error) => unpack_kind(error),
            Self::Environment(_)
            | Self::NoDescription { .. }
            | Self::DamagedStore { .. }
            | Self::NodeModules(_)
            | Self::Recipe { .. }
            | Self::Interpreter(_)
            | Self::NodeInterpreter(_) => FailureKind::Environment,
            Self::NoEnvironment { .. } | Self::DamagedEnvironments { .. } => FailureKind::Environment,
            Self::Tests(_) => FailureKind::Tests,
            Self::Register(_) | Self::Disagreement { .. } => FailureKind::Registration,
            Self::Lock(LockError::Busy { .. }) => FailureKind::Busy,
            Self::Usage { .. } | Self::NothingRequested => FailureKind::Usage,
            Self::UnknownRegistry { .. }
            | Self::NotARoot { .. }
            | Self::Planted(_)
            | Self::Output(_)
            | Self::TrustFile { .. }
            | Self::Lock(_)
            | Self::Root { .. }
            | Self::Unfinished { .. } => FailureKind::Failed,
        }
    }
}

fn source_kind(error: &SourceError) -> FailureKind {
    if error.is_damage() { FailureKind::Untrusted } else { FailureKind::Failed }
}

fn reader_kind(error: &ReaderError) -> FailureKind {
    match error {
        ReaderError::Source(error) => source_kind(error),
        ReaderError::Trust(error) => trust_kind(error),
        _ => FailureKind::Untrusted,
    }
}

impl InstallError {
    /// What it says of the freshness of metadata, if it is about that.
    pub fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Trust(error) | Self::Reader(ReaderError::Trust(error)) => error.verdict(),
            Self::Resolve(ResolveError::Candidates { source, .. }) => match source.downcast_ref() {
                Some(ReaderError::Trust(error)) => error.verdict(),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Metadata that cannot be fetched or kept may be good; all else is not trusted.
fn trust_kind(error: &TrustError) -> FailureKind {
    match (error, failed_source(error)) {
        (TrustError::State(_), _) => FailureKind::Failed,
        (_, Some(error)) => source_kind(error),
        _ => FailureKind::Untrusted,
    }
}

/// What kept a metadata file from being fetched.
pub(crate) fn failed_source(error: &TrustError) -> Option<&SourceError> {
    match error {
        TrustError::Fetch { source: FetchError::Source(cause), .. } => cause.downcast_ref(),
        _ => None,
    }
}

/// A failure inside the resolver keeps the kind that it has outside.
fn candidates_kind(error: &(dyn std::error::Error + Send + Sync + 'static)) -> FailureKind {
    error.downcast_ref::<ReaderError>().map_or(FailureKind::Failed, reader_kind)
}

pub(crate) fn unpack_kind(error: &UnpackError) -> FailureKind {
    match error {
        UnpackError::Archive { source: ArchiveError::Io(_), .. }
        | UnpackError::Wheel { source: WheelError::Io(_), .. }
        | UnpackError::Io(_) => FailureKind::Failed,
        _ => FailureKind::Untrusted,
    }
}
