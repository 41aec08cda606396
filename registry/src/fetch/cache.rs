//! The download cache: files by digest, never trusted by name.
//!
//! ```text
//! <cache>/blobs/sha256/<hex>      whole files, checked before they got this name
//! <cache>/partial/<hex>[.etag]    downloads under way (partial.rs)
//! <cache>/tools/                  programs fetched once (uv_tool.rs)
//! <cache>/integrity/<hex>         which blob has a checksum that is no sha256
//! <cache>/built/<hex>             which blob is the wheel built from a source (source_build.rs)
//! <cache>/git/<hex>               which commit a ref is, which blob the files of a commit (origin/git/checkout.rs)
//! <cache>/work/                   sources that are being unpacked (origin/work_area.rs)
//! <cache>/contents-2/<hex>        the facts that the files of a wheel tell (python/wheel/contents.rs)
//! ```
//!
//! Every read hashes again, after comparing the size where it is known; a damaged entry is removed and
//! so fetched again. A file gets its final name by `rename(2)` after an fsync. Nothing is ever evicted
//! here.

use std::fs::Permissions;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use attune_schemas::Digest;
use attune_schemas::problem::ErrorCode;
use attune_schemas::problem::WarningCode;
use sha2::{Digest as _, Sha256};

use super::partial::PartialFile;
use super::turns::Turns;
use crate::checksum::Checksum;

/// The read buffer, in bytes.
const BUFFER_BYTES: usize = 128 * 1024;

/// A cache directory.
#[derive(Debug, Clone)]
pub struct DownloadCache {
    root: PathBuf,
    /// Shared by its clones.
    pub(super) turns: Turns,
}

/// A file of the cache whose bytes have just been checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedFile {
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// Where it is.
    pub path: PathBuf,
}

/// Why the cache failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CacheError {
    /// A disk failed.
    #[error("{0}")]
    Io(#[from] io::Error),
    /// The file to keep is another.
    #[error("digest is {actual}, expected {expected}")]
    Digest {
        /// The checksum that was promised.
        expected: Box<Checksum>,
        /// The sha256 found.
        actual: Digest,
    },
    /// The file to keep is longer or shorter.
    #[error("size is {actual} bytes or more, expected {expected}")]
    Size {
        /// The size that was promised, in bytes.
        expected: u64,
        /// The bytes read, at most one more than expected.
        actual: u64,
    },
}

impl CacheError {
    /// The code of the failure.
    pub const fn code(&self) -> ErrorCode {
        ErrorCode::CacheAccess
    }
}

impl DownloadCache {
    /// The cache below `root`, which is made where it is missing.
    pub fn open(root: impl Into<PathBuf>) -> Result<Self, CacheError> {
        let cache = Self { root: root.into(), turns: Turns::default() };
        fs_err::create_dir_all(cache.blobs())?;
        fs_err::create_dir_all(cache.partials())?;
        Ok(cache)
    }

    fn blobs(&self) -> PathBuf {
        self.root.join("blobs").join("sha256")
    }

    fn partials(&self) -> PathBuf {
        self.root.join("partial")
    }

    /// Where programs fetched once are kept.
    pub fn tools(&self) -> PathBuf {
        self.root.join("tools")
    }

    /// Waits until no other thread makes what is kept under `identity`.
    pub fn wait_for_turn(&self, identity: Digest) -> impl Drop + use<> {
        self.turns.wait(identity)
    }

    /// The note on the wheel that was built from the source of `identity`.
    pub fn built_note(&self, identity: &Digest) -> PathBuf {
        self.root.join("built").join(identity.hex())
    }

    /// The note on what the files of the wheel `digest` say.
    pub fn contents_note(&self, digest: &Digest) -> PathBuf {
        self.root.join("contents-2").join(digest.hex())
    }

    /// Where the file of `digest` is, or will be.
    pub fn blob_path(&self, digest: &Digest) -> PathBuf {
        self.blobs().join(digest.hex())
    }

