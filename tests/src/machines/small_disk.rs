//! A disk that can be filled to the brim: a small file system in memory, which takes the right to mount.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::run::Run;

/// A mounted file system, unmounted when dropped.
#[derive(Debug)]
pub struct SmallDisk {
    place: PathBuf,
    /// The directory, where it is one of its own.
    _own: Option<TempDir>,
}

impl SmallDisk {
    /// One of `bytes` and `inodes`, or the reason why there is none.
    pub fn new(bytes: u64, inodes: u64) -> Result<Self, String> {
        let directory = tempfile::Builder::new().prefix("attune-tests-disk-").tempdir().unwrap();
        mounted(
            &["-t", "tmpfs", "-o", &format!("size={bytes},nr_inodes={inodes}"), "tmpfs"],
            directory.path(),
        )?;
        Ok(Self { place: directory.path().to_owned(), _own: Some(directory) })
    }

    /// One in the place of the directory `place`, with a copy of all that is there; or the reason why there is none. The
    /// directory is as it was when the disk is dropped.
    pub fn over(place: &Path) -> Result<Self, String> {
        let first = Self::new(1 << 30, 1 << 20)?;
        let mut copy = Command::new("cp");
        copy.arg("-a").arg(place.join(".")).arg(first.path());
        Run::of(copy).succeeds();
        mounted(&["--bind", first.path().to_str().unwrap()], place)?;
        // The disk stays for as long as one of its mounts does.
        Ok(Self { place: place.to_owned(), _own: None })
    }

    /// Leaves `bytes` and `inodes` beside what is there.
    pub fn limit(&self, bytes: u64, inodes: u64) {
        let found = rustix::fs::statvfs(&self.place).unwrap();
        let size = (found.f_blocks - found.f_bfree) * found.f_frsize + bytes;
        let files = found.f_files - found.f_ffree + inodes;
        // A size of nothing would be none at all.
        let options = format!("remount,rw,size={},nr_inodes={files}", size.max(4096));
        mounted(&["-o", &options], &self.place).unwrap();
    }

    /// Lets nobody write to it until it is limited again.
    pub fn protect(&self) {
        mounted(&["-o", "remount,ro"], &self.place).unwrap();
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.place
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
        umount.arg("-l").arg(&self.place);
        let _ = Run::of(umount);
    }
}

fn mounted(options: &[&str], place: &Path) -> Result<(), String> {
    let mut mount = Command::new("mount");
    mount.args(options).arg(place);
    match Run::of(mount) {
        Run { status: Some(0), .. } => Ok(()),
        refused => Err(refused.stderr),
    }
}
