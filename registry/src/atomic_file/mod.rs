//! Files that appear whole or not at all: the one way in which a file is written that others may read.
//!
//! ```text
//! create   <folder>/.incoming-<random>, with the mode of the finished file
//! write    the bytes
//! sync     the file                      (Durability::Synced)
//! rename   to its name; refused if the name is taken and the file was to be a new one
//! sync     the folder                    (Durability::Synced)
//! ```
//!
//! A process that dies before the rename leaves a `.incoming-` file and nothing else; [`remove_leftovers`] clears those
//! away, and in folders that are not ours alone the next writer of the file. Two writers of one name are kept apart by
//! the caller's lock.
//!
//! In a tree that is itself staged and renamed as a whole, [`write_unshared`] is enough.

mod beside_others;

use std::ffi::OsStr;
use std::fs::Permissions;
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rustix::io::Errno;
use tempfile::{PathPersistError, TempPath};

use crate::machine_fault::os_error;

/// The beginning of the name of everything that is not finished.
pub(crate) const INCOMING_PREFIX: &str = ".incoming-";
/// The age from which an unfinished file is taken for abandoned.
const LEFTOVER_AGE: Duration = Duration::from_hours(1);

/// Whether a write waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Durability {
    /// The file survives a power failure from the moment the write returns.
    #[default]
    Synced,
    /// The file survives the end of the process; a power failure soon after may lose it.
    Unsynced,
}

/// The permission bits of a written file, whatever the umask is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FileMode {
    /// 0644: readable by all, as a web server needs it.
    #[default]
    Public,
    /// 0600: readable by the owner alone, from the moment the file exists.
    Private,
    /// 0444: readable by all, and not to be written again.
    ReadOnly,
}

/// The treatment of a file that has the name already.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Existing {
    /// The new file takes its place.
    #[default]
    Replace,
    /// The write fails with [`io::ErrorKind::AlreadyExists`], and the file stays as it is.
    Keep,
}

/// How a file is written. The default is public, synced, and replaces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct AtomicWrite {
    /// Who may read the file.
    pub mode: FileMode,
    /// Whether the write waits for the disk.
    pub durability: Durability,
    /// The treatment of a file that has the name already.
    pub existing: Existing,
}

/// A file that is being written and has no name yet; removed if it is dropped before [`Self::commit`].
#[derive(Debug)]
pub struct IncomingFile {
    file: fs_err::File,
    temporary: TempPath,
    folder: PathBuf,
    options: AtomicWrite,
}

impl AtomicWrite {
    /// Writes `bytes` to the file `path`, whose folder must exist.
    pub fn write(self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let name = path.file_name().ok_or_else(|| invalid_name(path))?;
        let mut file = self.start_in(folder_of(path))?;
        file.write_all(bytes)?;
        file.commit(name)
    }

    /// Starts a file in `folder`, which must exist, for content that is streamed or names itself.
    pub fn start_in(self, folder: &Path) -> io::Result<IncomingFile> {
        self.start_with(folder, OsStr::new(INCOMING_PREFIX))
    }

    fn start_with(self, folder: &Path, prefix: &OsStr) -> io::Result<IncomingFile> {
        let permissions = Permissions::from_mode(self.mode.bits());
        let (file, temporary) = tempfile::Builder::new()
            .prefix(prefix)
            .permissions(permissions.clone())
            .tempfile_in(folder)?
            .into_parts();
        let file = fs_err::File::from_parts(file, &*temporary);
        // The umask took bits away, never added any.
        match file.set_permissions(permissions) {
            // Every file of FAT has the modes of its mount; who needs others looks at them.
            Err(error) if matches!(os_error(&error), Some(Errno::PERM | Errno::OPNOTSUPP | Errno::NOSYS)) => {
            }
            set => set?,
        }
        Ok(IncomingFile { file, temporary, folder: folder.to_owned(), options: self })
    }
}

impl IncomingFile {
    /// The file, opened for reading and writing.
    pub const fn file_mut(&mut self) -> &mut fs_err::File {
        &mut self.file
    }

    /// Gives the finished file its name in the folder that it was started in.
    pub fn commit(self, name: &OsStr) -> io::Result<()> {
        let path = self.folder.join(name);
        if self.options.durability == Durability::Synced {
            unless_unsyncable(self.file.sync_all())?;
        }
        match self.options.existing {
            Existing::Replace => self.temporary.persist(&path),
            Existing::Keep => persist_as_new(self.temporary, &path),
        }
        .map_err(|error| named(&path, &error.error))?;
        if self.options.durability == Durability::Synced
            && let Err(error) = sync_folder(&self.folder)
        {
            // What is not sure to last is not there, unless it took the place of another.
            if self.options.existing == Existing::Keep {
                let _ = fs_err::remove_file(&path);
            }
            return Err(error);
        }
        Ok(())
    }
}

impl Write for IncomingFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl FileMode {
    const fn bits(self) -> u32 {
        match self {
            Self::Public => 0o644,
            Self::Private => 0o600,
            Self::ReadOnly => 0o444,
        }
    }
}