    /// The file of `digest`, hashed again; `None` where there is none or it was damaged, in which
    /// case it is gone now.
    pub fn get(&self, digest: &Digest, size: Option<u64>) -> Result<Option<CachedFile>, CacheError> {
        let path = self.blob_path(digest);
        let length = match fs_err::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_file() => metadata.len(),
            Ok(_) => return self.discard(digest).map(|()| None),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let sound = size.is_none_or(|size| size == length) && digest_of_file(&path)?.0 == *digest;
        if !sound {
            tracing::warn!(code = %WarningCode::CacheEntryDamaged, path = %path.display(), "damaged cache entry removed");
            self.discard(digest)?;
            return Ok(None);
        }
        Ok(Some(CachedFile { digest: *digest, size: length, path }))
    }

    /// The file of `checksum`, as [`DownloadCache::get`] gives it.
    pub fn find(&self, checksum: &Checksum, size: Option<u64>) -> Result<Option<CachedFile>, CacheError> {
        if let Checksum::Sha256(digest) = checksum {
            return self.get(digest, size);
        }
        let Ok(note) = fs_err::read(self.checksum_note(checksum)) else { return Ok(None) };
        let Ok(digest) = serde_json::from_slice::<Digest>(&note) else { return Ok(None) };
        let found = self.get(&digest, size)?;
        // The note is believed no more than a name is.
        Ok(found.filter(|file| checksum.accepts(&file.digest, &file.path).unwrap_or(false)))
    }

    /// Remembers that the file of `checksum` has the sha256 `digest`.
    pub(crate) fn note_checksum(&self, checksum: &Checksum, digest: &Digest) -> Result<(), CacheError> {
        match checksum {
            Checksum::Sha256(_) => Ok(()),
            Checksum::Integrity(_) | Checksum::Unpromised(_) => {
                self.write_note(&self.checksum_note(checksum), digest)
            }
        }
    }

    fn checksum_note(&self, checksum: &Checksum) -> PathBuf {
        self.root.join("integrity").join(checksum.key().hex())
    }

    /// Keeps a file that was made here.
    pub fn keep(&self, path: &Path) -> Result<CachedFile, CacheError> {
        let (digest, size) = digest_of_file(path)?;
        self.insert(fs_err::File::open(path)?, &Checksum::Sha256(digest), Some(size), size)
    }

    /// Keeps what `reader` gives, if it is what `checksum` and `size` promise.
    pub fn insert(
        &self,
        reader: impl Read,
        checksum: &Checksum,
        size: Option<u64>,
        max_bytes: u64,
    ) -> Result<CachedFile, CacheError> {
        let readable = Permissions::from_mode(0o666);
        let mut file = tempfile::Builder::new().permissions(readable).tempfile_in(self.partials())?;
        let limit = size.unwrap_or(max_bytes);
        let (actual, length) = copy_and_hash(reader.take(limit.saturating_add(1)), file.as_file_mut())?;
        if length > limit || size.is_some_and(|size| size != length) {
            return Err(CacheError::Size { expected: limit, actual: length });
        }
        if !checksum.accepts(&actual, file.path())? {
            return Err(CacheError::Digest { expected: Box::new(checksum.clone()), actual });
        }
        file.as_file().sync_all()?;
        let path = self.blob_path(&actual);
        file.persist(&path).map_err(|error| error.error)?;
        self.note_checksum(checksum, &actual)?;
        Ok(CachedFile { digest: actual, size: length, path })
    }

    /// The note on `key` in the folder `folder`, if there is one that can be read. It is believed no more than a name.
    pub fn note<T: serde::de::DeserializeOwned>(&self, folder: &str, key: &Digest) -> Option<T> {
        let note = fs_err::read(self.root.join(folder).join(key.hex())).ok()?;
        serde_json::from_slice(&note).ok()
    }

    /// Writes the note on `key` in the folder `folder`.
    pub fn write_note_of(
        &self,
        folder: &str,
        key: &Digest,
        note: &impl serde::Serialize,
    ) -> Result<(), CacheError> {
        self.write_note(&self.root.join(folder).join(key.hex()), note)
    }

    /// Writes a note, whole or not at all.
    pub fn write_note(&self, path: &Path, note: &impl serde::Serialize) -> Result<(), CacheError> {
        let directory = path.parent().unwrap_or(&self.root);
        fs_err::create_dir_all(directory)?;
        let mut file = tempfile::NamedTempFile::new_in(directory)?;
        serde_json::to_writer(&mut file, note).map_err(io::Error::from)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    }

