//! The registry's keys, one file per role, kept beside the registry and never in it.

use std::io;
use std::path::{Path, PathBuf};

use attune_registry::trust::{KeyFileError, RepositoryKeys, SigningKey};

/// A directory of key files: `root.json`, `targets.json`, `snapshot.json`, `timestamp.json`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyDirectory {
    path: PathBuf,
}

/// `<registry>.keys`, beside the registry: whatever publishes the registry's files must not publish
/// its keys.
pub fn default_key_directory(registry: &Path) -> PathBuf {
    let absolute = std::path::absolute(registry).unwrap_or_else(|_| registry.to_owned());
    let mut name = absolute.file_name().unwrap_or_default().to_owned();
    name.push(".keys");
    absolute.with_file_name(name)
}

impl KeyDirectory {
    /// The keys in `path`.
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_owned() }
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes one key per role and saves them, readable by their owner alone.
    pub fn generate(&self) -> Result<RepositoryKeys, KeyFileError> {
        use std::os::unix::fs::DirBuilderExt;
        if let Some(parent) = self.path.parent() {
            // With the usual mode: only the keys themselves are private.
            fs_err::create_dir_all(parent)?;
        }
        let mut builder = std::fs::DirBuilder::new();
        // fs-err's builder has no mode; the error names the directory all the same.
        builder.recursive(true).mode(0o700).create(&self.path).map_err(|error| {
            let message = format!("could not create `{}`: {error}", self.path.display());
            KeyFileError::from(io::Error::new(error.kind(), message))
        })?;
        let make = |role: &str| {
            let key = SigningKey::generate()?;
            key.save(&self.file(role))?;
            Ok::<_, KeyFileError>(vec![key])
        };
        Ok(RepositoryKeys {
            root: make("root")?,
            targets: make("targets")?,
            snapshot: make("snapshot")?,
            timestamp: make("timestamp")?,
        })
    }

    /// Loads the keys that publishing needs; the root key may be away.
    pub fn load_for_publishing(&self) -> Result<RepositoryKeys, KeyFileError> {
        let load = |role: &str| SigningKey::load(&self.file(role)).map(|key| vec![key]);
        Ok(RepositoryKeys {
            root: Vec::new(),
            targets: load("targets")?,
            snapshot: load("snapshot")?,
            timestamp: load("timestamp")?,
        })
    }

    fn file(&self, role: &str) -> PathBuf {
        self.path.join(format!("{role}.json"))
    }
}
