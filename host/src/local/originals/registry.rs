//! What is kept of a registry.

use std::io;
use std::path::{Path, PathBuf};

use attune_registry::layout::RegistryPath;
use attune_registry::source::DirectorySource;
use attune_schemas::Digest;
use attune_schemas::tuf::RegistryName;

use super::record::{OriginalRecord, RecordError};
use crate::root::HostRoot;

/// The originals that are kept of a registry, or will be.
#[derive(Debug, Clone)]
pub struct KeptRegistry {
    directory: PathBuf,
}

/// A record as it was found.
pub struct Recorded {
    /// Its file.
    pub path: PathBuf,
    /// The record.
    pub record: Result<OriginalRecord, RecordError>,
}

impl KeptRegistry {
    /// That of the registry `name` on `root`.
    pub fn of(root: &HostRoot, name: &RegistryName) -> Self {
        Self::below(&root.originals(), name)
    }

    /// That of the registry `name`, among those in `directory`.
    pub fn below(directory: &Path, name: &RegistryName) -> Self {
        Self { directory: directory.join(name.as_str()) }
    }

    /// All that `root` has, by name.
    ///
    /// # Errors
    /// The root cannot be read.
    pub fn all(root: &HostRoot) -> io::Result<Vec<Self>> {
        let mut all: Vec<Self> = entries(&root.originals())?
            .into_iter()
            .filter(|name| name.parse::<RegistryName>().is_ok())
            .map(|name| Self { directory: root.originals().join(name) })
            .collect();
        all.sort_by(|a, b| a.directory.cmp(&b.directory));
        Ok(all)
    }

    /// Its directory.
    pub fn directory(&self) -> &Path {
        &self.directory
    }

    /// The directories that files are put into which were kept under `head`.
    pub fn parts(&self, head: u64) -> [PathBuf; 5] {
        let parts = ["blobs/sha256", "packs", "metadata", "releases"].map(|part| self.directory.join(part));
        let [blobs, packs, metadata, releases] = parts;
        [blobs, packs, metadata, self.head(head).join("metadata"), releases]
    }

    /// The place of a file that was kept under `head`.
    pub fn place(&self, head: u64, path: &RegistryPath) -> PathBuf {
        let is_timestamp = matches!(path, RegistryPath::Metadata(name) if name.as_str() == "timestamp.json");
        let directory = if is_timestamp { &self.head(head) } else { &self.directory };
        directory.join(path.to_string())
    }

    /// The place of the record of the release with this manifest.
    pub fn record(&self, manifest: &Digest) -> PathBuf {
        self.releases().join(format!("{}.json", manifest.hex()))
    }

    /// Its records, by their files.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn records(&self) -> io::Result<Vec<Recorded>> {
        let mut names = entries(&self.releases())?;
        names.sort();
        let records = names.into_iter().filter(|name| name.ends_with(".json")).map(|name| {
            let path = self.releases().join(name);
            Recorded { record: OriginalRecord::load(&path), path }
        });
        Ok(records.collect())
    }

    /// Whether the release with this manifest is kept: its record is there, and each of its files with its size.
    pub fn has(&self, manifest: &Digest) -> bool {
        let record = OriginalRecord::load(&self.record(manifest));
        record.is_ok_and(|record| {
            record.files.iter().all(|file| {
                let found = fs_err::symlink_metadata(self.place(record.head, &file.path));
                found.is_ok_and(|found| found.is_file() && found.len() == file.size)
            })
        })
    }

    /// The place of the blob `digest`.
    pub fn blob(&self, digest: &Digest) -> PathBuf {
        self.directory.join(RegistryPath::Blob(*digest).to_string())
    }

    /// Whether it has the blob `digest`, of `size` bytes.
    pub fn has_blob(&self, digest: &Digest, size: u64) -> bool {
        let found = fs_err::symlink_metadata(self.blob(digest));
        found.is_ok_and(|found| found.is_file() && found.len() == size)
    }

    /// The heads under which something was kept, the newest first.
    ///
    /// # Errors
    /// The directory cannot be read.
    pub fn heads(&self) -> io::Result<Vec<u64>> {
        let names = entries(&self.directory.join("heads"))?;
        let mut heads: Vec<u64> = names.iter().filter_map(|name| name.parse().ok()).collect();
        heads.sort_unstable_by(|a, b| b.cmp(a));
        Ok(heads)
    }

    /// The registry as it was under `head`, as far as it is kept.
    pub fn source(&self, head: u64) -> DirectorySource {
        DirectorySource::over(&self.head(head), &self.directory)
    }

    /// The files of all heads, without one of them.
    pub fn content(&self) -> DirectorySource {
        DirectorySource::new(&self.directory)
    }

    fn head(&self, head: u64) -> PathBuf {
        self.directory.join("heads").join(head.to_string())
    }

    fn releases(&self) -> PathBuf {
        self.directory.join("releases")
    }
}

/// The names in `directory` that are text; none where it is not there.
fn entries(directory: &Path) -> io::Result<Vec<String>> {
    let entries = match fs_err::read_dir(directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let names = entries.map(|entry| Ok(entry?.file_name().into_string().ok()));
    names.filter_map(io::Result::transpose).collect()
}