    /// The download of `digest` that may be under way; `None` where another process has it.
    pub(crate) fn partial(&self, digest: &Digest) -> io::Result<Option<PartialFile>> {
        PartialFile::open(self.partials().join(digest.hex()))
    }

    /// A download of its own that cannot be resumed later.
    pub(crate) fn unshared_partial(&self) -> io::Result<PartialFile> {
        PartialFile::unshared(&self.partials())
    }

    fn discard(&self, digest: &Digest) -> Result<(), CacheError> {
        let path = self.blob_path(digest);
        let removed = match fs_err::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => fs_err::remove_dir_all(path),
            found => found.and_then(|_| fs_err::remove_file(path)),
        };
        match removed {
            // Somebody else has seen the damage as well.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => Ok(removed?),
        }
    }
}

/// The digest and length of a file.
pub fn digest_of_file(path: &Path) -> io::Result<(Digest, u64)> {
    copy_and_hash(fs_err::File::open(path)?, io::sink())
}

fn copy_and_hash(mut reader: impl Read, mut writer: impl Write) -> io::Result<(Digest, u64)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; BUFFER_BYTES];
    let mut length = 0;
    loop {
        let read = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(&buffer[..read]);
        writer.write_all(&buffer[..read])?;
        length += read as u64;
    }
    Ok((Digest::from_bytes(hasher.finalize().into()), length))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache() -> (tempfile::TempDir, DownloadCache) {
        let dir = tempfile::tempdir().unwrap();
        let cache = DownloadCache::open(dir.path().join("cache")).unwrap();
        (dir, cache)
    }

    fn leftovers(cache: &DownloadCache) -> usize {
        fs_err::read_dir(cache.partials()).unwrap().count() + fs_err::read_dir(cache.blobs()).unwrap().count()
    }

    #[test]
    fn what_is_kept_is_found() {
        let (_dir, cache) = cache();
        let digest = Digest::of(b"abc");
        assert_eq!(cache.get(&digest, None).unwrap(), None);
        let kept = cache.insert(&b"abc"[..], &Checksum::Sha256(digest), Some(3), 10).unwrap();
        assert_eq!(cache.get(&digest, Some(3)).unwrap(), Some(kept));
    }

    #[test]
    fn other_bytes_are_refused_and_nothing_is_left() {
        let (_dir, cache) = cache();
        let digest = Digest::of(b"abc");
        let error = cache.insert(&b"abd"[..], &Checksum::Sha256(digest), None, 10).unwrap_err();
        assert!(matches!(error, CacheError::Digest { .. }), "{error}");
        for (size, max_bytes) in [(Some(2), 10), (Some(4), 10), (None, 2)] {
            let error = cache.insert(&b"abc"[..], &Checksum::Sha256(digest), size, max_bytes).unwrap_err();
            assert!(matches!(error, CacheError::Size { .. }), "{error}");
        }
        cache.insert(&b"abc"[..], &Checksum::Sha256(digest), None, 3).unwrap();
        assert_eq!(leftovers(&cache), 1);
    }

    #[test]
    fn a_damaged_entry_is_removed() {
        let (_dir, cache) = cache();
        let digest = Digest::of(b"abc");
        for (damage, size) in [(&b"abd"[..], Some(3)), (&b"ab"[..], Some(3)), (&b"abcd"[..], None)] {
            cache.insert(&b"abc"[..], &Checksum::Sha256(digest), None, 10).unwrap();
            fs_err::write(cache.blob_path(&digest), damage).unwrap();
            assert_eq!(cache.get(&digest, size).unwrap(), None);
            assert!(!cache.blob_path(&digest).exists());
        }
    }

    #[test]
    fn a_link_in_place_of_an_entry_is_not_followed() {
        let (dir, cache) = cache();
        let digest = Digest::of(b"abc");
        let elsewhere = dir.path().join("elsewhere");
        fs_err::write(&elsewhere, "abc").unwrap();
        std::os::unix::fs::symlink(&elsewhere, cache.blob_path(&digest)).unwrap();
        assert_eq!(cache.get(&digest, None).unwrap(), None);
        assert!(elsewhere.exists());
    }
}
