//! Adds packs to a registry: lint, vendor, archive, index, sign.

mod allowances;
mod dependencies;
mod downloads;
mod error;
mod imports;
mod node_warnings;
mod published;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use attune_registry::blob::BlobStore;
use attune_registry::report::{Place, Report, Reporter};
use attune_schemas::coverage::ReleaseCoverage;
use attune_schemas::lint::Findings;
use attune_schemas::pack::PackMetadata;
use attune_schemas::pack_index::{PackIndex, Release};
use attune_schemas::problem::WarningCode;
use attune_schemas::{PackRef, PythonMinor, Version};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::checked::{CheckedPack, require_all};
use crate::pack::{ReleaseParts, archive, config_of, require_versions, store};
use crate::registry::{Publisher, RegistryDirectory};
use crate::signing::KeySettings;
use crate::targets::TargetSelection;
use crate::vendoring::python::{CoverageMatrix, python_satisfies};
use crate::vendoring::{VendorSettings, VendoredFile};

pub use error::AddError;

use allowances::Allowances;
use dependencies::{
    bare_node, bare_python, node_failed, node_inputs, python_inputs, vendor, vendor_packages,
};
use published::{Asked, describe, empty_index};

/// The options of an addition.
#[derive(Debug, Clone)]
pub struct AddOptions {
    /// The registry.
    pub registry: PathBuf,
    /// Where its keys are.
    pub keys: KeySettings,
    /// The packs' directories.
    pub packs: Vec<PathBuf>,
    /// The targets to vendor for.
    pub targets: TargetSelection,
    /// Whether a target that cannot be served is left out, rather than refused.
    pub allow_missing: bool,
    /// Whether files that hold secrets are published.
    pub include_secrets: bool,
    /// Where dependencies come from.
    pub vendor: VendorSettings,
    /// The way to have the install script of an npm package run, in the imperative.
    pub script_advice: fn(&str) -> String,
    /// The time of publication.
    pub now: Timestamp,
}

/// The report of an addition.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddReport {
    /// The packs, in the order in which they were named.
    pub packs: Vec<AddedPack>,
    /// Metadata files that were written.
    pub metadata: Vec<String>,
}

impl Report for AddReport {
    const FORMAT: &'static str = "attune-build.add/v1";
}

/// A pack that was added, or was there already.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddedPack {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its version.
    pub version: Version,
    /// Whether this very release was there already.
    pub unchanged: bool,
    /// Bytes of the release.
    pub size: u64,
    /// Number of vendored files.
    pub vendored: usize,
    /// Where it installs; absent where it needs no third-party package, or nothing was vendored now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<CoverageMatrix>,
    /// The kinds of hosts that it was built for, and whether it installs there.
    pub targets: Vec<ReleaseCoverage>,
    /// The linter's findings; no errors, since those stop everything.
    pub findings: Findings,
}

/// Adds every pack, or none.
pub fn add(options: &AddOptions, reporter: &dyn Reporter) -> Result<AddReport, AddError> {
    let registry = RegistryDirectory::open(&options.registry)?;
    let _lock = registry.lock(&options.keys.directory)?;
    let packs = require_all(&options.packs, options.include_secrets)?;
    let keys = options.keys.load()?;
    let publisher = options.keys.open_to_write(&registry, options.now, reporter)?;
    publisher.repository().require_keys(&keys)?;
    let mut indexes: BTreeMap<PackRef, PackIndex> = BTreeMap::new();
    let mut added = Vec::new();
    let allowances = Allowances::new(&options.vendor.npm.allow_scripts, packs.len());
    let adding = Adding { publisher: &publisher, blobs: &registry.blobs(), options, reporter, allowances };
    let of = packs.len();
    for (index, pack) in packs.into_iter().enumerate() {
        let published = publisher.index(&pack.metadata.pack)?;
        let place = (of > 1).then_some(Place { position: index + 1, of });
        let (release, entry) = adding.add(&pack, published.as_ref(), place)?;
        if let Some(release) = release {
            let mut index = published.unwrap_or_else(|| empty_index(&pack.metadata));
            describe(&mut index, &pack.metadata, &release);
            index.insert(release);
            indexes.insert(pack.metadata.pack.clone(), index);
        }
        added.push(entry);
    }
    warn_of_missing(&added, &indexes, &publisher, reporter)?;
    let publication = publisher.publish(&indexes, &keys)?;
    Ok(AddReport { packs: added, metadata: publication.metadata })
}

/// The surroundings of every pack that is added.
struct Adding<'a> {
    publisher: &'a Publisher<'a>,
    blobs: &'a BlobStore,
    options: &'a AddOptions,
    reporter: &'a dyn Reporter,
    allowances: Allowances,
}

