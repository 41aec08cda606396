//! Writes a generation and makes it the active one with a single rename.

use std::collections::BTreeMap;
use std::io;

use attune_registry::atomic_file::{write_sealed, write_unshared};
use attune_schemas::{Digest, PackRef};

use super::entries::{Entry, parts_in_store};
use super::kept_files::{KeptFiles, write_kept_files};
use super::lock_file::{Generation, LOCK_FILE};
use crate::environment::EnvironmentDescription;
use crate::generation::KeptRelease;
use crate::root::{HostRoot, seal, seal_below};

/// The parts of a generation's directory.
#[derive(Debug, Clone, Copy)]
pub struct GenerationParts<'a> {
    /// The lock file.
    pub generation: &'a Generation,
    /// The descriptions of its new environments.
    pub descriptions: &'a [&'a EnvironmentDescription],
    /// The new releases, as they are kept.
    pub releases: &'a BTreeMap<PackRef, KeptRelease>,
    /// The generation that has the descriptions and releases of everything else; an empty one if there is none.
    pub previous: &'a Generation,
}

/// The directories of a generation that nobody writes any more; its own stays open for its lock file.
const SEALED_PARTS: [&str; 4] = ["packs", "packenvs", "environments", "releases"];

/// Writes the directory of a generation, to which nothing points yet, and returns the digest of its lock file.
pub fn write_generation(root: &HostRoot, parts: &GenerationParts<'_>) -> io::Result<Digest> {
    let generation = parts.generation;
    let directory = root.generation(generation.id);
    fs_err::create_dir(&directory)?;
    let KeptFiles { files, mut copies } = write_kept_files(root, parts)?;
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
    let lock = Generation { files, ..generation.clone() }.to_bytes()?;
    let digest = Digest::of(&lock);
    write_unshared(&directory.join(LOCK_FILE), &lock)?;
    copies.add(LOCK_FILE, lock);
    copies.write_new(&directory)?;
    Ok(digest)
}
