//! A release in a source, as it was signed.

use std::collections::{BTreeMap, BTreeSet};

use attune_host::environment::EnvironmentDescription;
use attune_registry::layout::RegistryPath;
use attune_registry::reader::{ReaderError, VerifiedRelease};
use attune_registry::source::SourceError;
use attune_schemas::pack_index::PackIndex;
use attune_schemas::tuf::RegistryName;
use attune_schemas::{Digest, PackRef, Platform, PythonMinor};

use crate::source::VerifiedSource;

/// A release whose original is wanted.
#[derive(Debug, Clone)]
pub struct WantedOriginal {
    /// The pack.
    pub pack: PackRef,
    /// The registry that it is of.
    pub registry: RegistryName,
    /// The digest of its manifest.
    pub manifest: Digest,
    /// Its environments on this host.
    pub environments: Vec<EnvironmentDescription>,
}

/// A release in a source.
#[derive(Debug)]
pub struct Original {
    /// The pack.
    pub pack: PackRef,
    /// The release.
    pub release: VerifiedRelease,
    /// The index of its pack with this release alone.
    pub index: PackIndex,
    /// Path and bytes of the index as they were signed.
    pub signed_index: (RegistryPath, Vec<u8>),
    /// Digest and size of its packages for this host.
    pub vendored: BTreeMap<Digest, u64>,
}

impl Original {
    /// The original of `wanted` in the registry of `source` with this number; `None` where that has not this very release.
    ///
    /// # Errors
    /// The source is damaged, or cannot be read.
    pub fn find(
        source: &mut VerifiedSource,
        number: usize,
        wanted: &WantedOriginal,
    ) -> Result<Option<Self>, ReaderError> {
        let pack = &wanted.pack;
        let reader = source.reader_at(number);
        let found = reader.pack_index(pack).and_then(|index| Ok((index, reader.pack_index_bytes(pack)?)));
        let (mut index, signed_index) = match found {
            Ok((Some(index), Some(bytes))) => (index, bytes),
            // A bundle has the indexes of its own packs alone.
            Ok(_) | Err(ReaderError::Missing { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        index.releases.retain(|release| release.manifest.digest == wanted.manifest);
        let Some(offered) = index.releases.first().cloned() else { return Ok(None) };
        let release = match source.release_at(number, pack, &offered) {
            // A bundle has the index, and not every release of it.
            Err(ReaderError::Missing { .. } | ReaderError::Source(SourceError::MissingBlobs { .. })) => {
                return Ok(None);
            }
            release => release?,
        };
        let environments = &wanted.environments;
        let mut vendored: BTreeMap<Digest, u64> =
            environments.iter().flat_map(EnvironmentDescription::blobs).collect();
        vendored.extend(wheels_of_tests(&release, environments));
        Ok(Some(Self { pack: pack.clone(), release, index, signed_index, vendored }))
    }

    /// Digest and size of its manifest and its configuration.
    pub fn small(&self) -> [(Digest, u64); 2] {
        let config = &self.release.manifest.config;
        [(self.release.manifest_digest, self.release.manifest_size), (config.digest, config.size)]
    }

    /// Digest and size of its archive and packages.
    pub fn large(&self) -> BTreeMap<Digest, u64> {
        let layer = self.release.pack_layer();
        let vendored = self.vendored.iter().map(|(digest, size)| (*digest, *size));
        vendored.chain([(layer.digest, layer.size)]).collect()
    }
}

/// The wheels that only the tests of `release` need, for the Pythons of `environments`.
fn wheels_of_tests(
    release: &VerifiedRelease,
    environments: &[EnvironmentDescription],
) -> BTreeMap<Digest, u64> {
    let pythons = environments.iter().filter_map(EnvironmentDescription::as_python);
    let here: BTreeSet<(Platform, PythonMinor)> = pythons
        .filter_map(|python| Some((python.interpreter.platform()?, python.interpreter.minor()?)))
        .collect();
    let locks = release.config.test_environments.python.iter().flat_map(|lock| &lock.targets);
    let targets = locks.filter(|target| here.contains(&(target.platform, target.python)));
    targets.flat_map(|target| &target.wheels).map(|wheel| (wheel.digest, wheel.size)).collect()
}
