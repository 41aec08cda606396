//! The packs of directories, made part of the host: all of them, or none.
//!
//! ```text
//! signed  whether a registry signed these very files
//! report  the document
//! ```
//!
//! A directory whose files are those of a release that a registry signed, as `download` leaves them, is that release.
//! Any other is signed by nobody.

mod report;
mod signed;

use std::path::{Path, PathBuf};
use std::time::Instant;

use attune_host::process::Interrupted;
use attune_host::root::{HostRoot, RootError};
use attune_registry::archive::ArchiveError;
use attune_registry::pack_directory::PackDirectory;
use attune_registry::report::Reporter;
use attune_registry::source::SourceError;
use attune_registry::trust::Verdict;
use attune_schemas::problem::ErrorCode;
use attune_schemas::{PackRef, Version};

pub use report::RegisterReport;
use signed::{Compared, compare};

use super::pack_file::{PackFileError, open_pack};
use crate::failure::Failed;
use crate::operations::{InstallError, InstallOptions, install};
use crate::plan::ChooseError;
use crate::source::{PackSource, PackSourceError, UnsignedSources};

/// The packs to register.
#[derive(Debug, Clone)]
pub struct RegisterOptions {
    /// Their directories.
    pub directories: Vec<PathBuf>,
    /// Whether packs that nobody signed are registered; the way to have them signed here.
    pub unsigned: Option<UnsignedSources>,
    /// How they are installed. Its source is the registries that may have signed them.
    pub install: InstallOptions,
    /// Whether there are such registries at all.
    pub has_registry: bool,
}

/// Why packs were not registered; none was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// A directory holds no pack that can be used.
    #[error(transparent)]
    Directory(#[from] PackFileError),
    /// The registries cannot be read.
    #[error(transparent)]
    Source(#[from] PackSourceError),
    /// A registry's release cannot be read.
    #[error(transparent)]
    Choose(#[from] ChooseError),
    /// A blob of a registry cannot be read.
    #[error(transparent)]
    Blob(#[from] SourceError),
    /// A directory cannot be compared with the archive of a release.
    #[error("`{}` cannot be compared with what a registry signed", path.display())]
    Compare {
        /// The directory.
        path: PathBuf,
        /// The cause.
        #[source]
        source: ArchiveError,
    },
    /// Nobody signed the files of a directory.
    #[error("nobody signed the pack `{pack}` {version} in `{}`{}", path.display(), difference(differs_at.as_deref()))]
    Unsigned {
        /// The directory.
        path: PathBuf,
        /// Its pack.
        pack: PackRef,
        /// Its version.
        version: Version,
        /// The first file that differs from the release of this version, if a registry has one.
        differs_at: Option<String>,
    },
    /// The root cannot be read.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The installation failed.
    #[error(transparent)]
    Install(Box<InstallError>),
    /// A signal asked to stop.
    #[error(transparent)]
    Interrupted(#[from] Interrupted),
}

impl From<InstallError> for RegisterError {
    fn from(error: InstallError) -> Self {
        Self::Install(Box::new(error))
    }
}

fn difference(differs_at: Option<&str>) -> String {
    let told = |file: &str| format!(": `{file}` is not as in the release that a registry signed");
    differs_at.map(told).unwrap_or_default()
}

impl Failed for RegisterError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Directory(error) => error.code(),
            Self::Source(error) => error.code(),
            Self::Choose(error) => error.code(),
            Self::Blob(error) => error.code(),
            Self::Compare { .. } => ErrorCode::ArchiveRefused,
            Self::Unsigned { .. } => ErrorCode::Unsigned,
            Self::Root(error) => error.code(),
            Self::Install(error) => error.code(),
            Self::Interrupted(_) => ErrorCode::Interrupted,
        }
    }

    fn verdict(&self) -> Option<Verdict> {
        match self {
            Self::Source(error) => error.verdict(),
            Self::Choose(error) => error.verdict(),
            Self::Install(error) => error.verdict(),
            _ => None,
        }
    }
}

/// A directory with its pack.
struct Named<'a> {
    path: &'a Path,
    directory: PackDirectory,
    pack: PackRef,
    version: Version,
}

/// The packs that are to be registered, and what came of it.
pub struct Registered {
    /// The document.
    pub report: RegisterReport,
    /// Why none was registered, if that is so.
    pub failure: Option<RegisterError>,
}

/// Registers the packs of `options`; tells of a failure in the document as well.
pub fn register(options: &RegisterOptions, reporter: &dyn Reporter) -> Registered {
    let started = Instant::now();
    match try_register(options, reporter) {
        Ok(report) => Registered { report: report.after(started.elapsed()), failure: None },
        Err((at, failure)) => {
            let report = RegisterReport::failed(&options.directories, at, &failure);
            Registered { report: report.after(started.elapsed()), failure: Some(failure) }
        }
    }
}

/// The failure comes with the number of the directory that it is of, if it is of one.
fn try_register(
    options: &RegisterOptions,
    reporter: &dyn Reporter,
) -> Result<RegisterReport, (Option<usize>, RegisterError)> {
    let mut named = Vec::new();
    for (at, path) in options.directories.iter().enumerate() {
        let (directory, metadata) = open_pack(path).map_err(|error| (Some(at), error.into()))?;
        named.push(Named { path, directory, pack: metadata.pack, version: metadata.version });
    }
    let of_all = |error: RegisterError| (None, error);
    let root = HostRoot::new(&options.install.root)
        .map_err(|source| of_all(RootError::Io { root: options.install.root.clone(), source }.into()))?;
    let compared = if options.has_registry {
        compare(&named, &root, &options.install, reporter).map_err(of_all)?
    } else {
        named.iter().map(|_| Compared::Unknown).collect()
    };
    let mut install_options = options.install.clone();
    let mut unsigned = Vec::new();
    for (at, (pack, compared)) in named.iter().zip(compared).enumerate() {
        match (compared, &options.unsigned) {
            (Compared::Same(request), _) => install_options.requests.push(request),
            (_, Some(sources)) => unsigned.push(sources.sources[at].clone()),
            (other, None) => {
                let differs_at = if let Compared::Differs(file) = other { Some(file) } else { None };
                let (path, pack, version) = (pack.path.to_owned(), pack.pack.clone(), pack.version.clone());
                let failure = RegisterError::Unsigned { path, pack, version, differs_at };
                return Err((Some(at), failure));
            }
        }
    }
    if let (false, Some(sources)) = (unsigned.is_empty(), &options.unsigned) {
        let sources = Box::new(UnsignedSources { sources: unsigned, ..sources.clone() });
        let rest = Box::new(install_options.source);
        install_options.source = PackSource::Unsigned { sources, rest };
    }
    let installed = install(&install_options, reporter).map_err(|error| of_all(error.into()))?;
    RegisterReport::of(&named, &installed, &root).map_err(|error| of_all(error.into()))
}
