//! The size of files on disk, each counted once however many names it has.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Files by device and inode.
#[derive(Debug, Default)]
pub struct DiskUse {
    files: BTreeMap<(u64, u64), File>,
}

/// A file, or a directory.
#[derive(Debug)]
struct File {
    /// Bytes on disk.
    bytes: u64,
    /// Names that it has.
    links: u64,
    /// Names that were counted, by whose they are.
    names: BTreeMap<usize, u64>,
}

impl DiskUse {
    /// Counts everything below `path` as owner `owner`'s; nothing where it is not there.
    pub fn count(&mut self, path: &Path, owner: usize) -> io::Result<()> {
        let metadata = match fs_err::symlink_metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            metadata => metadata?,
        };
        let file = self.files.entry((metadata.dev(), metadata.ino())).or_insert_with(|| File {
            bytes: metadata.blocks() * 512,
            // What links a directory has are its own and its children's.
            links: if metadata.is_dir() { 1 } else { metadata.nlink() },
            names: BTreeMap::new(),
        });
        *file.names.entry(owner).or_default() += 1;
        if metadata.is_dir() {
            for entry in fs_err::read_dir(path)? {
                self.count(&entry?.path(), owner)?;
            }
        }
        Ok(())
    }

    /// Bytes of everything.
    pub fn total(&self) -> u64 {
        self.files.values().map(|file| file.bytes).sum()
    }

    /// Bytes that would be free if all that was counted went.
    pub fn freed(&self) -> u64 {
        let gone = self.files.values().filter(|file| file.names.values().sum::<u64>() >= file.links);
        gone.map(|file| file.bytes).sum()
    }

    /// Bytes that `owner` alone uses, and bytes that it shares with others.
    pub fn of(&self, owner: usize) -> (u64, u64) {
        let used = self.files.values().filter(|file| file.names.contains_key(&owner));
        used.fold((0, 0), |(alone, shared), file| match file.names.len() {
            1 => (alone + file.bytes, shared),
            _ => (alone, shared + file.bytes),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_two_names_counts_once_and_is_freed_with_the_last() {
        let directory = tempfile::tempdir().unwrap();
        let (one, two) = (directory.path().join("one"), directory.path().join("two"));
        for (number, path) in [&one, &two].into_iter().enumerate() {
            fs_err::create_dir(path).unwrap();
            fs_err::write(path.join("own"), vec![1; 4096 * (number + 1)]).unwrap();
        }
        fs_err::write(one.join("shared"), vec![1; 65_536]).unwrap();
        fs_err::hard_link(one.join("shared"), two.join("shared")).unwrap();
        let mut alone = DiskUse::default();
        alone.count(&one, 0).unwrap();
        assert!(alone.freed() < 65_536 && alone.total() > 65_536);
        alone.count(&two, 1).unwrap();
        assert_eq!(alone.freed(), alone.total());
        let ((own, shared), (_, also)) = (alone.of(0), alone.of(1));
        assert!(own < 65_536 && shared >= 65_536 && shared == also);
        alone.count(&directory.path().join("none"), 2).unwrap();
        assert_eq!(alone.of(2), (0, 0));
    }
}
