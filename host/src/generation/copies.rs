//! A second copy of the files that say what a generation is, in one file beside them: what is lost or changed comes
//! back from there.
//!
//! `generations/42/copies.json.zst`, an object of texts by their paths in the directory. Whoever takes one knows its
//! digest: the database has that of the lock file, which has those of the others.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::Path;

use attune_registry::atomic_file::{AtomicWrite, FileMode, write_sealed};
use attune_schemas::Digest;
use serde::{Deserialize, Serialize};

use super::lock_file::{Generation, LOCK_FILE};
use crate::root::read_regular;

/// The name of the file in the directory of its generation.
pub const COPIES_FILE: &str = "copies.json.zst";

/// Some percent larger than at a higher level, and there at once.
const LEVEL: i32 = 1;
/// More than a generation of thousands of packs has.
const MAX_BYTES: u64 = 1 << 30;

/// Copies of files of a generation, by their paths in its directory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Copies(BTreeMap<String, String>);

impl Copies {
    /// Reads those in `directory`.
    ///
    /// # Errors
    /// The file is not there, cannot be read, or is damaged.
    pub fn load(directory: &Path) -> io::Result<Self> {
        let compressed = read_regular(&directory.join(COPIES_FILE))?;
        let mut bytes = Vec::new();
        zstd::Decoder::new(&*compressed)?.take(MAX_BYTES).read_to_end(&mut bytes)?;
        serde_json::from_slice(&bytes).map_err(io::Error::from)
    }

    /// The copies of `generation` and its files, as they are in `directory` now.
    ///
    /// # Errors
    /// A file cannot be read, or is not as the lock file says.
    pub fn of(directory: &Path, generation: &Generation) -> io::Result<Self> {
        let mut copies = Self::default();
        copies.add(LOCK_FILE, read_regular(&directory.join(LOCK_FILE))?);
        for (name, file) in &generation.files {
            let bytes = read_regular(&directory.join(name))?;
            if Digest::of(&bytes) != file.digest {
                return Err(io::Error::new(io::ErrorKind::InvalidData, format!("`{name}` was changed")));
            }
            copies.add(name, bytes);
        }
        Ok(copies)
    }

    /// Adds a copy of `bytes`; what is no text was not written by this program.
    pub(super) fn add(&mut self, name: &str, bytes: Vec<u8>) {
        if let Ok(text) = String::from_utf8(bytes) {
            self.0.insert(name.to_owned(), text);
        }
    }

    /// The digest of the copy of the lock file.
    pub fn lock(&self) -> Option<Digest> {
        self.0.get(LOCK_FILE).map(|text| Digest::of(text.as_bytes()))
    }

    /// The copy of `name`, if it has `digest`.
    pub fn get(&self, name: &str, digest: &Digest) -> Option<&[u8]> {
        let bytes = self.0.get(name)?.as_bytes();
        (Digest::of(bytes) == *digest).then_some(bytes)
    }

    /// Whether these are the copies of a generation, all of them and no other, whose lock file has the digest `lock`.
    pub fn are_of(&self, generation: &Generation, lock: &Digest) -> bool {
        self.0.len() == generation.files.len() + 1
            && self.get(LOCK_FILE, lock).is_some()
            && generation.files.iter().all(|(name, file)| self.get(name, &file.digest).is_some())
    }

    /// Writes them to `directory`, that of a generation to which nothing points yet.
    pub(super) fn write_new(&self, directory: &Path) -> io::Result<()> {
        write_sealed(&directory.join(COPIES_FILE), self.to_bytes()?)
    }

    /// Writes them to `directory`, in the place of any that are there.
    ///
    /// # Errors
    /// They cannot be written.
    pub fn replace(&self, directory: &Path) -> io::Result<()> {
        let options = AtomicWrite { mode: FileMode::ReadOnly, ..AtomicWrite::default() };
        options.write(&directory.join(COPIES_FILE), &self.to_bytes()?)
    }

    fn to_bytes(&self) -> io::Result<Vec<u8>> {
        zstd::encode_all(&*serde_json::to_vec(self).map_err(io::Error::from)?, LEVEL)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read_and_taken_by_its_digest_alone() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(Copies::load(directory.path()).unwrap_err().kind(), io::ErrorKind::NotFound);
        let mut copies = Copies::default();
        copies.add("releases/demo.json", b"{}".to_vec());
        copies.add("releases/none.json", vec![0xff]);
        copies.replace(directory.path()).unwrap();
        assert_eq!(Copies::load(directory.path()).unwrap(), copies);
        assert_eq!(copies.get("releases/demo.json", &Digest::of(b"{}")), Some(&b"{}"[..]));
        assert_eq!(copies.get("releases/demo.json", &Digest::of(b"{ }")), None);
        assert_eq!(copies.get("releases/none.json", &Digest::of(&[0xff])), None);
    }

    #[test]
    fn a_damaged_file_is_an_error() {
        let directory = tempfile::tempdir().unwrap();
        for bytes in [&b"no zstd"[..], &zstd::encode_all(&b"[]"[..], 1).unwrap(), &[]] {
            fs_err::write(directory.path().join(COPIES_FILE), bytes).unwrap();
            assert!(Copies::load(directory.path()).is_err(), "{bytes:?}");
        }
    }
}
