//! How a pack gets its place: written beside, and then renamed, whole and over nothing else.
//!
//! ```text
//! <destination>/<ref>             the pack
//! <destination>/<ref>-<version>   the pack, where another one has that place
//! <destination>/.attune-download  what is being written; gone afterwards, or with the next download after a kill
//! ```
//!
//! A place that has the very files of the pack is its place as well, so that a download may be repeated.

use std::cell::Cell;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use attune_host::process::Interrupt;
use attune_registry::atomic_file::sync_file_system;
use attune_registry::origin::AreaInFolder;
use attune_registry::pack_directory::PackDirectory;
use attune_schemas::{PackRef, Version};
use fs_err::os::unix::fs::OpenOptionsExt;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::SourceFailure;

/// Where packs are written before they have their places.
const AREA: &str = ".attune-download";

/// A destination, and the area beside it.
pub(super) struct Landing {
    destination: PathBuf,
    area: AreaInFolder,
    count: Cell<usize>,
}

impl Landing {
    /// The landing in `destination`, which is made if it is missing.
    pub(super) fn new(destination: &Path) -> io::Result<Self> {
        fs_err::create_dir_all(destination)?;
        let area = AreaInFolder::new(destination, AREA)?;
        Ok(Self { destination: destination.to_owned(), area, count: Cell::new(0) })
    }

    /// The area, on the file system of the destination.
    pub(super) fn area(&self) -> &Path {
        self.area.path()
    }

    /// A place in the area where nothing is yet.
    pub(super) fn place(&self) -> PathBuf {
        self.count.set(self.count.get() + 1);
        self.area().join(format!("pack-{}", self.count.get()))
    }

    /// A copy of the files of `pack` in the area.
    pub(super) fn copy(&self, pack: &PackDirectory, interrupt: &Interrupt) -> Result<PathBuf, SourceFailure> {
        let place = self.place();
        let failed = |source| SourceFailure::Write { place: self.destination.clone(), source };
        fs_err::create_dir(&place).map_err(failed)?;
        for (path, file) in pack.sources() {
            interrupt.check()?;
            let target = path.below(&place);
            let copied = || {
                target.parent().map_or(Ok(()), fs_err::create_dir_all)?;
                let mut options = fs_err::OpenOptions::new();
                options.write(true).create_new(true).mode(if file.executable { 0o755 } else { 0o644 });
                io::copy(&mut (file.open)()?, &mut options.open(&target)?)
            };
            copied().map_err(failed)?;
        }
        Ok(place)
    }

    /// Gives what is in `place` its name, and returns where it is.
    pub(super) fn land(
        &self,
        place: &Path,
        pack: &PackRef,
        version: &Version,
    ) -> Result<PathBuf, SourceFailure> {
        let write = |source| SourceFailure::Write { place: self.destination.clone(), source };
        sync_file_system(place).map_err(write)?;
        let named = self.destination.join(pack.as_str());
        let versioned = self.destination.join(format!("{pack}-{version}"));
        for target in [&named, &versioned] {
            if rename_beside(place, target).map_err(write)? || is_same_tree(place, target).map_err(write)? {
                return Ok(target.clone());
            }
        }
        Err(SourceFailure::Taken { pack: format!("{pack} {version}"), place: versioned })
    }
}

/// Renames `from` to `to`, unless something is there.
fn rename_beside(from: &Path, to: &Path) -> io::Result<bool> {
    match renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(true),
        Err(Errno::EXIST | Errno::NOTEMPTY) => Ok(false),
        // The file system has no rename that spares what is there.
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => match fs_err::symlink_metadata(to) {
            Ok(_) => Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => fs_err::rename(from, to).map(|()| true),
            Err(error) => Err(error),
        },
        Err(error) => Err(error.into()),
    }
}

/// Whether both are directories with the same files and directories, which may be executed by the same people.
fn is_same_tree(one: &Path, other: &Path) -> io::Result<bool> {
    let (first, second) = (fs_err::symlink_metadata(one)?, fs_err::symlink_metadata(other)?);
    if first.is_file() && second.is_file() {
        let is_executable = |metadata: &std::fs::Metadata| metadata.permissions().mode() & 0o100 != 0;
        return Ok(first.len() == second.len()
            && is_executable(&first) == is_executable(&second)
            && has_same_bytes(one, other)?);
    }
    if !first.is_dir() || !second.is_dir() {
        return Ok(false);
    }
    let names = |directory: &Path| -> io::Result<Vec<_>> {
        let entries = fs_err::read_dir(directory)?.map(|entry| Ok(entry?.file_name()));
        let mut names = entries.collect::<io::Result<Vec<_>>>()?;
        names.sort();
        Ok(names)
    };
    let (own, others) = (names(one)?, names(other)?);
    if own != others {
        return Ok(false);
    }
    for name in own {
        if !is_same_tree(&one.join(&name), &other.join(&name))? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn has_same_bytes(one: &Path, other: &Path) -> io::Result<bool> {
    let (mut one, mut other) = (fs_err::File::open(one)?, fs_err::File::open(other)?);
    let (mut first, mut second) = (vec![0; 64 * 1024], vec![0; 64 * 1024]);
    loop {
        let count = one.read(&mut first)?;
        if count == 0 {
            return Ok(other.read(&mut second[..1])? == 0);
        }
        match other.read_exact(&mut second[..count]) {
            Ok(()) if first[..count] == second[..count] => {}
            Ok(()) => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pack(landing: &Landing, content: &str) -> PathBuf {
        let place = landing.place();
        fs_err::create_dir(&place).unwrap();
        fs_err::write(place.join("pack.yaml"), content).unwrap();
        place
    }

    #[test]
    fn nothing_is_replaced_and_the_same_is_there_already() {
        let destination = tempfile::tempdir().unwrap();
        let landing = Landing::new(destination.path()).unwrap();
        let (name, version) = ("demo".parse().unwrap(), "1.0.0".parse().unwrap());
        let land = |content: &str| landing.land(&pack(&landing, content), &name, &version);
        assert_eq!(land("a").unwrap(), destination.path().join("demo"));
        assert_eq!(land("a").unwrap(), destination.path().join("demo"));
        assert_eq!(land("b").unwrap(), destination.path().join("demo-1.0.0"));
        assert!(matches!(land("c"), Err(SourceFailure::Taken { .. })));
        drop(landing);
        assert_eq!(fs_err::read_to_string(destination.path().join("demo/pack.yaml")).unwrap(), "a");
        assert_eq!(fs_err::read_dir(destination.path()).unwrap().count(), 2);
    }

    #[test]
    fn an_empty_directory_is_not_replaced_either() {
        let destination = tempfile::tempdir().unwrap();
        fs_err::create_dir(destination.path().join("demo")).unwrap();
        let landing = Landing::new(destination.path()).unwrap();
        let landed = landing.land(&pack(&landing, "a"), &"demo".parse().unwrap(), &"1.0.0".parse().unwrap());
        assert_eq!(landed.unwrap(), destination.path().join("demo-1.0.0"));
    }
}
