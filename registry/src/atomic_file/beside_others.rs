//! Files in folders that are not ours alone, such as a backup in somebody's home: whoever is killed while writing one
//! leaves an unfinished file, and the next writer of the same file removes that.
//!
//! ```text
//! .incoming-<name>-<random>   locked by its writer for as long as it is written
//! ```

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::OFlags;

use super::{AtomicWrite, INCOMING_PREFIX, IncomingFile, folder_of, invalid_name};

/// The bytes of a name that are in the name of its unfinished file, which has a limit of 255.
const KEPT_OF_NAME: usize = 200;
/// The number of characters that are drawn by lot.
const RANDOM: usize = 6;
/// How often a file is started anew that another writer took for abandoned before it was locked.
const ATTEMPTS: usize = 5;

impl AtomicWrite {
    /// Starts the file that becomes `path`, whose folder must exist, after what killed writers of `path` left was removed.
    ///
    /// # Errors
    /// `path` names no file, or nothing can be written to its folder.
    pub fn start_for(self, path: &Path) -> io::Result<IncomingFile> {
        let name = path.file_name().ok_or_else(|| invalid_name(path))?;
        let (folder, prefix) = (folder_of(path), prefix_of(name));
        let mut attempt = 1;
        loop {
            let started = self.start_with(folder, &prefix)?;
            // Without locks on this file system nobody removes anything either.
            let is_ours = started.file.file().try_lock().is_ok();
            if is_ours && started.file.metadata()?.nlink() > 0 {
                if let Err(error) = remove_abandoned(&started, &prefix) {
                    tracing::debug!(%error, "what a killed process left behind stays");
                }
                return Ok(started);
            }
            if attempt == ATTEMPTS {
                return Ok(started);
            }
            attempt += 1;
        }
    }

    /// Writes `bytes` to the file `path`, as [`Self::start_for`] does.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_beside_others(self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let name = path.file_name().ok_or_else(|| invalid_name(path))?;
        let mut file = self.start_for(path)?;
        io::Write::write_all(&mut file, bytes)?;
        file.commit(name)
    }
}

fn prefix_of(name: &OsStr) -> OsString {
    let mut prefix = OsString::from(INCOMING_PREFIX);
    let bytes = name.as_bytes();
    prefix.push(OsStr::from_bytes(&bytes[..bytes.len().min(KEPT_OF_NAME)]));
    prefix.push("-");
    prefix
}

/// Removes the files beside `started` that have its prefix and its owner, and that nobody writes.
fn remove_abandoned(started: &IncomingFile, prefix: &OsStr) -> io::Result<()> {
    let owner = started.file.metadata()?.uid();
    for entry in fs_err::read_dir(&started.folder)? {
        let entry = entry?;
        let (name, path) = (entry.file_name(), entry.path());
        let random = name.as_bytes().strip_prefix(prefix.as_bytes());
        let is_named_so = random
            .is_some_and(|random| random.len() == RANDOM && random.iter().all(u8::is_ascii_alphanumeric));
        if !is_named_so || !entry.file_type()?.is_file() || path == *started.temporary {
            continue;
        }
        let mut options = fs_err::OpenOptions::new();
        let flags = i32::try_from((OFlags::NOFOLLOW | OFlags::NONBLOCK).bits()).unwrap_or(0);
        options.read(true).options_mut().custom_flags(flags);
        // It may have got its name meanwhile.
        let Ok(file) = options.open(&path) else { continue };
        let is_owned = file.metadata()?.uid() == owner;
        if is_owned && file.file().try_lock().is_ok() {
            match fs_err::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs_err::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn only_what_killed_writers_of_the_file_left_goes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("backup");
        for name in
            [".incoming-backup-a1B2c3", ".incoming-backup-long-a1B2c3", ".incoming-other-a1B2c3", "kept"]
        {
            fs_err::write(folder.path().join(name), "").unwrap();
        }
        fs_err::create_dir(folder.path().join(".incoming-backup-folder")).unwrap();
        // Somebody else writes it, too.
        let other = AtomicWrite::default().start_for(&path).unwrap();
        AtomicWrite::default().write_beside_others(&path, b"new").unwrap();
        let left = [
            ".incoming-backup-folder",
            ".incoming-backup-long-a1B2c3",
            ".incoming-other-a1B2c3",
            "backup",
            "kept",
        ];
        other.commit(OsStr::new("backup")).unwrap();
        assert_eq!(names(folder.path()), left);
    }

    #[test]
    fn a_long_name_is_no_hindrance() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("n".repeat(255));
        AtomicWrite::default().write_beside_others(&path, b"new").unwrap();
        assert_eq!(names(folder.path()), ["n".repeat(255)]);
    }
}
