//! Makes a new, empty, signed registry.

use std::collections::BTreeMap;
use std::io;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use attune_registry::atomic_file::replace_file;
use attune_registry::bundle::oci_index;
use attune_registry::report::Report;
use attune_registry::trust::{
    BinCount, KeyError, Keyring, MetadataError, Passphrase, PublishError, RegistrySetup, RoleSetup,
    SharedKey, SigningRole, TrustError, init_repository,
};
use attune_schemas::Digest;
use attune_schemas::tuf::{ExpiryDays, RegistryName};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::signing::KeyDirectory;

/// Why no registry was made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InitError {
    /// There is something already where a registry should be made.
    #[error("`{}` is not empty", path.display())]
    NotEmpty {
        /// The directory.
        path: PathBuf,
    },
    /// A threshold was given for bins that there are not to be.
    #[error("a threshold for bins was given without bins")]
    ThresholdWithoutBins,
    /// A key could not be made.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The metadata could not be signed.
    #[error(transparent)]
    Publish(#[from] PublishError),
    /// The metadata that was made is not valid.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A disk failed.
    #[error("could not read or write a file")]
    Io(#[from] io::Error),
}

impl From<MetadataError> for InitError {
    fn from(error: MetadataError) -> Self {
        Self::Trust(error.into())
    }
}

/// The parts of a new registry.
#[derive(Debug, Clone)]
pub struct InitOptions {
    /// The directory; it must not exist or be empty.
    pub registry: PathBuf,
    /// The registry's name, for life.
    pub name: RegistryName,
    /// Where its keys go.
    pub keys: PathBuf,
    /// The passphrase that they are encrypted with, if they are.
    pub passphrase: Option<Passphrase>,
    /// The number of bins, if there are to be any.
    pub bins: Option<BinCount>,
    /// How many keys must sign a role, and are made for it; one where nothing is said.
    pub thresholds: BTreeMap<SigningRole, NonZeroU32>,
    /// For how long metadata is valid.
    pub expiry: ExpiryDays,
    /// The time of signing.
    pub now: Timestamp,
}

/// The new registry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InitReport {
    /// The directory.
    pub registry: PathBuf,
    /// The registry's name.
    pub name: String,
    /// The root metadata that hosts are to trust.
    pub root: PathBuf,
    /// The sha256 of that file, to be read out over the telephone.
    pub root_fingerprint: Digest,
    /// Where its keys are.
    pub keys: PathBuf,
    /// When the root metadata expires.
    pub root_expires_at: String,
    /// The number of bins.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bins: Option<u32>,
}

impl Report for InitReport {
    const FORMAT: &'static str = "attune-build.init/v1";
}

/// Makes the registry.
pub fn init(options: &InitOptions) -> Result<InitReport, InitError> {
    if options.bins.is_none() && options.thresholds.contains_key(&SigningRole::Bins) {
        return Err(InitError::ThresholdWithoutBins);
    }
    require_empty(&options.registry)?;
    require_empty(&options.keys)?;
    let places = [&options.registry, &options.keys].map(|place| (place, place.exists()));
    write(options).inspect_err(|_| {
        for (place, was_there) in places {
            // The error is the one to tell. Keys of a registry that is none sign nothing.
            let _ = empty(place);
            if !was_there {
                let _ = fs_err::remove_dir(place);
            }
        }
    })
}

/// Removes what is in `directory`, which was empty before.
fn empty(directory: &Path) -> io::Result<()> {
    for entry in fs_err::read_dir(directory)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            fs_err::remove_dir_all(entry.path())?;
        } else {
            fs_err::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn write(options: &InitOptions) -> Result<InitReport, InitError> {
    let mut keys = Keyring::default();
    let setup = RegistrySetup {
        name: options.name.clone(),
        root: generate(options, SigningRole::Root, &mut keys)?,
        targets: generate(options, SigningRole::Targets, &mut keys)?,
        snapshot: generate(options, SigningRole::Snapshot, &mut keys)?,
        timestamp: generate(options, SigningRole::Timestamp, &mut keys)?,
        bins: match options.bins {
            Some(count) => Some((count, generate(options, SigningRole::Bins, &mut keys)?)),
            None => None,
        },
        expiry: options.expiry,
    };
    let files = init_repository(&setup, &keys, options.now)?;
    for directory in ["blobs/sha256", "metadata", "packs"] {
        fs_err::create_dir_all(options.registry.join(directory))?;
    }
    if options.bins.is_none() {
        replace_file(&options.registry.join("oci-layout"), oci_index::OCI_LAYOUT)?;
        replace_file(&options.registry.join("index.json"), &oci_index::index_of(std::iter::empty()))?;
    }
    for (name, bytes) in files {
        replace_file(&options.registry.join("metadata").join(name), &bytes)?;
    }
    let root = options.registry.join("metadata").join("1.root.json");
    let bytes = fs_err::read(&root)?;
    let anchor = attune_registry::trust::TrustAnchor::from_root_bytes(&bytes)?;
    Ok(InitReport {
        registry: absolute(&options.registry),
        name: options.name.to_string(),
        root: absolute(&root),
        root_fingerprint: Digest::of(&bytes),
        keys: absolute(&options.keys),
        root_expires_at: anchor.root().role().expires.to_string(),
        bins: options.bins.map(BinCount::get),
    })
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// Makes as many keys for `role` as must sign it.
fn generate(options: &InitOptions, role: SigningRole, ring: &mut Keyring) -> Result<RoleSetup, InitError> {
    let threshold = options.thresholds.get(&role).copied().unwrap_or(NonZeroU32::MIN);
    let directory = KeyDirectory::new(&options.keys);
    let mut keys = Vec::new();
    for _ in 0..threshold.get() {
        let (key, _) = directory.generate(role.as_str(), options.passphrase.as_ref())?;
        keys.push(key.public().clone());
        ring.insert(Arc::new(key) as SharedKey);
    }
    Ok(RoleSetup { keys, threshold })
}

fn require_empty(path: &Path) -> Result<(), InitError> {
    let mut entries = match fs_err::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    match entries.next() {
        Some(_) => Err(InitError::NotEmpty { path: path.to_owned() }),
        None => Ok(()),
    }
}
