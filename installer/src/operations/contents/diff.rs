//! Two sides held against each other: bundles, registries' directories, and generations of this host.

use std::path::PathBuf;

use attune_host::generation::Generation;
use attune_host::inventory::installed;
use attune_host::root::HostRoot;
use attune_registry::contents::{DescribedRelease, Difference, absolute_source, difference};
use attune_registry::report::{Report, Reporter};
use attune_schemas::problem::WarningCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::error::LookError;
use super::inspect::describe_installed;
use super::looked::{Looked, SourceTrust, look_at};
use crate::operations::lifecycle::target::target;
use crate::source::TrustSettings;

/// One side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DiffSide {
    /// The packs that are active on this host; none where nothing was ever installed.
    Current,
    /// Those of a generation of this host.
    Generation(u64),
    /// A bundle or a registry's directory; `-` for a bundle on standard input.
    Source(PathBuf),
}

/// The two sides.
#[derive(Debug, Clone)]
pub struct DiffOptions {
    /// The first.
    pub from: DiffSide,
    /// The second.
    pub to: DiffSide,
    /// The roots that are trusted.
    pub trust: TrustSettings,
    /// The time that metadata is judged by.
    pub now: Timestamp,
}

/// The differences between two sides.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiffReport {
    /// The installation root.
    pub root: PathBuf,
    /// The first side.
    pub from: DiffedSide,
    /// The second side.
    pub to: DiffedSide,
    /// The differences.
    #[serde(flatten)]
    pub difference: Difference,
}

/// A side, as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiffedSide {
    /// The bundle or registry; `-` for standard input, absent for a generation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<PathBuf>,
    /// The generation, 0 where nothing was ever installed; absent for a bundle or registry.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generation: Option<u64>,
    /// Whether this host trusts it; absent for a generation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<SourceTrust>,
}

impl Report for DiffReport {
    const FORMAT: &'static str = "attune-install.diff/v1";
}

/// Holds both sides against each other; changes nothing.
///
/// # Errors
/// A side cannot be read.
pub fn diff(
    root: &HostRoot,
    options: &DiffOptions,
    reporter: &dyn Reporter,
) -> Result<DiffReport, LookError> {
    let (from, before) = read(root, &options.from, options, reporter)?;
    let (to, after) = read(root, &options.to, options, reporter)?;
    let difference = difference(&before, &after);
    Ok(DiffReport { root: root.path().to_owned(), from, to, difference })
}

fn read(
    root: &HostRoot,
    side: &DiffSide,
    options: &DiffOptions,
    reporter: &dyn Reporter,
) -> Result<(DiffedSide, Vec<DescribedRelease>), LookError> {
    match side {
        DiffSide::Source(path) => {
            let looked = look_at(path, &[], root, (&options.trust, options.now), reporter)?;
            let Looked { contents, trust, .. } = looked;
            if let Some(reason) = &trust.reason {
                let message = format!("`{}` is not verified: {reason}", path.display());
                reporter.warning(WarningCode::NotVerified, &message);
            }
            let side =
                DiffedSide { source: Some(absolute_source(path)), generation: None, trust: Some(trust) };
            Ok((side, contents.releases))
        }
        DiffSide::Current => {
            let active = Generation::active(root).map_err(|source| root.failed(source))?;
            of_generation(root, &active)
        }
        DiffSide::Generation(id) => {
            let generation = target(root, &installed(root)?, Some(*id))?;
            of_generation(root, &generation)
        }
    }
}

fn of_generation(
    root: &HostRoot,
    generation: &Generation,
) -> Result<(DiffedSide, Vec<DescribedRelease>), LookError> {
    let releases = generation.packs.iter();
    let releases = releases.map(|(pack, installed)| describe_installed(root, generation.id, pack, installed));
    let side = DiffedSide { source: None, generation: Some(generation.id), trust: None };
    Ok((side, releases.collect::<Result<_, _>>()?))
}
