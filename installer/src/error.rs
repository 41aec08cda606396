//! Why an install failed. Which exit code that is, is in `exit.rs`; what to do about it, in `advice.rs`.

use std::io;
use std::path::PathBuf;

use attune_registry::reader::ReaderError;
use attune_registry::resolve::ResolveError;
use attune_registry::source::SourceError;
use attune_registry::trust::TrustError;
use attune_schemas::{Digest, PackRef, Version};

use crate::host::{LockError, PlantedError};
use crate::node_modules::NodeModulesError;
use crate::nodejs::NodeInterpreterError;
use crate::plan::PlanError;
use crate::python::InterpreterError;
use crate::register::RegisterError;
use crate::testing::TestError;
use crate::unpack::UnpackError;
use crate::venv::VenvError;

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
    /// The root given is not the one whose fingerprint was given.
    #[error("`{}` has the fingerprint {actual}, not {expected}", path.display())]
    Fingerprint {
        /// The file.
        path: PathBuf,
        /// What was expected.
        expected: Digest,
        /// The sha256 of the file.
        actual: Digest,
    },
    /// No root of the source has the fingerprint given.
    #[error("{source_name} has no root with the fingerprint {fingerprint}")]
    NoSuchRoot {
        /// The source.
        source_name: String,
        /// What was expected.
        fingerprint: Digest,
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
    /// Somebody planted something in the root.
    #[error(transparent)]
    Planted(#[from] PlantedError),
    /// A pack without such an environment.
    #[error("no pack `{pack}` with an environment for `{runtime}` is installed")]
    NoEnvironment {
        /// The pack.
        pack: PackRef,
        /// The runtime.
        runtime: String,
    },
    /// Environments are not what was installed.
    #[error("the environment{} of {} {} damaged", if packs.len() == 1 { "" } else { "s" }, packs.join(", "), if packs.len() == 1 { "is" } else { "are" })]
    DamagedEnvironments {
        /// The packs.
        packs: Vec<String>,
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
    /// The Node.js that was named cannot be used.
    #[error(transparent)]
    NodeInterpreter(#[from] NodeInterpreterError),
    /// A blob could not be unpacked.
    #[error(transparent)]
    Unpack(#[from] UnpackError),
    /// An environment could not be built.
    #[error(transparent)]
    Environment(#[from] VenvError),
    /// A Node.js environment could not be laid out.
    #[error(transparent)]
    NodeModules(#[from] NodeModulesError),
    /// The steps that build an environment failed.
    #[error("the environment of pack `{pack}` for `{runtime}` could not be built: {error}")]
    Recipe {
        /// The pack.
        pack: PackRef,
        /// The runtime.
        runtime: String,
        /// What failed, with what it said.
        error: String,
    },
    /// Nothing on the host says how an environment is built, or not all that it takes is there.
    #[error("the environment of pack `{pack}` for `{runtime}` cannot be built from what is on this host")]
    NoDescription {
        /// The pack.
        pack: PackRef,
        /// The runtime.
        runtime: String,
    },
    /// What environments are linked to is damaged itself.
    #[error("packages of pack `{pack}` are damaged in the store: {}", packages.join(", "))]
    DamagedStore {
        /// The pack.
        pack: PackRef,
        /// The packages.
        packages: Vec<String>,
    },
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
    /// Another generation is active than the one that the database holds.
    #[error("generation {active} is active in `{}`, and the database holds generation {registered}", root.display())]
    Disagreement {
        /// The root.
        root: PathBuf,
        /// The active generation.
        active: u64,
        /// The registered one.
        registered: u64,
    },
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
