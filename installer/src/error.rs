//! Why an install failed, which exit code that is, and what to do about it.

use std::io;
use std::path::PathBuf;

use attune_registry::archive::ArchiveError;
use attune_registry::reader::ReaderError;
use attune_registry::resolve::ResolveError;
use attune_registry::source::SourceError;
use attune_registry::trust::{FetchError, TrustError};
use attune_schemas::{Digest, PackRef, Version};

use crate::environment::EnvironmentError;
use crate::host::LockError;
use crate::plan::PlanError;
use crate::python::InterpreterError;
use crate::register::RegisterError;
use crate::testing::TestError;
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

/// Why an install failed. Except where it is [`InstallError::Unfinished`], the root is as it was before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InstallError {
    /// The source could not be read.
    #[error(transparent)]
    Source(#[from] SourceError),
    /// The metadata is not trusted.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The file given as trust could not be read.
    #[error("could not read the root metadata to trust, `{}`", path.display())]
    TrustFile {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The file given as trust is not root metadata.
    #[error("`{}` is not the root metadata of a registry", path.display())]
    NotARootFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: TrustError,
    },
    /// A registry that is not trusted cannot be forgotten.
    #[error("no registry `{name}` is trusted; trusted are {known}")]
    UnknownRegistry {
        /// The name.
        name: String,
        /// The trusted ones, in words.
        known: String,
    },
    /// Nothing says which root to trust.
    #[error("nothing on this host vouches for {source_name}")]
    NoTrust {
        /// The source.
        source_name: String,
    },
    /// A release is not what its index says.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// No set of releases will do.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// A bundle carries a release that the signed index does not list.
    #[error(
        "the bundle carries {pack} {version} with manifest {manifest}, which the registry's index does not list"
    )]
    NotInIndex {
        /// The pack.
        pack: PackRef,
        /// The version that the bundle claims.
        version: Version,
        /// The manifest that the bundle claims.
        manifest: Digest,
    },
    /// A bundle lists a pack twice.
    #[error("the bundle lists pack `{pack}` twice")]
    ListedTwice {
        /// The pack.
        pack: PackRef,
    },
    /// An installed pack is offered by another registry than its own.
    #[error(
        "pack `{pack}` was installed from registry `{installed_from}`, and now comes from `{offered_by}`"
    )]
    OtherRegistry {
        /// The pack.
        pack: PackRef,
        /// Where it came from.
        installed_from: String,
        /// Where it comes from now.
        offered_by: String,
    },
    /// Nothing was asked for.
    #[error("no pack was named")]
    NothingRequested,
    /// The command line does not make sense.
    #[error("{reason}")]
    Usage {
        /// What is wrong with it.
        reason: String,
    },
    /// The host cannot take what was chosen.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The interpreter that was named cannot be used.
    #[error(transparent)]
    Interpreter(#[from] InterpreterError),
    /// A blob could not be unpacked.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    /// An environment could not be built.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
    /// The packs' tests failed or could not run.
    #[error(transparent)]
    Tests(#[from] TestError),
    /// The registration failed.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// The root is busy or cannot be written.
    #[error(transparent)]
    Lock(#[from] LockError),
    /// A signal asked to stop.
    #[error("interrupted")]
    Interrupted,
    /// The root holds other things.
    #[error("`{}` is not empty, and nothing was ever installed to it", root.display())]
    NotARoot {
        /// The root.
        root: PathBuf,
    },
    /// Everything is in place and registered, and the last step failed.
    #[error("generation {generation} is complete and registered, but could not be made active")]
    Unfinished {
        /// The generation.
        generation: u64,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The result could not be written to standard output; what was asked for is done.
    #[error("done, but the result could not be written to standard output")]
    Output(#[source] io::Error),
    /// The state of the root cannot be read or written.
    #[error("could not read or write the root `{}`", root.display())]
    Root {
        /// The root.
        root: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

impl InstallError {
    /// Which exit code this is.
    pub fn kind(&self) -> ExitKind {
        match self {
            Self::Interrupted => ExitKind::Interrupted,
            Self::Trust(error) => trust_kind(error),
            Self::NotARootFile { .. } | Self::NoTrust { .. } | Self::NotInIndex { .. } => ExitKind::Untrusted,
            Self::ListedTwice { .. } | Self::OtherRegistry { .. } => ExitKind::Untrusted,
            Self::Source(error) => source_kind(error),
            Self::Reader(error) => reader_kind(error),
            Self::Resolve(ResolveError::Candidates { source, .. }) => candidates_kind(&**source),
            Self::Resolve(_) => ExitKind::Unresolvable,
            Self::Plan(error) => error.kind(),
            Self::Unpack(error) => unpack_kind(error),
            Self::Environment(_) | Self::Interpreter(_) => ExitKind::Environment,
            Self::Tests(_) => ExitKind::Tests,
            Self::Register(_) => ExitKind::Registration,
            Self::Lock(LockError::Busy { .. }) => ExitKind::Busy,
            Self::Usage { .. } | Self::NothingRequested => ExitKind::Usage,
            Self::UnknownRegistry { .. }
            | Self::NotARoot { .. }
            | Self::Output(_)
            | Self::TrustFile { .. }
            | Self::Lock(_)
            | Self::Root { .. }
            | Self::Unfinished { .. } => ExitKind::Failed,
        }
    }

    /// What to do about it, where that is known.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Trust(error) | Self::Reader(ReaderError::Trust(error)) => {
                error.hint().or_else(|| failed_source(error)?.hint())
            }
            Self::Source(error) | Self::Reader(ReaderError::Source(error)) => error.hint(),
            Self::NoTrust { .. } => Some(
                "pass --trust with the registry's root metadata (metadata/1.root.json), which you got on \
                 a way that you trust; it is never taken from the bundle"
                    .to_owned(),
            ),
            Self::Plan(error) => error.hint(),
            Self::Tests(error) => error.hint(),
            Self::Unpack(error) if unpack_kind(error) == ExitKind::Failed => {
                Some("make sure that the disk has room and can be written, then try again".to_owned())
            }
            Self::Unpack(_) => {
                Some("report it to the pack's publisher; the bytes are what they signed".to_owned())
            }
            Self::Lock(LockError::Busy { .. }) => Some("wait for it to end, then try again".to_owned()),
            Self::Lock(LockError::NotWritable { .. }) => {
                Some("run as a user who may write there, or choose another place with --root".to_owned())
            }
            Self::Resolve(ResolveError::NoSolution { .. }) => Some(
                "what is installed must go on working; a bundle or registry with the missing release helps"
                    .to_owned(),
            ),
            Self::Resolve(ResolveError::UnknownPack { .. }) => Some(
                "it is not in what you install from; make a bundle with it, or name its --registry"
                    .to_owned(),
            ),
            Self::Resolve(error) => error.hint(),
            Self::Interrupted => Some("nothing was changed; run it again whenever you like".to_owned()),
            Self::OtherRegistry { .. } => Some(
                "packs of the same name may be different packs; pass --change-registry if this one is meant"
                    .to_owned(),
            ),
            Self::Unfinished { .. } => {
                Some("mend the cause and run the same command again: it completes what is left".to_owned())
            }
            Self::TrustFile { .. } | Self::NotARootFile { .. } => {
                Some("give the registry's metadata/1.root.json, never a key".to_owned())
            }
            Self::NotARoot { root } => Some(format!(
                "choose another --root; if it is meant, say so with `mkdir {}`",
                root.join("state").display()
            )),
            Self::Root { source, .. } => root_hint(source),
            Self::ListedTwice { .. } | Self::NotInIndex { .. } => {
                Some("make the bundle again with `attune-build bundle`".to_owned())
            }
            Self::NothingRequested => {
                Some("name a bundle file, or packs together with --registry".to_owned())
            }
            _ => None,
        }
    }
}

fn root_hint(error: &io::Error) -> Option<String> {
    let hint = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "make room there, or choose another place with --root"
        }
        io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
            "run as a user who may write there, or choose another place with --root"
        }
        _ => return None,
    };
    Some(hint.to_owned())
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

/// Metadata that cannot be fetched or kept may be good; all else is not trusted.
fn trust_kind(error: &TrustError) -> ExitKind {
    match (error, failed_source(error)) {
        (TrustError::State(_), _) => ExitKind::Failed,
        (_, Some(error)) => source_kind(error),
        _ => ExitKind::Untrusted,
    }
}

/// What kept a metadata file from being fetched.
fn failed_source(error: &TrustError) -> Option<&SourceError> {
    match error {
        TrustError::Fetch { source: FetchError::Source(cause), .. } => cause.downcast_ref(),
        _ => None,
    }
}

/// A failure inside the resolver keeps the kind that it has outside.
fn candidates_kind(error: &(dyn std::error::Error + Send + Sync + 'static)) -> ExitKind {
    error.downcast_ref::<ReaderError>().map_or(ExitKind::Failed, reader_kind)
}

fn unpack_kind(error: &UnpackError) -> ExitKind {
    match error {
        UnpackError::Archive { source: ArchiveError::Io(_), .. }
        | UnpackError::Wheel { source: WheelError::Io(_), .. }
        | UnpackError::Io(_) => ExitKind::Failed,
        _ => ExitKind::Untrusted,
    }
}
