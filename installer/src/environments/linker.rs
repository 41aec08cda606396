//! Puts one file of the store into an environment.

use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use attune_host::environment::LinkMode;
use attune_registry::machine_fault::os_error;
use attune_schemas::EntryPath;

/// Links files, and remembers what the file system cannot do.
#[derive(Debug)]
pub(crate) struct FileLinker {
    mode: LinkMode,
    /// Set once linking failed in a way that will not change; from then on files are copied.
    copies: AtomicBool,
}

impl FileLinker {
    /// Links as `mode` says.
    pub(crate) fn new(mode: LinkMode) -> Self {
        Self { mode, copies: AtomicBool::new(mode == LinkMode::Copy) }
    }

    /// Whether a mode that shares space had to copy.
    pub(crate) fn fell_back(&self) -> bool {
        self.mode != LinkMode::Copy && self.copies.load(Ordering::Relaxed)
    }

    /// Puts the file `source` at `target`, which must not exist.
    pub(crate) fn link(&self, source: &Path, target: &Path) -> io::Result<()> {
        if self.copies.load(Ordering::Relaxed) {
            return copy(source, target);
        }
        let linked = match self.mode {
            LinkMode::Reflink => reflink(source, target),
            _ => std::fs::hard_link(source, target),
        };
        match linked {
            Err(error) => match refusal(&error) {
                Some(Refusal::Lasting) => {
                    self.copies.store(true, Ordering::Relaxed);
                    copy(source, target)
                }
                Some(Refusal::Once) => copy(source, target),
                None => Err(failed(source, target, &error)),
            },
            Ok(()) => Ok(()),
        }
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
    let to = create_like(&from, target)?;
    if let Err(error) = rustix::fs::ioctl_ficlone(to.as_fd(), from.as_fd()) {
        fs_err::remove_file(target)?;
        return Err(error.into());
    }
    keep_times(&from, &to)
}

fn copy(source: &Path, target: &Path) -> io::Result<()> {
    let mut from = fs_err::File::open(source)?;
    let mut to = create_like(&from, target)?;
    io::copy(&mut from, &mut to)?;
    keep_times(&from, &to)
}

fn create_like(from: &fs_err::File, target: &Path) -> io::Result<fs_err::File> {
    use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
    let mode = from.metadata()?.permissions().mode();
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
