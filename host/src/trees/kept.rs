//! Where lists and stamps are, and how they are read and written.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use attune_registry::atomic_file::write_sealed;
use attune_schemas::Digest;

use super::difference::Difference;
use super::file_list::{FileList, KnownDigests};
use super::survey::{Stamp, Survey};
use crate::root::{HostRoot, StoreKind, read_regular};

/// The lists of a tree and its stamp: their directory below `store/lists`, or the one that becomes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TreeLists {
    directory: PathBuf,
}

const STAMP: &str = "stamp";
const NEXT_STAMP: &str = ".stamp-next";

/// Whether `name` may be that of a file among the lists of a tree.
pub fn is_name_of_lists(name: &OsStr) -> bool {
    let is_digest = || name.to_str().is_some_and(|name| Digest::from_hex(name).is_ok());
    name == STAMP || name == NEXT_STAMP || is_digest()
}

impl TreeLists {
    /// Those of the tree of `digest` in the store of `root`.
    pub fn of(root: &HostRoot, kind: StoreKind, digest: &Digest) -> Self {
        Self { directory: root.lists(kind, digest) }
    }

    /// Those in `directory`.
    pub fn in_directory(directory: PathBuf) -> Self {
        Self { directory }
    }

    /// Takes the list and the stamp of the finished tree at `tree`, and returns the digest of the list. Files whose
    /// digests are not in `known` are read.
    ///
    /// The directory is one of nobody else: a staging directory.
    pub fn take(&self, tree: &Path, known: &KnownDigests) -> io::Result<Digest> {
        self.take_of(&Survey::of(tree)?, tree, known)
    }

    /// The same of a tree of which `survey` is told already.
    pub fn take_of(&self, survey: &Survey, tree: &Path, known: &KnownDigests) -> io::Result<Digest> {
        self.write(&survey.list(tree, known)?, survey.stamp())
    }

    fn write(&self, list: &FileList, stamp: Stamp) -> io::Result<Digest> {
        let bytes = list.to_bytes();
        let digest = Digest::of(&bytes);
        fs_err::create_dir_all(&self.directory)?;
        write_sealed(&self.directory.join(digest.hex()), &bytes)?;
        write_sealed(&self.directory.join(STAMP), stamp_line(&digest, stamp).as_bytes())?;
        Ok(digest)
    }

    /// Takes a new list of the tree at `tree` into `staged`: everything of the list `old`, and of what is there
    /// besides, the files that `is_ours` names by their paths. Returns its digest.
    pub fn extend(
        &self,
        old: &Digest,
        tree: &Path,
        staged: &Self,
        is_ours: &dyn Fn(&Path) -> bool,
    ) -> io::Result<Digest> {
        let list = self.load(old).map_err(|difference| {
            let message = format!("the list of the files of `{}`: {difference:?}", tree.display());
            io::Error::new(io::ErrorKind::InvalidData, message)
        })?;
        let survey = Survey::of(tree)?;
        let mut added = survey.clone();
        added.entries.retain(|found| list.get(&found.path).is_none() && is_ours(Path::new(&found.path)));
        let added = added.list(tree, &KnownDigests::new())?;
        let entries = list.entries().iter().chain(added.entries()).cloned();
        staged.write(&FileList::new(entries.collect()), survey.stamp())
    }

