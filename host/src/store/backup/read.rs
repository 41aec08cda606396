//! Reads a backup: its head first, of which nothing counts before the signature of this host is found over it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use attune_registry::archive::{ArchiveError, EntryKind, TarEntry, TarLimits};
use attune_registry::bundle::{ArchiveStream, read_archive};
use attune_schemas::{Digest, PackRef};

use super::error::BackupError;
use super::statement::{BACKUP_FORMAT, BackupStatement, SIGNATURE, STATEMENT, is_signed};
use crate::environment::EnvironmentDescription;
use crate::generation::{Generation, InstalledGeneration, KeptRelease};
use crate::local::LocalRegistry;
use crate::root::HostRoot;
use crate::trees::FileList;

/// The most entries of a backup, and the most bytes of their names.
const LIMITS: TarLimits = TarLimits { max_entries: 8_000_000, max_bytes: u64::MAX, max_name_bytes: 1 << 30 };
/// The most bytes of a file of the head.
const MAX_FILE_BYTES: u64 = 256 << 20;

/// A backup of this host, whose head was verified.
pub struct Backup {
    pub(super) path: PathBuf,
    /// The statement.
    pub statement: BackupStatement,
    /// The lists, by their digests.
    pub(super) lists: BTreeMap<Digest, FileList>,
    /// Releases and descriptions, by their paths in a generation.
    files: BTreeMap<String, Vec<u8>>,
    pub(super) stream: ArchiveStream,
    /// The blob that ended the head, and whose bytes come next.
    pub(super) pending: Option<Digest>,
}

impl Backup {
    /// Opens the backup at `path` and reads its head.
    ///
    /// # Errors
    /// It cannot be read, is damaged, or was not made by the host of `root`.
    pub fn open(root: &HostRoot, path: &Path) -> Result<Self, BackupError> {
        let read = |source| BackupError::Read { path: path.to_owned(), source };
        let damaged = |reason: String| BackupError::Damaged { path: path.to_owned(), reason };
        let file = fs_err::File::open(path).map_err(read)?;
        let mut stream = read_archive(Box::new(file), LIMITS).map_err(read)?;
        let statement = file_of_head(&mut stream, STATEMENT, path)?;
        let signature = file_of_head(&mut stream, SIGNATURE, path)?;
        if !is_signed(&LocalRegistry::of(root), &statement, &signature) {
            return Err(BackupError::NotOurs { path: path.to_owned() });
        }
        let statement: BackupStatement =
            serde_json::from_slice(&statement).map_err(|error| damaged(error.to_string()))?;
        if statement.format != BACKUP_FORMAT {
            return Err(damaged(format!("its format is `{}`", statement.format.escape_debug())));
        }
        let mut backup = Self {
            path: path.to_owned(),
            statement,
            lists: BTreeMap::new(),
            files: BTreeMap::new(),
            stream,
            pending: None,
        };
        backup.read_head()?;
        Ok(backup)
    }

    pub(super) fn damaged(&self, reason: impl Into<String>) -> BackupError {
        BackupError::Damaged { path: self.path.clone(), reason: reason.into() }
    }

    /// The next file, and its name.
    pub(super) fn next_file(&mut self) -> Result<Option<String>, BackupError> {
        let entry = self.stream.next_entry().map_err(|error| archive_fault(&self.path, error))?;
        match entry {
            None => Ok(None),
            Some(TarEntry { path, kind: EntryKind::File { .. }, .. }) => Ok(Some(path.to_string())),
            Some(TarEntry { path, .. }) => Err(self.damaged(format!("`{path}` is not a file"))),
        }
    }

