//! Makes a new, empty, signed registry.

use std::path::{Path, PathBuf};

use attune_registry::blob::replace_file;
use attune_registry::trust::{InitOptions as TrustInit, Periods, Repository, Thresholds};
use attune_schemas::tuf::RegistryName;
use jiff::Timestamp;
use serde::Serialize;

use crate::error::BuildError;
use crate::registry::KeyDirectory;
use crate::registry::oci_index;

/// What a new registry is made of.
#[derive(Debug, Clone)]
pub struct InitOptions {
    /// The directory; it must not exist or be empty.
    pub registry: PathBuf,
    /// The registry's name, for life.
    pub name: RegistryName,
    /// Where its keys go.
    pub keys: PathBuf,
    /// The time of signing.
    pub now: Timestamp,
}

/// What was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct InitReport {
    /// The directory.
    pub registry: PathBuf,
    /// The registry's name.
    pub name: String,
    /// The root metadata that hosts are to trust.
    pub root: PathBuf,
    /// The sha256 of that file, to be read out over the telephone.
    pub root_digest: String,
    /// Where its keys are.
    pub keys: PathBuf,
    /// When the root metadata expires.
    pub root_expires: String,
}

/// Makes the registry.
pub fn init(options: &InitOptions) -> Result<InitReport, BuildError> {
    require_empty(&options.registry)?;
    require_empty(&options.keys)?;
    let keys = KeyDirectory::new(&options.keys).generate()?;
    let trust = TrustInit {
        name: options.name.clone(),
        keys: &keys,
        thresholds: Thresholds::default(),
        periods: Periods::default(),
        now: options.now,
    };
    let (repository, files) = Repository::init(&trust)?;
    for directory in ["blobs/sha256", "metadata", "packs"] {
        fs_err::create_dir_all(options.registry.join(directory))?;
    }
    replace_file(&options.registry.join("oci-layout"), oci_index::OCI_LAYOUT)?;
    replace_file(&options.registry.join("index.json"), &oci_index::index_of(std::iter::empty()))?;
    for (name, bytes) in files {
        replace_file(&options.registry.join("metadata").join(name), &bytes)?;
    }
    let root = options.registry.join("metadata").join("1.root.json");
    let root_digest = attune_schemas::Digest::of(&fs_err::read(&root)?).to_string();
    Ok(InitReport {
        registry: options.registry.clone(),
        name: options.name.to_string(),
        root,
        root_digest,
        keys: options.keys.clone(),
        root_expires: repository.root().role().expires.to_string(),
    })
}

fn require_empty(path: &Path) -> Result<(), BuildError> {
    let mut entries = match fs_err::read_dir(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    match entries.next() {
        Some(_) => Err(BuildError::NotEmpty { path: path.to_owned() }),
        None => Ok(()),
    }
}
