//! The registry of the host's own as it is.

use std::io;
use std::path::{Path, PathBuf};

use attune_registry::source::DirectorySource;
use attune_registry::trust::{MetadataError, TrustAnchor};

use crate::root::HostRoot;

/// The largest root that is read, in bytes.
const MAX_ROOT_BYTES: u64 = 512 * 1024;

/// The registry of the host's own, or what will be moved into it.
#[derive(Debug, Clone)]
pub struct LocalRegistry {
    directory: PathBuf,
}

impl LocalRegistry {
    /// That of `root`.
    pub fn of(root: &HostRoot) -> Self {
        Self { directory: root.local() }
    }

    /// What waits in `directory` to be moved.
    pub(crate) fn staged(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    /// Whether anything was ever signed.
    pub fn exists(&self) -> bool {
        self.first_root().is_file()
    }

    /// The registry's directory.
    pub fn path(&self) -> PathBuf {
        self.directory.join("registry")
    }

    /// The registry to be read.
    pub fn source(&self) -> DirectorySource {
        DirectorySource::new(&self.path())
    }

    /// Its first root, which vouches for all the rest.
    ///
    /// # Errors
    /// It is not there, cannot be read or is damaged.
    pub fn anchor(&self) -> io::Result<TrustAnchor> {
        let path = self.first_root();
        if fs_err::metadata(&path)?.len() > MAX_ROOT_BYTES {
            return Err(damaged(&path, &"it is too large"));
        }
        let anchor = TrustAnchor::from_root_bytes(&fs_err::read(&path)?);
        let anchor = anchor.map_err(|error: MetadataError| damaged(&path, &error))?;
        if anchor.registry_name().is_this_host() {
            Ok(anchor)
        } else {
            Err(damaged(&path, &format!("it is of registry `{}`", anchor.registry_name())))
        }
    }

    /// The file of its key.
    pub(super) fn key_file(&self) -> PathBuf {
        self.directory.join("host.key.json")
    }

    /// The directory of its metadata.
    pub(super) fn metadata(&self) -> PathBuf {
        self.path().join("metadata")
    }

    fn first_root(&self) -> PathBuf {
        self.metadata().join("1.root.json")
    }
}

fn damaged(path: &Path, reason: &dyn std::fmt::Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("`{}` is damaged: {reason}", path.display()))
}
