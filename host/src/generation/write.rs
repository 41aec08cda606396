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
    let files = kept_files(root, parts)?;
    let lock = Generation { files, ..generation.clone() }.to_bytes()?;
    write_unshared(&directory.join(LOCK_FILE), &lock)?;
    Ok(Digest::of(&lock))
}

/// The descriptions and releases in the directory of a generation. Those that are taken over stay what they were: one
/// that was damaged by then is still told as such.
fn kept_files(root: &HostRoot, parts: &GenerationParts<'_>) -> io::Result<BTreeMap<String, KeptFile>> {
    let directory = root.generation(parts.generation.id);
    let releases = parts.releases.keys().map(|pack| KeptRelease::path(Path::new(""), pack));
    let descriptions =
        parts.descriptions.iter().map(|it| Generation::description(Path::new(""), &it.digest()));
    let new: BTreeSet<String> =
        releases.chain(descriptions).map(|path| path.to_string_lossy().into_owned()).collect();
    let mut files = match Generation::load(&root.generation(parts.previous)) {
        Ok(previous) => previous.files,
        // There is none, or an install replaces all of it.
        Err(_) => BTreeMap::new(),
    };
    let packs = parts.generation.packs.values();
    let digests = packs.flat_map(|pack| pack.environments.values().map(|environment| environment.digest));
    let needed = digests.map(|digest| Generation::description(Path::new(""), &digest));
    let needed =
        needed.chain(parts.generation.packs.keys().map(|pack| KeptRelease::path(Path::new(""), pack)));
    let needed: BTreeSet<String> = needed.map(|path| path.to_string_lossy().into_owned()).collect();
    files.retain(|name, _| needed.contains(name) && !new.contains(name));
    for folder in KEPT_FOLDERS {
        for entry in fs_err::read_dir(directory.join(folder))? {
            let entry = entry?;
            let name = format!("{folder}/{}", entry.file_name().to_string_lossy());
            if files.contains_key(&name) {
                continue;
            }
            let bytes = fs_err::read(entry.path())?;
            files.insert(name, KeptFile { bytes: bytes.len() as u64, digest: Digest::of(&bytes) });
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
