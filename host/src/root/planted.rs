//! Whether a root is as an installer made it: nothing in it leads elsewhere.
//!
//! Whoever may write into a root could put a link in the place of one of its directories, and have an
//! installer that runs as root write, or remove, what it leads to. This is looked at under the lock's
//! directory, before anything is written; that nobody can do it afterwards is what the permissions are for.

use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::layout::{ENTRY_LINKS, HostRoot, StoreKind, names_in};

/// A root that cannot be what an installer made.
#[derive(Debug, thiserror::Error)]
pub enum PlantedError {
    /// A link in the place of a directory or file of the root.
    #[error("`{}` is a symbolic link; the installer never makes one here", path.display())]
    Link {
        /// The link.
        path: PathBuf,
    },
    /// A link of the root that leads elsewhere than it should.
    #[error("`{}` leads to `{}`, not to the target that the installer gave it", path.display(), target.display())]
    LeadsElsewhere {
        /// The link.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
    },
    /// Everybody may write to a part of the root.
    #[error("`{}` can be written by everybody", path.display())]
    WritableByAll {
        /// The directory or file.
        path: PathBuf,
    },
    /// The root could not be read.
    #[error("could not examine the root")]
    Io(#[from] io::Error),
}

/// The directories and files that must not be links, relative to the root; the parts of the store besides.
const REAL: [&str; 26] = [
    "generations",
    "staging",
    "state",
    "state/attune.db",
    "state/attune.db-shm",
    "state/attune.db-wal",
    "state/interpreters.json",
    "state/local",
    "state/local/host.key.json",
    "state/local/registry",
    "state/local/registry/blobs",
    "state/local/registry/metadata",
    "state/lock",
    "state/log",
    "state/log/operations.jsonl",
    "state/log/operations.jsonl.1",
    "state/log/operations.jsonl.2",
    "state/log/operations.jsonl.3",
    "state/log/operations.jsonl.4",
    "state/policy.json",
    "state/purging",
    "state/registries.json",
    "state/trust",
    "store",
    "store/blobs",
    "store/lists",
];

impl HostRoot {
    /// Refuses a root in which somebody planted links, or may.
    pub fn require_unplanted(&self) -> Result<(), PlantedError> {
        if let Some(path) = self.open_places()?.into_iter().next() {
            return Err(PlantedError::WritableByAll { path });
        }
        self.require_no_planted_links()
    }

    /// Refuses a root in which somebody planted links.
    pub fn require_no_planted_links(&self) -> Result<(), PlantedError> {
        for name in REAL {
            require_no_link(self.path().join(name))?;
        }
        for kind in StoreKind::ALL {
            require_no_link(self.store_part(kind))?;
            require_no_link(self.lists_part(kind))?;
        }
        if let Some(path) = self.planted_entries()?.into_iter().chain(links_in(&self.trust())?).next() {
            return Err(PlantedError::Link { path });
        }
        match self.misleading_links()?.into_iter().next() {
            Some((path, target)) => Err(PlantedError::LeadsElsewhere { path, target }),
            None => Ok(()),
        }
    }

    /// The links in the place of generations, trees of the store and their lists.
    ///
    /// # Errors
    /// The root cannot be read.
    pub fn planted_entries(&self) -> io::Result<Vec<PathBuf>> {
        let mut planted = links_in(&self.generations())?;
        planted.extend(
            self.originals_parts()?
                .iter()
                .map(|part| links_in(part))
                .collect::<io::Result<Vec<_>>>()?
                .concat(),
        );
        for kind in StoreKind::ALL {
            planted.extend(links_in(&self.store_part(kind))?);
            planted.extend(links_in(&self.lists_part(kind))?);
        }
        Ok(planted)
    }

    /// The directories of the originals that are kept.
    fn originals_parts(&self) -> io::Result<Vec<PathBuf>> {
        let mut parts = vec![self.originals()];
        for registry in names_in(&self.originals())? {
            let registry = self.originals().join(registry);
            parts.extend(["blobs", "heads"].map(|name| registry.join(name)));
            parts.push(registry);
        }
        Ok(parts)
    }

    /// The directories of the root into which everybody may write, and the database and the list of registries, if it
    /// is so.
    ///
    /// # Errors
    /// The root cannot be read.
    pub fn open_places(&self) -> io::Result<Vec<PathBuf>> {
        let tops = [self.path().to_owned(), self.state(), self.path().join("store"), self.generations()];
        let parts =
            StoreKind::ALL.into_iter().flat_map(|kind| [self.store_part(kind), self.lists_part(kind)]);
        let generations = self.generation_ids()?.into_iter().map(|id| self.generation(id));
        let mut open = Vec::new();
        let mut others =
            vec![self.all_lists(), self.database(), self.registries_file(), self.trust(), self.log_file()];
        others.extend(self.log_file().parent().map(Path::to_owned));
        others.extend(self.originals_parts()?);
        for registry in names_in(&self.trust())? {
            let registry = self.trust().join(registry);
            others.extend(names_in(&registry)?.into_iter().map(|name| registry.join(name)));
            others.push(registry);
        }
        for path in tops.into_iter().chain(others).chain(parts).chain(generations) {
            match fs_err::symlink_metadata(&path) {
                Ok(found) if !found.is_symlink() && found.permissions().mode() & 0o002 != 0 => {
                    open.push(path);
                }
                Err(error)
                    if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) =>
                {
                    return Err(error);
                }
                _ => {}
            }
        }
        Ok(open)
    }

    /// The links at the top of the root that lead elsewhere than they should, each with where it leads.
    ///
    /// # Errors
    /// The root cannot be read.
    pub fn misleading_links(&self) -> io::Result<Vec<(PathBuf, PathBuf)>> {
        let mut misleading = Vec::new();
        for (name, good) in ENTRY_LINKS {
            let path = self.path().join(name);
            let target = link_target(&path)?.filter(|target| target != Path::new(good));
            misleading.extend(target.map(|target| (path, target)));
        }
        let target = link_target(&self.current())?.filter(|target| !is_generation(target));
        misleading.extend(target.map(|target| (self.current(), target)));
        Ok(misleading)
    }
}

/// Whether `target` is one that `current` may have.
fn is_generation(target: &Path) -> bool {
    let generation = target.strip_prefix("generations").ok().and_then(Path::to_str);
    generation.is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Where `path` leads, if it is a link; another process may be taking it away.
fn link_target(path: &Path) -> io::Result<Option<PathBuf>> {
    let is_link = fs_err::symlink_metadata(path).map(|found| found.is_symlink());
    match is_link.and_then(|is_link| is_link.then(|| fs_err::read_link(path)).transpose()) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        target => target,
    }
}

fn require_no_link(path: PathBuf) -> Result<(), PlantedError> {
    match link_target(&path)? {
        Some(_) => Err(PlantedError::Link { path }),
        None => Ok(()),
    }
}

/// The links in `directory`, if that is one.
fn links_in(directory: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs_err::read_dir(directory) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(Vec::new());
        }
        entries => entries?,
    };
    let mut links = Vec::new();
    for entry in entries {
        let entry = entry?;
        match entry.file_type() {
            Ok(kind) if kind.is_symlink() => links.push(entry.path()),
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(links)
}