/// Replaces the public file `path` with `bytes`, on disk when this returns. Missing folders are created.
pub fn replace_file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_file_with(path, bytes, Durability::Synced)
}

/// Replaces the public file `path` with `bytes`. Missing folders are created.
pub fn replace_file_with(path: &Path, bytes: &[u8], durability: Durability) -> io::Result<()> {
    create_folder(folder_of(path), durability)?;
    AtomicWrite { durability, ..AtomicWrite::default() }.write(path, bytes)
}

/// Writes a file of a tree that nobody refers to yet: a staging or scratch directory, which as a whole is
/// synced and renamed, or removed. Everything else is written atomically.
#[expect(clippy::disallowed_methods, reason = "the file gets its readers with the tree that it is in")]
pub fn write_unshared(path: &Path, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    fs_err::write(path, bytes)
}

/// Creates a file as [`write_unshared`] does, which nobody may write afterwards.
pub fn write_sealed(path: &Path, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create_new(true).options_mut().mode(FileMode::ReadOnly.bits());
    options.open(path)?.write_all(bytes.as_ref())
}

/// Creates a file as [`write_unshared`] does, for content that is streamed.
#[expect(clippy::disallowed_methods, reason = "the file gets its readers with the tree that it is in")]
pub fn create_unshared(path: &Path) -> io::Result<fs_err::File> {
    fs_err::File::create(path)
}

/// Writes a file of a tree that nobody refers to yet, on disk when this returns if `durability` says so.
pub(crate) fn write_synced(path: &Path, bytes: &[u8], durability: Durability) -> io::Result<()> {
    let mut file = create_unshared(path)?;
    file.write_all(bytes)?;
    if durability == Durability::Synced { file.sync_all() } else { Ok(()) }
}

/// Creates `folder` and every folder above it that is missing.
pub(crate) fn create_folder(folder: &Path, durability: Durability) -> io::Result<()> {
    let missing: Vec<&Path> =
        folder.ancestors().take_while(|path| !path.as_os_str().is_empty() && !path.is_dir()).collect();
    fs_err::create_dir_all(folder)?;
    if durability == Durability::Synced {
        missing.into_iter().try_for_each(|path| sync_folder(folder_of(path)))?;
    }
    Ok(())
}

