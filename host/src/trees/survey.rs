//! What is in a tree now, by looking at it and not into it.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::path::Path;

use attune_registry::blob::digest_of_reader;
use attune_schemas::Digest;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{AtFlags, FileType, Mode, OFlags, RawDir, Stat, openat, readlinkat, statat};

use super::file_list::{Content, FileList, KnownDigests, ListedEntry};

/// Everything in a tree, sorted by path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// The permission bits of the tree's own directory.
    pub mode: u32,
    /// Its entries, sorted by path.
    pub entries: Vec<Found>,
}

/// A file, directory or link that is there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its path, relative to the tree.
    pub path: OsString,
    /// What it is.
    pub kind: FoundKind,
    /// Its permission bits.
    pub mode: u32,
    /// Its size in bytes.
    pub size: u64,
    /// When it was modified, in seconds and nanoseconds since the epoch.
    pub modified: (i64, u64),
    /// Its device and inode.
    pub file: (u64, u64),
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FoundKind {
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// A symbolic link with this target.
    Link(OsString),
    /// A device, pipe or socket.
    Special,
}

/// A tree's sizes, times and inodes: while they stay, nothing in it was touched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp(pub Digest);

/// The room for names that a directory is asked for at a time.
const NAMES_BYTES: usize = 32 * 1024;

/// Opens a directory; anything else is not waited for.
fn open_directory(path: &Path) -> io::Result<fs_err::File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = fs_err::OpenOptions::new();
    options.read(true).options_mut().custom_flags(OFlags::DIRECTORY.bits().cast_signed());
    options.open(path)
}

impl Found {
    /// What `stat` says of the entry at `path`.
    pub(super) fn of_stat(path: OsString, kind: FoundKind, stat: &Stat) -> Self {
        Self {
            path,
            kind,
            mode: stat.st_mode & 0o7777,
            size: u64::try_from(stat.st_size).unwrap_or_default(),
            modified: (stat.st_mtime, stat.st_mtime_nsec),
            file: (stat.st_dev, stat.st_ino),
        }
    }

    /// A directory that was just made. Neither lists nor stamps go by the size, times and inode of one.
    pub(super) fn directory(path: &OsStr, mode: u32) -> Self {
        let (size, modified, file) = (0, (0, 0), (0, 0));
        Self { path: path.to_owned(), kind: FoundKind::Directory, mode, size, modified, file }
    }
}

impl Survey {
    /// One of `entries`, in any order, in a directory with the permission bits `mode`.
    pub(super) fn new(mode: u32, mut entries: Vec<Found>) -> Self {
        entries.sort_unstable_by(|a, b| a.path.cmp(&b.path));
        Self { mode, entries }
    }

    /// Looks at everything in `tree`, which is followed where it is a link; nothing below it is.
    ///
    /// # Errors
    /// It is not a directory, or cannot be read.
    pub fn of(tree: &Path) -> io::Result<Self> {
        Self::look(tree, DirectoryModes::Seen)
    }

    /// The stamp of `tree`, as [`Self::of`] and [`Self::stamp`] take it, without looking at directories' modes.
    ///
    /// # Errors
    /// It is not a directory, or cannot be read.
    pub fn stamp_of(tree: &Path) -> io::Result<Stamp> {
        Ok(Self::look(tree, DirectoryModes::PassedOver)?.stamp())
    }

    fn look(tree: &Path, modes: DirectoryModes) -> io::Result<Self> {
        let top = open_directory(tree)?;
        let mode =
            rustix::fs::fstat(top.file()).map_err(|error| at(tree, OsStr::new(""), &error.into()))?.st_mode;
        let mut entries = Vec::new();
        let mut waiting = vec![OsString::new()];
        let mut names = Vec::with_capacity(NAMES_BYTES);
        while let Some(directory) = waiting.pop() {
            read_directory(top.file(), modes, &directory, &mut names, &mut entries, &mut waiting)
                .map_err(|error| at(tree, &directory, &error))?;
        }
        Ok(Self::new(mode & 0o7777, entries))
    }

    /// Its stamp.
    ///
    /// Of directories only the names count, since their times and modes change when a tree is moved; times of
    /// change (`ctime`) do not count, since they change with every hard link that is made.
    pub fn stamp(&self) -> Stamp {
        let mut bytes = Vec::with_capacity(self.entries.len() * 128);
        for found in &self.entries {
            bytes.extend_from_slice(found.path.as_bytes());
            bytes.push(0);
            let kind = match &found.kind {
                FoundKind::Directory => {
                    bytes.push(b'd');
                    continue;
                }
                FoundKind::File => b'f',
                FoundKind::Link(_) => b'l',
                FoundKind::Special => b's',
            };
            bytes.push(kind);
            bytes.extend_from_slice(&found.mode.to_le_bytes());
            for number in [found.size, found.file.1, found.modified.1] {
                bytes.extend_from_slice(&number.to_le_bytes());
            }
            bytes.extend_from_slice(&found.modified.0.to_le_bytes());
        }
        Stamp(Digest::of(&bytes))
    }

