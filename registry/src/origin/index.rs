//! Packs looked up in indexes of Attune's own form, one after the other.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use attune_schemas::upstream_index::{IndexedPack, IndexedSource, UpstreamIndex};
use attune_schemas::{PackRequest, Requirement};
use url::Url;

use super::error::OriginError;
use super::git::GitUrl;
use super::obtain::ObtainSettings;
use super::source::{ArchiveSource, GitSource, PackSource, Place, SourceForm};
use crate::checksum::Checksum;
use crate::report::{Reporter, without_secrets};

/// The largest index that is read, in bytes.
const MAX_INDEX_BYTES: u64 = 64 << 20;

/// An index, by URL or path.
#[derive(Debug, Clone)]
pub struct IndexPlace {
    shown: String,
    place: Place,
}

impl IndexPlace {
    /// The index that `word` names; paths are relative to `base`.
    ///
    /// # Errors
    /// It is a URL that nothing is fetched by.
    pub fn parse(word: &str, base: &Path) -> Result<Self, OriginError> {
        let shown = without_secrets(word).into_owned();
        let form = |reason| OriginError::Form { word: shown.clone(), reason };
        let place = match word.parse::<Url>() {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Place::Url(url),
            Ok(url) if url.scheme() == "file" => {
                Place::Path(url.to_file_path().map_err(|()| form("its path is not of this machine"))?)
            }
            Ok(_) if word.contains("://") => return Err(form("only https, http and file URLs can be")),
            _ => Place::Path(base.join(word)),
        };
        Ok(Self { shown, place })
    }

    /// The URL of its server, if it has one.
    pub fn server(&self) -> Option<Url> {
        match &self.place {
            Place::Url(url) => Some(url.clone()),
            Place::Path(_) => None,
        }
    }
}

/// Indexes that are read as far as they are asked.
pub struct PackIndexes<'a> {
    places: &'a [IndexPlace],
    settings: &'a ObtainSettings,
    reporter: &'a dyn Reporter,
    read: BTreeMap<usize, UpstreamIndex>,
}

impl<'a> PackIndexes<'a> {
    /// The indexes at `places`, in order.
    pub fn new(places: &'a [IndexPlace], settings: &'a ObtainSettings, reporter: &'a dyn Reporter) -> Self {
        Self { places, settings, reporter, read: BTreeMap::new() }
    }

    /// The source of the pack that is asked for: that of the first index which has it. `checksum` goes before that
    /// of the index.
    ///
    /// # Errors
    /// No index has it, or that one not in a version that is asked for; or an index cannot be read, which ends the
    /// search, as it may be the one.
    pub fn look_up(
        &mut self,
        request: &PackRequest,
        checksum: Option<&Checksum>,
    ) -> Result<PackSource, OriginError> {
        let places = self.places;
        for (number, place) in places.iter().enumerate() {
            let index = self.index(number, place)?;
            let entry = index.pack(&request.pack).map_err(|source| OriginError::Index {
                index: place.shown.clone(),
                source: Box::new(source),
            })?;
            let Some(entry) = entry else { continue };
            if !request.requirement.matches(&entry.version) {
                return Err(OriginError::IndexVersion {
                    request: request.to_string(),
                    version: entry.version.to_string(),
                    index: place.shown.clone(),
                });
            }
            return source_of(&entry, place, checksum);
        }
        Err(OriginError::NotIndexed { pack: request.pack.clone() })
    }

    fn index(&mut self, number: usize, place: &IndexPlace) -> Result<&UpstreamIndex, OriginError> {
        if !self.read.contains_key(&number) {
            let bytes = self.bytes(place)?;
            let index = UpstreamIndex::parse(&bytes);
            let index = index.map_err(|source| OriginError::Index {
                index: place.shown.clone(),
                source: Box::new(source),
            })?;
            self.read.insert(number, index);
        }
        Ok(&self.read[&number])
    }

