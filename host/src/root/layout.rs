//! Where everything on a host is.

use schemars::JsonSchema;
use std::io;
use std::path::{Path, PathBuf};

use attune_schemas::{Digest, PackRef};

use super::error::RootError;
use super::holder::Holder;

/// The full files of the log of operations that are kept.
const FULL_LOGS: usize = 4;

/// An installation root, as an absolute path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostRoot {
    path: PathBuf,
}

/// The links by which Attune finds packs and environments, and where they lead.
pub const ENTRY_LINKS: [(&str, &str); 3] =
    [("packs", "current/packs"), ("packenvs", "current/packenvs"), ("runtime_envs", "current/packenvs")];

/// A part of the store.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize, JsonSchema,
)]
#[serde(rename_all = "lowercase")]
pub enum StoreKind {
    /// Unpacked packs, by the digest of their archive.
    Packs,
    /// Unpacked wheels, by the digest of the wheel.
    Wheels,
    /// Unpacked npm packages, by the digest of the tarball, and what install scripts made.
    Node,
    /// Interpreters, by the digest of their archive.
    Runtimes,
    /// Environments, by the digest of what they are made of.
    Envs,
}

impl StoreKind {
    /// Every part.
    pub const ALL: [Self; 5] = [Self::Packs, Self::Wheels, Self::Node, Self::Runtimes, Self::Envs];

    /// The name of its directory.
    pub const fn directory(self) -> &'static str {
        match self {
            Self::Packs => "packs",
            Self::Wheels => "wheels",
            Self::Node => "node",
            Self::Runtimes => "runtimes",
            Self::Envs => "envs",
        }
    }
}

