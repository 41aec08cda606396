//! An archive: fetched or copied, held against its checksum, and then unpacked.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use attune_schemas::Digest;
use attune_schemas::origin::{Origin, OriginKind};
use sha2::{Digest as _, Sha256};

use super::error::OriginError;
use super::obtain::{Obtaining, Placed};
use super::pack_root::pack_root;
use super::source::{ArchiveSource, Place};
use crate::archive::unpack_foreign;
use crate::checksum::Checksum;
use crate::report::NewTask;

/// The largest archive of this machine that is read, in bytes.
const MAX_BYTES: u64 = 4 << 30;

/// An archive at hand, whose checksum was checked.
struct AtHand {
    path: PathBuf,
    sha256: Digest,
    url: Option<String>,
}

impl Obtaining<'_> {
    /// The pack in `archive`, unpacked.
    pub(super) fn archive(&self, archive: &ArchiveSource) -> Result<Placed, OriginError> {
        let at_hand = match &archive.place {
            Place::Path(path) => self.copied(path, archive.checksum.as_ref())?,
            Place::Url(url) => self.fetched(url, archive.checksum.as_ref())?,
        };
        let top = self.area().join("unpacked");
        fs_err::create_dir(&top)?;
        let _task = self.reporter.task(NewTask::new(&format!("unpacking {}", self.shown)));
        let unpacked = unpack_foreign(&at_hand.path, &top, &self.settings.interrupt);
        let unpacked = unpacked.map_err(|source| {
            self.stopped_or(OriginError::Archive { source_name: self.shown.to_owned(), source })
        })?;
        if unpacked.is_none() {
            return Err(OriginError::NotAnArchive { source_name: self.shown.to_owned() });
        }
        let directory = pack_root(&top, archive.directory.as_ref(), self.shown)?;
        let origin = Origin {
            kind: OriginKind::Archive,
            url: at_hand.url,
            reference: None,
            commit: None,
            sha256: Some(at_hand.sha256),
            directory: archive.directory.clone(),
        };
        Ok(Placed { directory, origin: Some(origin) })
    }

    /// A copy of an archive of this machine, so that what is unpacked is what was checked.
    fn copied(&self, path: &Path, checksum: Option<&Checksum>) -> Result<AtHand, OriginError> {
        let copy = self.area().join("archive");
        let (mut from, mut to) = (fs_err::File::open(path)?, fs_err::OpenOptions::new());
        let mut to = to.write(true).create_new(true).open(&copy)?;
        let (mut hasher, mut buffer, mut length) = (Sha256::new(), vec![0; 128 * 1024], 0);
        loop {
            self.check()?;
            let count = from.read(&mut buffer)?;
            if count == 0 {
                break;
            }
            length += count as u64;
            if length > MAX_BYTES {
                let source = crate::archive::ArchiveError::TooLarge { limit: MAX_BYTES, what: "bytes" };
                return Err(OriginError::Archive { source_name: self.shown.to_owned(), source });
            }
            hasher.update(&buffer[..count]);
            to.write_all(&buffer[..count])?;
        }
        let sha256 = Digest::from_bytes(hasher.finalize().into());
        if let Some(checksum) = checksum
            && !checksum.accepts(&sha256, &copy)?
        {
            return Err(self.differs(checksum, &sha256));
        }
        Ok(AtHand { path: copy, sha256, url: None })
    }

    fn differs(&self, expected: &Checksum, actual: &Digest) -> OriginError {
        OriginError::Checksum {
            source_name: self.shown.to_owned(),
            expected: expected.to_string(),
            actual: actual.to_string(),
        }
    }

    #[cfg(feature = "http")]
    fn fetched(&self, url: &url::Url, checksum: Option<&Checksum>) -> Result<AtHand, OriginError> {
        use crate::fetch::{DownloadError, DownloadRequest, Location, ReportedDownloads, fetch_all, shown};
        if url.scheme() == "http" && checksum.is_none() {
            self.warn_unprotected("give its checksum, or fetch it by https");
        }
        let request = DownloadRequest {
            name: self.shown.to_owned(),
            location: Location::Url(url.clone()),
            checksum: checksum.cloned().unwrap_or_else(|| Checksum::unpromised(url.as_str())),
            size: None,
        };
        let mut downloads = self.settings.downloads.clone();
        downloads.offline = self.settings.offline;
        downloads.interrupt = self.settings.interrupt.clone();
        let progress = ReportedDownloads::new(self.reporter);
        let files = fetch_all(&[request], &self.cache()?, &downloads, &progress);
        let file = match files {
            Ok(mut files) => files.pop().expect("one file was asked for"),
            Err(DownloadError::Digest { expected, actual, .. }) => {
                return Err(self.differs(&expected, &actual));
            }
            Err(DownloadError::Offline { .. }) => {
                return Err(OriginError::Offline { source_name: self.shown.to_owned() });
            }
            Err(error) => return Err(error.into()),
        };
        Ok(AtHand { path: file.path, sha256: file.digest, url: Some(shown(url)) })
    }

    #[cfg(not(feature = "http"))]
    fn fetched(&self, _url: &url::Url, _checksum: Option<&Checksum>) -> Result<AtHand, OriginError> {
        Err(OriginError::NoHttp { source_name: self.shown.to_owned() })
    }
}