    fn read_head(&mut self) -> Result<(), BackupError> {
        let wanted: BTreeSet<Digest> = self.statement.lists.iter().map(|(_, _, list)| list).collect();
        while let Some(name) = self.next_file()? {
            if let Some(digest) = blob_named(&name) {
                self.pending = Some(digest);
                break;
            }
            let bytes = read_bytes(&mut self.stream, &self.path)?;
            let digest = Digest::of(&bytes);
            if let Some(hex) = name.strip_prefix("lists/") {
                let is_wanted = hex == digest.hex() && wanted.contains(&digest);
                let list = FileList::parse(&bytes).ok().filter(|_| is_wanted);
                let list = list.ok_or_else(|| self.damaged(format!("`{name}` is not what was signed")))?;
                self.lists.insert(digest, list);
            } else {
                let file =
                    name.strip_prefix("files/").and_then(|file| self.statement.files.get_key_value(file));
                match file {
                    Some((file, kept)) if kept.digest == digest => {
                        let file = file.clone();
                        self.files.insert(file, bytes);
                    }
                    _ => return Err(self.damaged(format!("`{name}` is not what was signed"))),
                }
            }
        }
        let complete = wanted.iter().all(|list| self.lists.contains_key(list))
            && self.statement.files.keys().all(|file| self.files.contains_key(file));
        if complete { Ok(()) } else { Err(self.damaged("a part of it is missing")) }
    }

    /// Its packs among `packs`, all of them where none are named, with their releases and the descriptions of their
    /// environments.
    ///
    /// # Errors
    /// It has no such pack, or files of it are none of this program.
    pub fn installed(&self, packs: &[PackRef]) -> Result<InstalledGeneration, BackupError> {
        let all = &self.statement.packs;
        if let Some(pack) = packs.iter().find(|pack| !all.contains_key(*pack)) {
            return Err(BackupError::NoPack { pack: pack.clone(), there: all.keys().cloned().collect() });
        }
        let mut generation = self.statement.generation();
        generation.packs.retain(|pack, _| packs.is_empty() || packs.contains(pack));
        generation.forget_unused_interpreters();
        let (mut releases, mut descriptions) = (BTreeMap::new(), BTreeMap::new());
        for (pack, installed) in &generation.packs {
            let release: KeptRelease = self.parsed(&KeptRelease::path(Path::new(""), pack))?;
            releases.insert(pack.clone(), release);
            for environment in installed.environments.values() {
                let name = Generation::description(Path::new(""), &environment.digest);
                let description: EnvironmentDescription = self.parsed(&name)?;
                if description.digest() != environment.digest {
                    return Err(self.damaged(format!("`{}` is of another environment", name.display())));
                }
                descriptions.insert(environment.digest, description);
            }
        }
        Ok(InstalledGeneration { generation, releases, descriptions })
    }

    fn parsed<T: serde::de::DeserializeOwned>(&self, name: &Path) -> Result<T, BackupError> {
        let name = name.to_string_lossy();
        let bytes = self.files.get(&*name).ok_or_else(|| self.damaged(format!("`{name}` is missing")))?;
        serde_json::from_slice(bytes).map_err(|error| self.damaged(format!("`{name}`: {error}")))
    }
}

/// The digest in the name of a blob.
pub(super) fn blob_named(name: &str) -> Option<Digest> {
    Digest::from_hex(name.strip_prefix("blobs/sha256/")?).ok()
}

/// The next file, which must be called `name`.
fn file_of_head(stream: &mut ArchiveStream, name: &str, path: &Path) -> Result<Vec<u8>, BackupError> {
    let damaged = |reason: &str| BackupError::Damaged { path: path.to_owned(), reason: reason.to_owned() };
    let entry = stream.next_entry().map_err(|error| archive_fault(path, error))?;
    if entry.is_none_or(|entry| entry.path.as_str() != name) {
        return Err(damaged(&format!("`{name}` is not where it belongs")));
    }
    read_bytes(stream, path)
}

fn read_bytes(stream: &mut ArchiveStream, path: &Path) -> Result<Vec<u8>, BackupError> {
    let mut bytes = Vec::new();
    let read = stream.take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes);
    read.map_err(|source| archive_fault(path, ArchiveError::of_read(source)))?;
    if bytes.len() as u64 > MAX_FILE_BYTES {
        let reason = "a file of its head is too large".to_owned();
        return Err(BackupError::Damaged { path: path.to_owned(), reason });
    }
    Ok(bytes)
}

/// What is wrong with an archive: the disk that it is on, or itself.
pub(super) fn archive_fault(path: &Path, error: ArchiveError) -> BackupError {
    match error {
        ArchiveError::Io(source) => BackupError::Read { path: path.to_owned(), source },
        error => BackupError::Damaged { path: path.to_owned(), reason: error.to_string() },
    }
}
