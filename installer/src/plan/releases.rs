//! Chooses the releases: what was asked for, what it needs, and what is installed already.

use std::collections::{BTreeMap, BTreeSet};

use attune_host::generation::{Generation, InstalledPack};
use attune_host::preferences::HostPolicy;
use attune_registry::reader::{ReaderError, RegistryReader, VerifiedRelease};
use attune_registry::release_check::BundleTargets;
use attune_registry::resolve::{ResolveError, resolve};
use attune_schemas::bundle::{BundleDescription, BundledRelease};
use attune_schemas::pack_index::Release;
use attune_schemas::runtime_index::RuntimeName;
use attune_schemas::tuf::RegistryName;
use attune_schemas::{Digest, PackRef, PackRequest, Requirement, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::candidates::Available;
use super::runtimes::{BundledRuntimes, bundled_runtimes};
use super::upgrades::{HeldBack, held_back};
use crate::source::{FindError, VerifiedSource};

/// Why no releases could be chosen.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChooseError {
    /// A release is not what its index says.
    #[error(transparent)]
    Reader(#[from] ReaderError),
    /// No set of releases will do.
    #[error(transparent)]
    Resolve(#[from] ResolveError),
    /// A bundle carries a release that the signed index does not list.
    #[error(
        "the bundle carries {pack} {version} with manifest {manifest}, which the registry's index does not list"
    )]
    NotInIndex {
        /// The pack.
        pack: PackRef,
        /// The version that the bundle claims.
        version: Version,
        /// The manifest that the bundle claims.
        manifest: Digest,
    },
    /// A bundle lists a pack twice.
    #[error("the bundle lists pack `{pack}` twice")]
    ListedTwice {
        /// The pack.
        pack: PackRef,
    },
    /// An installed pack is offered by another registry than its own.
    #[error("pack `{pack}` was installed from registry `{installed_from}`, not from `{offered_by}`")]
    OtherRegistry {
        /// The pack.
        pack: PackRef,
        /// The registry it was installed from.
        installed_from: String,
        /// The registry it comes from now.
        offered_by: String,
    },
    /// An installed pack is of a registry that the host does not know.
    #[error("pack `{pack}` was installed from registry `{installed_from}`, which the host does not know")]
    RegistryNotKnown {
        /// The pack.
        pack: PackRef,
        /// The registry it was installed from.
        installed_from: String,
    },
    /// A known registry cannot be read.
    #[error(transparent)]
    Find(#[from] FindError),
    /// A pack has no such channel.
    #[error("pack `{pack}` has no channel `{channel}`{}", has_channels(there))]
    NoChannel {
        /// The pack.
        pack: PackRef,
        /// The channel.
        channel: String,
        /// Those that it has.
        there: Vec<String>,
    },
    /// Another version is asked for of a pack that is held.
    #[error("pack `{pack}` is held at version {installed}, and `{requirement}` was asked for")]
    Held {
        /// The pack.
        pack: PackRef,
        /// The requirement of the request.
        requirement: Requirement,
        /// The version that is installed.
        installed: Version,
    },
    /// No set of releases will do within the host's rules.
    #[error("the host's rules leave no release to choose: {rules}")]
    RuledOut {
        /// The rules.
        rules: String,
        /// The failure.
        #[source]
        source: ResolveError,
    },
    /// Nothing was asked for.
    #[error("no pack was named")]
    NothingRequested,
}

fn has_channels(there: &[String]) -> String {
    if there.is_empty() { String::new() } else { format!("; it has {}", there.join(", ")) }
}

/// The releases that will be installed, and those that stay.
#[derive(Debug)]
pub struct ChosenReleases {
    /// The packs that were asked for.
    pub asked: Vec<PackRef>,
    /// The releases to install, dependencies first, each with whether it was asked for.
    pub install: Vec<(PackRef, VerifiedRelease, bool)>,
    /// The registries that they come from, by pack.
    pub registries: BTreeMap<PackRef, RegistryName>,
    /// Installed packs that stay as they are.
    pub kept: BTreeMap<PackRef, InstalledPack>,
    /// Versions that will be replaced.
    pub replaced: BTreeMap<PackRef, Version>,
    /// Releases that were offered and are older than what is installed, which stays.
    pub kept_newer: Vec<KeptNewer>,
    /// Packs that the host's rules keep from newer releases.
    pub held_back: Vec<HeldBack>,
    /// Blobs that belong to releases of the source and may come by without being wanted.
    pub allowed: BTreeMap<Digest, u64>,
    /// The bundle's targets by its own word; `None` if the source is not a bundle.
    pub made_for: Option<BundleTargets>,
    /// The interpreters that the bundle carries; absent where the source is no bundle.
    pub runtimes: Option<BundledRuntimes>,
}

/// A pack of which something newer is installed than what was offered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct KeptNewer {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// The version that is installed, and stays.
    pub installed: Version,
    /// The newest version that was offered.
    pub offered: Version,
    /// `bundle` or `registry`: the source that offered it.
    #[serde(rename = "offeredBy")]
    pub offered_by: &'static str,
}

