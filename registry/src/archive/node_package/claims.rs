//! The places that the files of a package take, and the most that they may be.

use std::collections::{HashMap, HashSet};

use attune_schemas::EntryPath;
use attune_schemas::environment_lock::Footprint;

use crate::archive::entries::TarLimits;
use crate::archive::error::ArchiveError;

/// The files and directories seen so far.
pub(super) struct Seen {
    limits: TarLimits,
    files: HashMap<EntryPath, u64>,
    directories: HashSet<EntryPath>,
    name_bytes: u64,
    bytes: u64,
}

impl Seen {
    pub(super) fn new(limits: TarLimits) -> Self {
        Self { limits, files: HashMap::new(), directories: HashSet::new(), name_bytes: 0, bytes: 0 }
    }

    /// Takes note of a file; `true` if it replaces an earlier one.
    pub(super) fn claim(&mut self, path: &EntryPath, size: u64) -> Result<bool, ArchiveError> {
        self.bytes = self.bytes.saturating_add(size);
        self.count_name(path.as_str())?;
        let replaces = self.files.contains_key(path);
        let files = self.files.len() as u64 + u64::from(!replaces);
        let limits =
            [(self.bytes, self.limits.max_bytes, "bytes"), (files, self.limits.max_entries, "files")];
        for (actual, limit, what) in limits {
            if actual > limit {
                return Err(ArchiveError::TooLarge { limit, what });
            }
        }
        if self.directories.contains(path) {
            return Err(ArchiveError::Collision { path: path.to_string() });
        }
        let mut ancestor = path.parent();
        while let Some(directory) = ancestor {
            if self.files.contains_key(&directory) {
                return Err(ArchiveError::BelowFile { path: path.to_string() });
            }
            ancestor = directory.parent();
            if !self.directories.insert(directory) {
                break;
            }
        }
        self.files.insert(path.clone(), size);
        Ok(replaces)
    }

    /// Counts a name that has to be kept in memory.
    pub(super) fn count_name(&mut self, name: &str) -> Result<(), ArchiveError> {
        self.name_bytes += name.len() as u64;
        let limit = self.limits.max_name_bytes;
        if self.name_bytes > limit {
            return Err(ArchiveError::TooLarge { limit, what: "bytes in names" });
        }
        Ok(())
    }

    /// The size of the file at `path`, where there is one.
    pub(super) fn size_of(&self, path: &EntryPath) -> Option<u64> {
        self.files.get(path).copied()
    }

    pub(super) fn footprint(&self) -> Footprint {
        let mut footprint = Footprint::default();
        footprint.add_directory();
        self.directories.iter().for_each(|_| footprint.add_directory());
        self.files.values().for_each(|size| footprint.add_file(*size));
        footprint
    }
}
