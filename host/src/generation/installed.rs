//! Everything that a generation on disk knows of its packs: enough to write their rows again.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::Path;

use attune_schemas::{Digest, PackRef};

use super::kept_release::KeptRelease;
use super::lock_file::Generation;
use crate::environment::EnvironmentDescription;
use crate::root::{HostRoot, read_regular};

/// A generation with what it keeps of its releases and environments.
#[derive(Debug)]
pub struct InstalledGeneration {
    /// The lock file.
    pub generation: Generation,
    /// The releases, by pack.
    pub releases: BTreeMap<PackRef, KeptRelease>,
    /// The descriptions of its environments.
    pub descriptions: BTreeMap<Digest, EnvironmentDescription>,
}

impl InstalledGeneration {
    /// Reads what `generation` keeps of `packs` alone, each file held against its digest in the lock file; `None` if an
    /// earlier program made it, which kept less.
    ///
    /// # Errors
    /// A file cannot be read, or was changed.
    pub fn load_packs(
        root: &HostRoot,
        generation: &Generation,
        packs: &BTreeSet<&PackRef>,
    ) -> io::Result<Option<Self>> {
        let directory = root.generation(generation.id);
        let of_packs = generation.packs.iter().filter(|(pack, _)| packs.contains(pack));
        let part = Generation {
            packs: of_packs.map(|(pack, installed)| (pack.clone(), installed.clone())).collect(),
            ..generation.clone()
        };
        let environments = part.packs.values().flat_map(|pack| pack.environments.values());
        let descriptions = environments.map(|known| Generation::description(Path::new(""), &known.digest));
        let releases = part.packs.keys().map(|pack| KeptRelease::path(Path::new(""), pack));
        for name in descriptions.chain(releases) {
            let Some(kept) = generation.files.get(&*name.to_string_lossy()) else { return Ok(None) };
            let path = directory.join(&name);
            if Digest::of(&read_regular(&path)?) != kept.digest {
                let message = format!("`{}` was changed", path.display());
                return Err(io::Error::new(io::ErrorKind::InvalidData, message));
            }
        }
        Self::load(root, part)
    }

    /// Reads what `generation` keeps; `None` if an earlier program made it, which kept less.
    pub fn load(root: &HostRoot, generation: Generation) -> io::Result<Option<Self>> {
        let directory = root.generation(generation.id);
        let mut releases = BTreeMap::new();
        let mut descriptions = BTreeMap::new();
        for (pack, installed) in &generation.packs {
            let Some(release) = KeptRelease::load(&directory, pack)? else { return Ok(None) };
            releases.insert(pack.clone(), release);
            for environment in installed.environments.values() {
                if descriptions.contains_key(&environment.digest) {
                    continue;
                }
                let description = Generation::load_description(&directory, &environment.digest)?;
                let Some(description) = description else { return Ok(None) };
                descriptions.insert(environment.digest, description);
            }
        }
        Ok(Some(Self { generation, releases, descriptions }))
    }
}
