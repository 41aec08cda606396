//! The trees of a backup, unpacked into staging as their lists say: every file against its digest, and each tree against
//! its list once more before anything is moved into the store.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Component, Path, PathBuf};

use attune_registry::blob::{BlobError, BlobStore, copy_verified};
use attune_registry::report::{NewTask, Reporter};
use attune_schemas::{Digest, PackRef};

use super::error::BackupError;
use super::read::{Backup, archive_fault, blob_named};
use crate::local::{LocalRegistry, STAGED_LOCAL, SignedRelease};
use crate::process::Interrupt;
use crate::root::{HostRoot, StoreKind};
use crate::transaction::Staging;
use crate::trees::{Content, FileList, KnownDigests};

/// A tree of the store.
type Tree = (StoreKind, Digest);

/// The places of a file, with its size in bytes.
struct Wanted {
    size: u64,
    places: Vec<Place>,
}

struct Place {
    path: PathBuf,
    mode: u32,
    /// Whether nobody may write to it, so that other trees may have links to it.
    is_sealed: bool,
}

impl Backup {
    /// The bytes of the files of `trees`, each file once.
    pub fn bytes_of(&self, trees: &BTreeSet<Tree>) -> u64 {
        let lists = trees.iter().filter_map(|tree| self.list(tree));
        let files = lists.flat_map(FileList::entries).filter_map(|entry| match &entry.content {
            Content::File { size, digest, .. } => Some((*digest, *size)),
            _ => None,
        });
        files.collect::<BTreeMap<Digest, u64>>().values().sum()
    }

    fn list(&self, (kind, digest): &Tree) -> Option<&FileList> {
        self.lists.get(&self.statement.lists.get(*kind, digest)?)
    }

    /// Unpacks `trees` into `staging`, and takes their lists; the blobs of `signed` go to the registry of the host's own.
    /// What follows the last file that is needed is not read.
    ///
    /// # Errors
    /// The backup lacks a file or is damaged, or a file cannot be written.
    pub fn unpack(
        mut self,
        (trees, signed): (&BTreeSet<Tree>, &BTreeMap<PackRef, SignedRelease>),
        (root, staging): (&HostRoot, &Staging),
        (interrupt, reporter): (&Interrupt, &dyn Reporter),
    ) -> Result<(), BackupError> {
        let failed = |source| root.failed(source);
        let mut wanted: BTreeMap<Digest, Wanted> = BTreeMap::new();
        for tree in trees {
            let list = self.list(tree).ok_or_else(|| self.damaged("it lacks the list of a tree"))?.clone();
            staging.create_part(tree.0).map_err(failed)?;
            self.prepare(&staging.tree(tree.0, &tree.1), &list, &mut wanted)?.map_err(failed)?;
        }
        let own = LocalRegistry::staged(&staging.directory().join(STAGED_LOCAL));
        let own = BlobStore::new(&own.path());
        for (digest, size) in signed.values().flat_map(|release| &release.blobs) {
            let path = own.path(digest);
            fs_err::create_dir_all(path.parent().unwrap_or(staging.directory())).map_err(failed)?;
            let file = wanted.entry(*digest).or_insert_with(|| Wanted { size: *size, places: Vec::new() });
            // Two packs may have the same wheel.
            if file.places.iter().all(|place| place.path != path) {
                file.places.push(Place { path, mode: 0o644, is_sealed: false });
            }
        }
        let shown =
            reporter.task(NewTask::new("unpacking").of_bytes(wanted.values().map(|file| file.size).sum()));
        while !wanted.is_empty() {
            interrupt.check()?;
            let Some(digest) = self.next_blob()? else {
                return Err(self.damaged("files of it are missing"));
            };
            let Some(file) = wanted.remove(&digest) else { continue };
            self.write(&digest, &file)?.map_err(failed)?;
            shown.advanced(file.size);
        }
        for tree in trees {
            let list = self.list(tree).ok_or_else(|| self.damaged("it lacks the list of a tree"))?;
            let (kind, digest) = *tree;
            let place = staging.tree(kind, &digest);
            let known = finish(&place, list).map_err(failed)?;
            staging.list(kind, digest, &known).map_err(failed)?;
            if staging.list_of(kind, &digest) != self.statement.lists.get(kind, &digest) {
                return Err(self.damaged("a tree of it is not as its list says"));
            }
        }
        Ok(())
    }

    fn next_blob(&mut self) -> Result<Option<Digest>, BackupError> {
        if let Some(pending) = self.pending.take() {
            return Ok(Some(pending));
        }
        let Some(name) = self.next_file()? else { return Ok(None) };
        blob_named(&name).map(Some).ok_or_else(|| self.damaged(format!("`{name}` is not a file of a tree")))
    }