    fn bytes(&self, place: &IndexPlace) -> Result<Vec<u8>, OriginError> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| OriginError::Index {
            index: place.shown.clone(),
            source,
        };
        let path = match &place.place {
            Place::Path(path) => path.clone(),
            Place::Url(url) => self.fetched(url, place)?,
        };
        let mut bytes = Vec::new();
        let file = fs_err::File::open(path).map_err(|error| failed(Box::new(error)))?;
        file.take(MAX_INDEX_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_INDEX_BYTES {
            return Err(failed(format!("it is larger than {MAX_INDEX_BYTES} bytes").into()));
        }
        Ok(bytes)
    }

    #[cfg(feature = "http")]
    fn fetched(&self, url: &Url, place: &IndexPlace) -> Result<PathBuf, OriginError> {
        use attune_schemas::problem::WarningCode;

        use crate::fetch::{
            DownloadCache, DownloadError, DownloadRequest, Location, ReportedDownloads, fetch_all,
        };
        if url.scheme() == "http" {
            let message = format!(
                "the index `{}` comes over http, where anybody on the way can change it; fetch it by https",
                place.shown
            );
            self.reporter.warning(WarningCode::UnprotectedSource, &message);
        }
        let request = DownloadRequest {
            name: place.shown.clone(),
            location: Location::Url(url.clone()),
            checksum: Checksum::unpromised(url.as_str()),
            size: None,
        };
        let mut downloads = self.settings.downloads.clone();
        downloads.offline = self.settings.offline;
        downloads.interrupt = self.settings.interrupt.clone();
        let cache = DownloadCache::open(&self.settings.cache_dir)?;
        let progress = ReportedDownloads::new(self.reporter);
        match fetch_all(&[request], &cache, &downloads, &progress) {
            Ok(mut files) => Ok(files.pop().expect("one file was asked for").path),
            Err(DownloadError::Offline { .. }) => {
                Err(OriginError::Offline { source_name: place.shown.clone() })
            }
            Err(error) => Err(error.into()),
        }
    }

    #[cfg(not(feature = "http"))]
    fn fetched(&self, _url: &Url, place: &IndexPlace) -> Result<PathBuf, OriginError> {
        let _ = (self.settings, self.reporter);
        Err(OriginError::NoHttp { source_name: place.shown.clone() })
    }
}

/// The source that `entry` of the index at `place` names.
fn source_of(
    entry: &IndexedPack,
    place: &IndexPlace,
    checksum: Option<&Checksum>,
) -> Result<PackSource, OriginError> {
    let unusable = |reason: &str| OriginError::IndexEntry {
        pack: entry.pack.clone(),
        index: place.shown.clone(),
        reason: reason.to_owned(),
    };
    let is_remote = place.server().is_some();
    let form = match entry.source() {
        None => return Err(unusable("it names neither a git repository nor an archive")),
        Some(IndexedSource::Git { url, reference }) => {
            let url = GitUrl::parse(url, Path::new("/")).map_err(&unusable)?;
            if is_remote && url.is_local() {
                return Err(unusable("it names a repository of this machine"));
            }
            if checksum.is_some() {
                return Err(unusable("it names a git repository, which takes no checksum"));
            }
            let reference = reference.as_deref().map(str::parse).transpose()?;
            SourceForm::Git(GitSource { url, reference, directory: None })
        }
        Some(IndexedSource::Archive { url, checksum: promised }) => {
            let promised = promised.parse::<Checksum>();
            let Some(checksum) = checksum.cloned().or_else(|| promised.ok()) else {
                return Err(unusable("its archive has no checksum by sha256 or sha512"));
            };
            let url: Url = url.parse().map_err(|_| unusable("its archive has no URL"))?;
            let place = match url.scheme() {
                "http" | "https" => Place::Url(url),
                "file" if !is_remote => Place::Path(
                    url.to_file_path().map_err(|()| unusable("its archive is not of this machine"))?,
                ),
                _ => return Err(unusable("its archive is behind neither https nor http")),
            };
            SourceForm::Archive(ArchiveSource { place, directory: None, checksum: Some(checksum) })
        }
        Some(IndexedSource::Other) => return Err(unusable("it names no source that is known")),
    };
    let expected = PackRequest { pack: entry.pack.clone(), requirement: Requirement::exact(&entry.version) };
    let shown = format!("{}@{} of {}", entry.pack, entry.version, place.shown);
    Ok(PackSource { shown, form, expected: Some(expected), headers_of: Some(place.server()) })
}
