//! Everything that a generation on disk knows of its packs: enough to write their rows again.

use std::collections::BTreeMap;
use std::io;

use attune_schemas::{Digest, PackRef};

use super::kept_release::KeptRelease;
use super::lock_file::Generation;
use crate::environment::EnvironmentDescription;
use crate::root::HostRoot;

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
