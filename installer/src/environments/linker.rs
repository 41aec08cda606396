//! Puts one file of the store into an environment.

use std::io::{self, Write as _};
use std::os::fd::AsFd;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use attune_host::environment::LinkMode;
use attune_registry::machine_fault::os_error;
use attune_schemas::{EntryPath, PackRef};

/// Links files, and remembers what the file system cannot do.
#[derive(Debug)]
pub(crate) struct FileLinker {
    mode: LinkMode,
    /// Set once linking failed in a way that will not change; from then on files are copied.
    copies: AtomicBool,
    /// Whether the owner may write to what is copied.
    writable: bool,
}

impl FileLinker {
    /// Links as `mode` says.
    pub(crate) fn new(mode: LinkMode) -> Self {
        Self { mode, copies: AtomicBool::new(mode == LinkMode::Copy), writable: false }
    }

    /// Copies, so that the owner may write to what is copied.
    pub(crate) fn writable() -> Self {
        Self { writable: true, ..Self::new(LinkMode::Copy) }
    }

    /// Links as `mode` says, into an environment of one pack's own or into one that is shared.
    pub(crate) fn for_environment(mode: LinkMode, owner: Option<&PackRef>) -> Self {
        if owner.is_some() { Self::writable() } else { Self::new(mode) }
    }

    /// The mode of a file that is written for an environment.
    pub(crate) const fn file_mode(&self, executable: bool) -> u32 {
        match (executable, self.writable) {
            (true, true) => 0o755,
            (true, false) => 0o555,
            (false, true) => 0o644,
            (false, false) => 0o444,
        }
    }

    /// Writes a file that is of the environment alone.
    pub(crate) fn write(&self, path: &Path, content: &[u8], executable: bool) -> io::Result<()> {
        let mut options = fs_err::OpenOptions::new();
        options.write(true).create_new(true).options_mut().mode(self.file_mode(executable));
        options.open(path)?.write_all(content)
    }

    /// Links every file below `from` to its like below `to`, which is there; `replaces` those that are there.
    pub(crate) fn link_tree(&self, from: &Path, to: &Path, replaces: bool) -> io::Result<()> {
        for entry in fs_err::read_dir(from)? {
            let entry = entry?;
            let target = to.join(entry.file_name());
            if entry.file_type()?.is_dir() {
                match fs_err::create_dir(&target) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists && replaces => {}
                    created => created?,
                }
                self.link_tree(&entry.path(), &target, replaces)?;
                continue;
            }
            if replaces && fs_err::symlink_metadata(&target).is_ok() {
                fs_err::remove_file(&target)?;
            }
            self.link(&entry.path(), &target)?;
        }
        Ok(())
    }

    /// Whether a mode that shares space had to copy.
    pub(crate) fn fell_back(&self) -> bool {
        self.mode != LinkMode::Copy && self.copies.load(Ordering::Relaxed)
    }

    /// Puts the file `source` at `target`, which must not exist.
    pub(crate) fn link(&self, source: &Path, target: &Path) -> io::Result<()> {
        if self.copies.load(Ordering::Relaxed) {
            return self.copy(source, target);
        }
        let linked = match self.mode {
            LinkMode::Reflink => reflink(source, target),
            _ => std::fs::hard_link(source, target),
        };
        match linked {
            Err(error) => match refusal(&error) {
                Some(Refusal::Lasting) => {
                    self.copies.store(true, Ordering::Relaxed);
                    self.copy(source, target)
                }
                Some(Refusal::Once) => self.copy(source, target),
                None => Err(failed(source, target, &error)),
            },
            Ok(()) => Ok(()),
        }
    }

    fn copy(&self, source: &Path, target: &Path) -> io::Result<()> {
        let mut from = fs_err::File::open(source)?;
        let mut to = create_like(&from, target, if self.writable { 0o200 } else { 0 })?;
        io::copy(&mut from, &mut to)?;
        keep_times(&from, &to)
    }
}

/// Why a file is not linked, but can be copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// The file systems at hand, or those who guard them, link nothing.
    Lasting,
    /// This one file has as many links as it can have.
    Once,
}

/// What a failed link says of copies. A real lack of permission fails again in the copy, and names itself there.
fn refusal(error: &io::Error) -> Option<Refusal> {
    use rustix::io::Errno;
    match os_error(error)? {
        Errno::XDEV
        | Errno::PERM
        | Errno::ACCESS
        | Errno::OPNOTSUPP
        | Errno::NOTTY
        | Errno::INVAL
        | Errno::NOSYS => Some(Refusal::Lasting),
        Errno::MLINK => Some(Refusal::Once),
        _ => None,
    }
}