    /// The list of it. Files whose digests are not in `known` are read.
    ///
    /// # Errors
    /// A file cannot be read, or a device is among them.
    pub fn list(&self, tree: &Path, known: &KnownDigests) -> io::Result<FileList> {
        let mut entries = Vec::with_capacity(self.entries.len());
        for found in &self.entries {
            let content = match &found.kind {
                FoundKind::Directory => Content::Directory { mode: found.mode },
                FoundKind::Link(target) => Content::Link { target: target.clone() },
                FoundKind::File => {
                    let digest = match known.get(&found.path) {
                        Some(digest) => *digest,
                        None => digest_of_reader(fs_err::File::open(tree.join(&found.path))?)?.0,
                    };
                    Content::File { mode: found.mode, size: found.size, digest }
                }
                FoundKind::Special => {
                    let reason =
                        io::Error::new(io::ErrorKind::InvalidData, "it is a device, a pipe or a socket");
                    return Err(at(tree, &found.path, &reason));
                }
            };
            entries.push(ListedEntry { path: found.path.clone(), content });
        }
        Ok(FileList::new(entries))
    }
}

/// Whether the modes of directories count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DirectoryModes {
    Seen,
    PassedOver,
}

fn read_directory(
    top: impl AsFd,
    modes: DirectoryModes,
    directory: &OsStr,
    names: &mut Vec<u8>,
    entries: &mut Vec<Found>,
    waiting: &mut Vec<OsString>,
) -> io::Result<()> {
    let place = if directory.is_empty() { OsStr::new(".") } else { directory };
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let opened: OwnedFd = openat(top, place, flags, Mode::empty())?;
    let mut listed = RawDir::new(&opened, names.spare_capacity_mut());
    while let Some(entry) = listed.next() {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let mut path = directory.as_bytes().to_vec();
        if !path.is_empty() {
            path.push(b'/');
        }
        path.extend_from_slice(name.to_bytes());
        let path = OsString::from_vec(path);
        if modes == DirectoryModes::PassedOver && entry.file_type() == FileType::Directory {
            entries.push(Found::directory(&path, 0));
            waiting.push(path);
            continue;
        }
        let stat = statat(&opened, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => {
                waiting.push(path.clone());
                FoundKind::Directory
            }
            FileType::RegularFile => FoundKind::File,
            FileType::Symlink => {
                FoundKind::Link(OsString::from_vec(readlinkat(&opened, name, Vec::new())?.into_bytes()))
            }
            _ => FoundKind::Special,
        };
        entries.push(Found::of_stat(path, kind, &stat));
    }
    Ok(())
}

fn at(tree: &Path, path: &OsStr, error: &io::Error) -> io::Error {
    let place = if path.is_empty() { tree.to_owned() } else { tree.join(path) };
    io::Error::new(error.kind(), format!("`{}`: {error}", place.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> tempfile::TempDir {
        let tree = tempfile::tempdir().unwrap();
        let path = |name: &str| tree.path().join(name);
        fs_err::create_dir_all(path("a/b")).unwrap();
        fs_err::write(path("a/file"), "x").unwrap();
        fs_err::os::unix::fs::symlink("nowhere", path("a/link")).unwrap();
        tree
    }

    #[test]
    fn everything_is_found_and_links_are_not_followed() {
        let tree = tree();
        let survey = Survey::of(tree.path()).unwrap();
        let paths: Vec<_> = survey.entries.iter().map(|found| found.path.to_str().unwrap()).collect();
        assert_eq!(paths, ["a", "a/b", "a/file", "a/link"]);
        let list = survey.list(tree.path(), &KnownDigests::new()).unwrap();
        let content = &list.get(OsStr::new("a/file")).unwrap().content;
        assert!(matches!(content, Content::File { size: 1, digest, .. } if *digest == Digest::of(b"x")));
    }

    #[test]
    fn a_stamp_changes_with_every_file_and_not_with_hard_links_or_a_move() {
        let tree = tree();
        let path = tree.path().join("a/file");
        let stamp = || {
            let stamp = Survey::of(tree.path()).unwrap().stamp();
            assert_eq!(Survey::stamp_of(tree.path()).unwrap(), stamp);
            stamp
        };
        let first = stamp();
        fs_err::hard_link(&path, tree.path().with_extension("link")).unwrap();
        fs_err::remove_file(tree.path().with_extension("link")).unwrap();
        assert_eq!(stamp(), first);
        let times = fs_err::metadata(&path).unwrap().modified().unwrap();
        fs_err::write(&path, "y").unwrap();
        let written = fs_err::File::options().write(true).open(&path).unwrap();
        written.file().set_modified(times + std::time::Duration::from_nanos(1)).unwrap();
        let second = stamp();
        assert_ne!(second, first);
        fs_err::create_dir(tree.path().join("empty")).unwrap();
        assert_ne!(stamp(), second);
    }

    #[test]
    fn a_digest_that_is_known_is_believed_and_a_pipe_is_no_part_of_a_tree() {
        let tree = tree();
        let list = |known: &KnownDigests| Survey::of(tree.path()).unwrap().list(tree.path(), known);
        let known = [("a/file".into(), Digest::of(b"known")), ("a/gone".into(), Digest::of(b""))].into();
        let content = list(&known).unwrap().get(OsStr::new("a/file")).unwrap().content.clone();
        assert!(matches!(content, Content::File { digest, .. } if digest == Digest::of(b"known")));
        let mode = Mode::from_raw_mode(0o600);
        rustix::fs::mknodat(rustix::fs::CWD, tree.path().join("pipe"), FileType::Fifo, mode, 0).unwrap();
        assert!(list(&known).unwrap_err().to_string().contains("pipe`"));
    }
}
