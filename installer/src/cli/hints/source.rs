//! The remedies of failures about sources and whether they are trusted.

use attune_registry::contents::ContentsError;
#[cfg(feature = "http")]
use attune_registry::fetch::HeaderError;
use attune_registry::reader::ReaderError;
use attune_registry::source::SourceError;

use super::Hint;
use crate::cli::args::unsigned::UnsignedUsage;
use crate::operations::LookError;
use crate::source::{PackSourceError, SourceNameError, UnsignedError, VerifyError};
use crate::trust::{AnchorError, TrustedError};

impl Hint for SourceNameError {
    fn hint(&self) -> Option<String> {
        Some(match self {
            Self::Url(url) => format!(
                "pipe a bundle: `curl -fsSL {url} | attune-install -`; name a registry with --registry {url}"
            ),
            Self::Directory(_) => "name the directory that contains `metadata/`".to_owned(),
            Self::Socket(_) => "pipe the bundle, and name it `-`".to_owned(),
            Self::Absent(_) => return None,
            Self::Unknown(..) => "look at the permissions of its directories".to_owned(),
        })
    }
}

impl Hint for SourceError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Bundle { .. } | Self::Blob { .. } | Self::UnknownBlob { .. } => {
                "copy the bundle again and compare its sha256 with the builder's"
            }
            Self::NotABundle { .. } => {
                "name a bundle that `attune-build bundle` wrote, or pass --allow-unsigned if it is a pack's archive"
            }
            Self::MissingBlobs { .. } => {
                "make the bundle again with `attune-build bundle` for this platform and Python"
            }
            Self::Http { fault, .. } => super::http::http_hint(fault),
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

impl Hint for PackSourceError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Verify(error) => error.hint(),
            Self::Known(error) => error.hint(),
            Self::Source(error) => error.hint(),
            Self::Unsigned(error) => error.hint(),
        }
    }
}

impl Hint for ContentsError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::NoPack { .. } => None,
            Self::NotARegistry { .. } => {
                Some("name a bundle, or the directory that contains `metadata/`".to_owned())
            }
            Self::Reader(error) => error.hint(),
            Self::Source(error) => error.hint(),
            Self::Trust(error) => error.hint(),
        }
    }
}

impl Hint for LookError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Contents(error) => error.hint(),
            Self::Source(error) => error.hint(),
            Self::Verify(error) => error.hint(),
            Self::Registries(error) => error.hint(),
            Self::Unsigned(error) => error.hint(),
            Self::Find(error) => error.hint(),
            Self::Inventory(error) => error.hint(),
            Self::Generation(error) => error.hint(),
            Self::NoPack(_) => Some(
                "check the name, or name a registry that has the pack with --registry, or a bundle by its path"
                    .to_owned(),
            ),
            Self::NoVersion { .. } => Some("name one of the versions that are there".to_owned()),
        }
    }
}

impl Hint for ReaderError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Trust(error) => error.hint(),
            Self::Source(error) => error.hint(),
            _ => None,
        }
    }
}

impl Hint for AnchorError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::File { .. } | Self::NotARootFile { .. } => {
                "name the registry's metadata/1.root.json, never a key"
            }
            Self::Fingerprint { .. } | Self::NoSuchRoot { .. } => {
                "ask the registry's publisher for the fingerprint again, over a channel you trust: \
                 `attune-build root show REGISTRY` prints it"
            }
            Self::ReservedName { .. } => return None,
            Self::Trust(error) => return error.hint(),
        };
        Some(hint.to_owned())
    }
}

impl Hint for UnsignedUsage {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Origin(error) => return error.hint(),
            Self::NoCache => return None,
            #[cfg(feature = "http")]
            Self::Headers(HeaderError::File(_)) => "name a file with lines of the form `Name: value`",
            #[cfg(feature = "http")]
            Self::Headers(HeaderError::NoServer) => "leave it out",
            #[cfg(feature = "http")]
            Self::Headers(HeaderError::SeveralServers) => "install the sources of each server apart",
            #[cfg(feature = "http")]
            Self::Headers(_) => "write it as --header 'Name: value'",
            Self::OneSource { .. } => "install it alone, or write a repository's ref behind it, as URL@REF",
        };
        Some(hint.to_owned())
    }
}

impl Hint for UnsignedError {
    fn hint(&self) -> Option<String> {
        let hint = match self {
            Self::Findings { .. } => "correct the pack; `attune-build lint` shows everything that it finds",
            Self::SamePack { .. } => "leave out one of them",
            Self::Origin(error) => return error.hint(),
            Self::Directory { source, .. } => return source.hint(),
            _ => return None,
        };
        Some(hint.to_owned())
    }
}

impl Hint for TrustedError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Access(error) => error.hint(),
            Self::Anchor(error) => error.hint(),
            Self::Trust(error) => error.hint(),
            Self::UnknownRegistry { .. } => None,
        }
    }
}

impl Hint for VerifyError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Anchor(error) => error.hint(),
            Self::Trust(error) => error.hint(),
            Self::OwnRegistry { .. } => None,
            Self::NoTrust { .. } => Some(
                "pass the registry's metadata/1.root.json with --trust, or its fingerprint with --trust-fingerprint sha256:HEX, obtained over a channel you trust, not from the bundle"
                    .to_owned(),
            ),
        }
    }
}