fn failed(source: &Path, target: &Path, error: &io::Error) -> io::Error {
    let message = format!("failed to link `{}` as `{}`: {error}", source.display(), target.display());
    io::Error::new(error.kind(), message)
}

/// A copy that shares its blocks with `source`.
fn reflink(source: &Path, target: &Path) -> io::Result<()> {
    let from = fs_err::File::open(source)?;
    let to = create_like(&from, target, 0)?;
    if let Err(error) = rustix::fs::ioctl_ficlone(to.as_fd(), from.as_fd()) {
        fs_err::remove_file(target)?;
        return Err(error.into());
    }
    keep_times(&from, &to)
}

fn create_like(from: &fs_err::File, target: &Path, and_mode: u32) -> io::Result<fs_err::File> {
    let mode = from.metadata()?.permissions().mode() | and_mode;
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create_new(true).options_mut().mode(mode);
    options.open(target)
}

/// Bytecode is good for a source of one time of modification alone.
fn keep_times(from: &fs_err::File, to: &fs_err::File) -> io::Result<()> {
    to.file().set_modified(from.metadata()?.modified()?)
}

/// `target` as seen from the directory of `from`, both relative to the same directory.
pub fn relative_link(from: &EntryPath, target: &EntryPath) -> PathBuf {
    let (from, target): (Vec<&str>, Vec<&str>) =
        (from.as_str().split('/').collect(), target.as_str().split('/').collect());
    let shared = from.iter().zip(&target).take_while(|(a, b)| a == b).count().min(from.len() - 1);
    let up = std::iter::repeat_n("..", from.len() - 1 - shared);
    up.chain(target[shared..].iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    #[test]
    fn links_are_relative() {
        let table = [
            ("node_modules/.bin/a", "node_modules/a/cli.js", "../a/cli.js"),
            ("node_modules/b/node_modules/.bin/a", "node_modules/b/node_modules/@s/a/x.js", "../@s/a/x.js"),
            ("x", "y/z", "y/z"),
        ];
        for (from, target, expected) in table {
            let relative = relative_link(&from.parse().unwrap(), &target.parse().unwrap());
            assert_eq!(relative, Path::new(expected), "{from} {target}");
        }
    }

    fn linked(mode: LinkMode) -> (fs_err::File, fs_err::File) {
        let directory = tempfile::tempdir().unwrap();
        let (source, target) = (directory.path().join("source"), directory.path().join("target"));
        fs_err::write(&source, "content").unwrap();
        FileLinker::new(mode).link(&source, &target).unwrap();
        assert_eq!(fs_err::read(&target).unwrap(), b"content");
        (fs_err::File::open(source).unwrap(), fs_err::File::open(target).unwrap())
    }

    #[test]
    fn a_hard_link_is_the_same_file_and_a_copy_is_not() {
        for (mode, same) in [(LinkMode::Hardlink, true), (LinkMode::Fold, true), (LinkMode::Copy, false)] {
            let (source, target) = linked(mode);
            let [source, target] = [source, target].map(|file| file.metadata().unwrap());
            assert_eq!(source.ino() == target.ino(), same, "{mode:?}");
            assert_eq!(source.modified().unwrap(), target.modified().unwrap());
        }
    }

    #[test]
    fn a_file_system_without_reflinks_copies() {
        let (source, target) = linked(LinkMode::Reflink);
        assert_ne!(source.metadata().unwrap().ino(), target.metadata().unwrap().ino());
    }

    #[test]
    fn a_refused_link_is_a_copy_and_a_fault_is_none() {
        use rustix::io::Errno as E;
        let of = |number: E| refusal(&io::Error::from_raw_os_error(number.raw_os_error()));
        for number in [E::XDEV, E::PERM, E::ACCESS, E::OPNOTSUPP, E::NOSYS, E::INVAL, E::NOTTY] {
            assert_eq!(of(number), Some(Refusal::Lasting), "{number:?}");
        }
        assert_eq!(of(E::MLINK), Some(Refusal::Once));
        for number in [E::NOSPC, E::IO, E::ROFS, E::NOENT, E::EXIST, E::NOMEM] {
            assert_eq!(of(number), None, "{number:?}");
        }
    }

    #[test]
    fn across_file_systems_files_are_copied() {
        let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir_in("/dev/shm").unwrap());
        let source = here.path().join("source");
        fs_err::write(&source, "content").unwrap();
        let linker = FileLinker::new(LinkMode::Hardlink);
        linker.link(&source, &there.path().join("target")).unwrap();
        let device = |path: &Path| fs_err::metadata(path).unwrap().dev();
        assert_eq!(linker.fell_back(), device(here.path()) != device(there.path()));
        assert_eq!(fs_err::read(there.path().join("target")).unwrap(), b"content");
    }
}
