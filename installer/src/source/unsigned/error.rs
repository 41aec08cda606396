//! Why packs that nobody signed cannot be installed.

use std::io;
use std::path::PathBuf;

use attune_host::local::LocalError;
use attune_host::process::Interrupted;
use attune_registry::origin::OriginError;
use attune_registry::pack_directory::PackDirectoryError;
use attune_registry::packing::ReleaseError;
use attune_registry::reader::ReaderError;
use attune_registry::trust::TrustError;
use attune_schemas::PackRef;
use attune_schemas::lint::{Findings, Severity};

/// Why packs that nobody signed cannot be installed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum UnsignedError {
    /// A source gives no pack.
    #[error(transparent)]
    Origin(#[from] OriginError),
    /// The files of a source are no pack's.
    #[error("the files of `{source_name}` cannot be packed")]
    Directory {
        /// The source.
        source_name: String,
        /// The fault.
        #[source]
        source: PackDirectoryError,
    },
    /// A pack has errors.
    #[error("{} in `{source_name}`{}", counted(findings), listed(source_name, findings))]
    Findings {
        /// The source.
        source_name: String,
        /// Everything that was found.
        findings: Findings,
    },
    /// Two sources are the same pack.
    #[error("`{first}` and `{second}` are both pack `{pack}`")]
    SamePack {
        /// The pack.
        pack: PackRef,
        /// The first.
        first: String,
        /// The second.
        second: String,
    },
    /// A pack could not be made into a release.
    #[error(transparent)]
    Release(#[from] ReleaseError),
    /// Packages must be fetched, and the program that does is not there.
    #[error("pack `{pack}` needs packages ({needs}), and this host has no attune-build to fetch them")]
    NoBuilder {
        /// The pack.
        pack: PackRef,
        /// The file or key that names them.
        needs: &'static str,
    },
    /// The program that fetches packages failed.
    #[error("attune-build could not make a release of {packs}: {reason}")]
    Builder {
        /// The packs.
        packs: String,
        /// Its complaint.
        reason: String,
    },
    /// What the program made is not a registry that verifies.
    #[error("attune-build wrote a registry that does not verify")]
    Built(#[source] Box<TrustError>),
    /// A release that the program made is not what its index says.
    #[error("attune-build wrote a release that does not verify")]
    BuiltRelease(#[from] ReaderError),
    /// The host cannot sign.
    #[error(transparent)]
    Local(#[from] LocalError),
    /// A file of the work area cannot be read or written.
    #[error("could not read or write below `{}`", path.display())]
    Io {
        /// The work area.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A signal asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

fn counted(findings: &Findings) -> String {
    match findings.count(Severity::Error) {
        1 => "1 error".to_owned(),
        number => format!("{number} errors"),
    }
}

/// The errors, each on a line of its own.
fn listed(source_name: &str, findings: &Findings) -> String {
    let errors = findings.into_iter().filter(|finding| finding.severity == Severity::Error);
    let lines = errors.map(|finding| format!("\n  {}/{finding}", source_name.trim_end_matches('/')));
    lines.collect::<Vec<_>>().concat()
}
