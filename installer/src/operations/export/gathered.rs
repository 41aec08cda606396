//! The releases of an export in its source, and the blobs that a host of this kind needs of them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::ControlFlow;
use std::path::Path;

use attune_host::environment::EnvironmentDescription;
use attune_host::generation::{Generation, InstalledGeneration};
use attune_host::machine::host_platform;
use attune_host::process::{Interrupt, Interrupted};
use attune_registry::atomic_file::create_unshared;
use attune_registry::blob::BlobSpool;
use attune_registry::bundle::{BundleContent, oci_index};
use attune_registry::layout::RegistryPath;
use attune_registry::reader::{ReaderError, VerifiedRelease};
use attune_registry::report::{NewTask, Reporter};
use attune_registry::source::{BlobPlan, SourceError};
use attune_schemas::bundle::{BUNDLE_FORMAT, BundleDescription, BundledRelease};
use attune_schemas::pack_index::PackIndex;
use attune_schemas::{Digest, PackRef, PackRequest, Platform, PythonMinor, Requirement};

use super::ExportedPack;
use super::error::ExportError;
use crate::plan::installed_blobs;
use crate::source::VerifiedSource;

/// The largest root that is read, in bytes.
const MAX_ROOT_BYTES: u64 = 512 * 1024;

/// The releases, and for whom they are.
pub(super) struct Gathered {
    releases: Vec<GatheredRelease>,
    platforms: BTreeSet<Platform>,
    pythons: BTreeSet<PythonMinor>,
}

struct GatheredRelease {
    pack: PackRef,
    is_requested: bool,
    release: VerifiedRelease,
    /// The index of its pack with this release alone.
    index: PackIndex,
    /// The bytes of the index as they were signed.
    signed_index: (RegistryPath, Vec<u8>),
    /// Its packages for a host of this kind.
    vendored: BTreeMap<Digest, u64>,
}

