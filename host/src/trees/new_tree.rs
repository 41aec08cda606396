//! A tree that is being made of files whose names and content are known: it is written once, and nobody has to look at
//! it again to take its list.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use attune_schemas::EntryPath;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, CWD, Mode, OFlags, chmodat, fstat, mkdirat, open, openat};

use super::survey::{Found, FoundKind, Survey};

/// The modes of what is written: nothing of it can be written again.
const SEALED_FILE: u32 = 0o444;
const SEALED_PROGRAM: u32 = 0o555;
const SEALED_DIRECTORY: u32 = 0o555;

/// A tree in a place that nobody else knows of. Paths are relative to it, so that the kernel walks them alone.
#[derive(Debug)]
pub struct NewTree {
    place: PathBuf,
    top: OwnedFd,
    directories: Vec<EntryPath>,
}

/// A file of a [`NewTree`] that is being written.
#[derive(Debug)]
pub struct NewFile {
    file: fs_err::File,
    path: EntryPath,
}

impl NewTree {
    /// Creates it at `place`, where nothing may be.
    ///
    /// # Errors
    /// It cannot be created.
    pub fn create(place: &Path) -> io::Result<Self> {
        mkdirat(CWD, place, Mode::from_raw_mode(0o777)).map_err(|error| at(place, error))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let top = open(place, flags, Mode::empty()).map_err(|error| at(place, error))?;
        Ok(Self { place: place.to_owned(), top, directories: Vec::new() })
    }

    /// Creates a directory; those above it come before it.
    ///
    /// # Errors
    /// It cannot be created.
    pub fn create_directory(&mut self, path: &EntryPath) -> io::Result<()> {
        let mode = Mode::from_raw_mode(0o777);
        mkdirat(&self.top, path.as_str(), mode).map_err(|error| at(&path.below(&self.place), error))?;
        self.directories.push(path.clone());
        Ok(())
    }

    /// Creates a file, in a directory that was created.
    ///
    /// # Errors
    /// It cannot be created, or is there already.
    pub fn create_file(&self, path: &EntryPath, is_program: bool) -> io::Result<NewFile> {
        let mode = Mode::from_raw_mode(if is_program { SEALED_PROGRAM } else { SEALED_FILE });
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let name = path.below(&self.place);
        let file = openat(&self.top, path.as_str(), flags, mode).map_err(|error| at(&name, error))?;
        Ok(NewFile { file: fs_err::File::from_parts(file.into(), name), path: path.clone() })
    }

    /// Seals every directory but the topmost, and tells all that is in the tree: `files`, which must be all that were
    /// created, and the directories.
    ///
    /// # Errors
    /// A directory cannot be sealed.
    pub fn seal(self, files: Vec<Found>) -> io::Result<Survey> {
        let mode = fstat(&self.top).map_err(|error| at(&self.place, error))?.st_mode & 0o7777;
        let mut entries = files;
        for path in self.directories.iter().rev() {
            let sealed = Mode::from_raw_mode(SEALED_DIRECTORY);
            chmodat(&self.top, path.as_str(), sealed, AtFlags::empty())
                .map_err(|error| at(&path.below(&self.place), error))?;
            entries.push(Found::directory(OsStr::new(path.as_str()), SEALED_DIRECTORY));
        }
        Ok(Survey::new(mode, entries))
    }
}

impl NewFile {
    /// The file, to be written.
    pub const fn file(&mut self) -> &mut fs_err::File {
        &mut self.file
    }

    /// Ends it: nothing is written to it any more.
    ///
    /// # Errors
    /// The file system cannot tell what it is.
    pub fn finish(self) -> io::Result<Found> {
        let stat = fstat(self.file.file().as_fd()).map_err(|error| at(self.file.path(), error))?;
        let path = OsStr::from_bytes(self.path.as_str().as_bytes()).to_owned();
        Ok(Found::of_stat(path, FoundKind::File, &stat))
    }
}

fn at(path: &Path, error: rustix::io::Errno) -> io::Error {
    let error = io::Error::from(error);
    io::Error::new(error.kind(), format!("`{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn a_tree_is_told_as_it_is_found() {
        let directory = tempfile::tempdir().unwrap();
        let place = directory.path().join("tree");
        let mut tree = NewTree::create(&place).unwrap();
        let path = |text: &str| text.parse::<EntryPath>().unwrap();
        for name in ["b", "b/c"] {
            tree.create_directory(&path(name)).unwrap();
        }
        let write = |name: &str, is_program| {
            let mut file = tree.create_file(&path(name), is_program).unwrap();
            file.file().write_all(name.as_bytes()).unwrap();
            file.finish().unwrap()
        };
        let files = vec![write("b/c/program", true), write("b.py", false), write("a", false)];
        assert!(tree.create_file(&path("a"), false).is_err());
        let (told, found) = (tree.seal(files).unwrap(), Survey::of(&place).unwrap());
        assert_eq!(told.stamp(), found.stamp());
        let known = super::super::KnownDigests::new();
        assert_eq!(told.list(&place, &known).unwrap(), found.list(&place, &known).unwrap());
    }
}
