//! The places that the entries of an archive take, and the most that they may be.

use std::collections::HashMap;
#[cfg(feature = "origins")]
use std::collections::hash_map::Entry;

use attune_schemas::EntryPath;

use super::entries::TarLimits;
use super::error::ArchiveError;

/// The entries seen so far.
#[derive(Debug)]
pub(crate) struct Claims {
    limits: TarLimits,
    /// By the path folded by case.
    seen: HashMap<String, Taken>,
    entries: u64,
    name_bytes: u64,
    bytes: u64,
}

#[derive(Debug)]
enum Taken {
    File,
    /// As it is written.
    #[cfg_attr(
        not(feature = "origins"),
        expect(dead_code, reason = "only archives that may list one again ask")
    )]
    Directory(String),
}

impl Claims {
    pub(crate) fn new(limits: TarLimits) -> Self {
        Self { limits, seen: HashMap::new(), entries: 0, name_bytes: 0, bytes: 0 }
    }

    /// Takes `path` for an entry that comes after the directories which it is in, so that no later one can replace or
    /// shadow it.
    pub(crate) fn take(&mut self, path: &EntryPath, is_file: bool) -> Result<(), ArchiveError> {
        self.count_entry(path.as_str().len())?;
        self.refuse_below_file(path)?;
        let taken = if is_file { Taken::File } else { Taken::Directory(path.to_string()) };
        match self.seen.insert(path.case_folded(), taken) {
            Some(_) => Err(ArchiveError::Collision { path: path.to_string() }),
            None => Ok(()),
        }
    }

    /// Counts an entry, whatever it is, with a name of so many bytes.
    pub(crate) fn count_entry(&mut self, name_bytes: usize) -> Result<(), ArchiveError> {
        self.entries += 1;
        if self.entries > self.limits.max_entries {
            return Err(ArchiveError::TooLarge { limit: self.limits.max_entries, what: "entries" });
        }
        self.name_bytes += name_bytes as u64;
        if self.name_bytes > self.limits.max_name_bytes {
            let limit = self.limits.max_name_bytes;
            return Err(ArchiveError::TooLarge { limit, what: "bytes in names" });
        }
        Ok(())
    }

    /// Counts so many bytes of content.
    pub(crate) fn count_bytes(&mut self, size: u64) -> Result<(), ArchiveError> {
        self.bytes = self.bytes.saturating_add(size);
        if self.bytes > self.limits.max_bytes {
            return Err(ArchiveError::TooLarge { limit: self.limits.max_bytes, what: "bytes" });
        }
        Ok(())
    }

    fn refuse_below_file(&self, path: &EntryPath) -> Result<(), ArchiveError> {
        let mut ancestor = path.parent();
        while let Some(directory) = ancestor {
            if matches!(self.seen.get(&directory.case_folded()), Some(Taken::File)) {
                return Err(ArchiveError::BelowFile { path: path.to_string() });
            }
            ancestor = directory.parent();
        }
        Ok(())
    }
}

/// For archives that need not list every directory.
#[cfg(feature = "origins")]
impl Claims {
    /// Takes `path` for a file, and the directories above it, which an archive need not list.
    pub(crate) fn take_file(&mut self, path: &EntryPath) -> Result<(), ArchiveError> {
        if let Some(parent) = path.parent() {
            self.take_directory(&parent)?;
        }
        self.take(path, true)
    }

    /// Takes `path` for a directory, which may be listed again, and those above it.
    pub(crate) fn take_directory(&mut self, path: &EntryPath) -> Result<(), ArchiveError> {
        let mut missing = Some(path.clone());
        while let Some(directory) = missing {
            match self.seen.entry(directory.case_folded()) {
                Entry::Occupied(taken) => {
                    return match taken.get() {
                        Taken::Directory(as_written) if as_written == directory.as_str() => Ok(()),
                        Taken::Directory(_) => Err(ArchiveError::Collision { path: path.to_string() }),
                        Taken::File if directory == *path => {
                            Err(ArchiveError::Collision { path: path.to_string() })
                        }
                        Taken::File => Err(ArchiveError::BelowFile { path: path.to_string() }),
                    };
                }
                Entry::Vacant(place) => {
                    place.insert(Taken::Directory(directory.to_string()));
                }
            }
            self.count_entry(directory.as_str().len())?;
            missing = directory.parent();
        }
        Ok(())
    }
}