/// Removes every unfinished file in `folder`. The caller holds a lock that all who write to it take: what is unfinished
/// is of a process that died.
///
/// # Errors
/// The folder cannot be read, or a file cannot be removed.
pub fn remove_unfinished(folder: &Path) -> io::Result<()> {
    let entries = match fs_err::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let is_unfinished = entry.file_name().as_encoded_bytes().starts_with(INCOMING_PREFIX.as_bytes());
        if is_unfinished && entry.file_type()?.is_file() {
            fs_err::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Removes the unfinished files in `folder` that are older than an hour at the time `now`, and returns how
/// many there were. The caller holds the lock under which the folder is written.
pub fn remove_leftovers(folder: &Path, now: SystemTime) -> io::Result<usize> {
    let entries = match fs_err::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
        entries => entries?,
    };
    let mut removed = 0;
    for entry in entries {
        let entry = entry?;
        if !entry.file_name().as_encoded_bytes().starts_with(INCOMING_PREFIX.as_bytes()) {
            continue;
        }
        match remove_if_abandoned(&entry, now) {
            Ok(gone) => removed += usize::from(gone),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(removed)
}

fn remove_if_abandoned(entry: &fs_err::DirEntry, now: SystemTime) -> io::Result<bool> {
    let metadata = entry.metadata()?;
    let age = now.duration_since(metadata.modified()?).unwrap_or_default();
    if !metadata.is_file() || age <= LEFTOVER_AGE {
        return Ok(false);
    }
    fs_err::remove_file(entry.path()).map(|()| true)
}

fn invalid_name(path: &Path) -> io::Error {
    let message = format!("`{}` is not the name of a file", path.display());
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes all that the file system of `directory` holds back to its disk.
///
/// # Errors
/// A write failed, perhaps an earlier one.
pub fn sync_file_system(directory: &Path) -> io::Result<()> {
    let directory = fs_err::File::open(directory)?;
    match rustix::fs::syncfs(directory.file()) {
        // Where it is not known for one file system, it is for all of them.
        Err(Errno::NOSYS | Errno::OPNOTSUPP | Errno::INVAL) => {
            rustix::fs::sync();
            Ok(())
        }
        synced => Ok(synced?),
    }
}

/// Makes the names in `folder` survive a power failure.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    unless_unsyncable(fs_err::File::open(folder)?.sync_all())
}

/// A file system that has nothing to sync says EINVAL or ENOTSUP; what it holds is as safe as it can make it.
fn unless_unsyncable(synced: io::Result<()>) -> io::Result<()> {
    match synced {
        Err(error) if matches!(os_error(&error), Some(Errno::INVAL | Errno::OPNOTSUPP)) => Ok(()),
        synced => synced,
    }
}

/// Gives the file its name unless another has it, also where the file system knows neither a rename that spares
/// what is there nor links: there the name is claimed by an empty file first.
fn persist_as_new(temporary: TempPath, path: &Path) -> Result<(), PathPersistError> {
    let refused = match temporary.persist_noclobber(path) {
        Err(refused) if may_have_no_such_rename(&refused.error) => refused,
        persisted => return persisted,
    };
    let mut options = fs_err::OpenOptions::new();
    match options.write(true).create_new(true).open(path) {
        Ok(_claimed) => refused.path.persist(path),
        Err(error) => Err(PathPersistError { error, path: refused.path }),
    }
}

fn may_have_no_such_rename(error: &io::Error) -> bool {
    use Errno as E;
    let refusals = [E::PERM, E::ACCESS, E::NOSYS, E::OPNOTSUPP, E::INVAL, E::MLINK];
    os_error(error).is_some_and(|number| refusals.contains(&number))
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("failed to write `{}`: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NEW: AtomicWrite =
        AtomicWrite { mode: FileMode::Private, durability: Durability::Synced, existing: Existing::Keep };

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs_err::read_dir(folder).unwrap();
        let mut names: Vec<_> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn mode(path: &Path) -> u32 {
        fs_err::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn what_a_process_that_died_left_goes_and_all_else_stays() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".incoming-1", "kept", "x.incoming-2"] {
            fs_err::write(folder.path().join(name), "").unwrap();
        }
        fs_err::create_dir(folder.path().join(".incoming-directory")).unwrap();
        remove_unfinished(folder.path()).unwrap();
        remove_unfinished(&folder.path().join("nowhere")).unwrap();
        let mut left: Vec<_> =
            fs_err::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        left.sort();
        assert_eq!(left, [".incoming-directory", "kept", "x.incoming-2"]);
    }

    #[test]
    fn the_mode_is_there_before_the_first_byte() {
        let folder = tempfile::tempdir().unwrap();
        for (file_mode, bits) in [(FileMode::Public, 0o644), (FileMode::Private, 0o600)] {
            let options = AtomicWrite { mode: file_mode, ..AtomicWrite::default() };
            let mut file = options.start_in(folder.path()).unwrap();
            assert_eq!(mode(file.file_mut().path()), bits);
            file.write_all(b"content").unwrap();
            file.commit(OsStr::new("file")).unwrap();
            assert_eq!(mode(&folder.path().join("file")), bits);
        }
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn a_file_is_replaced_and_its_folder_created() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b/file");
        replace_file(&path, b"old").unwrap();
        replace_file_with(&path, b"new", Durability::Unsynced).unwrap();
        assert_eq!(fs_err::read(&path).unwrap(), b"new");
        assert_eq!(names(&folder.path().join("a/b")), ["file"]);
    }

    #[test]
    fn an_existing_file_is_kept_and_nothing_left_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        NEW.write(&path, b"first").unwrap();
        let error = NEW.write(&path, b"second").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::AlreadyExists);
        assert!(error.to_string().contains("file`"), "{error}");
        assert_eq!(fs_err::read(&path).unwrap(), b"first");
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn a_link_that_leads_nowhere_counts_as_an_existing_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs_err::os::unix::fs::symlink("elsewhere", &path).unwrap();
        assert_eq!(NEW.write(&path, b"secret").unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(names(folder.path()), ["file"]);
    }

    #[test]
    fn nothing_is_left_behind_when_writing_fails() {
        let folder = tempfile::tempdir().unwrap();
        let mut file = AtomicWrite::default().start_in(folder.path()).unwrap();
        file.write_all(b"half").unwrap();
        assert_eq!(names(folder.path()).len(), 1);
        drop(file);
        assert!(names(folder.path()).is_empty());

        fs_err::create_dir(folder.path().join("taken")).unwrap();
        AtomicWrite::default().write(&folder.path().join("taken"), b"x").unwrap_err();
        assert_eq!(names(folder.path()), ["taken"]);
    }

    #[test]
    fn a_folder_that_is_missing_and_a_path_without_a_name_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let error = AtomicWrite::default().write(&folder.path().join("no/file"), b"").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::NotFound);
        let error = AtomicWrite::default().write(Path::new("/"), b"").unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
    }

    #[test]
    fn old_leftovers_are_removed_and_young_ones_kept() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".incoming-1", ".incoming-2", "incoming", ".other"] {
            fs_err::write(folder.path().join(name), "x").unwrap();
        }
        fs_err::create_dir(folder.path().join(".incoming-folder")).unwrap();
        let later = SystemTime::now() + Duration::from_hours(2);
        let young = fs_err::File::options().write(true).open(folder.path().join(".incoming-2")).unwrap();
        young.file().set_modified(later - Duration::from_mins(1)).unwrap();
        assert_eq!(remove_leftovers(folder.path(), SystemTime::now()).unwrap(), 0);
        assert_eq!(remove_leftovers(folder.path(), later).unwrap(), 1);
        assert_eq!(names(folder.path()), [".incoming-2", ".incoming-folder", ".other", "incoming"]);
        assert_eq!(remove_leftovers(&folder.path().join("none"), later).unwrap(), 0);
    }
}