/// Whether a pack may come from another registry than the one it was installed from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RegistryPolicy {
    /// It keeps to its registry.
    #[default]
    Keep,
    /// A pack that is asked for may change; what nobody asked for never does.
    Change,
}

/// The purpose of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Purpose {
    /// The packs are wanted from now on.
    #[default]
    Install,
    /// The packs are there, and are to be newer.
    Upgrade,
}

/// What is installed, and whether it is still what was installed.
pub struct InstalledPacks<'a> {
    /// The active generation.
    pub active: &'a Generation,
    /// The host's own rules.
    pub rules: &'a HostPolicy,
    /// Looks at all the packs that [`Self::is_whole`] will be asked about.
    pub look_at: &'a dyn Fn(&[&InstalledPack]),
    /// Whether a pack that would stay is whole; one that is not is installed again.
    pub is_whole: &'a dyn Fn(&PackRef, &InstalledPack) -> bool,
}

/// Resolves `requests` over `source` and what is installed.
pub fn choose_releases(
    requests: &[PackRequest],
    (policy, purpose): (RegistryPolicy, Purpose),
    source: &mut VerifiedSource,
    &InstalledPacks { active, rules, look_at, is_whole }: &InstalledPacks<'_>,
) -> Result<ChosenReleases, ChooseError> {
    let description = source.source().description().cloned();
    let requests = match purpose {
        Purpose::Install => effective_requests(requests, description.as_ref())?,
        Purpose::Upgrade => requests.to_vec(),
    };
    require_allowed(&requests, rules, active)?;
    if policy == RegistryPolicy::Keep {
        require_same_registry(&requests, source, active)?;
    }
    // Before the resolver, which would only miss a release that the index does not list.
    let allowed = allowed_blobs(source)?;
    let runtimes = match &description {
        Some(description) => Some(bundled_runtimes(&source.reader(), description)?),
        None => None,
    };
    let available = Available::new(source, description.as_ref(), (active, rules), &requests, policy);
    let mut all = requests.clone();
    all.extend(installed_requirements(active, &requests));
    let resolution = resolve(&all, &available).map_err(|error| ruled_out(error, rules, active))?;
    let all_offered = available.into_offered();

    let mut chosen = ChosenReleases {
        asked: requests.iter().map(|request| request.pack.clone()).collect(),
        install: Vec::new(),
        registries: BTreeMap::new(),
        kept: active.packs.clone(),
        replaced: BTreeMap::new(),
        kept_newer: Vec::new(),
        held_back: Vec::new(),
        allowed,
        runtimes,
        made_for: description.map(|description| BundleTargets {
            platforms: description.platforms,
            pythons: description.pythons,
        }),
    };
    let is_bundle = chosen.made_for.is_some();
    let may_stay = resolution.iter().filter_map(|(pack, version)| {
        active.packs.get(pack).filter(|installed| installed.version == *version)
    });
    look_at(&may_stay.collect::<Vec<_>>());
    for (pack, version) in resolution {
        let asked = requests.iter().any(|request| request.pack == pack);
        let installed = active.packs.get(&pack);
        let found = all_offered.get(&pack);
        if let (Some(installed), Some(found)) = (installed, found) {
            chosen.held_back.extend(held_back(&pack, &installed.version, &found.releases, rules));
        }
        let offered = found.and_then(|found| {
            Some((found.registry, found.releases.iter().find(|release| release.version == version)?))
        });
        let Some((number, offered)) = offered else {
            // A bundle is told of whole; of a registry, which may hold many packs, only those that were named.
            if asked || is_bundle {
                let offered_by = if is_bundle { "bundle" } else { "registry" };
                chosen.kept_newer.extend(kept_newer(
                    (&pack, &version),
                    installed,
                    found.map(|found| &found.releases),
                    offered_by,
                ));
            }
            continue;
        };
        let identical = installed.is_some_and(|installed| installed.manifest == offered.manifest.digest);
        let registry = source.registry_at(number).clone();
        let identical =
            identical && installed.is_some_and(|installed| installed.registry == registry.as_str());
        let same = identical && installed.is_some_and(InstalledPack::environments_are_current);
        let same = same && installed.is_some_and(|installed| is_whole(&pack, installed));
        let requested =
            (asked && purpose == Purpose::Install) || installed.is_some_and(|installed| installed.requested);
        if same && installed.is_some_and(|installed| installed.requested == requested) {
            continue;
        }
        let release = source.release_at(number, &pack, offered)?;
        chosen.registries.insert(pack.clone(), registry);
        if let Some(installed) = chosen.kept.remove(&pack) {
            chosen.replaced.insert(pack.clone(), installed.version);
        }
        chosen.install.push((pack, release, requested));
    }
    Ok(chosen)
}

