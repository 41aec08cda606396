//! The kind of each stage's failures: what a command line turns into an exit code, an HTTP API into a status.
//!
//! A stage says what failed; of what kind that is, is decided here, above all stages. The remedies are said
//! at the edge that has them: a command line names its flags.

use std::io;

use attune_host::ChangeError;
use attune_host::database::{DatabaseError, database_fault};
use attune_host::inventory::InventoryError;
use attune_host::root::{LockError, RootError};
use attune_host::store::GcError;
use attune_host::transaction::{AccessError, RecoverError};
use attune_host::verification::VerificationError;
use attune_registry::archive::ArchiveError;
use attune_registry::machine_fault::MachineFault;
use attune_registry::reader::ReaderError;
use attune_registry::release_check::WheelError;
use attune_registry::resolve::ResolveError;
use attune_registry::source::SourceError;
use attune_registry::trust::{FetchError, TrustError, Verdict};
use attune_schemas::FailureKind;

use crate::environments::{BuildError, NodeModulesError, RecipeError, VenvError};
use crate::pack_tests::TestError;
use crate::plan::{ChooseError, PlanError};
use crate::source::{SourceNameError, VerifyError};
use crate::trust::AnchorError;
use crate::trust::TrustedError;
use crate::unpack::UnpackError;

/// An error that is of some kind of failure.
pub trait Failed: std::error::Error {
    /// The kind of the failure.
    fn kind(&self) -> FailureKind;

    /// The verdict on the freshness of metadata, if the error is about that.
    fn verdict(&self) -> Option<Verdict> {
        None
    }
}

/// The kind of `error`, and the machine's fault that it comes from: such a one is never the data's, whichever stage
/// met it.
pub fn kind_of(error: &(impl Failed + 'static)) -> (FailureKind, Option<MachineFault>) {
    let fault = MachineFault::of(error).or_else(|| database_fault(error));
    (fault.map_or_else(|| error.kind(), |_| FailureKind::Failed), fault)
}

impl Failed for RootError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Name { .. } => FailureKind::Usage,
            _ => FailureKind::Failed,
        }
    }
}

impl Failed for SourceNameError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Unknown(..) => FailureKind::Failed,
            _ => FailureKind::Usage,
        }
    }
}

impl Failed for LockError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Busy { .. } => FailureKind::Busy,
            Self::NotWritable { .. } | Self::NoLocks { .. } => FailureKind::Failed,
        }
    }
}

impl Failed for DatabaseError {
    fn kind(&self) -> FailureKind {
        match self {
            _ if self.is_damage() => FailureKind::Untrusted,
            Self::Unreadable { .. } | Self::Io { .. } | Self::Newer { .. } => FailureKind::Failed,
            _ => FailureKind::Registration,
        }
    }
}

impl Failed for RecoverError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Root(error) => error.kind(),
            Self::Database(error) => error.kind(),
            Self::Unfinished { .. } | Self::Unclear { .. } => FailureKind::Failed,
            Self::Disagreement { .. } => FailureKind::Registration,
            Self::NotActive { source, .. } => kind_of_lock_file(Some(source)),
        }
    }
}

/// The kind of a lock file that cannot be read: gone, or damaged.
fn kind_of_lock_file(error: Option<&io::Error>) -> FailureKind {
    let is_damaged = error.is_some_and(|error| error.kind() == io::ErrorKind::InvalidData);
    if is_damaged { FailureKind::Untrusted } else { FailureKind::Failed }
}

impl Failed for AccessError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Root(error) => error.kind(),
            Self::Lock(error) => error.kind(),
            Self::Recover(error) => error.kind(),
        }
    }
}

impl Failed for ChangeError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Root(error) => error.kind(),
            Self::Database(error) => error.kind(),
            Self::Unfinished(error) => error.kind(),
            Self::Interrupted(_) => FailureKind::Interrupted,
        }
    }
}

impl Failed for GcError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Root(error) => error.kind(),
            Self::Access(error) => error.kind(),
            Self::Inventory(error) => error.kind(),
            Self::Database(error) => error.kind(),
            Self::Disagreement { .. } => FailureKind::Registration,
            Self::NoGeneration { .. } => FailureKind::Failed,
        }
    }
}

impl Failed for SourceError {
    fn kind(&self) -> FailureKind {
        self.kind()
    }
}

