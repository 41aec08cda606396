//! A download under way: a locked file that the next attempt, or the next process, goes on with.
//!
//! The bytes are hashed as they are written; what an earlier process wrote is hashed when the file is
//! opened. The `ETag` beside it says which version of the resource the bytes are of: without one a
//! download starts anew. What it finally holds is judged by its digest alone.

use std::fs::TryLockError;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use crate::atomic_file::{Durability, replace_file_with};
use attune_schemas::Digest;
use fs_err::{File, OpenOptions};
use sha2::{Digest as _, Sha256};

use crate::checksum::Checksum;

/// The longest `ETag` that is remembered, in bytes.
const MAX_ETAG_LEN: usize = 512;
/// The read buffer, in bytes.
const BUFFER_BYTES: usize = 128 * 1024;

/// A locked, partly written file.
#[derive(Debug)]
pub(crate) struct PartialFile {
    file: File,
    path: PathBuf,
    etag_path: PathBuf,
    hasher: Sha256,
    length: u64,
    /// Remove the file when it is dropped unfinished.
    ephemeral: bool,
}

impl PartialFile {
    /// Opens or makes `path` and hashes what it holds; `None` where another process has it.
    pub(crate) fn open(path: PathBuf) -> io::Result<Option<Self>> {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(&path)?;
        match file.file().try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            // Some network file systems have no locks; without one nobody may share the file.
            Err(TryLockError::Error(error)) => {
                tracing::debug!(%error, "no lock on partial downloads here");
                return Ok(None);
            }
        }
        // Whoever held the lock until now may have finished and moved the file away.
        if !is_still_at(&file, &path)? {
            return Ok(None);
        }
        let etag_path = path.with_extension("etag");
        let mut partial = Self { file, path, etag_path, hasher: Sha256::new(), length: 0, ephemeral: false };
        partial.hash_existing()?;
        Ok(Some(partial))
    }

    /// A file of this process alone in `directory`, which goes away unless it is finished.
    pub(crate) fn unshared(directory: &Path) -> io::Result<Self> {
        let (file, path) = tempfile::NamedTempFile::new_in(directory)?.keep().map_err(|error| error.error)?;
        let etag_path = path.with_extension("etag");
        let file = File::from_parts(file, path.clone());
        Ok(Self { file, path, etag_path, hasher: Sha256::new(), length: 0, ephemeral: true })
    }

    fn hash_existing(&mut self) -> io::Result<()> {
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            let read = self.file.read(&mut buffer)?;
            if read == 0 {
                return Ok(());
            }
            self.hasher.update(&buffer[..read]);
            self.length += read as u64;
        }
    }

    /// Bytes held.
    pub(crate) const fn length(&self) -> u64 {
        self.length
    }

    /// The digest of the bytes held.
    pub(crate) fn digest(&self) -> Digest {
        Digest::from_bytes(self.hasher.clone().finalize().into())
    }

    /// Whether the bytes held are those of `checksum`.
    pub(crate) fn has(&self, checksum: &Checksum) -> io::Result<bool> {
        checksum.accepts(&self.digest(), &self.path)
    }

    /// The version of the resource that the bytes are of, where a server named one.
    pub(crate) fn etag(&self) -> Option<String> {
        let etag = fs_err::read_to_string(&self.etag_path).ok()?;
        is_strong_etag(&etag).then_some(etag)
    }

    /// Forgets every byte and remembers the version that comes next.
    pub(crate) fn restart(&mut self, etag: Option<&str>) -> io::Result<()> {
        self.file.set_len(0)?;
        self.file.seek(SeekFrom::Start(0))?;
        self.hasher = Sha256::new();
        self.length = 0;
        match etag.filter(|etag| is_strong_etag(etag) && !self.ephemeral) {
            Some(etag) => replace_file_with(&self.etag_path, etag.as_bytes(), Durability::Unsynced),
            None => remove_if_there(&self.etag_path),
        }
    }

    /// Adds bytes at the end.
    pub(crate) fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Moves the file to `target`, safely on disk.
    pub(crate) fn finish(mut self, target: &Path) -> io::Result<()> {
        self.file.sync_all()?;
        fs_err::rename(&self.path, target)?;
        self.ephemeral = false;
        remove_if_there(&self.etag_path)
    }

    /// Removes the file.
    pub(crate) fn discard(mut self) -> io::Result<()> {
        self.ephemeral = false;
        remove_if_there(&self.etag_path)?;
        remove_if_there(&self.path)
    }
}

impl Drop for PartialFile {
    fn drop(&mut self) {
        if self.ephemeral
            && let Err(error) = remove_if_there(&self.path)
        {
            tracing::debug!(%error, "unfinished download left behind");
        }
    }
}

/// Whether `file` is the file that `path` names now.
fn is_still_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let opened = file.metadata()?;
    match fs_err::metadata(path) {
        Ok(named) => Ok((opened.dev(), opened.ino()) == (named.dev(), named.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Whether `etag` may stand in `If-Range`: strong, visible ASCII, of sane length (RFC 9110, 13.1.5).
fn is_strong_etag(etag: &str) -> bool {
    let quoted = etag.len() >= 2 && etag.starts_with('"') && etag.ends_with('"');
    quoted && etag.len() <= MAX_ETAG_LEN && etag.bytes().all(|byte| byte.is_ascii_graphic())
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_one_goes_on() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("p");
        let mut first = PartialFile::open(path.clone()).unwrap().unwrap();
        first.restart(Some("\"v1\"")).unwrap();
        first.append(b"ab").unwrap();
        drop(first);

        let mut second = PartialFile::open(path).unwrap().unwrap();
        assert_eq!((second.length(), second.etag().as_deref()), (2, Some("\"v1\"")));
        second.append(b"c").unwrap();
        assert_eq!(second.digest(), Digest::of(b"abc"));
        let target = dir.path().join("t");
        second.finish(&target).unwrap();
        assert_eq!(fs_err::read(target).unwrap(), b"abc");
        assert_eq!(fs_err::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_in_use_is_left_alone() {
        let dir = tempfile::tempdir().unwrap();
        let first = PartialFile::open(dir.path().join("p")).unwrap().unwrap();
        assert!(PartialFile::open(dir.path().join("p")).unwrap().is_none());
        drop(first);
        assert!(PartialFile::open(dir.path().join("p")).unwrap().is_some());
    }

    #[test]
    fn an_unshared_file_leaves_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let mut file = PartialFile::unshared(dir.path()).unwrap();
        file.append(b"x").unwrap();
        drop(file);
        assert_eq!(fs_err::read_dir(dir.path()).unwrap().count(), 0);
    }

    #[test]
    fn only_strong_etags_are_kept() {
        for (etag, strong) in
            [("\"a\"", true), ("W/\"a\"", false), ("a", false), ("\"a\r\nX: y\"", false), ("\"", false)]
        {
            assert_eq!(is_strong_etag(etag), strong, "{etag:?}");
        }
    }
}
