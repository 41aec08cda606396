//! Which exit code a failure has.

use attune_registry::archive::ArchiveError;
use attune_registry::reader::ReaderError;
use attune_registry::resolve::ResolveError;
use attune_registry::source::SourceError;
use attune_registry::trust::{FetchError, TrustError, Verdict};

use crate::error::InstallError;
use crate::host::LockError;
use crate::unpack::{UnpackError, WheelError};

/// The kinds of failure that have an exit code of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitKind {
    /// 1: anything else.
    Failed,
    /// 2: the command line.
    Usage,
    /// 3: not trusted, or damaged.
    Untrusted,
    /// 4: unresolvable.
    Unresolvable,
    /// 5: an environment.
    Environment,
    /// 6: the packs' tests.
    Tests,
    /// 7: registration.
    Registration,
    /// 8: another install holds the lock.
    Busy,
    /// 130: interrupted by a signal, as shells have it.
    Interrupted,
}

impl ExitKind {
    /// The exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Untrusted => 3,
            Self::Unresolvable => 4,
            Self::Environment => 5,
            Self::Tests => 6,
            Self::Registration => 7,
            Self::Busy => 8,
            Self::Interrupted => 130,
        }
    }
}

impl InstallError {
    /// Which exit code this is.
    pub fn kind(&self) -> ExitKind {
        match self {
            Self::Interrupted => ExitKind::Interrupted,
            Self::Trust(error) => trust_kind(error),
            Self::Fingerprint { .. } | Self::NoSuchRoot { .. } => ExitKind::Untrusted,
            Self::NotARootFile { .. } | Self::NoTrust { .. } | Self::NotInIndex { .. } => ExitKind::Untrusted,
            Self::ListedTwice { .. } | Self::OtherRegistry { .. } => ExitKind::Untrusted,
            Self::Source(error) => source_kind(error),
            Self::Reader(error) => reader_kind(error),
            Self::Resolve(ResolveError::Candidates { source, .. }) => candidates_kind(&**source),
            Self::Resolve(_) => ExitKind::Unresolvable,
            Self::Plan(error) => error.kind(),
            Self::Unpack(error) => unpack_kind(error),
            Self::Environment(_)
            | Self::NoDescription { .. }
            | Self::DamagedStore { .. }
            | Self::NodeModules(_)
            | Self::Recipe { .. }
            | Self::Interpreter(_)
            | Self::NodeInterpreter(_) => ExitKind::Environment,
            Self::NoEnvironment { .. } | Self::DamagedEnvironments { .. } => ExitKind::Environment,
            Self::Tests(_) => ExitKind::Tests,
            Self::Register(_) | Self::Disagreement { .. } => ExitKind::Registration,
            Self::Lock(LockError::Busy { .. }) => ExitKind::Busy,
            Self::Usage { .. } | Self::NothingRequested => ExitKind::Usage,
            Self::UnknownRegistry { .. }
            | Self::NotARoot { .. }
            | Self::Planted(_)
            | Self::Output(_)
            | Self::TrustFile { .. }
            | Self::Lock(_)
            | Self::Root { .. }
            | Self::Unfinished { .. } => ExitKind::Failed,
        }
    }
}

fn source_kind(error: &SourceError) -> ExitKind {
    if error.is_damage() { ExitKind::Untrusted } else { ExitKind::Failed }
}

fn reader_kind(error: &ReaderError) -> ExitKind {
    match error {
        ReaderError::Source(error) => source_kind(error),
        ReaderError::Trust(error) => trust_kind(error),
        _ => ExitKind::Untrusted,
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
fn trust_kind(error: &TrustError) -> ExitKind {
    match (error, failed_source(error)) {
        (TrustError::State(_), _) => ExitKind::Failed,
        (_, Some(error)) => source_kind(error),
        _ => ExitKind::Untrusted,
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
fn candidates_kind(error: &(dyn std::error::Error + Send + Sync + 'static)) -> ExitKind {
    error.downcast_ref::<ReaderError>().map_or(ExitKind::Failed, reader_kind)
}

pub(crate) fn unpack_kind(error: &UnpackError) -> ExitKind {
    match error {
        UnpackError::Archive { source: ArchiveError::Io(_), .. }
        | UnpackError::Wheel { source: WheelError::Io(_), .. }
        | UnpackError::Io(_) => ExitKind::Failed,
        _ => ExitKind::Untrusted,
    }
}
