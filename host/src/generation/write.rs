//! Writes a generation and makes it the active one with a single rename.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use attune_registry::atomic_file::write_unshared;
use attune_schemas::{Digest, PackRef};

use super::entries::{Entry, parts_in_store};
use super::lock_file::Generation;
use crate::environment::EnvironmentDescription;
use crate::generation::KeptRelease;
use crate::root::HostRoot;

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

/// Writes the directory of a generation; nothing points to it yet.
pub fn write_generation(root: &HostRoot, parts: &GenerationParts<'_>) -> io::Result<()> {
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
            Entry::File(content) => write_unshared(&path, content)?,
        }
    }
    let mut lock = serde_json::to_vec_pretty(generation).map_err(io::Error::from)?;
    lock.push(b'\n');
    write_unshared(&directory.join("generation.json"), lock)
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
                write_unshared(&place, serde_json::to_vec(environment).map_err(io::Error::from)?)?;
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
                write_unshared(&place, serde_json::to_vec(release).map_err(io::Error::from)?)?;
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