    /// Creates the directories of a tree, and adds its files to `wanted`.
    fn prepare(
        &self,
        tree: &Path,
        list: &FileList,
        wanted: &mut BTreeMap<Digest, Wanted>,
    ) -> Result<io::Result<()>, BackupError> {
        if let Err(error) = fs_err::create_dir(tree) {
            return Ok(Err(error));
        }
        let mut links: BTreeSet<&Path> = BTreeSet::new();
        for entry in list.entries() {
            let relative = Path::new(&entry.path);
            let is_below = relative.components().all(|part| matches!(part, Component::Normal(_)));
            // Sorted, so that a link comes before whatever a list may have below it.
            let is_through_link = relative.ancestors().skip(1).any(|above| links.contains(above));
            if entry.path.is_empty() || !is_below || is_through_link {
                return Err(self.damaged("a list of it has a path that leads elsewhere"));
            }
            let path = tree.join(relative);
            match &entry.content {
                Content::Directory { .. } => {
                    if let Err(error) = fs_err::create_dir(&path) {
                        return Ok(Err(error));
                    }
                }
                Content::File { mode, size, digest } => {
                    let file =
                        wanted.entry(*digest).or_insert_with(|| Wanted { size: *size, places: Vec::new() });
                    let (mode, is_sealed) = (*mode & 0o7777, mode & 0o222 == 0);
                    file.places.push(Place { path, mode, is_sealed });
                }
                Content::Link { .. } => drop(links.insert(relative)),
            }
        }
        Ok(Ok(()))
    }

    /// Writes the file that comes next to each of its places.
    fn write(&mut self, digest: &Digest, file: &Wanted) -> Result<io::Result<()>, BackupError> {
        let mut written: Vec<&Place> = Vec::new();
        for place in &file.places {
            let alike = |known: &&&Place| known.mode == place.mode && known.is_sealed && place.is_sealed;
            let made = match (written.iter().find(alike), written.first()) {
                (Some(known), _) if fs_err::hard_link(&known.path, &place.path).is_ok() => Ok(()),
                (_, Some(known)) => copy(&known.path, place),
                (_, None) => {
                    let target = match create(place) {
                        Ok(target) => target,
                        Err(error) => return Ok(Err(error)),
                    };
                    self.write_first(digest, file.size, target)?
                }
            };
            if let Err(error) = made {
                return Ok(Err(error));
            }
            written.push(place);
        }
        Ok(Ok(()))
    }

    fn write_first(
        &mut self,
        digest: &Digest,
        size: u64,
        mut target: fs_err::File,
    ) -> Result<io::Result<()>, BackupError> {
        let mut kept = KeepsFault { inner: &mut target, fault: None };
        let copied = copy_verified(&mut self.stream, &mut kept, digest, size);
        if let Some(fault) = kept.fault {
            return Ok(Err(fault));
        }
        match copied {
            Ok(()) => Ok(Ok(())),
            Err(BlobError::Io { source, .. }) => {
                Err(archive_fault(&self.path, attune_registry::archive::ArchiveError::of_read(source)))
            }
            Err(error) => Err(self.damaged(error.to_string())),
        }
    }
}

/// Tells failures to write from those to read.
struct KeepsFault<'a> {
    inner: &'a mut fs_err::File,
    fault: Option<io::Error>,
}

impl io::Write for KeepsFault<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes).map_err(|error| {
            let told = io::Error::from(error.kind());
            self.fault = Some(error);
            told
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn create(place: &Place) -> io::Result<fs_err::File> {
    let mut options = fs_err::OpenOptions::new();
    options.write(true).create_new(true).options_mut().mode(place.mode);
    let file = options.open(&place.path)?;
    // The umask took bits away.
    file.set_permissions(Permissions::from_mode(place.mode))?;
    Ok(file)
}

fn copy(from: &Path, place: &Place) -> io::Result<()> {
    let mut target = create(place)?;
    io::copy(&mut fs_err::File::open(from)?, &mut target)?;
    Ok(())
}

/// Makes the links of a tree and gives its directories their modes; tells the digests of its files.
fn finish(tree: &Path, list: &FileList) -> io::Result<KnownDigests> {
    let mut known = KnownDigests::new();
    for entry in list.entries().iter().rev() {
        let path = tree.join(&entry.path);
        match &entry.content {
            Content::Link { target } => fs_err::os::unix::fs::symlink(target, path)?,
            Content::File { digest, .. } => drop(known.insert(entry.path.clone(), *digest)),
            // After everything below it, which sorts after it.
            Content::Directory { mode } => {
                fs_err::set_permissions(path, Permissions::from_mode(mode & 0o7777))?;
            }
        }
    }
    Ok(known)
}
