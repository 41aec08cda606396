//! The stages of an installation, each by itself: for those who put them together in their own way.
//!
//! ```text
//! download    the packs of sources, each in a directory
//! deps        the packs and runtimes that packs need
//! build_envs  the environments of packs
//! register    the packs of directories, made part of the host
//! tested      the results of tests
//! ```
//!
//! The documents have the names and forms of Attune's core actions (`core.download_packs` and its like), so that
//! scripts may use either; whatever they have beside is said at each.

mod build_envs;
mod deps;
mod download;
mod pack_file;
mod register;
mod tested;

pub use build_envs::{
    BuildEnvsOptions, BuildEnvsReport, BuiltEnvironments, EnvironmentsError, NamedPack, build_envs,
};
pub use deps::{DependenciesReport, DepsError, DepsOptions, dependencies};
pub use download::{
    DownloadError, DownloadOptions, DownloadReport, Downloads, NamedSource, SourceFailure, WantedSource,
    download,
};
pub use pack_file::PackFileError;
pub use register::{RegisterError, RegisterOptions, RegisterReport, Registered, register};
pub use tested::PackTestsReport;
