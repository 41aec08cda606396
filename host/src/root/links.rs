//! Whether the root's file system has symbolic links, asked before anything is installed to it.

use std::io;

use attune_registry::machine_fault::os_error;
use rustix::io::Errno;

use super::error::RootError;
use super::layout::{ENTRY_LINKS, HostRoot};

impl HostRoot {
    /// Refuses a file system without symbolic links. The root's state directory must be there; nothing is left in it.
    pub(crate) fn require_links(&self) -> Result<(), RootError> {
        let (entry, _) = ENTRY_LINKS[0];
        if fs_err::read_link(self.path().join(entry)).is_ok() {
            return Ok(());
        }
        let probe = self.state().join(".link-probe");
        // Of an install that was killed here.
        let _ = fs_err::remove_file(&probe);
        match fs_err::os::unix::fs::symlink("nowhere", &probe) {
            Ok(()) => fs_err::remove_file(&probe).map_err(|error| self.failed(error)),
            Err(source) if has_no_links(&source) => {
                Err(RootError::NoLinks { root: self.path().to_owned(), source })
            }
            Err(error) => Err(self.failed(error)),
        }
    }
}

fn has_no_links(error: &io::Error) -> bool {
    // FAT answers EPERM, exFAT ENOSYS.
    matches!(os_error(error), Some(Errno::PERM | Errno::NOSYS | Errno::OPNOTSUPP | Errno::INVAL))
}
