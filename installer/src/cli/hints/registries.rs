//! The remedies of failures about the registries that a host knows.

use attune_host::preferences::RegistriesError;
use attune_registry::trust::TrustError;

use super::Hint;
use crate::operations::{RegistryError, SearchError};
use crate::source::{FindError, OpenError, PlaceError, VerifyError};

impl Hint for RegistriesError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Damaged { .. } => Some(
                "remove the file, and add the registries again with `attune-install registry add`".to_owned(),
            ),
            Self::Unknown { known, .. } if known.is_empty() => {
                Some("add one with `attune-install registry add URL|DIR --trust ROOT.json`".to_owned())
            }
            _ => Some("list the known registries with `attune-install registry list`".to_owned()),
        }
    }
}

impl Hint for PlaceError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Secret(_) => Some("write the login to ~/.netrc, and give the URL without it".to_owned()),
            Self::Bundle(_) => Some("install from it with `attune-install BUNDLE`".to_owned()),
            Self::NotUtf8(_) => Some("give the directory a name in UTF-8".to_owned()),
            Self::Unknown(..) => Some("name the directory by its absolute path".to_owned()),
        }
    }
}

impl Hint for OpenError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Source(error) => error.hint(),
            Self::Verify(
                VerifyError::NoTrust { .. } | VerifyError::Trust(TrustError::NoTrustAnchor { .. }),
            ) => Some(
                "trust the registry anew, with a root obtained over a channel you trust: `attune-install registry add URL|DIR --trust ROOT.json`"
                    .to_owned(),
            ),
            Self::Verify(error) => error.hint(),
            Self::Reader(error) => error.hint(),
        }
    }
}

impl Hint for FindError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Reader(error) => error.hint(),
            Self::Registry { source, .. } => source.hint().or_else(|| {
                Some(
                    "mend it, or name the registry to take the packs from with --registry NAME; a pack is never taken \
                     from a later registry because an earlier one cannot be read"
                        .to_owned(),
                )
            }),
        }
    }
}

impl Hint for RegistryError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Access(error) => error.hint(),
            Self::Known(error) => error.hint(),
            Self::Place(error) => error.hint(),
            Self::Source(error) => error.hint(),
            Self::Verify(
                VerifyError::NoTrust { .. } | VerifyError::Trust(TrustError::NoTrustAnchor { .. }),
            ) => Some(
                "pass the registry's metadata/1.root.json with --trust, or its fingerprint with --trust-fingerprint sha256:HEX, obtained over a channel you trust"
                    .to_owned(),
            ),
            Self::Verify(error) => error.hint(),
            Self::Trust(error) => error.hint(),
        }
    }
}

impl Hint for SearchError {
    fn hint(&self) -> Option<String> {
        match self {
            Self::Root(error) => error.hint(),
            Self::Source(error) => error.hint(),
            Self::Verify(error) => error.hint(),
            Self::Registries(error) => error.hint(),
            Self::Unsigned(error) => error.hint(),
            Self::Find(error) => error.hint(),
        }
    }
}
