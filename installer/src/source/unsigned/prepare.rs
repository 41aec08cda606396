//! Packs that are obtained, judged and made into releases. Nothing of it touches the root.

use std::collections::BTreeMap;
use std::path::Path;

use attune_host::process::Interrupt;
use attune_registry::blob::BlobStore;
use attune_registry::origin::{ObtainSettings, ObtainedPack, OriginError, PackSource, WorkArea, obtain};
use attune_registry::pack_directory::PackDirectory;
use attune_registry::packing::{BareLocks, LintedPack, Needs, ReleaseParts, archive, store};
use attune_registry::report::Reporter;
use attune_registry::workers::in_parallel;
use attune_schemas::PackRef;
use attune_schemas::lint::LintReport;
use attune_schemas::origin::Origin;
use attune_schemas::pack::PackMetadata;
use attune_schemas::pack_index::Release;
use jiff::Timestamp;

use super::builder::PackBuilder;
use super::error::UnsignedError;

/// Sources that nobody signed.
#[derive(Debug, Clone)]
pub struct UnsignedSources {
    /// The sources.
    pub sources: Vec<PackSource>,
    /// How they are obtained. What is made of them waits in the cache's directory.
    pub settings: ObtainSettings,
    /// Makes releases of packs for which packages must be fetched.
    pub builder: PackBuilder,
}

/// A pack that was made into a release, which nobody signed yet.
#[derive(Debug, Clone)]
pub(super) struct PreparedPack {
    pub(super) metadata: PackMetadata,
    pub(super) release: Release,
    /// Its source, for people.
    pub(super) shown: String,
}

/// Packs that were made into releases, with their files in an area of their own, gone when this is dropped.
#[derive(Debug)]
pub struct PreparedPacks {
    pub(super) area: WorkArea,
    pub(super) packs: Vec<PreparedPack>,
}

/// A pack that passed the linter.
pub(super) struct Judged {
    pub(super) directory: PackDirectory,
    pub(super) metadata: PackMetadata,
    report: LintReport,
    pub(super) origin: Option<Origin>,
    shown: String,
}

impl PreparedPacks {
    /// What is removed when this is dropped, for whoever ends before that.
    pub fn leftovers(&self) -> Vec<std::path::PathBuf> {
        self.area.leftovers()
    }
}

impl UnsignedSources {
    /// Obtains the packs and makes releases of them.
    ///
    /// # Errors
    /// A source gives no pack, a pack has errors, or packages cannot be fetched; then nothing is left behind but what
    /// the cache keeps.
    pub fn prepare(&self, now: Timestamp, reporter: &dyn Reporter) -> Result<PreparedPacks, UnsignedError> {
        let obtained = in_parallel(&self.sources, |source| obtain(source, &self.settings, reporter));
        let obtained = obtained.into_iter().collect::<Result<Vec<_>, OriginError>>()?;
        self.settings.interrupt.check()?;
        let judged = judge_all(&obtained)?;
        let cache = &self.settings.cache_dir;
        let area =
            WorkArea::new(cache).map_err(|source| UnsignedError::Io { path: cache.clone(), source })?;
        let blobs = BlobStore::new(&local_in(area.path()).join("registry"));
        let (mut packs, mut others) = (Vec::new(), Vec::new());
        for pack in &judged {
            match pack.linted().needs().map_err(|source| in_area(&area, source))? {
                Needs::Nothing(locks) => {
                    let release = pack.release(*locks, &blobs, now)?;
                    packs.push(pack.prepared(release));
                }
                Needs::Packages(needs) => others.push((pack, needs)),
            }
        }
        if !others.is_empty() {
            packs.extend(self.builder.build(&others, &area, &blobs, &self.settings.interrupt, reporter)?);
        }
        Ok(PreparedPacks { area, packs })
    }

    /// Tells when to stop.
    pub const fn interrupt(&self) -> &Interrupt {
        &self.settings.interrupt
    }
}

/// The directory in a work area of what will be moved into the root.
pub(super) fn local_in(area: &Path) -> std::path::PathBuf {
    area.join("local")
}

pub(super) fn in_area(area: &WorkArea, source: std::io::Error) -> UnsignedError {
    UnsignedError::Io { path: area.path().to_owned(), source }
}

fn judge_all(obtained: &[ObtainedPack]) -> Result<Vec<Judged>, UnsignedError> {
    let mut packs: Vec<Judged> = Vec::new();
    let mut names: BTreeMap<PackRef, String> = BTreeMap::new();
    for pack in obtained {
        let judged = judge(pack)?;
        let (pack, second) = (judged.metadata.pack.clone(), judged.shown.clone());
        if let Some(first) = names.insert(pack.clone(), second.clone()) {
            return Err(UnsignedError::SamePack { pack, first, second });
        }
        packs.push(judged);
    }
    Ok(packs)
}

fn judge(pack: &ObtainedPack) -> Result<Judged, UnsignedError> {
    let source_name = pack.shown.clone();
    let directory = PackDirectory::open(&pack.directory)
        .map_err(|source| UnsignedError::Directory { source_name: source_name.clone(), source })?;
    let report = directory.lint();
    match &report.metadata {
        Some(metadata) if !report.findings.has_errors() => {
            let (metadata, origin) = (metadata.clone(), pack.origin.clone());
            Ok(Judged { directory, metadata, report, origin, shown: source_name })
        }
        _ => Err(UnsignedError::Findings { source_name, findings: report.findings }),
    }
}

impl Judged {
    fn linted(&self) -> LintedPack<'_> {
        LintedPack {
            directory: &self.directory,
            metadata: &self.metadata,
            components: &self.report.components,
        }
    }

    pub(super) fn prepared(&self, release: Release) -> PreparedPack {
        PreparedPack { metadata: self.metadata.clone(), release, shown: self.shown.clone() }
    }

    /// Stores a release of a pack that needs no package.
    fn release(&self, locks: BareLocks, blobs: &BlobStore, now: Timestamp) -> Result<Release, UnsignedError> {
        let archived = archive(&self.directory, &self.metadata, blobs)?;
        let parts = ReleaseParts {
            metadata: &self.metadata,
            components: &self.report.components,
            archive: archived.described,
            python: locks.python,
            test_python: None,
            nodejs: locks.nodejs,
            vendored: &[],
            origin: self.origin.clone(),
            now,
        };
        Ok(store(&parts, archived, blobs)?)
    }
}