    /// Puts what another directory holds into this one, file by file; a stamp replaces the one that is there.
    pub fn adopt(&self, other: &Self) -> io::Result<()> {
        if let Some(part) = self.directory.parent() {
            fs_err::create_dir_all(part)?;
        }
        match fs_err::rename(&other.directory, &self.directory) {
            // Lists of it are there already.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::DirectoryNotEmpty | io::ErrorKind::AlreadyExists
                ) =>
            {
                for entry in fs_err::read_dir(&other.directory)? {
                    let entry = entry?;
                    fs_err::rename(entry.path(), self.directory.join(entry.file_name()))?;
                }
                fs_err::remove_dir(&other.directory)
            }
            renamed => renamed,
        }
    }

    /// Reads the list `list`.
    ///
    /// # Errors
    /// It is not there, cannot be read, or has other bytes than its digest says.
    pub fn load(&self, list: &Digest) -> Result<FileList, Difference> {
        FileList::parse(&self.read(list)?).map_err(|_| Difference::ListChanged)
    }

    /// Whether the list `list` is here.
    pub fn has(&self, list: &Digest) -> bool {
        self.directory.join(list.hex()).is_file()
    }

    /// The bytes of the list `list`.
    fn read(&self, list: &Digest) -> Result<Vec<u8>, Difference> {
        let bytes = match read_regular(&self.directory.join(list.hex())) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(Difference::NoList),
            Err(error) => {
                return Err(Difference::unreadable(PathBuf::new(), &error));
            }
            Ok(bytes) => bytes,
        };
        if Digest::of(&bytes) == *list { Ok(bytes) } else { Err(Difference::ListChanged) }
    }

    /// Whether the list `list` is there, and nothing in the tree at `tree` was touched since it was last read and
    /// found to be as it says.
    pub fn stamp_fits(&self, list: &Digest, tree: &Path) -> bool {
        let kept = read_regular(&self.directory.join(STAMP));
        let is_of_list = |kept: &Vec<u8>| kept.strip_prefix(format!("{} ", list.hex()).as_bytes()).is_some();
        kept.ok().filter(is_of_list).filter(|_| self.read(list).is_ok()).is_some_and(|kept| {
            Survey::stamp_of(tree).is_ok_and(|stamp| kept == stamp_line(list, stamp).as_bytes())
        })
    }

    /// Remembers `stamp` as that of the tree when it was read and found to be as `list` says.
    ///
    /// Of two writers the root's lock lets one in; a stamp that a killed one leaves unfinished is replaced by the
    /// next, which finds the old one not to fit.
    pub fn set_stamp(&self, list: &Digest, stamp: Stamp) -> io::Result<()> {
        let next = self.directory.join(NEXT_STAMP);
        match fs_err::remove_file(&next) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let written = write_sealed(&next, stamp_line(list, stamp).as_bytes());
        let set = written.and_then(|()| fs_err::rename(&next, self.directory.join(STAMP)));
        if set.is_err() {
            let _ = fs_err::remove_file(next);
        }
        set
    }
}

fn stamp_line(list: &Digest, stamp: Stamp) -> String {
    format!("{} {}\n", list.hex(), stamp.0.hex())
}

#[cfg(test)]
mod tests {
    use super::super::reading::{TreeToExamine, examine};
    use super::*;

    #[test]
    fn a_list_is_taken_adopted_and_held_against_its_digest() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs_err::create_dir(at("tree")).unwrap();
        fs_err::write(at("tree/file"), "x").unwrap();
        let kept = TreeLists::in_directory(at("store/lists/packs/x"));
        let mut digests = Vec::new();
        for content in ["x", "longer"] {
            fs_err::write(at("tree/file"), content).unwrap();
            let staged = TreeLists::in_directory(at("staged"));
            let list = staged.take(&at("tree"), &KnownDigests::new()).unwrap();
            kept.adopt(&staged).unwrap();
            assert!(!at("staged").exists() && kept.stamp_fits(&list, &at("tree")));
            digests.push(list);
        }
        let [old, new] = digests[..] else { panic!("two lists") };
        assert!(!kept.stamp_fits(&old, &at("tree")));
        let tree = |list| TreeToExamine { place: at("tree"), list: kept.load(list).unwrap() };
        let examined = examine(&[tree(&old), tree(&new)], &|_| true);
        assert!(!examined[0].is_whole() && examined[1].is_whole());

        let file = at("store/lists/packs/x").join(old.hex());
        fs_err::remove_file(&file).unwrap();
        assert_eq!(kept.load(&old), Err(Difference::NoList));
        fs_err::write(&file, kept.load(&new).unwrap().to_bytes()).unwrap();
        assert_eq!(kept.load(&old), Err(Difference::ListChanged));
    }
}