/// Refuses a request for another version of a pack that is held.
fn require_allowed(
    requests: &[PackRequest],
    rules: &HostPolicy,
    active: &Generation,
) -> Result<(), ChooseError> {
    for PackRequest { pack, requirement } in requests {
        if let Some(installed) = active.packs.get(pack).filter(|_| rules.held.contains(pack))
            && !requirement.matches(&installed.version)
        {
            let (pack, installed) = (pack.clone(), installed.version.clone());
            return Err(ChooseError::Held { pack, requirement: requirement.clone(), installed });
        }
    }
    Ok(())
}

/// `error`, with the rules that may be why.
fn ruled_out(error: ResolveError, rules: &HostPolicy, active: &Generation) -> ChooseError {
    if !matches!(error, ResolveError::NoVersion { .. } | ResolveError::NoSolution { .. }) {
        return error.into();
    }
    let text = error.to_string();
    let is_named = |pack: &PackRef| text.contains(pack.as_str());
    let held = rules
        .held
        .iter()
        .filter(|pack| is_named(pack))
        .filter_map(|pack| Some(format!("{pack} is held at {}", active.packs.get(pack)?.version)));
    let pinned = rules.pinned.iter().filter(|(pack, _)| is_named(pack));
    let rules: Vec<String> =
        held.chain(pinned.map(|(pack, requirement)| format!("{pack} is pinned to {requirement}"))).collect();
    if rules.is_empty() {
        error.into()
    } else {
        ChooseError::RuledOut { rules: rules.join(", "), source: error }
    }
}

/// The release of `offered` that is older than what is installed and stays, if all of them are.
fn kept_newer(
    (pack, version): (&PackRef, &Version),
    installed: Option<&InstalledPack>,
    offered: Option<&Vec<Release>>,
    offered_by: &'static str,
) -> Option<KeptNewer> {
    let installed = &installed.filter(|installed| installed.version == *version)?.version;
    let newest = offered?.iter().map(|release| &release.version).max()?;
    let (pack, offered) = (pack.clone(), newest.clone());
    (newest < installed).then(|| KeptNewer { pack, installed: installed.clone(), offered, offered_by })
}

/// Digest and size of every blob that has business in `source`, if it is a bundle.
pub fn allowed_blobs(source: &mut VerifiedSource) -> Result<BTreeMap<Digest, u64>, ChooseError> {
    let Some(description) = source.source().description().cloned() else { return Ok(BTreeMap::new()) };
    let mut reader = source.reader();
    let mut allowed = bundled_blobs(&mut reader, Some(&description))?;
    for release in bundled_runtimes(&reader, &description)?.values().flatten() {
        allowed.insert(release.archive.digest, release.archive.size);
    }
    Ok(allowed)
}

