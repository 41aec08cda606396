//! Changes what is signed and signs it anew: what a publisher with the right keys and bad intentions,
//! or a stranger with other keys, could do.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use attune_build::registry::RegistryDirectory;
use attune_build::signing::{KeySettings, Passphrases};
use attune_registry::trust::SigningKey;
use attune_schemas::environment_lock::Footprint;
use attune_schemas::pack_config::PackConfig;
use attune_schemas::pack_index::ManifestPointer;
use attune_schemas::release::{Descriptor, ReleaseManifest};
use attune_schemas::tuf::Envelope;
use attune_schemas::{PackRef, Version};
use jiff::Timestamp;
use serde_json::Value;

/// A release with everything that its publisher can change.
#[derive(Debug, Clone)]
pub struct OpenRelease {
    /// The manifest; its config is filled in when it is published.
    pub manifest: ReleaseManifest,
    /// The config.
    pub config: PackConfig,
}

impl OpenRelease {
    /// Puts `archive` in the place of the pack's own, said to unpack to `unpacked`.
    pub fn replace_archive(&mut self, registry: &Path, archive: &[u8], unpacked: Footprint) {
        let blobs = RegistryDirectory::open(registry).unwrap().blobs();
        let digest = blobs.put(archive).unwrap();
        self.manifest.layers[0].digest = digest;
        self.manifest.layers[0].size = archive.len() as u64;
        self.config.unpacked = unpacked;
    }

    /// Puts `bytes` in the place of the first vendored wheel, said to unpack to `unpacked`.
    pub fn replace_wheel(&mut self, registry: &Path, bytes: &[u8], unpacked: Footprint) {
        let blobs = RegistryDirectory::open(registry).unwrap().blobs();
        let digest = blobs.put(bytes).unwrap();
        let layer: &mut Descriptor = &mut self.manifest.layers[1];
        let old = std::mem::replace(&mut layer.digest, digest);
        layer.size = bytes.len() as u64;
        let targets = self.config.environments.python.iter_mut().flat_map(|lock| &mut lock.targets);
        for wheel in targets.flat_map(|target| &mut target.wheels).filter(|wheel| wheel.digest == old) {
            wheel.digest = digest;
            wheel.size = bytes.len() as u64;
            wheel.unpacked = unpacked;
        }
    }

    /// Puts `bytes` in the place of the first npm package, which is said to unpack to what it did.
    pub fn replace_node_package(&mut self, registry: &Path, bytes: &[u8]) {
        let blobs = RegistryDirectory::open(registry).unwrap().blobs();
        let digest = blobs.put(bytes).unwrap();
        let layer: &mut Descriptor = &mut self.manifest.layers[1];
        let old = std::mem::replace(&mut layer.digest, digest);
        layer.size = bytes.len() as u64;
        let targets = self.config.environments.nodejs.iter_mut().flat_map(|lock| &mut lock.targets);
        for package in targets.flat_map(|target| &mut target.packages).filter(|package| package.digest == old)
        {
            package.digest = digest;
            package.size = bytes.len() as u64;
        }
    }
}

/// Publishes a changed release in place of the one that is there, with the registry's own keys.
pub fn republish(
    registry: &Path,
    keys: &Path,
    pack: &str,
    version: &str,
    change: impl FnOnce(&mut OpenRelease),
) {
    let (pack, version): (PackRef, Version) = (pack.parse().unwrap(), version.parse().unwrap());
    let now = Timestamp::now();
    let directory = RegistryDirectory::open(registry).unwrap();
    let publisher = directory.publisher(now).unwrap();
    let mut index = publisher.index(&pack).unwrap().unwrap();
    let mut release = index.release(&version).unwrap().clone();
    let published = publisher.release(&pack, &release).unwrap();
    let mut open = OpenRelease { manifest: published.manifest, config: published.config };
    change(&mut open);
    let blobs = directory.blobs();
    let config = serde_json::to_vec(&open.config).unwrap();
    open.manifest.config.digest = blobs.put(&config).unwrap();
    open.manifest.config.size = config.len() as u64;
    let manifest = serde_json::to_vec(&open.manifest).unwrap();
    let size = manifest.len() as u64;
    release.manifest = ManifestPointer { digest: blobs.put(&manifest).unwrap(), size };
    index.insert(release);
    let keys = KeySettings {
        directory: keys.to_owned(),
        references: Vec::new(),
        passphrases: Arc::new(Passphrases::default()),
        variable: |_| None,
        accepts_clock: false,
    };
    publisher.publish(&BTreeMap::from([(pack, index)]), &keys.load().unwrap()).unwrap();
}

/// Changes the signed part of a metadata file and signs it with `key`; the key id stays that of the
/// role, so that only the signature itself can give a stranger away.
pub fn resign(metadata: &[u8], key: &SigningKey, change: impl FnOnce(&mut Value)) -> Vec<u8> {
    let mut envelope = Envelope::parse(metadata).unwrap();
    change(&mut envelope.signed);
    let mut signature = key.sign(&envelope.signed_bytes().unwrap());
    signature.keyid = envelope.signatures[0].keyid.clone();
    envelope.signatures = vec![signature];
    envelope.to_bytes().unwrap()
}
