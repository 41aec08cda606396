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
use attune_registry::report::{NewTask, Reporter};
use attune_registry::source::{BlobPlan, SourceError};
use attune_schemas::bundle::{BUNDLE_FORMAT, BundleDescription, BundledRelease};
use attune_schemas::{Digest, PackRef, PackRequest, Platform, PythonMinor, Requirement};

use super::ExportedPack;
use super::error::ExportError;
use crate::originals::{Original, WantedOriginal, head_of};
use crate::plan::installed_blobs;
use crate::source::VerifiedSource;

/// The releases, and for whom they are.
pub(super) struct Gathered {
    releases: Vec<GatheredRelease>,
    platforms: BTreeSet<Platform>,
    pythons: BTreeSet<PythonMinor>,
}

struct GatheredRelease {
    original: Original,
    is_requested: bool,
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
        for (pack, installed) in &kept.generation.packs {
            let environments =
                installed.environments.values().filter_map(|known| kept.descriptions.get(&known.digest));
            let wanted = WantedOriginal {
                pack: pack.clone(),
                registry: source.registry().clone(),
                manifest: installed.manifest,
                environments: environments.cloned().collect(),
            };
            let is_requested = if named.is_empty() { installed.requested } else { named.contains(pack) };
            match Original::find(source, 0, &wanted)? {
                Some(original) => gathered.releases.push(GatheredRelease { original, is_requested }),
                None => missing.push((pack.clone(), installed.version.clone())),
            }
        }
        if missing.is_empty() {
            Ok(gathered)
        } else {
            Err(ExportError::Missing { source_name, is_kept: false, releases: missing })
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

    /// The content of the bundle: its head, and its blobs in their order.
    ///
    /// # Errors
    /// The source cannot be read.
    pub(super) fn content(&self, source: &mut VerifiedSource) -> Result<BundleContent, ExportError> {
        let mut head: Vec<_> = head_of(source, 0)?.into_iter().collect();
        head.extend(self.originals().map(|original| original.signed_index.clone()));
        head.push((RegistryPath::OciLayout, oci_index::OCI_LAYOUT.to_vec()));
        let indexes = self.originals().map(|original| &original.index);
        head.push((RegistryPath::OciIndex, oci_index::index_of(indexes)));
        let requested = self.releases.iter().filter(|gathered| gathered.is_requested);
        let description = BundleDescription {
            format: BUNDLE_FORMAT.to_owned(),
            registry: source.registry().to_string(),
            requested: requested
                .map(|gathered| PackRequest {
                    pack: gathered.original.pack.clone(),
                    requirement: Requirement::any(),
                })
                .collect(),
            releases: self
                .originals()
                .map(|original| BundledRelease {
                    pack: original.pack.clone(),
                    version: original.release.config.pack.version.clone(),
                    manifest: original.release.manifest_digest,
                })
                .collect(),
            platforms: self.platforms.iter().copied().collect(),
            pythons: self.pythons.iter().copied().collect(),
            runtimes: Vec::new(),
        };
        // The largest first, as in every bundle.
        let mut vendored: Vec<_> = self.large().into_iter().collect();
        vendored.sort_by_key(|&(digest, size)| (std::cmp::Reverse(size), digest));
        let archives = self.originals().map(|original| {
            let layer = original.release.pack_layer();
            (layer.digest, layer.size)
        });
        let mut seen = BTreeSet::new();
        let blobs = self.small().into_iter().chain(archives).chain(vendored);
        let blobs = blobs.filter(|(digest, _)| seen.insert(*digest)).collect();
        Ok(BundleContent { description, head, blobs })
    }

    fn originals(&self) -> impl Iterator<Item = &Original> {
        self.releases.iter().map(|gathered| &gathered.original)
    }

    /// The manifests, and then the configs.
    fn small(&self) -> Vec<(Digest, u64)> {
        let (manifests, configs): (Vec<_>, Vec<_>) =
            self.originals().map(Original::small).map(|[manifest, config]| (manifest, config)).unzip();
        manifests.into_iter().chain(configs).collect()
    }

    /// The archives and packages.
    fn large(&self) -> BTreeMap<Digest, u64> {
        self.originals().flat_map(Original::large).collect()
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
            pack: gathered.original.pack.clone(),
            version: gathered.original.release.config.pack.version.clone(),
            requested: gathered.is_requested,
            size: gathered.original.large().values().sum(),
        });
        exported.collect()
    }
}
