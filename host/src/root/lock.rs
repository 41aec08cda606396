//! One install at a time: a lock on `state/lock`.

use std::fs::TryLockError;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use attune_registry::machine_fault::os_error;
use rustix::io::Errno;

use super::created_paths::CreatedPaths;
use super::holder::Holder;
use super::layout::HostRoot;

/// Holds the root; gives it back when dropped.
#[derive(Debug)]
pub struct InstallLock {
    // Held, not read: closing the file releases the lock.
    _file: std::fs::File,
}

/// Why the root could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process holds it.
    #[error("another install is running on `{}`{}", root.display(), in_words(holder.as_ref()))]
    Busy {
        /// The root.
        root: PathBuf,
        /// The process, where the kernel tells it.
        holder: Option<Holder>,
    },
    /// The file system keeps no locks, so that two installs would not see each other.
    #[error("the file system of the root `{}` keeps no locks", root.display())]
    NoLocks {
        /// The root.
        root: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// The root cannot be written.
    #[error("the root `{}` cannot be written", root.display())]
    NotWritable {
        /// The root.
        root: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

fn in_words(holder: Option<&Holder>) -> String {
    holder.map_or_else(String::new, |holder| format!(": {holder}"))
}

impl InstallLock {
    /// Locks `root`; what this has to create is recorded in `guard`.
    pub fn acquire(root: &HostRoot, guard: &mut CreatedPaths) -> Result<Self, LockError> {
        let not_writable = |source| LockError::NotWritable { root: root.path().to_owned(), source };
        let path = root.lock_file();
        loop {
            guard.create_dir_all(&root.state()).map_err(not_writable)?;
            guard.note_if_missing(&path);
            let mut options = fs_err::OpenOptions::new();
            let file = options.read(true).write(true).create(true).truncate(false).open(&path);
            let file = file.map_err(not_writable)?.into_file();
            match file.try_lock() {
                // A failed first install removes its lock file; a lock on that would keep nobody out.
                Ok(()) if !is_at(&file, &path).map_err(not_writable)? => {}
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) => {
                    // What was made here is the holder's by now.
                    std::mem::take(guard).keep();
                    let holder = Holder::of(&path);
                    return Err(LockError::Busy { root: root.path().to_owned(), holder });
                }
                Err(TryLockError::Error(source)) if has_no_locks(&source) => {
                    return Err(LockError::NoLocks { root: root.path().to_owned(), source });
                }
                Err(TryLockError::Error(source)) => return Err(not_writable(source)),
            }
        }
    }
}

/// Whether the file system, or its server, keeps no locks.
fn has_no_locks(error: &io::Error) -> bool {
    matches!(os_error(error), Some(Errno::NOLCK | Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL))
}

/// Whether `path` still leads to `file`.
fn is_at(file: &std::fs::File, path: &Path) -> io::Result<bool> {
    let held = file.metadata()?;
    match fs_err::metadata(path) {
        Ok(found) => Ok((found.dev(), found.ino()) == (held.dev(), held.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_install_is_told_that_the_root_is_busy() {
        let directory = tempfile::tempdir().unwrap();
        let root = HostRoot::new(directory.path()).unwrap();
        let mut guard = CreatedPaths::default();
        let held = InstallLock::acquire(&root, &mut guard).unwrap();
        let second = InstallLock::acquire(&root, &mut CreatedPaths::default());
        let Err(LockError::Busy { holder, .. }) = second else { panic!("{second:?}") };
        assert_eq!(holder.map(|holder| holder.pid), Some(std::process::id()));
        drop(held);
        InstallLock::acquire(&root, &mut CreatedPaths::default()).unwrap();
    }
}
