//! Writes a backup. Every file is read against its digest on the way: what is not whole is not backed up.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use attune_registry::atomic_file::{AtomicWrite, Existing, FileMode};
use attune_registry::blob::{BlobError, BlobStore, Durability};
use attune_registry::bundle::write_archive;
use attune_registry::report::{NewTask, Reporter};
use attune_schemas::{Digest, PackRef};
use jiff::Timestamp;

use super::error::BackupError;
use super::statement::{BACKUP_FORMAT, BackupStatement, SIGNATURE, STATEMENT, signature_file};
use crate::database::pack_settings;
use crate::generation::{Generation, InstalledPack, KeptRelease, ListDigests};
use crate::local::{LocalRegistry, LocalSigner, SignedRelease};
use crate::preferences::HostPolicy;
use crate::process::Interrupt;
use crate::root::{HostRoot, StoreKind, read_regular};
use crate::trees::{Content, TreeLists};

/// The treatment of a file that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Overwrite {
    /// It stays, and there is no backup.
    Refuse,
    /// The backup takes its place, once it is whole.
    Replace,
}

/// A backup to be written.
#[derive(Debug)]
pub struct BackupWriter {
    statement: Vec<u8>,
    /// The small files: lists, descriptions and releases.
    head: Vec<(String, Vec<u8>)>,
    /// Where a file with each digest is, and its size.
    blobs: BTreeMap<Digest, (PathBuf, u64)>,
}

/// A backup that was written, or would be.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BackedUp {
    /// The file.
    pub path: PathBuf,
    /// Its size in bytes.
    pub bytes: u64,
    /// The number of packs in it.
    pub packs: usize,
}

impl BackupWriter {
    /// One of `packs`, which `active` has, with all that they use of the store of `root`.
    ///
    /// # Errors
    /// An earlier program kept too little of a pack, or a file of one was changed.
    pub fn of(
        root: &HostRoot,
        active: &Generation,
        packs: &BTreeSet<PackRef>,
        now: Timestamp,
    ) -> Result<Self, BackupError> {
        let mut writer = Self { statement: Vec::new(), head: Vec::new(), blobs: BTreeMap::new() };
        let (mut lists, mut files) = (BTreeMap::new(), BTreeMap::new());
        let gone = active.packs.iter().filter(|(pack, _)| packs.contains(*pack));
        let gone: BTreeMap<PackRef, InstalledPack> =
            gone.map(|(pack, installed)| (pack.clone(), installed.clone())).collect();
        for (pack, installed) in &gone {
            let not_whole = |reason: String| BackupError::NotWhole { pack: pack.clone(), reason };
            for (kind, digest) in installed.store_entries() {
                if lists.contains_key(&(kind, digest)) {
                    continue;
                }
                let unlisted = || not_whole("an earlier program kept no lists of its files".to_owned());
                let list = active.lists.get(kind, &digest).ok_or_else(unlisted)?;
                writer.add_tree(root, (kind, digest), &list).map_err(not_whole)?;
                lists.insert((kind, digest), list);
            }
            let environments = installed.environments.values();
            let names = environments.map(|known| Generation::description(Path::new(""), &known.digest));
            for name in names.chain([KeptRelease::path(Path::new(""), pack)]) {
                let name = name.to_string_lossy().into_owned();
                if files.contains_key(&name) {
                    continue;
                }
                let kept = active.files.get(&name);
                let kept =
                    kept.ok_or_else(|| not_whole(format!("an earlier program did not keep `{name}`")))?;
                let bytes = read_regular(&root.generation(active.id).join(&name));
                let bytes = bytes.map_err(|error| not_whole(error.to_string()))?;
                if Digest::of(&bytes) != kept.digest {
                    return Err(not_whole(format!("`{name}` was changed")));
                }
                writer.head.push((format!("files/{name}"), bytes));
                files.insert(name, *kept);
            }
        }
        let signed_here = signed_here(root, &gone, now);
        let own = BlobStore::new(&LocalRegistry::of(root).path());
        for (digest, size) in signed_here.values().flat_map(|release| &release.blobs) {
            writer.blobs.entry(*digest).or_insert_with(|| (own.path(digest), *size));
        }
        let policy = HostPolicy::load(root).map_err(|source| root.failed(source))?;
        let mut of_packs = Generation { packs: gone, ..active.clone() };
        of_packs.forget_unused_interpreters();
        let statement = BackupStatement {
            format: BACKUP_FORMAT.to_owned(),
            created_at: now,
            root: if active.root.as_os_str().is_empty() { root.path() } else { &active.root }.to_owned(),
            generation: active.id,
            settings: pack_settings(root, of_packs.packs.keys())?,
            packs: of_packs.packs,
            interpreters: of_packs.interpreters,
            nodes: of_packs.nodes,
            lists: lists.into_iter().collect::<ListDigests>(),
            files,
            held: policy.held.into_iter().filter(|pack| packs.contains(pack)).collect(),
            pinned: policy.pinned.into_iter().filter(|(pack, _)| packs.contains(pack)).collect(),
            signed_here,
        };
        writer.statement =
            serde_json::to_vec_pretty(&statement).map_err(|error| root.failed(io::Error::from(error)))?;
        writer.statement.push(b'\n');
        Ok(writer)
    }

