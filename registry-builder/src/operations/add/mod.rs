//! Adds packs to a registry: lint, vendor, archive, index, sign.

mod allowances;
mod dependencies;
mod error;
mod imports;
mod lacking;
mod node_warnings;
mod notes;
mod preparing;
mod published;
mod releasing;
mod sources;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;

use attune_registry::report::{Place, Report, Reporter};
use attune_registry::workers::{in_order, processors_for};
use attune_schemas::coverage::ReleaseCoverage;
use attune_schemas::lint::Findings;
use attune_schemas::origin::Origin;
use attune_schemas::pack_index::PackIndex;
use attune_schemas::{PackRef, Version};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::checked::{CheckedPack, require_all};
use crate::registry::RegistryDirectory;
use crate::signing::KeySettings;
use crate::targets::TargetSelection;
use crate::vendoring::python::CoverageMatrix;
use crate::vendoring::{VendorSession, VendorSettings};

pub use error::AddError;
pub use sources::{NamedPack, ObtainedPacks, obtain_all};

use allowances::Allowances;
use lacking::{warn_of_dependencies, warn_of_targets};
use notes::Notes;
use preparing::Preparing;
use releasing::Releasing;

/// The packs that are worked on at a time, at least: vendoring waits for others most of the time.
const AT_A_TIME: usize = 8;

/// The options of an addition.
#[derive(Debug, Clone)]
pub struct AddOptions {
    /// The registry.
    pub registry: PathBuf,
    /// Where its keys are.
    pub keys: KeySettings,
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
    /// Where its files came from; absent where that was a directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Origin>,
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

/// Adds every pack of `sources`, or none.
pub fn add(
    options: &AddOptions,
    sources: &ObtainedPacks,
    reporter: &dyn Reporter,
) -> Result<AddReport, AddError> {
    let registry = RegistryDirectory::open(&options.registry)?;
    let _lock = registry.lock(&options.keys.directory)?;
    let packs = require_all(&sources.places(), options.include_secrets)?;
    let keys = options.keys.load()?;
    let publisher = options.keys.open_to_write(&registry, options.now, reporter)?;
    publisher.repository().require_keys(&keys)?;
    let blobs = registry.blobs();
    let preparing = Preparing {
        publisher: &publisher,
        blobs: &blobs,
        options,
        session: VendorSession::new(&options.vendor),
        targets: OnceLock::new(),
    };
    let allowances = Allowances::new(&options.vendor.npm.allow_scripts, packs.len());
    let releasing = Releasing { publisher: &publisher, blobs: &blobs, options, allowances };
    let of = packs.len();
    let numbered: Vec<(usize, &CheckedPack)> = packs.iter().enumerate().collect();
    let prepare = |&(index, pack): &(usize, &CheckedPack)| {
        let notes = Notes::new(reporter);
        let place = (of > 1).then_some(Place { position: index + 1, of });
        let prepared = preparing.prepare(pack, (&notes, place));
        (notes.into_warnings(), prepared)
    };
    let mut indexes: BTreeMap<PackRef, PackIndex> = BTreeMap::new();
    let mut added = Vec::new();
    let mut turn = packs.iter();
    in_order(&numbered, AT_A_TIME.max(processors_for(of)), prepare, |(warnings, prepared)| {
        for warning in &warnings {
            reporter.warning(warning.code, &warning.message);
        }
        let pack = turn.next().expect("every result is one of a pack");
        added.push(releasing.release(pack, prepared?, &mut indexes)?);
        Ok::<_, AddError>(())
    })?;
    warn_of_dependencies(&added, &indexes, &publisher, reporter)?;
    warn_of_targets(&added, reporter);
    let publication = publisher.publish(&indexes, &keys)?;
    Ok(AddReport { packs: added, metadata: publication.metadata })
}
