//! The installed packs of which registries have newer releases; reads only.
//!
//! What is wanted of a pack is what the plan of an upgrade has, with the whole resolution, what is held and what is pinned.

use std::path::PathBuf;

use attune_host::generation::InstalledPack;
use attune_host::inventory::installed;
use attune_host::machine::host_platform;
use attune_host::preferences::HostPolicy;
use attune_host::root::HostRoot;
use attune_registry::report::{Report, Reporter};
use attune_schemas::{PackRef, Requirement, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::install::plan_and_ask;
use super::{InstallError, InstallOptions, InstallReport};
use crate::plan::{ChooseError, newest_for};
use crate::source::VerifiedSource;
use crate::trust::FreshnessReport;

/// The installed packs, with the releases that registries have of them.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OutdatedReport {
    /// The installation root.
    pub root: PathBuf,
    /// The active generation.
    pub generation: u64,
    /// The packs, by ref: those that were named, or all that are installed.
    pub packs: Vec<InstalledRelease>,
    /// How fresh the registries' metadata was.
    pub freshness: FreshnessReport,
}

impl Report for OutdatedReport {
    const FORMAT: &'static str = "attune-install.outdated/v1";
}

/// Whether there is something newer of a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseState {
    /// Nothing newer is there.
    Current,
    /// An upgrade would change it, or a newer release is there that an upgrade cannot choose.
    Outdated,
    /// Its registry is not known, or not the one that was named: nobody was asked.
    RegistryNotKnown,
}

/// An installed pack, with the releases that its registry has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InstalledRelease {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Whether there is something newer.
    pub state: ReleaseState,
    /// The installed version.
    pub installed: Version,
    /// The version that an upgrade leads to, which may be the installed one; absent where nobody was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wanted: Option<Version>,
    /// The newest version for this machine that is neither yanked nor a prerelease; absent where there is none, or nobody
    /// was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub latest: Option<Version>,
    /// Whether it is held at its version.
    pub held: bool,
    /// The range that it is pinned to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pinned: Option<Requirement>,
    /// The registry that it was installed from.
    pub registry: String,
}

impl OutdatedReport {
    /// The packs of which there is something newer.
    pub fn outdated(&self) -> impl Iterator<Item = &InstalledRelease> {
        self.packs.iter().filter(|pack| pack.state == ReleaseState::Outdated)
    }
}

/// Plans the upgrade that `options` describe, a dry run of everything that is installed, and compares what is installed of
/// `packs`, or of all if none are named, with that and with what registries have.
///
/// # Errors
/// Nothing is installed, a pack is not, or the upgrade itself would fail: then nobody can tell what it leads to.
pub fn outdated(
    root: &HostRoot,
    packs: &[PackRef],
    options: &InstallOptions,
    reporter: &dyn Reporter,
) -> Result<OutdatedReport, InstallError> {
    let there = installed(root)?;
    for pack in packs {
        there.installed_pack(pack)?;
    }
    let rules = HostPolicy::load(root).map_err(|source| root.failed(source))?;
    plan_and_ask(options, reporter, |planned, source, active| {
        let shown = active.packs.iter().filter(|(pack, _)| packs.is_empty() || packs.contains(pack));
        let shown: Vec<_> = shown.collect();
        let asked = shown.iter().filter(|(_, installed)| is_asked(source, installed));
        let asked: Vec<_> =
            asked.map(|(pack, installed)| (*pack, Some(installed.registry.as_str()))).collect();
        source.read_ahead(asked);
        let compared =
            shown.into_iter().map(|(pack, installed)| compared((pack, installed), &planned, source, &rules));
        Ok(OutdatedReport {
            root: root.path().to_owned(),
            generation: active.id,
            packs: compared.collect::<Result<_, ChooseError>>()?,
            freshness: source.freshness(),
        })
    })
}

/// Whether the registry that `installed` is from is asked.
fn is_asked(source: &VerifiedSource, installed: &InstalledPack) -> bool {
    match source.search() {
        Some(search) => search.knows(&installed.registry),
        None => source.registry().as_str() == installed.registry,
    }
}

fn compared(
    (pack, installed): (&PackRef, &InstalledPack),
    planned: &InstallReport,
    source: &mut VerifiedSource,
    rules: &HostPolicy,
) -> Result<InstalledRelease, ChooseError> {
    let (wanted, latest) = if is_asked(source, installed) {
        let planned = planned.packs.iter().find(|planned| planned.pack == *pack);
        let wanted = planned.map_or(&installed.version, |planned| &planned.version);
        let found = source.find(pack, Some(&installed.registry))?;
        let latest =
            found.and_then(|(_, index)| Some(newest_for(host_platform(), &index.releases)?.version.clone()));
        (Some(wanted.clone()), latest)
    } else {
        (None, None)
    };
    let is_newer = latest.as_ref().is_some_and(|latest| *latest > installed.version);
    Ok(InstalledRelease {
        pack: pack.clone(),
        state: match &wanted {
            None => ReleaseState::RegistryNotKnown,
            Some(wanted) if is_newer || *wanted != installed.version => ReleaseState::Outdated,
            Some(_) => ReleaseState::Current,
        },
        installed: installed.version.clone(),
        wanted,
        latest,
        held: rules.held.contains(pack),
        pinned: rules.pinned.get(pack).cloned(),
        registry: installed.registry.clone(),
    })
}