    fn add_tree(
        &mut self,
        root: &HostRoot,
        (kind, digest): (StoreKind, Digest),
        list: &Digest,
    ) -> Result<(), String> {
        let part = kind.directory();
        let loaded = TreeLists::of(root, kind, &digest).load(list);
        let loaded = loaded.map_err(|_| format!("the list of the files of a tree in `{part}` is gone"))?;
        let place = root.store(kind, &digest);
        for entry in loaded.entries() {
            if let Content::File { size, digest, .. } = entry.content {
                self.blobs.entry(digest).or_insert_with(|| (place.join(&entry.path), size));
            }
        }
        let name = format!("lists/{}", list.hex());
        if self.head.iter().all(|(known, _)| *known != name) {
            self.head.push((name, loaded.to_bytes()));
        }
        Ok(())
    }

    /// Writes it to `path`, signed by `signer`, readable by its owner alone: it has the configuration of packs.
    ///
    /// # Errors
    /// There is a file already, it cannot be written, or a file of the store is not what it was. Nothing is left then.
    pub fn write(
        &self,
        path: &Path,
        signer: &LocalSigner,
        (overwrite, durability): (Overwrite, Durability),
        (interrupt, reporter): (&Interrupt, &dyn Reporter),
    ) -> Result<u64, BackupError> {
        let failed = |source: io::Error| match source.kind() {
            io::ErrorKind::AlreadyExists => BackupError::Exists { path: path.to_owned() },
            _ => BackupError::Write { path: path.to_owned(), source },
        };
        let existing = match overwrite {
            Overwrite::Refuse => Existing::Keep,
            Overwrite::Replace => Existing::Replace,
        };
        let name = path.file_name().ok_or_else(|| failed(io::ErrorKind::InvalidInput.into()))?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let options = AtomicWrite { mode: FileMode::Private, durability, existing };
        let mut file = options.start_in(folder.unwrap_or(Path::new("."))).map_err(failed)?;
        let signature = signature_file(&self.statement, signer)?;
        self.fill(&mut file, &signature, path, (interrupt, reporter))?;
        let bytes = file.file_mut().metadata().map_err(failed)?.len();
        file.commit(name).map_err(failed)?;
        Ok(bytes)
    }

    /// The size that it would have, in bytes, give or take those of the signature.
    ///
    /// # Errors
    /// A file of the store is not what it was.
    pub fn size(&self, interrupt: &Interrupt, reporter: &dyn Reporter) -> Result<u64, BackupError> {
        let mut counted = Counted(0);
        self.fill(&mut counted, &[b' '; 256], Path::new("-"), (interrupt, reporter))?;
        Ok(counted.0)
    }

    fn fill(
        &self,
        writer: &mut dyn Write,
        signature: &[u8],
        path: &Path,
        (interrupt, reporter): (&Interrupt, &dyn Reporter),
    ) -> Result<(), BackupError> {
        let total = self.blobs.values().map(|(_, size)| size).sum();
        let shown = reporter.task(NewTask::new("backing up").of_bytes(total));
        let written = write_archive(writer, total, |archive| {
            archive.add(STATEMENT, &self.statement)?;
            archive.add(SIGNATURE, signature)?;
            for (name, bytes) in &self.head {
                archive.add(name, bytes)?;
            }
            for (digest, (file, size)) in &self.blobs {
                interrupt.check()?;
                let reader = fs_err::File::open(file)
                    .map_err(|source| WriteError::File(BlobError::Io { digest: *digest, source }))?;
                let name = format!("blobs/sha256/{}", digest.hex());
                archive.add_blob(&name, digest, *size, reader).map_err(WriteError::File)?;
                shown.advanced(*size);
            }
            Ok(())
        });
        written.map_err(|error| match error {
            WriteError::Io(source) => BackupError::Write { path: path.to_owned(), source },
            WriteError::File(error) if error.is_damage() || error.is_absence() => BackupError::File(error),
            WriteError::File(error) => {
                BackupError::Write { path: path.to_owned(), source: io::Error::other(error) }
            }
            WriteError::Interrupted(error) => error.into(),
        })
    }
}

/// The releases of those of `packs` that the host signed, as far as its registry has them whole: without them a pack
/// comes back all the same, and cannot be repaired.
fn signed_here(
    root: &HostRoot,
    packs: &BTreeMap<PackRef, InstalledPack>,
    now: Timestamp,
) -> BTreeMap<PackRef, SignedRelease> {
    let unsigned = || packs.iter().filter(|(_, installed)| installed.is_unsigned());
    if unsigned().next().is_none() {
        return BTreeMap::new();
    }
    let found = LocalSigner::open(root, now).and_then(|own| {
        let found =
            unsigned().map(|(pack, installed)| Ok((pack.clone(), own.signed(pack, &installed.manifest)?)));
        found.collect::<Result<Vec<_>, _>>()
    });
    let found = found.unwrap_or_else(|error| {
        tracing::info!("the backup goes without what the host signed: {error}");
        Vec::new()
    });
    found.into_iter().filter_map(|(pack, release)| Some((pack, release?))).collect()
}

/// Why an archive could not be filled.
#[derive(Debug)]
enum WriteError {
    Io(io::Error),
    File(BlobError),
    Interrupted(crate::process::Interrupted),
}

impl From<io::Error> for WriteError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<crate::process::Interrupted> for WriteError {
    fn from(error: crate::process::Interrupted) -> Self {
        Self::Interrupted(error)
    }
}

/// Counts the bytes that are written to it.
struct Counted(u64);

impl Write for Counted {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
