//! The root that a person hands over, from which all trust in a registry starts.

use attune_schemas::tuf::{RegistryName, Root};

use super::error::MetadataError;
use super::verified::Verified;

/// A root obtained over a trusted channel, such as `--trust root.json`; never from a bundle.
#[derive(Debug, Clone)]
pub struct TrustAnchor {
    root: Verified<Root>,
    registry_name: RegistryName,
}

impl TrustAnchor {
    /// Reads a root and checks that it is complete: signed by its own keys, with a registry's name.
    ///
    /// That does not make it trustworthy. Given the root of a bundle, the result is the bundle's own claim,
    /// and nothing more.
    pub fn from_root_bytes(bytes: &[u8]) -> Result<Self, MetadataError> {
        let root = Verified::<Root>::check_own("root.json", bytes)?;
        let registry_name = registry_name("root.json", root.role())?.clone();
        Ok(Self { root, registry_name })
    }

    /// The registry that the root is of.
    pub const fn registry_name(&self) -> &RegistryName {
        &self.registry_name
    }

    /// The root.
    pub const fn root(&self) -> &Verified<Root> {
        &self.root
    }
}

/// The registry's name, which roots of registries have.
pub(in crate::trust) fn registry_name<'a>(
    file: &str,
    root: &'a Root,
) -> Result<&'a RegistryName, MetadataError> {
    root.registry_name.as_ref().ok_or_else(|| MetadataError::NoRegistryName { file: file.to_owned() })
}