impl HostRoot {
    /// The root at `path`, made absolute; links above it are resolved, since scripts carry the path.
    pub fn new(path: &Path) -> io::Result<Self> {
        let absolute = std::path::absolute(path)?;
        let mut missing = Vec::new();
        let mut existing = absolute.as_path();
        let resolved = loop {
            match fs_err::canonicalize(existing) {
                Ok(resolved) => break resolved,
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    // `..` of what is not there leads nowhere.
                    let (Some(name), Some(parent)) = (existing.file_name(), existing.parent()) else {
                        return Err(error);
                    };
                    missing.push(name);
                    existing = parent;
                }
                Err(error) => return Err(error),
            }
        };
        let path = missing.into_iter().rev().fold(resolved, |path, name| path.join(name));
        Ok(Self { path })
    }

    /// The root at `path`, as a generation recorded it: whatever is there now.
    pub fn recorded(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// The root itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// `current`, the link to the active generation.
    pub fn current(&self) -> PathBuf {
        self.path.join("current")
    }

    /// The directory of generation `id`.
    pub fn generation(&self, id: u64) -> PathBuf {
        self.generations().join(id.to_string())
    }

    /// The directory of all generations.
    pub fn generations(&self) -> PathBuf {
        self.path.join("generations")
    }

    /// Where the store keeps the tree of `digest`.
    pub fn store(&self, kind: StoreKind, digest: &Digest) -> PathBuf {
        self.store_part(kind).join(digest.hex())
    }

    /// The directory of one part of the store.
    pub fn store_part(&self, kind: StoreKind) -> PathBuf {
        self.path.join(Self::relative_store(kind))
    }

    /// Where the lists of the files of the tree of `digest` are.
    pub fn lists(&self, kind: StoreKind, digest: &Digest) -> PathBuf {
        self.lists_part(kind).join(digest.hex())
    }

    /// The directory of the lists of one part of the store.
    pub fn lists_part(&self, kind: StoreKind) -> PathBuf {
        self.all_lists().join(kind.directory())
    }

    /// The directory of all lists.
    pub fn all_lists(&self) -> PathBuf {
        self.path.join("store").join("lists")
    }

    /// The directory of the originals of releases that are kept.
    pub fn originals(&self) -> PathBuf {
        self.path.join("store").join("blobs")
    }

    /// The directory of one part of the store, relative to the root.
    pub fn relative_store(kind: StoreKind) -> PathBuf {
        Path::new("store").join(kind.directory())
    }

    /// Where a pack is found once it is active.
    pub fn pack(&self, pack: &PackRef) -> PathBuf {
        self.path.join("packs").join(pack.as_str())
    }

    /// Where a pack's environment is found once it is active.
    pub fn environment(&self, pack: &PackRef, name: &str) -> PathBuf {
        self.path.join("packenvs").join(pack.as_str()).join(name)
    }

    /// `state`.
    pub fn state(&self) -> PathBuf {
        self.path.join("state")
    }

    /// The registration database.
    pub fn database(&self) -> PathBuf {
        self.state().join("attune.db")
    }

    /// The mark of a root that is being removed, from before anything goes until everything has gone.
    pub fn purge_mark(&self) -> PathBuf {
        self.state().join("purging")
    }

    /// The file that an install locks.
    pub fn lock_file(&self) -> PathBuf {
        self.state().join("lock")
    }

    /// The log of operations, one JSON object a line.
    pub fn log_file(&self) -> PathBuf {
        self.state().join("log").join("operations.jsonl")
    }

    /// The log of operations, and the full files before it, the newest first; whether they are there or not.
    pub fn log_files(&self) -> Vec<PathBuf> {
        let log = self.log_file();
        let full = |number: usize| log.with_file_name(format!("operations.jsonl.{number}"));
        std::iter::once(log.clone()).chain((1..=FULL_LOGS).map(full)).collect()
    }

    /// The answers of interpreters that were asked.
    pub fn interpreters_file(&self) -> PathBuf {
        self.state().join("interpreters.json")
    }

    /// The host's own rules for its packs.
    pub fn policy_file(&self) -> PathBuf {
        self.state().join("policy.json")
    }

    /// The list of the registries that the host knows.
    pub fn registries_file(&self) -> PathBuf {
        self.state().join("registries.json")
    }

    /// The directory of all trusted registries.
    pub fn trust(&self) -> PathBuf {
        self.state().join("trust")
    }

    /// The registry of what the host signs itself, and its key.
    pub fn local(&self) -> PathBuf {
        self.state().join("local")
    }

    /// The directory of installs in progress.
    pub fn staging(&self) -> PathBuf {
        self.path.join("staging")
    }

    /// The id of the active generation, or `None` where nothing was installed yet.
    pub fn active_generation(&self) -> io::Result<Option<u64>> {
        match fs_err::read_link(self.current()) {
            Ok(target) => {
                let id = target.file_name().and_then(|name| name.to_str()).and_then(|id| id.parse().ok());
                let message = format!("`{}` does not point to a generation", self.current().display());
                id.map(Some).ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, message))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Whether a change of it is at work, or was cut off.
    ///
    /// # Errors
    /// The root cannot be read.
    pub fn is_changing(&self) -> io::Result<bool> {
        Ok(!names_in(&self.staging())?.is_empty())
    }

    /// The process that is changing it; `None` if there is none, or the kernel does not tell.
    pub fn holder(&self) -> Option<Holder> {
        Holder::of(&self.lock_file())
    }

    /// Refuses a directory that holds other things and was never installed to, or in which somebody planted
    /// links.
    pub fn require_ours(&self) -> Result<(), RootError> {
        if let Err(error) = fs_err::read_dir(&self.path)
            && error.kind() == io::ErrorKind::NotADirectory
        {
            return Err(self.failed(error));
        }
        self.require_no_others()?;
        // An empty directory is whoever's who named it.
        let is_empty = names_in(&self.path).map_err(|source| self.failed(source))?.is_empty();
        if is_empty { Ok(()) } else { Ok(self.require_unplanted()?) }
    }

    /// Refuses a directory that holds other things and was never installed to, or whose path nothing could name.
    pub fn require_no_others(&self) -> Result<(), RootError> {
        self.require_name()?;
        if self.state().is_dir() || self.is_left_over().map_err(|source| self.failed(source))? {
            return Ok(());
        }
        Err(RootError::NotARoot { root: self.path.clone() })
    }

    /// A generation id that no generation has or had and left behind.
    pub fn next_generation(&self) -> io::Result<u64> {
        Ok(self.generation_ids()?.into_iter().max().unwrap_or(0) + 1)
    }

    /// The nearest directory at or above the root that exists; tells the file system.
    pub fn existing_ancestor(&self) -> &Path {
        self.path.ancestors().find(|path| path.is_dir()).unwrap_or(Path::new("/"))
    }
}

/// The digests of the trees in a part of the store, or of its lists, in no order. What is not named so is none.
pub fn digests_in(part: &Path) -> io::Result<Vec<Digest>> {
    Ok(names_in(part)?.iter().filter_map(|name| Digest::from_hex(name).ok()).collect())
}

/// The names in `directory`; none where it is not there, or none.
pub(super) fn names_in(directory: &Path) -> io::Result<Vec<String>> {
    match fs_err::read_dir(directory) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        entries => entries?.map(|entry| Ok(entry?.file_name().into_string().unwrap_or_default())).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_that_is_not_there_yet_resolves_the_links_above_it() {
        let directory = tempfile::tempdir().unwrap();
        let real = fs_err::canonicalize(directory.path()).unwrap();
        fs_err::os::unix::fs::symlink(&real, real.join("link")).unwrap();
        let root = HostRoot::new(&real.join("link/a/b")).unwrap();
        assert_eq!(root.path(), real.join("a/b"));
    }
}
