//! The contents of a bundle or registry, or of one pack: what it holds, and what of it is installed here.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::path::PathBuf;

use attune_host::generation::{Generation, InstalledPack, KeptRelease};
use attune_host::inventory::{InventoryError, installed};
use attune_host::process::Interrupt;
use attune_host::root::HostRoot;
use attune_registry::contents::{
    Contents, ContentsError, DescribedBundle, DescribedRelease, DescribedRuntime, Roots, absolute_source,
    described_release,
};
use attune_registry::report::{Report, Reporter};
use attune_schemas::pack_index::{PackIndex, Release};
use attune_schemas::{PackRef, PackRequest, Version};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::error::LookError;
use super::looked::{Looked, SourceTrust, look_at};
use crate::source::{PackSource, TrustSettings, VerifiedSource};
use crate::trust::{TrustedRole, signers};

/// The thing to look into.
#[derive(Debug, Clone)]
pub enum InspectTarget {
    /// A bundle or a registry's directory; `-` for a bundle on standard input.
    Source(PathBuf),
    /// A pack of a source, or an installed one where there is no source.
    Pack(PackRequest, Option<PackSource>),
}

/// The options of a look.
#[derive(Debug, Clone)]
pub struct InspectOptions {
    /// The thing to look into.
    pub target: InspectTarget,
    /// The roots that are trusted.
    pub trust: TrustSettings,
    /// The time that metadata is judged by.
    pub now: Timestamp,
}

/// The kind of thing that was looked into.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum InspectedKind {
    /// A bundle.
    Bundle,
    /// A registry.
    Registry,
    /// An installed pack.
    Installed,
}

/// The contents of a bundle, registry or pack.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InspectReport {
    /// The installation root that it is held against.
    pub root: PathBuf,
    /// Its kind.
    pub kind: InspectedKind,
    /// The bundle or registry, `-` for standard input; of an installed pack the root.
    pub source: String,
    /// Whether this host trusts it; absent for an installed pack, which was verified when it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trust: Option<SourceTrust>,
    /// The registry's name.
    pub registry: String,
    /// Its roots; absent for an installed pack.
    #[serde(flatten)]
    pub roots: Option<Roots>,
    /// Who signs each role; empty for an installed pack.
    pub roles: Vec<TrustedRole>,
    /// Until when hosts accept it: the date of the role that expires first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// The bundle; absent where it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bundle: Option<DescribedBundle>,
    /// The versions that the registry has of the pack, the newest first; empty where no pack of a registry was named.
    pub versions: Vec<Version>,
    /// The releases, by pack, the newest first.
    pub releases: Vec<InspectedRelease>,
    /// The interpreters that it carries.
    pub runtimes: Vec<DescribedRuntime>,
}

/// A release, and what of it is installed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InspectedRelease {
    /// The release.
    #[serde(flatten)]
    pub release: DescribedRelease,
    /// The version of the pack that is installed here, if one is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub installed_version: Option<Version>,
    /// Whether this very release is installed here.
    pub is_installed: bool,
}

impl Report for InspectReport {
    const FORMAT: &'static str = "attune-install.inspect/v1";
}

/// Looks into `options.target`; changes nothing, and works with a root that does not exist.
///
/// # Errors
/// It cannot be read, or there is no such pack.
pub fn inspect(
    root: &HostRoot,
    options: &InspectOptions,
    reporter: &dyn Reporter,
) -> Result<InspectReport, LookError> {
    let active = || Generation::active(root).map_err(|source| root.failed(source));
    match &options.target {
        InspectTarget::Source(path) => {
            let active = active()?;
            let looked = look_at(path, &[], root, (&options.trust, options.now), reporter)?;
            let source = absolute_source(path).display().to_string();
            Ok(report_of(root, &active, source, looked))
        }
        InspectTarget::Pack(request, Some(source)) => {
            let active = active()?;
            let opened = source.open((options.now, &Interrupt::default()), reporter)?;
            let mut source = opened.verify(root, &options.trust, (options.now, &Interrupt::default()))?;
            match source.find(&request.pack, None)? {
                Some((number, index)) => of_registry(root, &active, &mut source, (number, &index), request),
                None if active.packs.contains_key(&request.pack) => of_installed(root, &request.pack),
                None => Err(LookError::NoPack(request.clone())),
            }
        }
        InspectTarget::Pack(request, None) => of_installed(root, &request.pack),
    }
}

