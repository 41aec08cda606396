//! What of the registry of the host's own no kept generation uses, and its removal.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::PathBuf;

use attune_registry::layout::RegistryPath;
use attune_schemas::pack_index::PackIndex;
use attune_schemas::{Digest, PackRef};
use jiff::Timestamp;

use super::registry::LocalRegistry;
use super::signer::{LocalError, LocalSigner};
use crate::root::{HostRoot, files_below};

/// What of the registry of the host's own is of no use.
#[derive(Debug, Default)]
pub struct Unused {
    /// The indexes with those releases alone that stay, of packs that lose one.
    indexes: BTreeMap<PackRef, PackIndex>,
    /// The files of which nothing that stays tells.
    pub files: Vec<PathBuf>,
}

impl Unused {
    /// All of the registry of `root` but the releases with the manifests `used`, and what they consist of; nothing where
    /// the host never signed. Reads only.
    ///
    /// # Errors
    /// The registry is damaged, or cannot be read.
    pub fn of(root: &HostRoot, used: &BTreeSet<Digest>, now: Timestamp) -> Result<Self, LocalError> {
        if !LocalRegistry::of(root).exists() {
            return Ok(Self::default());
        }
        let signer = LocalSigner::open(root, now)?;
        let mut unused = Self::default();
        let mut needed: BTreeSet<RegistryPath> = BTreeSet::new();
        for pack in signer.packs() {
            let Some(index) = signer.index(&pack)? else { continue };
            let (kept, gone): (Vec<_>, Vec<_>) =
                index.releases.iter().cloned().partition(|release| used.contains(&release.manifest.digest));
            for release in &kept {
                let verified = signer.release(&pack, release)?;
                let layers = verified.manifest.layers.iter().chain([&verified.manifest.config]);
                needed.extend(layers.map(|layer| RegistryPath::Blob(layer.digest)));
                needed.insert(RegistryPath::Blob(release.manifest.digest));
            }
            if gone.is_empty() {
                continue;
            }
            let mut left = PackIndex { releases: Vec::new(), channels: BTreeMap::new(), ..index };
            for release in kept {
                left.insert(release);
            }
            unused.indexes.insert(pack, left);
        }
        let blobs = LocalRegistry::of(root).path().join("blobs");
        let is_needed = |path: &PathBuf| needed.iter().any(|known| path.ends_with(known.to_string()));
        let files = files_below(&blobs).map_err(|source| root.failed(source))?;
        unused.files = files.into_iter().filter(|path| !is_needed(path)).collect();
        Ok(unused)
    }

    /// Signs the registry of `root`, which must be held, anew without it, and removes the files that nothing names any
    /// more.
    ///
    /// # Errors
    /// A file cannot be written or removed, or the key does not sign.
    pub fn remove(&self, root: &HostRoot, now: Timestamp) -> Result<(), LocalError> {
        let local = LocalRegistry::of(root);
        if !local.exists() {
            return Ok(());
        }
        if !self.indexes.is_empty() {
            LocalSigner::begin(root, &root.local(), now)?.publish(&self.indexes)?;
        }
        let failed = |source| root.failed(source);
        let signer = LocalSigner::open(root, now)?;
        let mut files = self.files.clone();
        files.extend(old_indexes(&local, &signer).map_err(failed)?);
        files.extend(old_metadata(&local, &signer).map_err(failed)?);
        for path in files {
            match fs_err::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error).into()),
                _ => {}
            }
        }
        Ok(())
    }
}

/// The files of indexes that were replaced.
fn old_indexes(local: &LocalRegistry, signer: &LocalSigner) -> io::Result<Vec<PathBuf>> {
    let targets = &signer.repository().targets().role().targets;
    let digests: BTreeSet<String> =
        targets.values().filter_map(|target| target.hashes.sha256()).map(|digest| digest.hex()).collect();
    let is_named = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.split_once('.').is_some_and(|(digest, _)| digests.contains(digest))
    };
    let files = files_below(&local.path().join("packs"))?;
    Ok(files.into_iter().filter(|path| !is_named(path)).collect())
}

/// The files of metadata that was replaced; roots stay, as the first one vouches for the others.
fn old_metadata(local: &LocalRegistry, signer: &LocalSigner) -> io::Result<Vec<PathBuf>> {
    let repository = signer.repository();
    let current = [
        format!("{}.targets.json", repository.targets().role().version),
        format!("{}.snapshot.json", repository.snapshot().role().version),
        "timestamp.json".to_owned(),
    ];
    let stays = |path: &PathBuf| {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        name.ends_with(".root.json") || current.iter().any(|known| *known == name)
    };
    let files = files_below(&local.metadata())?;
    Ok(files.into_iter().filter(|path| !stays(path)).collect())
}
