//! The packs of sources, each in a directory of its own: what is signed, verified; the rest, where it is allowed.
//!
//! ```text
//! unsigned    directories, archives and git repositories
//! signed      packs of registries and bundles
//! landing     how a pack gets its place, whole and over nothing else
//! checksum    Attune's checksum of a directory
//! ```
//!
//! Nothing of the host is changed: metadata is held against what the host has seen, as in a look at an installation,
//! and nothing new is recorded.

mod checksum;
mod error;
mod landing;
mod report;
mod signed;
mod unsigned;

use std::path::PathBuf;

use attune_host::root::HostRoot;
use attune_registry::origin::{ObtainSettings, PackSource as UnsignedSource};
use attune_registry::report::Reporter;
use jiff::Timestamp;

use crate::plan::WantedPack;
use crate::source::{PackSource, SourceLocation, TrustSettings};

pub use error::{DownloadError, SourceFailure};
use landing::Landing;
pub use report::DownloadReport;
use report::DownloadedPack;

/// A source, as it was named.
#[derive(Debug, Clone)]
pub struct NamedSource {
    /// As it may be shown.
    pub shown: String,
    /// The source.
    pub wanted: WantedSource,
}

/// The kinds of sources.
#[derive(Debug, Clone)]
pub enum WantedSource {
    /// A directory, archive or git repository, which nobody signed.
    Unsigned(Box<UnsignedSource>),
    /// A pack of a registry.
    Pack(WantedPack),
    /// All packs of a bundle.
    Bundle(SourceLocation),
}

/// Which packs are downloaded, and where to.
#[derive(Debug, Clone)]
pub struct DownloadOptions {
    /// The sources.
    pub sources: Vec<NamedSource>,
    /// The directory that the packs are put into; made if it is missing.
    pub destination: PathBuf,
    /// Whether sources may be unsigned.
    pub allow_unsigned: bool,
    /// The host, whose trust counts.
    pub root: HostRoot,
    /// The registries that packs come from, if some are named by their refs.
    pub registry: Option<PackSource>,
    /// The user's word about trust.
    pub trust: TrustSettings,
    /// How unsigned sources are obtained; its interrupt stops all of it.
    pub obtain: ObtainSettings,
    /// The time that metadata is judged by.
    pub now: Timestamp,
}

/// The packs that were downloaded, and the sources that failed.
#[derive(Debug)]
pub struct Downloads {
    /// Where the packs are.
    pub destination: PathBuf,
    /// The packs, in the order of their sources.
    pub packs: Vec<DownloadedPack>,
    /// The sources that failed, each with its failure.
    pub failed: Vec<(String, SourceFailure)>,
}

/// What became of a source with this place in the list.
type Outcome = (usize, Result<DownloadedPack, SourceFailure>);

/// Downloads the packs of every source. The failure of one leaves the others alone.
///
/// # Errors
/// A source is unsigned and that was not allowed, or the destination cannot be written; then nothing was fetched.
pub fn download(options: &DownloadOptions, reporter: &dyn Reporter) -> Result<Downloads, DownloadError> {
    let unsigned = options.sources.iter().filter(|source| matches!(source.wanted, WantedSource::Unsigned(_)));
    let unsigned: Vec<String> = unsigned.map(|source| source.shown.clone()).collect();
    if !options.allow_unsigned && !unsigned.is_empty() {
        return Err(DownloadError::Unsigned { sources: unsigned });
    }
    let failed = |source| DownloadError::Destination { path: options.destination.clone(), source };
    let destination = std::path::absolute(&options.destination).map_err(failed)?;
    let landing = Landing::new(&destination).map_err(failed)?;
    let mut outcomes: Vec<Outcome> = unsigned::download(options, &landing, reporter);
    outcomes.extend(signed::download(options, &landing, reporter));
    outcomes.sort_by_key(|(place, _)| *place);
    let mut downloads = Downloads { destination, packs: Vec::new(), failed: Vec::new() };
    for (place, outcome) in outcomes {
        match outcome {
            Ok(pack) => downloads.packs.push(pack),
            Err(failure) => downloads.failed.push((options.sources[place].shown.clone(), failure)),
        }
    }
    Ok(downloads)
}
