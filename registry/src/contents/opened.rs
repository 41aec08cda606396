//! A registry or bundle that is only looked at: opened, and its metadata verified from its own first root down.

use std::io;
use std::path::{Path, PathBuf};

use attune_schemas::Digest;
use attune_schemas::problem::WarningCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::error::ContentsError;
use crate::bundle::BundleSource;
use crate::layout::RegistryPath;
use crate::reader::MetadataFetch;
use crate::report::Reporter;
use crate::source::{DirectorySource, Source, SourceError};
use crate::trust::{Client, ExpiryPolicy, TrustAnchor, UpdateOptions, VerifiedRepository};

/// The largest root that is read, in bytes.
const MAX_ROOT_BYTES: u64 = 512 * 1024;

/// The roots by which people tell registries apart.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Roots {
    /// The fingerprint of the first root, which hosts are given to trust.
    pub first_root_fingerprint: Digest,
    /// The version of the newest root.
    pub root_version: u64,
    /// The fingerprint of the newest root, which hosts list.
    pub root_fingerprint: Digest,
}

/// What is looked at.
pub enum Opened {
    /// A bundle, which is read once, front to back.
    Bundle(Box<BundleSource>),
    /// A registry, or a bundle that was unpacked.
    Directory(Box<DirectorySource>),
}

/// `path` from the root of the file system; `-`, which is standard input, stays.
pub fn absolute_source(path: &Path) -> PathBuf {
    if path == Path::new("-") {
        return path.to_owned();
    }
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

impl Opened {
    /// Opens `path`: a registry's directory, a bundle, or `-` for a bundle on standard input.
    ///
    /// # Errors
    /// It cannot be opened, or is neither.
    pub fn at(path: &Path) -> Result<Self, ContentsError> {
        if path == Path::new("-") {
            let bundle = BundleSource::from_reader(Box::new(io::stdin()), "standard input")?;
            return Ok(Self::Bundle(Box::new(bundle)));
        }
        let not_a_registry = || ContentsError::NotARegistry { path: path.to_owned() };
        match fs_err::metadata(path) {
            Ok(metadata) if !metadata.is_dir() => Ok(Self::Bundle(Box::new(BundleSource::open(path)?))),
            Ok(_) if path.join("metadata").join("1.root.json").is_file() => {
                Ok(Self::Directory(Box::new(DirectorySource::new(path))))
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(SourceError::Open(error).into()),
            Ok(_) | Err(_) => Err(not_a_registry()),
        }
    }

    /// It as a source.
    pub fn source(&mut self) -> &mut dyn Source {
        match self {
            Self::Bundle(bundle) => &mut **bundle,
            Self::Directory(directory) => &mut **directory,
        }
    }

    /// Its metadata, and its roots. Expired metadata is told through `reporter`.
    ///
    /// # Errors
    /// It is no registry, or its metadata does not follow from its first root.
    pub fn verified(
        &mut self,
        path: &Path,
        now: Timestamp,
        reporter: &dyn Reporter,
    ) -> Result<(VerifiedRepository, Roots), ContentsError> {
        let source = &*self.source();
        let root = first_root(source, path)?;
        let client = Client::without_store(&TrustAnchor::from_root_bytes(&root)?);
        let mut options = UpdateOptions::at(now);
        options.expiry = ExpiryPolicy::IGNORE;
        let repository = client.update(&MetadataFetch(source), &options)?;
        for waiver in repository.freshness().waivers {
            reporter.warning(
                WarningCode::Expired,
                &format!(
                    "{}: the metadata of {} expired on {}; hosts refuse it",
                    source.name(),
                    waiver.role,
                    waiver.expired_at
                ),
            );
        }
        let roots = roots(&root, &repository);
        Ok((repository, roots))
    }
}

/// The roots of `source`, which is at `path` and whose metadata is `repository`.
///
/// # Errors
/// Its first root cannot be read.
pub fn roots_of(
    source: &dyn Source,
    path: &Path,
    repository: &VerifiedRepository,
) -> Result<Roots, ContentsError> {
    Ok(roots(&first_root(source, path)?, repository))
}

fn first_root(source: &dyn Source, path: &Path) -> Result<Vec<u8>, ContentsError> {
    let root = RegistryPath::metadata("1.root.json").expect("a metadata file's name");
    let root = source.read(&root, MAX_ROOT_BYTES)?;
    root.ok_or_else(|| ContentsError::NotARegistry { path: path.to_owned() })
}

fn roots(first: &[u8], repository: &VerifiedRepository) -> Roots {
    let newest = repository.root();
    Roots {
        first_root_fingerprint: Digest::of(first),
        root_version: newest.version(),
        root_fingerprint: Digest::of(newest.bytes()),
    }
}
