//! A disk that can be filled to the brim: a small file system in memory, which takes the right to mount.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::run::Run;

/// A mounted file system, unmounted when dropped.
#[derive(Debug)]
pub struct SmallDisk {
    directory: TempDir,
}

impl SmallDisk {
    /// One of `bytes` and `inodes`, or the reason why there is none.
    pub fn new(bytes: u64, inodes: u64) -> Result<Self, String> {
        let directory = tempfile::Builder::new().prefix("attune-tests-disk-").tempdir().unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o"]).arg(format!("size={bytes},nr_inodes={inodes}"));
        mount.arg("tmpfs").arg(directory.path());
        match Run::of(mount) {
            Run { status: Some(0), .. } => Ok(Self { directory }),
            refused => Err(refused.stderr),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// The file that fills it.
    pub fn filler(&self) -> PathBuf {
        self.path().join("filler")
    }

    /// Fills it, but for `left` bytes.
    pub fn fill(&self, left: u64) {
        let mut filler = fs_err::File::create(self.filler()).unwrap();
        let block = [7; 4096];
        while filler.write_all(&block).is_ok() {}
        let full = filler.metadata().unwrap().len();
        filler.set_len(full.saturating_sub(left)).unwrap();
    }

    /// Takes away what filled it.
    pub fn empty(&self) {
        for entry in fs_err::read_dir(self.path()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                fs_err::remove_file(path).unwrap();
            }
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let mut umount = Command::new("umount");
        // Lazily: whatever still looks at it does not keep it.
        umount.arg("-l").arg(self.directory.path());
        let _ = Run::of(umount);
    }
}