impl Adding<'_> {
    /// Stores the release of `pack`; `None` where this very release is `published`.
    fn add(
        &self,
        pack: &CheckedPack,
        published: Option<&PackIndex>,
        place: Option<Place>,
    ) -> Result<(Option<Release>, AddedPack), AddError> {
        let Self { publisher, blobs, options, reporter, .. } = *self;
        let metadata = &pack.metadata;
        let archive = archive(&pack.directory, metadata)?;
        let mut entry = AddedPack {
            pack: metadata.pack.clone(),
            version: metadata.version.clone(),
            unchanged: true,
            size: 0,
            vendored: 0,
            coverage: None,
            targets: Vec::new(),
            findings: pack.report.findings.clone(),
        };
        let (inputs, node_inputs) = (python_inputs(pack)?, node_inputs(pack)?);
        let targets = if inputs.is_empty() { Vec::new() } else { options.targets.all()? };
        let pythons: Vec<PythonMinor> = targets.iter().map(|&(_, python)| python).collect();
        require_versions(&metadata.pack, &pack.report.components, &pythons)?;
        let platforms = if node_inputs.is_empty() { Vec::new() } else { options.targets.platforms()? };
        if let Some(release) = published.and_then(|index| index.release(&metadata.version)) {
            let (glibc, allow_missing) = (options.vendor.glibc, options.allow_missing);
            let asked = Asked { targets: &targets, platforms: &platforms, glibc, allow_missing };
            asked.require_same(publisher, metadata, release, &archive)?;
            entry.size = release.size;
            self.allowances.pass();
            return Ok((None, entry));
        }
        let python = vendor(pack, &inputs, &targets, options, (reporter, place))?;
        let nodejs = vendor_packages(pack, &node_inputs, &platforms, options, (reporter, place))?;
        self.allowances.note(nodejs.as_ref()).map_err(|error| node_failed(pack, error))?;
        let wheels = python.iter().flat_map(|vendored| &vendored.files);
        let vendored: Vec<VendoredFile> =
            wheels.chain(nodejs.iter().flat_map(|vendored| &vendored.files)).cloned().collect();
        let parts = ReleaseParts {
            metadata,
            components: &pack.report.components,
            archive: &archive,
            python: python
                .as_ref()
                .map(|vendored| vendored.lock.clone())
                .or_else(|| bare_python(pack, &inputs)),
            nodejs: nodejs.map(|vendored| vendored.lock).or_else(|| bare_node(pack, &node_inputs)),
            vendored: &vendored,
            now: options.now,
        };
        entry.targets = ReleaseCoverage::of(&config_of(&parts));
        if !entry.targets.iter().any(ReleaseCoverage::installs) {
            let blames = entry.targets.iter().flat_map(|cell| cell.blames.iter().cloned()).collect();
            return Err(AddError::InstallsNowhere { pack: metadata.pack.clone(), blames });
        }
        self.require_targets(metadata, &entry.targets)?;
        let release = store(&parts, blobs)?;
        // As installers read it, with their limits.
        publisher.release(&metadata.pack, &release)?;
        entry.unchanged = false;
        entry.size = release.size;
        entry.vendored = vendored.len();
        entry.coverage = python.map(|vendored| vendored.coverage);
        Ok((Some(release), entry))
    }

    /// Refuses a release that would lack a target that was asked for: it could never gain one.
    fn require_targets(&self, metadata: &PackMetadata, cells: &[ReleaseCoverage]) -> Result<(), AddError> {
        if self.options.allow_missing {
            return Ok(());
        }
        let missing = cells.iter().filter(|cell| !cell.installs());
        let mut blames: BTreeSet<String> = missing
            .map(|cell| {
                let platform = cell.platform.map(|platform| platform.to_string()).unwrap_or_default();
                let python = cell.python.map(|python| format!(" with Python {python}")).unwrap_or_default();
                format!("{platform}{python}: {}", cell.blames.join("; "))
            })
            .collect();
        let requires = metadata.requires.python.as_deref().unwrap_or_default();
        for python in &self.options.targets.pythons {
            if requires.parse().is_ok_and(|requires| !python_satisfies(&requires, *python)) {
                blames.insert(format!("Python {python}: the pack requires Python {requires}"));
            }
        }
        let pack = metadata.pack.clone();
        if blames.is_empty() { Ok(()) } else { Err(AddError::TargetsMissing { pack, blames }) }
    }
}

/// Tells which dependencies of what is added nobody could satisfy from this registry yet.
fn warn_of_missing(
    added: &[AddedPack],
    indexes: &BTreeMap<PackRef, PackIndex>,
    publisher: &Publisher<'_>,
    reporter: &dyn Reporter,
) -> Result<(), AddError> {
    for entry in added.iter().filter(|entry| !entry.unchanged) {
        let Some(release) = indexes.get(&entry.pack).and_then(|index| index.release(&entry.version)) else {
            continue;
        };
        for (pack, requirement) in &release.dependencies {
            let index = match indexes.get(pack) {
                Some(index) => Some(index.clone()),
                None => publisher.index(pack)?,
            };
            let satisfies = |release: &Release| requirement.matches(&release.version);
            if !index.is_some_and(|index| index.releases.iter().any(satisfies)) {
                reporter.warning(
                    WarningCode::DependencyMissing,
                    &format!(
                        "{} {} depends on {pack} {requirement}, which this registry does not have",
                        entry.pack, entry.version
                    ),
                );
            }
        }
    }
    Ok(())
}