impl Failed for TrustError {
    fn kind(&self) -> FailureKind {
        self.kind()
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
    fn kind(&self) -> FailureKind {
        self.kind()
    }

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Trust(error) => error.verdict(),
            _ => None,
        }
    }
}

impl Failed for ResolveError {
    fn kind(&self) -> FailureKind {
        match self {
            // A failure inside the resolver keeps the kind that it has outside.
            Self::Candidates { .. } => failed_reader(self).map_or(FailureKind::Failed, Failed::kind),
            _ => FailureKind::Unresolvable,
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        failed_reader(self).and_then(Failed::verdict)
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
    fn kind(&self) -> FailureKind {
        match self {
            Self::File { .. } => FailureKind::Failed,
            Self::Trust(error) => error.kind(),
            _ => FailureKind::Untrusted,
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
    fn kind(&self) -> FailureKind {
        match self {
            Self::Root(error) => error.kind(),
            Self::Access(error) => error.kind(),
            Self::Anchor(error) => error.kind(),
            Self::Trust(error) => error.kind(),
            Self::UnknownRegistry { .. } => FailureKind::Failed,
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
    fn kind(&self) -> FailureKind {
        match self {
            Self::Anchor(error) => error.kind(),
            Self::Trust(error) => error.kind(),
            Self::NoTrust { .. } => FailureKind::Untrusted,
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Anchor(error) => error.verdict(),
            Self::Trust(error) => error.verdict(),
            Self::NoTrust { .. } => None,
        }
    }
}

impl Failed for ChooseError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Reader(error) => error.kind(),
            Self::Resolve(error) => error.kind(),
            Self::NothingRequested => FailureKind::Usage,
            Self::NotInIndex { .. } | Self::ListedTwice { .. } | Self::OtherRegistry { .. } => {
                FailureKind::Untrusted
            }
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Reader(error) => error.verdict(),
            Self::Resolve(error) => error.verdict(),
            _ => None,
        }
    }
}

impl Failed for PlanError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Reader(error) => error.kind(),
            Self::NoSpace { .. } | Self::Space { .. } | Self::NoAnswer { .. } | Self::Scratch(_) => {
                FailureKind::Failed
            }
            Self::Interpreter(error) if error.is_of_machine() => FailureKind::Failed,
            Self::Release { .. } => FailureKind::Untrusted,
            _ => FailureKind::Environment,
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
    fn kind(&self) -> FailureKind {
        match self {
            Self::Source(error) => error.kind(),
            Self::Interrupted(_) => FailureKind::Interrupted,
            Self::Archive { source: ArchiveError::Io(_), .. }
            | Self::Wheel { source: WheelError::Io(_), .. }
            | Self::NodePackage { source: ArchiveError::Io(_), .. }
            | Self::Io(_) => FailureKind::Failed,
            _ => FailureKind::Untrusted,
        }
    }
}

impl Failed for BuildError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Io(_) | Self::Python(VenvError::Io(_)) | Self::Node(NodeModulesError::Io(_)) => {
                FailureKind::Failed
            }
            Self::Python(_) | Self::Node(_) => FailureKind::Environment,
        }
    }
}

impl Failed for RecipeError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Root(error) => error.kind(),
            Self::Failed { .. } | Self::NoDescription { .. } => FailureKind::Environment,
            Self::Interrupted(_) => FailureKind::Interrupted,
        }
    }
}

impl Failed for VerificationError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Root(error) => error.kind(),
            Self::NotInstalled { .. } => FailureKind::Unresolvable,
            Self::Unreadable { .. } => FailureKind::Failed,
            Self::Database(error) => error.kind(),
            Self::Interrupted(_) => FailureKind::Interrupted,
        }
    }
}

impl Failed for InventoryError {
    fn kind(&self) -> FailureKind {
        match self {
            Self::Root(error) => error.kind(),
            Self::Lock(error) => error.kind(),
            Self::Register(error) => error.kind(),
            Self::NotActive { source, .. } => kind_of_lock_file(source.as_ref()),
            Self::NotInstalled { .. } => FailureKind::Unresolvable,
            Self::NoEnvironment { .. } => FailureKind::Environment,
        }
    }
}

impl Failed for TestError {
    fn kind(&self) -> FailureKind {
        FailureKind::Tests
    }
}
