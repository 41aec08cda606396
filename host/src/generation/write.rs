//! Writes a generation and makes it the active one with a single rename.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use attune_registry::atomic_file::{write_sealed, write_unshared};
use attune_schemas::{Digest, PackRef};

use super::entries::{Entry, parts_in_store};
use super::lock_file::{Generation, KeptFile, LOCK_FILE};
use crate::environment::EnvironmentDescription;
use crate::generation::KeptRelease;
use crate::root::{HostRoot, seal, seal_below};

/// The folders of a generation's directory whose files its lock file lists.
pub const KEPT_FOLDERS: [&str; 2] = ["environments", "releases"];

/// The parts of a generation's directory.
#[derive(Debug, Clone, Copy)]
pub struct GenerationParts<'a> {
    /// The lock file.
    pub generation: &'a Generation,
    /// The descriptions of its new environments.
    pub descriptions: &'a [&'a EnvironmentDescription],
    /// The new releases, as they are kept.
    pub releases: &'a BTreeMap<PackRef, KeptRelease>,
    /// The generation that has the descriptions and releases of everything else; 0 if there is none.
    pub previous: u64,
}

/// The directories of a generation that nobody writes any more; its own stays open for its lock file.
const SEALED_PARTS: [&str; 4] = ["packs", "packenvs", "environments", "releases"];

/// Writes the directory of a generation, to which nothing points yet, and returns the digest of its lock file.
pub fn write_generation(root: &HostRoot, parts: &GenerationParts<'_>) -> io::Result<Digest> {
    let generation = parts.generation;
    let directory = root.generation(generation.id);
    fs_err::create_dir(&directory)?;
    describe_environments(root, parts)?;
    keep_releases(root, parts)?;
    for (path, entry) in generation.entries(&|digest| parts_in_store(root, digest))? {
        let path = directory.join(path);
        match entry {
            Entry::Directory => fs_err::create_dir(&path)?,
            Entry::Link(target) => fs_err::os::unix::fs::symlink(&target, &path)?,
            Entry::File(content) => write_sealed(&path, content)?,
        }
    }
    for part in SEALED_PARTS {
        let part = directory.join(part);
        seal_below(&part)?;
        seal(&part)?;
    }
    let files = kept_files(&directory)?;
    let lock = Generation { files, ..generation.clone() }.to_bytes()?;
    write_unshared(&directory.join(LOCK_FILE), &lock)?;
    Ok(Digest::of(&lock))
}

/// The descriptions and releases in the directory of a generation.
fn kept_files(directory: &Path) -> io::Result<BTreeMap<String, KeptFile>> {
    let mut files = BTreeMap::new();
    for folder in KEPT_FOLDERS {
        for entry in fs_err::read_dir(directory.join(folder))? {
            let entry = entry?;
            let bytes = fs_err::read(entry.path())?;
            let file = KeptFile { bytes: bytes.len() as u64, digest: Digest::of(&bytes) };
            files.insert(format!("{folder}/{}", entry.file_name().to_string_lossy()), file);
        }
    }
    Ok(files)
}

fn describe_environments(root: &HostRoot, parts: &GenerationParts<'_>) -> io::Result<()> {
    let directory = root.generation(parts.generation.id);
    fs_err::create_dir(directory.join("environments"))?;
    let environments = parts.generation.packs.values().flat_map(|pack| pack.environments.values());
    let digests: BTreeSet<Digest> = environments.map(|environment| environment.digest).collect();
    for digest in digests {
        let place = Generation::description(&directory, &digest);
        match parts.descriptions.iter().find(|environment| environment.digest() == digest) {
            Some(environment) => {
                write_sealed(&place, serde_json::to_vec(environment).map_err(io::Error::from)?)?;
            }
            None => keep(&Generation::description(&root.generation(parts.previous), &digest), &place)?,
        }
    }
    Ok(())
}

fn keep_releases(root: &HostRoot, parts: &GenerationParts<'_>) -> io::Result<()> {
    let directory = root.generation(parts.generation.id);
    fs_err::create_dir(directory.join("releases"))?;
    for pack in parts.generation.packs.keys() {
        let place = KeptRelease::path(&directory, pack);
        match parts.releases.get(pack) {
            Some(release) => {
                write_sealed(&place, serde_json::to_vec(release).map_err(io::Error::from)?)?;
            }
            None => keep(&KeptRelease::path(&root.generation(parts.previous), pack), &place)?,
        }
    }
    Ok(())
}

/// Gives the file of an earlier generation to this one; an earlier program may not have made it.
fn keep(known: &Path, place: &Path) -> io::Result<()> {
    match fs_err::hard_link(known, place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // Some file systems have no hard links, and a file has only so many.
        Err(_) => fs_err::copy(known, place).map(drop),
        linked => linked,
    }
}
