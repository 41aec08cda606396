//! The names by which a generation's packs and environments are found: written by an install, and looked at
//! by whoever verifies one.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use attune_schemas::{Digest, PackRef};

use super::lock_file::{Generation, InstalledPack};
use crate::environment::{EnvironmentKind, EnvironmentName, InstalledEnvironment};
use crate::root::{HostRoot, StoreKind};

/// The file by which Attune's workers see that an environment is ready.
pub const MARKER: &str = ".attune_deps_installed";

/// An entry of a generation's directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// A directory.
    Directory,
    /// A symbolic link, with its target as it is written.
    Link(PathBuf),
    /// A file with this content.
    File(String),
}

/// The entries below `packs` and `packenvs`, by their paths relative to the generation's directory; each comes
/// after the directory that it is in.
pub type Entries = BTreeMap<PathBuf, Entry>;

impl Generation {
    /// Every entry by which its packs and environments are found. `parts` gives the names at the top of an
    /// environment of the store, each of which is linked to.
    ///
    /// # Errors
    /// Those of `parts`.
    pub fn entries(&self, parts: &dyn Fn(&Digest) -> io::Result<Vec<OsString>>) -> io::Result<Entries> {
        let mut entries = Entries::new();
        let (packs, environments) = (Path::new("packs"), Path::new("packenvs"));
        entries.insert(packs.to_owned(), Entry::Directory);
        entries.insert(environments.to_owned(), Entry::Directory);
        for pack in self.packs.keys() {
            entries.extend(self.entries_of(pack, parts)?);
        }
        Ok(entries)
    }

    /// The entries by which `pack` and its environments are found; none if it is not installed.
    ///
    /// # Errors
    /// Those of `parts`.
    pub fn entries_of(
        &self,
        pack: &PackRef,
        parts: &dyn Fn(&Digest) -> io::Result<Vec<OsString>>,
    ) -> io::Result<Entries> {
        let mut entries = Entries::new();
        let Some(installed) = self.packs.get(pack) else { return Ok(entries) };
        let directory = Path::new("packenvs").join(pack.as_str());
        let target = store_link(3, StoreKind::Packs, &installed.pack);
        entries.insert(Path::new("packs").join(pack.as_str()), Entry::Link(target));
        for (name, environment) in &installed.environments {
            entries.insert(directory.clone(), Entry::Directory);
            let names = parts(&environment.digest)?;
            Place { installed, name, environment }.add(&directory, &names, &mut entries);
        }
        Ok(entries)
    }
}

/// An environment of a pack.
struct Place<'a> {
    installed: &'a InstalledPack,
    name: &'a EnvironmentName,
    environment: &'a InstalledEnvironment,
}

impl Place<'_> {
    /// Adds what is in `directory`, which is the pack's.
    fn add(&self, directory: &Path, parts: &[OsString], entries: &mut Entries) {
        let Self { installed, name, environment } = self;
        let place = directory.join(name.as_str());
        // Packages may bring data files for any directory: `share`, `etc`, `include`.
        for part in parts {
            let target = store_link(5, StoreKind::Envs, &environment.digest).join(part);
            entries.insert(place.join(part), Entry::Link(target));
        }
        if let Some(of_workers) = name.name_of_workers() {
            // Off-spec: workers take the runtime's name, "Node.js", and sensors the end of its ref.
            entries.insert(directory.join(of_workers.as_str()), Entry::Link(name.as_str().into()));
        }
        if environment.kind == EnvironmentKind::Nodejs && environment.marker.is_some() {
            let target = store_link(5, StoreKind::Packs, &installed.pack).join("package.json");
            entries.insert(place.join("package.json"), Entry::Link(target));
        }
        if let Some(marker) = &environment.marker {
            entries.insert(place.join(MARKER), Entry::File(marker.clone()));
        }
        entries.insert(place, Entry::Directory);
    }
}

/// The names at the top of environment `digest` in the store of `root`, as they are now.
pub fn parts_in_store(root: &HostRoot, digest: &Digest) -> io::Result<Vec<OsString>> {
    fs_err::read_dir(root.store(StoreKind::Envs, digest))?.map(|entry| Ok(entry?.file_name())).collect()
}

/// A relative link, so that a root can be looked at from elsewhere, as in a container's image.
fn store_link(levels_up: usize, kind: StoreKind, digest: &Digest) -> PathBuf {
    let up: PathBuf = std::iter::repeat_n("..", levels_up).collect();
    up.join(HostRoot::relative_store(kind)).join(digest.hex())
}
