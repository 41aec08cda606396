//! A release of the registry of the host's own, as a backup takes it along, and its way back.

use std::collections::BTreeMap;

use attune_registry::layout::RegistryPath;
use attune_schemas::pack_index::PackIndex;
use attune_schemas::{Digest, PackRef};
use serde::{Deserialize, Serialize};

use super::signer::{LocalError, LocalSigner};

/// A release that the host signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignedRelease {
    /// The index of its pack, with this release alone.
    pub index: PackIndex,
    /// Its manifest, its config and its layers, with their sizes in bytes.
    pub blobs: BTreeMap<Digest, u64>,
}

impl LocalSigner {
    /// The release of `pack` with this manifest; none where the registry does not have it, or not all of its files.
    ///
    /// # Errors
    /// The registry is damaged, or cannot be read.
    pub fn signed(&self, pack: &PackRef, manifest: &Digest) -> Result<Option<SignedRelease>, LocalError> {
        let Some(index) = self.index(pack)? else { return Ok(None) };
        let mut releases = index.releases.iter();
        let found = releases.find(|release| release.manifest.digest == *manifest).cloned();
        let Some(release) = found else { return Ok(None) };
        let verified = self.release(pack, &release)?;
        let layers = verified.manifest.layers.iter().chain([&verified.manifest.config]);
        let mut blobs: BTreeMap<Digest, u64> = layers.map(|layer| (layer.digest, layer.size)).collect();
        blobs.insert(release.manifest.digest, release.manifest.size);
        let directory = self.registry();
        let is_there = |(digest, size): (&Digest, &u64)| {
            let place = directory.join(RegistryPath::Blob(*digest).to_string());
            fs_err::metadata(place).is_ok_and(|found| found.len() == *size)
        };
        if !blobs.iter().all(is_there) {
            return Ok(None);
        }
        let index = PackIndex { releases: vec![release], channels: BTreeMap::new(), ..index };
        Ok(Some(SignedRelease { index, blobs }))
    }

    /// Signs `releases` again, whose blobs are among the new ones.
    ///
    /// # Errors
    /// A file cannot be written, or the key does not sign.
    pub fn sign_again(&self, releases: &BTreeMap<PackRef, SignedRelease>) -> Result<(), LocalError> {
        let mut indexes = BTreeMap::new();
        for (pack, SignedRelease { index, .. }) in releases {
            let mut together = match self.index(pack)? {
                Some(there) => there,
                None => PackIndex { releases: Vec::new(), ..index.clone() },
            };
            for release in &index.releases {
                together.insert(release.clone());
            }
            indexes.insert(pack.clone(), together);
        }
        self.publish(&indexes)
    }
}