fn report_of(root: &HostRoot, active: &Generation, source: String, looked: Looked) -> InspectReport {
    let Looked { contents, trust, root: newest } = looked;
    let Contents { registry, roots, expires_at, bundle, releases, runtimes } = contents;
    InspectReport {
        root: root.path().to_owned(),
        kind: if bundle.is_some() { InspectedKind::Bundle } else { InspectedKind::Registry },
        source,
        trust: Some(trust),
        registry,
        roots: Some(roots),
        roles: signers(&newest),
        expires_at: Some(expires_at),
        bundle,
        versions: Vec::new(),
        releases: releases.into_iter().map(|release| InspectedRelease::of(release, active)).collect(),
        runtimes,
    }
}

/// The release of the registry with this number that `request` would lead to.
fn of_registry(
    root: &HostRoot,
    active: &Generation,
    source: &mut VerifiedSource,
    (number, index): (usize, &PackIndex),
    request: &PackRequest,
) -> Result<InspectReport, LookError> {
    let mut versions: Vec<Version> = index.releases.iter().map(|release| release.version.clone()).collect();
    versions.sort_by(|one, other| other.cmp(one));
    let Some(release) = best(&index.releases, request) else {
        return Err(LookError::NoVersion { request: request.clone(), there: versions });
    };
    let verified = source.release_at(number, &request.pack, release).map_err(ContentsError::from)?;
    let description = source.source_at(number).description().cloned();
    let name = source.source_at(number).name();
    let freshness = source.freshness();
    let roots = source.roots_at(number)?;
    let repository = source.repository_at(number);
    Ok(InspectReport {
        root: root.path().to_owned(),
        kind: if description.is_some() { InspectedKind::Bundle } else { InspectedKind::Registry },
        source: name,
        trust: Some(SourceTrust::verified(freshness)),
        registry: repository.registry_name().to_string(),
        roots: Some(roots),
        roles: signers(repository.root().role()),
        expires_at: Some(repository.expires_at().to_string()),
        bundle: None,
        versions,
        releases: vec![InspectedRelease::of(described_release(&verified, description.as_ref()), active)],
        runtimes: Vec::new(),
    })
}

/// The newest release that `request` allows: one that was withdrawn, or a prerelease, where there is no other.
fn best<'a>(releases: &'a [Release], request: &PackRequest) -> Option<&'a Release> {
    let allowed = releases.iter().filter(|release| request.requirement.matches(&release.version));
    allowed.max_by_key(|release| {
        (release.yanked.is_none(), !release.version.is_prerelease(), release.version.clone())
    })
}

/// The release of `pack` that is installed.
fn of_installed(root: &HostRoot, pack: &PackRef) -> Result<InspectReport, LookError> {
    let active = installed(root)?;
    let entry = active.installed_pack(pack)?;
    let release = describe_installed(root, active.id, pack, entry)?;
    Ok(InspectReport {
        root: root.path().to_owned(),
        kind: InspectedKind::Installed,
        source: root.path().display().to_string(),
        trust: None,
        registry: entry.registry.clone(),
        roots: None,
        roles: Vec::new(),
        expires_at: None,
        bundle: None,
        versions: Vec::new(),
        releases: vec![InspectedRelease::of(release, &active)],
        runtimes: Vec::new(),
    })
}

/// The release of an installed pack, as generation `id` of `root` keeps it; of one that an earlier program installed, what
/// its lock file says.
pub(super) fn describe_installed(
    root: &HostRoot,
    id: u64,
    pack: &PackRef,
    installed: &InstalledPack,
) -> Result<DescribedRelease, InventoryError> {
    let counted = (installed.size, installed.package_count());
    let kept = match KeptRelease::load(&root.generation(id), pack) {
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            tracing::info!("{error}");
            None
        }
        kept => kept.map_err(|source| root.failed(source))?,
    };
    let mut release = kept.map_or_else(
        || DescribedRelease {
            pack: pack.clone(),
            version: installed.version.clone(),
            manifest: installed.manifest,
            size: installed.size,
            vendored: installed.package_count(),
            requested: None,
            origin: None,
            dependencies: installed.dependencies.clone(),
            components: BTreeMap::new(),
            environments: BTreeMap::new(),
            targets: Vec::new(),
        },
        |kept| DescribedRelease::of(&kept.config, installed.manifest, counted),
    );
    release.requested = Some(installed.requested);
    Ok(release)
}

impl InspectedRelease {
    fn of(release: DescribedRelease, active: &Generation) -> Self {
        let installed = active.packs.get(&release.pack);
        Self {
            installed_version: installed.map(|installed| installed.version.clone()),
            is_installed: installed.is_some_and(|installed| installed.manifest == release.manifest),
            release,
        }
    }
}
