//! Writes a generation and makes it the active one with a single rename.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use attune_registry::atomic_file::write_unshared;
use attune_schemas::{Digest, PackRef};

use super::lock_file::Generation;
use crate::environment::EnvironmentDescription;
use crate::environment::EnvironmentKind;
use crate::generation::KeptRelease;
use crate::root::{HostRoot, StoreKind};

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
    let packs = directory.join("packs");
    let environments = directory.join("packenvs");
    fs_err::create_dir(&packs)?;
    fs_err::create_dir(&environments)?;
    for (pack, installed) in &generation.packs {
        let target = store_link(3, StoreKind::Packs, &installed.pack);
        symlink(&target, &packs.join(pack.as_str()))?;
        for (name, environment) in &installed.environments {
            let place = environments.join(pack.as_str()).join(name.as_str());
            fs_err::create_dir_all(&place)?;
            // Packages may bring data files for any directory: `share`, `etc`, `include`.
            for part in fs_err::read_dir(root.store(StoreKind::Envs, &environment.digest))? {
                let part = part?.file_name();
                let target = store_link(5, StoreKind::Envs, &environment.digest).join(&part);
                symlink(&target, &place.join(&part))?;
            }
            if let Some(of_workers) = name.name_of_workers() {
                // Off-spec: workers take the runtime's name, "Node.js", and sensors the end of its ref.
                let other = environments.join(pack.as_str()).join(of_workers.as_str());
                symlink(Path::new(name.as_str()), &other)?;
            }
            if environment.kind == EnvironmentKind::Nodejs && environment.marker.is_some() {
                let pack = store_link(5, StoreKind::Packs, &installed.pack);
                symlink(&pack.join("package.json"), &place.join("package.json"))?;
            }
            if let Some(marker) = &environment.marker {
                write_unshared(&place.join(".attune_deps_installed"), marker)?;
            }
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

/// A relative link, so that a root can be looked at from elsewhere, as in a container's image.
fn store_link(levels_up: usize, kind: StoreKind, digest: &Digest) -> PathBuf {
    let up: PathBuf = std::iter::repeat_n("..", levels_up).collect();
    let store = HostRoot::relative_store(kind);
    up.join(store).join(digest.hex())
}

fn symlink(target: &Path, link: &Path) -> io::Result<()> {
    fs_err::os::unix::fs::symlink(target, link)
}