/// The blobs that `source` has of the very releases that are installed, with their sizes; of a bundle all that it
/// carries.
pub fn installed_blobs(
    source: &mut VerifiedSource,
    active: &Generation,
) -> Result<BTreeMap<Digest, u64>, ChooseError> {
    if source.source().description().is_some() {
        return allowed_blobs(source);
    }
    let mut blobs = BTreeMap::new();
    let mut reader = source.reader();
    for (pack, installed) in &active.packs {
        let index = reader.pack_index(pack)?;
        let offered = index.and_then(|index| {
            index.releases.into_iter().find(|release| release.manifest.digest == installed.manifest)
        });
        if let Some(offered) = offered {
            blobs.extend(blobs_of(&reader.release(pack, &offered)?));
        }
    }
    for runtime in RuntimeName::ALL {
        let releases = reader.runtime_index(runtime)?.map(|index| index.releases).unwrap_or_default();
        blobs.extend(releases.into_iter().map(|release| (release.archive.digest, release.archive.size)));
    }
    Ok(blobs)
}

/// The packs that were named, or else all that the bundle was made for.
///
/// Of the bundle's own word only the names count: which versions it would rather have is nothing that
/// was signed, and could be an old one's.
fn effective_requests(
    requests: &[PackRequest],
    description: Option<&BundleDescription>,
) -> Result<Vec<PackRequest>, ChooseError> {
    let requests = match description {
        Some(description) if requests.is_empty() => {
            let any = |pack: &PackRef| PackRequest { pack: pack.clone(), requirement: Requirement::any() };
            description.requested.iter().map(|request| any(&request.pack)).collect()
        }
        _ => requests.to_vec(),
    };
    if requests.is_empty() { Err(ChooseError::NothingRequested) } else { Ok(requests) }
}

/// Installed packs must go on working: they stay, and so do their requirements.
fn installed_requirements(active: &Generation, requests: &[PackRequest]) -> Vec<PackRequest> {
    let asked = |pack: &PackRef| requests.iter().any(|request| request.pack == *pack);
    let kept = active.packs.keys().filter(|pack| !asked(pack));
    kept.map(|pack| PackRequest { pack: pack.clone(), requirement: Requirement::any() }).collect()
}

/// An installed pack that is asked for again must come from where it came from.
fn require_same_registry(
    requests: &[PackRequest],
    source: &VerifiedSource,
    active: &Generation,
) -> Result<(), ChooseError> {
    for request in requests {
        let Some(installed) = active.packs.get(&request.pack) else { continue };
        if let Some(search) = source.search() {
            if !search.knows(&installed.registry) {
                let installed_from = installed.registry.clone();
                return Err(ChooseError::RegistryNotKnown { pack: request.pack.clone(), installed_from });
            }
        } else if installed.registry != source.registry().as_str() {
            return Err(ChooseError::OtherRegistry {
                pack: request.pack.clone(),
                installed_from: installed.registry.clone(),
                offered_by: source.registry().to_string(),
            });
        }
    }
    Ok(())
}

/// The blobs of every release of a bundle with their sizes, so that each that comes by can be told to
/// belong there.
fn bundled_blobs(
    reader: &mut RegistryReader<'_>,
    description: Option<&BundleDescription>,
) -> Result<BTreeMap<Digest, u64>, ChooseError> {
    let mut allowed = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for bundled in description.map(|description| &description.releases[..]).unwrap_or_default() {
        if !seen.insert(&bundled.pack) {
            return Err(ChooseError::ListedTwice { pack: bundled.pack.clone() });
        }
        let offered = reader.pack_index(&bundled.pack)?.and_then(|index| find(&index.releases, bundled));
        let offered = offered.ok_or_else(|| ChooseError::NotInIndex {
            pack: bundled.pack.clone(),
            version: bundled.version.clone(),
            manifest: bundled.manifest,
        })?;
        allowed.extend(blobs_of(&reader.release(&bundled.pack, &offered)?));
    }
    Ok(allowed)
}

/// The blobs of a release, with their sizes.
fn blobs_of(release: &VerifiedRelease) -> Vec<(Digest, u64)> {
    let layers = release.manifest.layers.iter().chain([&release.manifest.config]);
    let blobs = layers.map(|layer| (layer.digest, layer.size));
    blobs.chain([(release.manifest_digest, release.manifest_size)]).collect()
}

fn find(releases: &[Release], bundled: &BundledRelease) -> Option<Release> {
    let same = |release: &&Release| {
        release.version == bundled.version && release.manifest.digest == bundled.manifest
    };
    releases.iter().find(same).cloned()
}
