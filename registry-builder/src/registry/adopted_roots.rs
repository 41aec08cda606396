//! The newest root that this publisher is known to have adopted, remembered beside its keys.
//!
//! A change of root that was cut off leaves a registry whose metadata is signed by keys that its newest root no
//! longer names. So does whoever stole those keys and may write to the registry. The two look alike in the
//! registry itself; beside the keys, where nobody else writes, it is known which change was completed.

use std::io;
use std::path::{Path, PathBuf};

use attune_registry::atomic_file::{AtomicWrite, FileMode};
use attune_schemas::Digest;

/// The adopted roots of the registries whose keys are in a directory.
#[derive(Debug, Clone, Copy)]
pub struct AdoptedRoots<'a> {
    keys: &'a Path,
}

impl<'a> AdoptedRoots<'a> {
    /// Those remembered in the directory `keys`.
    pub const fn new(keys: &'a Path) -> Self {
        Self { keys }
    }

    /// The version of the newest root that the registry at `registry` is known to have adopted; 0 where nothing
    /// is known.
    pub fn newest(&self, registry: &Path) -> u64 {
        match fs_err::read_to_string(self.file(registry)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => 0,
            // What cannot be read may have been any.
            text => text.ok().and_then(|text| text.trim().parse().ok()).unwrap_or(u64::MAX),
        }
    }

    /// Remembers that the registry at `registry` has adopted its root `version`.
    ///
    /// Keys may be where nothing can be written; publishing does not depend on it.
    pub fn record(&self, registry: &Path, version: u64) {
        // Before the first root there is none to fall back to.
        if version < 2 || !self.keys.is_dir() || self.newest(registry) >= version {
            return;
        }
        let options = AtomicWrite { mode: FileMode::Private, ..AtomicWrite::default() };
        if let Err(error) = options.write(&self.file(registry), format!("{version}\n").as_bytes()) {
            tracing::debug!(%error, "the adopted root is not remembered");
        }
    }

    fn file(&self, registry: &Path) -> PathBuf {
        let path = fs_err::canonicalize(registry).unwrap_or_else(|_| registry.to_owned());
        let digest = Digest::of(path.as_os_str().as_encoded_bytes());
        self.keys.join(format!(".adopted-root-{}", &digest.hex()[..16]))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_counts_for_each_registry_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (one, two) = (dir.path().join("one"), dir.path().join("two"));
        let keys = dir.path().join("keys");
        let adopted = AdoptedRoots::new(&keys);
        adopted.record(&one, 2);
        assert!(!keys.exists(), "a directory of keys is made for keys alone");
        fs_err::create_dir(&keys).unwrap();
        for (version, expected) in [(1, 0), (3, 3), (2, 3), (4, 4)] {
            adopted.record(&one, version);
            assert_eq!((adopted.newest(&one), adopted.newest(&two)), (expected, 0));
        }
        fs_err::write(adopted.file(&one), "no number").unwrap();
        assert_eq!(adopted.newest(&one), u64::MAX);
    }
}