impl Gathered {
    /// The releases of `kept` in `source`; `named` are those that were asked for.
    ///
    /// # Errors
    /// The source has not the very releases that are installed, or is damaged.
    pub(super) fn of(
        kept: &InstalledGeneration,
        named: &[PackRef],
        source: &mut VerifiedSource,
    ) -> Result<Self, ExportError> {
        let mut gathered =
            Self { releases: Vec::new(), platforms: BTreeSet::new(), pythons: BTreeSet::new() };
        gathered.look_at_interpreters(kept);
        let source_name = source.source().name();
        let mut missing = Vec::new();
        let mut reader = source.reader();
        for (pack, installed) in &kept.generation.packs {
            let lacks = || (pack.clone(), installed.version.clone());
            let found = reader.pack_index(pack).and_then(|index| Ok((index, reader.pack_index_bytes(pack)?)));
            let (mut index, signed_index) = match found {
                Ok((Some(index), Some(bytes))) => (index, bytes),
                // A bundle has the indexes of its own packs alone.
                Ok(_) | Err(ReaderError::Missing { .. }) => {
                    missing.push(lacks());
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            index.releases.retain(|release| release.manifest.digest == installed.manifest);
            let Some(offered) = index.releases.first().cloned() else {
                missing.push(lacks());
                continue;
            };
            let release = match reader.release(pack, &offered) {
                // A bundle has the index, and not every release of it.
                Err(ReaderError::Missing { .. } | ReaderError::Source(SourceError::MissingBlobs { .. })) => {
                    missing.push(lacks());
                    continue;
                }
                release => release?,
            };
            let environments =
                installed.environments.values().filter_map(|known| kept.descriptions.get(&known.digest));
            let mut vendored: BTreeMap<Digest, u64> =
                environments.flat_map(EnvironmentDescription::blobs).collect();
            vendored.extend(gathered.wheels_of_tests(&release));
            let is_requested = if named.is_empty() { installed.requested } else { named.contains(pack) };
            let pack = pack.clone();
            gathered.releases.push(GatheredRelease {
                pack,
                is_requested,
                release,
                index,
                signed_index,
                vendored,
            });
        }
        if missing.is_empty() {
            Ok(gathered)
        } else {
            Err(ExportError::Missing { source_name, releases: missing })
        }
    }

    fn look_at_interpreters(&mut self, kept: &InstalledGeneration) {
        for description in kept.descriptions.values() {
            match description {
                EnvironmentDescription::Python(python) => {
                    self.platforms.extend(python.interpreter.platform());
                    self.pythons.extend(python.interpreter.minor());
                }
                EnvironmentDescription::Node(node) => self.platforms.extend(node.interpreter.platform()),
                EnvironmentDescription::Recipe(_) => {}
            }
        }
        if self.platforms.is_empty() {
            self.platforms.extend(host_platform());
        }
    }

    /// The wheels that only the tests of `release` need here.
    fn wheels_of_tests(&self, release: &VerifiedRelease) -> BTreeMap<Digest, u64> {
        let locks = release.config.test_environments.python.iter().flat_map(|lock| &lock.targets);
        let here = locks.filter(|target| {
            self.platforms.contains(&target.platform) && self.pythons.contains(&target.python)
        });
        here.flat_map(|target| &target.wheels).map(|wheel| (wheel.digest, wheel.size)).collect()
    }

    /// The content of the bundle: its head, and its blobs in their order.
    ///
    /// # Errors
    /// The source cannot be read.
    pub(super) fn content(&self, source: &mut VerifiedSource) -> Result<BundleContent, ExportError> {
        let metadata = |name: &str| RegistryPath::metadata(name).expect("the name of a metadata file");
        let mut files = source.repository_at(0).files();
        // All roots since the first, so that a host with any of them can follow the chain.
        for version in 1..source.repository_at(0).root().version() {
            let name = format!("{version}.root.json");
            if let Some(bytes) = source.source_at(0).read(&metadata(&name), MAX_ROOT_BYTES)? {
                files.insert(name, bytes);
            }
        }
        let mut head: Vec<_> = files.into_iter().map(|(name, bytes)| (metadata(&name), bytes)).collect();
        head.extend(self.releases.iter().map(|gathered| gathered.signed_index.clone()));
        head.push((RegistryPath::OciLayout, oci_index::OCI_LAYOUT.to_vec()));
        let indexes = self.releases.iter().map(|gathered| &gathered.index);
        head.push((RegistryPath::OciIndex, oci_index::index_of(indexes)));
        let requested = self.releases.iter().filter(|gathered| gathered.is_requested);
        let description = BundleDescription {
            format: BUNDLE_FORMAT.to_owned(),
            registry: source.registry().to_string(),
            requested: requested
                .map(|gathered| PackRequest { pack: gathered.pack.clone(), requirement: Requirement::any() })
                .collect(),
            releases: self
                .releases
                .iter()
                .map(|gathered| BundledRelease {
                    pack: gathered.pack.clone(),
                    version: gathered.release.config.pack.version.clone(),
                    manifest: gathered.release.manifest_digest,
                })
                .collect(),
            platforms: self.platforms.iter().copied().collect(),
            pythons: self.pythons.iter().copied().collect(),
            runtimes: Vec::new(),
        };
        // The largest first, as in every bundle.
        let mut vendored: Vec<_> = self.large().into_iter().collect();
        vendored.sort_by_key(|&(digest, size)| (std::cmp::Reverse(size), digest));
        let archives = self.releases.iter().map(|gathered| {
            let layer = gathered.release.pack_layer();
            (layer.digest, layer.size)
        });
        let mut seen = BTreeSet::new();
        let blobs = self.small().into_iter().chain(archives).chain(vendored);
        let blobs = blobs.filter(|(digest, _)| seen.insert(*digest)).collect();
        Ok(BundleContent { description, head, blobs })
    }

    /// The manifests, and then the configs.
    fn small(&self) -> Vec<(Digest, u64)> {
        let releases = || self.releases.iter().map(|gathered| &gathered.release);
        let manifests = releases().map(|release| (release.manifest_digest, release.manifest_size));
        let configs =
            releases().map(|release| (release.manifest.config.digest, release.manifest.config.size));
        manifests.chain(configs).collect()
    }

    /// The archives and packages.
    fn large(&self) -> BTreeMap<Digest, u64> {
        let releases = self.releases.iter();
        let blobs = releases.flat_map(|gathered| {
            let layer = gathered.release.pack_layer();
            let vendored = gathered.vendored.iter().map(|(digest, size)| (*digest, *size));
            vendored.chain([(layer.digest, layer.size)])
        });
        blobs.collect()
    }

    /// Fetches every blob to a file of `area` that is named by its digest.
    ///
    /// # Errors
    /// The source lacks a blob or is damaged, or a file cannot be written.
    pub(super) fn fetch(
        &self,
        active: &Generation,
        source: &mut VerifiedSource,
        area: &Path,
        (interrupt, reporter): (&Interrupt, &dyn Reporter),
    ) -> Result<(), ExportError> {
        for (digest, size) in self.small() {
            let bytes = source.source().read_blob(&digest, size)?;
            let mut file = create_unshared(&area.join(digest.hex())).map_err(ExportError::Io)?;
            std::io::copy(&mut &bytes[..], &mut file).map_err(ExportError::Io)?;
        }
        let plan = BlobPlan { wanted: self.large(), allowed: installed_blobs(source, active)? };
        let shown = reporter.task(NewTask::new("fetching").of_bytes(plan.wanted.values().sum()));
        let mut failed = None;
        let streamed = source.source().stream_blobs(&plan, &BlobSpool::new(area), &mut |blob| {
            if interrupt.is_raised() {
                return ControlFlow::Break(());
            }
            let (digest, size) = (*blob.digest(), blob.size());
            let file = create_unshared(&area.join(digest.hex()));
            let copied = file.and_then(|mut file| std::io::copy(&mut blob.into_reader(), &mut file));
            shown.advanced(size);
            failed = copied.err();
            if failed.is_some() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        });
        match (streamed, failed) {
            (_, Some(error)) => Err(ExportError::Io(error)),
            (Err(SourceError::Stopped), None) => Err(Interrupted.into()),
            (streamed, None) => Ok(streamed?),
        }
    }

    /// The releases, as they are reported.
    pub(super) fn exported(&self) -> Vec<ExportedPack> {
        let exported = self.releases.iter().map(|gathered| ExportedPack {
            pack: gathered.pack.clone(),
            version: gathered.release.config.pack.version.clone(),
            requested: gathered.is_requested,
            size: gathered.release.pack_layer().size + gathered.vendored.values().sum::<u64>(),
        });
        exported.collect()
    }
}
