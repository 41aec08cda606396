//! Cuts a bundle out of a registry: the closure of what was asked for, for the targets asked for.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use attune_registry::bundle::{BundleContent, oci_index, write_bundle};
use attune_registry::layout::RegistryPath;
use attune_registry::reader::RegistryReader;
use attune_registry::report::{Report, Reporter};
use attune_registry::resolve::{Candidate, CandidateError, Candidates, resolve};
use attune_schemas::bundle::BundledRuntime;
use attune_schemas::coverage::ReleaseCoverage;
use attune_schemas::pack_index::PackIndex;
use attune_schemas::problem::WarningCode;
use attune_schemas::runtime_index::{RuntimeIndex, RuntimeName};
use attune_schemas::{Digest, PackRef, PackRequest, Platform, PythonMinor, Version};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::contents::Contents;
use super::error::CutError;
use super::output::{BundleOutput, is_standard_output};
use crate::registry::RegistryDirectory;
use crate::targets::TargetSelection;

/// The options of a bundle.
#[derive(Debug, Clone)]
pub struct BundleOptions {
    /// The registry.
    pub registry: PathBuf,
    /// The packs; their dependencies come with them.
    pub requests: Vec<PackRequest>,
    /// The targets that it is to install on.
    pub targets: TargetSelection,
    /// Whether it carries the interpreters that the packs need.
    pub with_runtimes: bool,
    /// The file to write.
    pub output: PathBuf,
    /// The time that metadata is judged by.
    pub now: Timestamp,
}

/// The report of a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BundleReport {
    /// The file.
    pub bundle: PathBuf,
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// The releases in it, dependencies first.
    pub releases: Vec<BundledPack>,
    /// The machines it installs on; empty where it installs on any.
    pub platforms: Vec<Platform>,
    /// The Pythons it installs on.
    pub pythons: Vec<PythonMinor>,
    /// The interpreters that it carries.
    pub runtimes: Vec<BundledRuntime>,
    /// When its metadata expires, and with it the bundle.
    pub expires_at: String,
}

impl Report for BundleReport {
    const FORMAT: &'static str = "attune-build.bundle/v1";
}

/// A release in a bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct BundledPack {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its version.
    pub version: Version,
    /// Whether it was asked for, rather than needed by another.
    pub requested: bool,
    /// Bytes of its blobs in the bundle; shared ones count for each pack.
    pub size: u64,
    /// The kinds of hosts that it installs on, of those that were asked for.
    pub targets: Vec<ReleaseCoverage>,
}

/// Writes the bundle; a file that was there before is replaced only once the new one is whole, and a pipe or device
/// never.
pub fn bundle(options: &BundleOptions, reporter: &dyn Reporter) -> Result<BundleReport, CutError> {
    let output = BundleOutput::of(&options.output)?;
    let registry = RegistryDirectory::open(&options.registry)?;
    let repository = registry.verify(options.now)?;
    let mut source = registry.source();
    let mut reader = RegistryReader::new(&mut source, &repository);
    let (resolution, indexes) = close_over(&options.requests, &reader)?;
    let mut contents = Contents::new(options)?;
    for (pack, version) in &resolution {
        let index = indexes.get(pack).expect("a resolved pack was looked up");
        let release = index.release(version).expect("a resolved version is in its index");
        contents.add(pack, &reader.release(pack, release)?)?;
    }
    if options.with_runtimes {
        let indexes = RuntimeName::ALL.into_iter().map(|runtime| reader.runtime_index(runtime));
        let indexes: Vec<RuntimeIndex> = indexes.filter_map(Result::transpose).collect::<Result<_, _>>()?;
        for warning in contents.add_runtimes(&indexes)? {
            reporter.warning(WarningCode::RuntimeNotCarried, &warning);
        }
    }
    // All roots since the first, so that a host with any of them can follow the chain; and of the bins
    // those that were looked into.
    let metadata = repository.files().into_iter().map(|(name, bytes)| {
        (RegistryPath::metadata(&name).expect("verified metadata has a metadata name"), bytes)
    });
    let mut head: Vec<_> = metadata.collect();
    for (pack, _) in &resolution {
        head.extend(reader.pack_index_bytes(pack)?);
    }
    for runtime in contents.bundled_runtimes() {
        head.extend(reader.runtime_index_bytes(runtime)?);
    }
    head.push((RegistryPath::OciLayout, oci_index::OCI_LAYOUT.to_vec()));
    let bundled: Vec<PackIndex> = contents.only_bundled(&indexes);
    head.push((RegistryPath::OciIndex, oci_index::index_of(bundled.iter())));

    let mut content = contents.content(options, repository.registry_name().as_str());
    content.head = head;
    let mut cells = contents.packs.iter().flat_map(|pack| &pack.targets);
    let is_for_any = cells.all(|cell| cell.platform.is_none());
    let (digest, size) = write_file(&output, &content, &registry, reporter)?;
    Ok(BundleReport {
        bundle: absolute_output(&options.output),
        digest,
        size,
        releases: contents.packs,
        platforms: if is_for_any { Vec::new() } else { content.description.platforms },
        pythons: content.description.pythons,
        runtimes: content.description.runtimes,
        expires_at: repository.expires_at().to_string(),
    })
}

fn absolute_output(path: &Path) -> PathBuf {
    if is_standard_output(path) {
        return path.to_owned();
    }
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

type Indexes = BTreeMap<PackRef, PackIndex>;

/// Resolves the requests over the registry.
fn close_over(
    requests: &[PackRequest],
    reader: &RegistryReader<'_>,
) -> Result<(Vec<(PackRef, Version)>, Indexes), CutError> {
    let published = Published { reader, indexes: RefCell::default() };
    let resolution = resolve(requests, &published)?;
    Ok((resolution, published.indexes.into_inner()))
}

struct Published<'a, 'b> {
    reader: &'a RegistryReader<'b>,
    indexes: RefCell<Indexes>,
}

impl Candidates for Published<'_, '_> {
    fn known_packs(&self) -> Vec<PackRef> {
        self.reader.known_packs()
    }

    fn releases(&self, pack: &PackRef) -> Result<Vec<Candidate>, CandidateError> {
        let Some(index) = self.reader.pack_index(pack)? else { return Ok(Vec::new()) };
        let candidates = index.releases.iter().map(|release| Candidate {
            version: release.version.clone(),
            dependencies: release.dependencies.clone(),
            preferred: false,
            yanked: release.yanked.is_some(),
        });
        let candidates = candidates.collect();
        self.indexes.borrow_mut().insert(pack.clone(), index);
        Ok(candidates)
    }
}

fn write_file(
    output: &BundleOutput,
    content: &BundleContent,
    registry: &RegistryDirectory,
    reporter: &dyn Reporter,
) -> Result<(Digest, u64), CutError> {
    let blobs = registry.blobs();
    output.write(|file| {
        reporter.started("bundling", Some(content.blobs.iter().map(|(_, size)| size).sum()));
        let written = write_bundle(
            content,
            |digest| blobs.open(digest),
            file,
            |bytes| {
                reporter.advanced(bytes);
            },
        );
        reporter.finished();
        Ok(written?)
    })
}
