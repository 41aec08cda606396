//! Writes the descriptions and releases of a generation: the new ones, and those that it takes over.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};

use attune_registry::atomic_file::write_sealed;
use attune_schemas::Digest;

use super::copies::Copies;
use super::kept_release::KeptRelease;
use super::lock_file::{Generation, KeptFile};
use super::write::GenerationParts;
use crate::environment::EnvironmentDescription;
use crate::root::{HostRoot, read_regular};

/// The folders of a generation's directory whose files its lock file lists.
pub const KEPT_FOLDERS: [&str; 2] = ["environments", "releases"];

/// The files that were written.
#[derive(Debug, Default)]
pub(super) struct KeptFiles {
    /// For the lock file.
    pub(super) files: BTreeMap<String, KeptFile>,
    /// For whoever finds one of them lost.
    pub(super) copies: Copies,
}

/// The generation that files are taken over from.
struct Previous<'a> {
    directory: PathBuf,
    files: &'a BTreeMap<String, KeptFile>,
    /// Read once a file of it is lost.
    copies: OnceCell<Copies>,
}

/// Writes the descriptions and releases of the generation of `parts`.
///
/// # Errors
/// A file cannot be written or taken over.
pub(super) fn write_kept_files(root: &HostRoot, parts: &GenerationParts<'_>) -> io::Result<KeptFiles> {
    let directory = root.generation(parts.generation.id);
    for folder in KEPT_FOLDERS {
        fs_err::create_dir(directory.join(folder))?;
    }
    let previous = Previous {
        directory: root.generation(parts.previous.id),
        files: &parts.previous.files,
        copies: OnceCell::new(),
    };
    let mut kept = KeptFiles::default();
    let environments = parts.generation.packs.values().flat_map(|pack| pack.environments.values());
    let digests: BTreeSet<Digest> = environments.map(|environment| environment.digest).collect();
    let descriptions: BTreeMap<Digest, &EnvironmentDescription> =
        parts.descriptions.iter().map(|environment| (environment.digest(), *environment)).collect();
    for digest in digests {
        let new = descriptions.get(&digest).map(serde_json::to_vec).transpose()?;
        kept.add(&directory, &Generation::description(Path::new(""), &digest), new, &previous)?;
    }
    for pack in parts.generation.packs.keys() {
        let new = parts.releases.get(pack).map(serde_json::to_vec).transpose()?;
        kept.add(&directory, &KeptRelease::path(Path::new(""), pack), new, &previous)?;
    }
    Ok(kept)
}

impl KeptFiles {
    fn add(
        &mut self,
        directory: &Path,
        name: &Path,
        new: Option<Vec<u8>>,
        previous: &Previous<'_>,
    ) -> io::Result<()> {
        let place = directory.join(name);
        let name = name.to_string_lossy().into_owned();
        let (bytes, digest) = if let Some(bytes) = new {
            write_sealed(&place, &bytes)?;
            let digest = Digest::of(&bytes);
            (bytes, digest)
        } else if let Some(given) = previous.give(&name, &place)? {
            given
        } else {
            // It stays known as one that is lost.
            self.files.extend(previous.files.get(&name).map(|file| (name, *file)));
            return Ok(());
        };
        self.files.insert(name.clone(), KeptFile { bytes: bytes.len() as u64, digest });
        self.copies.add(&name, bytes);
        Ok(())
    }
}

impl Previous<'_> {
    /// Gives the file `name` to a later generation, at `place`, and returns its bytes with their digest; `None` if it is
    /// lost, or an earlier program never made it.
    fn give(&self, name: &str, place: &Path) -> io::Result<Option<(Vec<u8>, Digest)>> {
        let own = self.directory.join(name);
        let expected = self.files.get(name).map(|file| file.digest);
        match read_regular(&own) {
            Ok(bytes) => {
                let digest = Digest::of(&bytes);
                if expected.is_none_or(|expected| expected == digest) {
                    link_or_copy(&own, place)?;
                    return Ok(Some((bytes, digest)));
                }
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => {}
            Err(error) => return Err(error),
        }
        let Some(digest) = expected else { return Ok(None) };
        let copies = self.copies.get_or_init(|| Copies::load(&self.directory).unwrap_or_default());
        let Some(bytes) = copies.get(name, &digest) else { return Ok(None) };
        write_sealed(place, bytes)?;
        Ok(Some((bytes.to_vec(), digest)))
    }
}

fn link_or_copy(file: &Path, place: &Path) -> io::Result<()> {
    match fs_err::hard_link(file, place) {
        // Some file systems have no hard links, and a file has only so many.
        Err(_) => fs_err::copy(file, place).map(drop),
        linked => linked,
    }
}
