//! The files of a source in a directory.

use std::path::{Path, PathBuf};

use attune_schemas::PackRequest;
use attune_schemas::origin::Origin;
use attune_schemas::problem::WarningCode;

use super::error::OriginError;
use super::source::{PackSource, SourceForm};
use super::work_area::WorkArea;
#[cfg(feature = "http")]
use crate::fetch::{DownloadCache, DownloadSettings};
use crate::process::{Interrupt, Variables};
use crate::report::Reporter;

/// How sources are obtained.
#[derive(Debug, Clone)]
pub struct ObtainSettings {
    /// The download cache's directory; made if it is missing. What is unpacked is there as well.
    pub cache_dir: PathBuf,
    /// The caller's environment: the part that counts for git, and for logins.
    pub variables: Variables,
    /// Whether only the cache and this machine serve.
    pub offline: bool,
    /// Stops it.
    pub interrupt: Interrupt,
    /// The way to servers, with logins and headers.
    #[cfg(feature = "http")]
    pub downloads: DownloadSettings,
}

impl ObtainSettings {
    /// Those without logins and headers.
    pub fn new(cache_dir: PathBuf, variables: Variables, interrupt: Interrupt) -> Self {
        Self {
            cache_dir,
            variables,
            offline: false,
            interrupt,
            #[cfg(feature = "http")]
            downloads: DownloadSettings::default(),
        }
    }

    /// The same with the headers that are for `source`.
    #[cfg(feature = "http")]
    fn for_source(&self, source: &PackSource) -> Self {
        let mut settings = self.clone();
        if !source.may_have_headers() {
            settings.downloads.headers.clear();
        }
        settings
    }
}

/// A pack's files, which are gone when this is dropped, unless they are a directory of the caller.
#[derive(Debug)]
pub struct ObtainedPack {
    /// The source, as it may be shown.
    pub shown: String,
    /// The directory.
    pub directory: PathBuf,
    /// Where they came from; `None` of a directory.
    pub origin: Option<Origin>,
    /// The pack that it must be, if somebody said.
    pub expected: Option<PackRequest>,
    area: Option<WorkArea>,
}

impl ObtainedPack {
    /// What is removed when this is dropped, for whoever ends before that.
    pub fn leftovers(&self) -> Vec<PathBuf> {
        self.area.as_ref().map(WorkArea::leftovers).unwrap_or_default()
    }
}

/// The pack's directory and where it came from.
pub(super) struct Placed {
    pub(super) directory: PathBuf,
    pub(super) origin: Option<Origin>,
}

/// Obtains the pack of `source`.
///
/// # Errors
/// It cannot be had; then nothing is left behind but what the cache keeps.
pub fn obtain(
    source: &PackSource,
    settings: &ObtainSettings,
    reporter: &dyn Reporter,
) -> Result<ObtainedPack, OriginError> {
    let (shown, expected) = (source.shown.clone(), source.expected.clone());
    if let SourceForm::Directory(directory) = &source.form {
        let directory = directory.clone();
        return Ok(ObtainedPack { shown, directory, origin: None, expected, area: None });
    }
    #[cfg(feature = "http")]
    let settings = &settings.for_source(source);
    let area = WorkArea::new(&settings.cache_dir)?;
    let obtaining = Obtaining { shown: &source.shown, settings, reporter, area: &area };
    let placed = match &source.form {
        SourceForm::Archive(archive) => obtaining.archive(archive),
        SourceForm::Git(git) => obtaining.git(git),
        SourceForm::Directory(directory) => Ok(Placed { directory: directory.clone(), origin: None }),
    };
    let placed = placed.map_err(|error| obtaining.stopped_or(error))?;
    let Placed { directory, origin } = placed;
    Ok(ObtainedPack { shown, directory, origin, expected, area: Some(area) })
}

/// A source that is being obtained.
pub(super) struct Obtaining<'a> {
    pub(super) shown: &'a str,
    pub(super) settings: &'a ObtainSettings,
    pub(super) reporter: &'a dyn Reporter,
    area: &'a WorkArea,
}

impl Obtaining<'_> {
    /// The directory to work in.
    pub(super) fn area(&self) -> &Path {
        self.area.path()
    }

    /// The interruption, if that is what `error` comes from.
    pub(super) fn stopped_or(&self, error: OriginError) -> OriginError {
        if self.settings.interrupt.is_raised() { OriginError::Interrupted } else { error }
    }

    pub(super) fn check(&self) -> Result<(), OriginError> {
        self.settings.interrupt.check().map_err(|_| OriginError::Interrupted)
    }

    /// Tells that nobody vouches for what comes by the network.
    pub(super) fn warn_unprotected(&self, advice: &str) {
        let message =
            format!("`{}` comes over http, where anybody on the way can change it; {advice}", self.shown);
        self.reporter.warning(WarningCode::UnprotectedSource, &message);
    }

    #[cfg(feature = "http")]
    pub(super) fn cache(&self) -> Result<DownloadCache, OriginError> {
        Ok(DownloadCache::open(&self.settings.cache_dir)?)
    }
}
