//! How the dependencies of packs are vendored.

use std::path::PathBuf;
use std::sync::Arc;

use attune_registry::fetch::{DownloadSettings, Variables, netrc_of};

use super::configuration::{NpmConfiguration, index_urls};
use super::node::NpmSettings;
use super::python::{Glibc, UvSettings};

/// How vendoring is done.
#[derive(Debug, Clone)]
pub struct VendorSettings {
    /// The download cache's directory; made if it is missing.
    pub cache_dir: PathBuf,
    /// The directories of programs, absolute, in the order in which they are looked through.
    pub search_path: Vec<PathBuf>,
    /// The home directory of whoever runs this, which no stranger's program may read.
    pub home: Option<PathBuf>,
    /// The caller's environment: what configures uv, npm and the way to them.
    pub variables: Variables,
    /// The resolver.
    pub uv: UvSettings,
    /// The downloads; offline too if `uv.offline` or `npm.offline` is set.
    pub downloads: DownloadSettings,
    /// npm.
    pub npm: NpmSettings,
    /// Build nothing: what is published as source only is refused.
    pub no_build: bool,
    /// The oldest glibc of machines that have it.
    pub glibc: Glibc,
}

impl VendorSettings {
    /// The usual way, with the cache in `cache_dir` and no program at hand.
    pub fn new(cache_dir: impl Into<PathBuf>) -> Self {
        Self {
            cache_dir: cache_dir.into(),
            search_path: Vec::new(),
            home: None,
            variables: Variables::default(),
            uv: UvSettings::default(),
            downloads: DownloadSettings::default(),
            npm: NpmSettings::default(),
            no_build: false,
            glibc: Glibc::default(),
        }
    }

    /// The downloads of Python packages, with the logins that uv and pip would send.
    pub(crate) fn downloads(&self) -> DownloadSettings {
        let mut downloads = self.downloads.clone();
        downloads.offline |= self.uv.offline;
        let urls = self.uv.index_url.iter().chain(&self.uv.extra_index_urls).chain(&self.uv.find_links);
        downloads.logins.urls.extend(urls.filter_map(|url| url.parse().ok()));
        downloads.logins.urls.extend(index_urls(&self.variables));
        downloads.logins.netrc = netrc_of(&self.variables);
        downloads
    }

    /// The downloads of npm packages, with the logins that npm of this `configuration` would send.
    pub(crate) fn npm_downloads(&self, configuration: &NpmConfiguration) -> DownloadSettings {
        let mut downloads = self.downloads.clone();
        downloads.offline |= self.npm.offline;
        downloads.logins.urls.extend(configuration.registries().filter_map(|url| url.parse().ok()));
        downloads.logins.configured = Some(Arc::new(configuration.clone()));
        downloads.connection = configuration.connection(&self.variables);
        downloads
    }
}
