//! Chooses the releases: what was asked for, what it needs, and what is installed already.

use std::collections::{BTreeMap, BTreeSet};

use attune_host::generation::{Generation, InstalledPack};
use attune_host::preferences::HostPolicy;
use attune_registry::reader::VerifiedRelease;
use attune_registry::release_check::BundleTargets;
use attune_registry::resolve::{Candidates as _, ResolveError, resolve};
use attune_schemas::bundle::BundleDescription;
use attune_schemas::pack_index::Release;
use attune_schemas::tuf::{RegistryName, THIS_HOST};
use attune_schemas::{Digest, PackRef, PackRequest, Requirement, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::blobs::allowed_blobs;
use super::candidates::{Available, Lacking, Offered};
use super::error::ChooseError;
use super::options::{ChooseOptions, DependencyPolicy, OtherPacks, Purpose, RegistryPolicy};
use super::rules::{HeldBack, held_back, require_allowed, ruled_out};
use crate::plan::runtimes::{BundledRuntimes, bundled_runtimes};
use crate::source::VerifiedSource;

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
    /// Installed packs that go.
    pub removed: BTreeMap<PackRef, InstalledPack>,
    /// Versions that will be replaced.
    pub replaced: BTreeMap<PackRef, Version>,
    /// Releases that were offered and are older than what is installed, which stays.
    pub kept_newer: Vec<KeptNewer>,
    /// Packs that the host's rules keep from newer releases.
    pub held_back: Vec<HeldBack>,
    /// What the releases to install need, and go without.
    pub lacking: Vec<LackingDependency>,
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

/// A pack that a release needs, and that is neither there nor to be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LackingDependency {
    /// The pack that needs it.
    pub pack: PackRef,
    /// The pack that is lacking.
    pub needed: PackRequest,
}

/// What is installed, and whether it is still what was installed.
pub struct InstalledPacks<'a> {
    /// The active generation.
    pub active: &'a Generation,
    /// The host's own rules.
    pub rules: &'a HostPolicy,
    /// Packs that stay, if they are installed, where others go.
    pub stays: &'a BTreeSet<PackRef>,
    /// Looks at all the packs that [`Self::is_whole`] will be asked about.
    pub look_at: &'a dyn Fn(&[&InstalledPack]),
    /// Whether a pack that was asked for, or that one of those needs, is whole; one that is not is installed again.
    pub is_whole: &'a dyn Fn(&PackRef, &InstalledPack) -> bool,
    /// Whether the trees of any other pack are there: a change costs what it changes, and `verify` looks at the rest.
    pub are_there: &'a dyn Fn(&InstalledPack) -> bool,
    /// Told of a pack that would stay, and is installed again because it is not whole.
    pub differs: &'a dyn Fn(&PackRef),
}

/// Resolves `requests` over `source` and what is installed.
pub fn choose_releases(
    requests: &[PackRequest],
    options: &ChooseOptions,
    source: &mut VerifiedSource,
    installed_packs: &InstalledPacks<'_>,
) -> Result<ChosenReleases, ChooseError> {
    let &InstalledPacks { active, rules, .. } = installed_packs;
    let &ChooseOptions { registry: policy, purpose, others, .. } = options;
    let description = source.source().description().cloned();
    let requests = match purpose {
        Purpose::Install => effective_requests(requests, description.as_ref())?,
        Purpose::Upgrade => requests.to_vec(),
    };
    require_allowed(&requests, rules, active)?;
    if policy == RegistryPolicy::Keep {
        require_same_registry(&requests, source, active)?;
    }
    let own = |pack: &PackRef| {
        let installed = active.packs.get(pack).filter(|_| policy == RegistryPolicy::Keep);
        installed.map(|installed| installed.registry.as_str())
    };
    source.read_ahead(requests.iter().map(|request| (&request.pack, own(&request.pack))));
    // Before the resolver, which would only miss a release that the index does not list.
    let allowed = allowed_blobs(source)?;
    let runtimes = match &description {
        Some(description) => Some(bundled_runtimes(&source.reader(), description)?),
        None => None,
    };
    let Resolved { resolution, whole, all_offered, mut lacking } =
        resolved(&requests, *options, source, (description.as_ref(), installed_packs))?;
    let stays =
        |pack: &PackRef| others == OtherPacks::Stay || resolution.iter().any(|(other, _)| other == pack);
    let (kept, removed) = active.packs.clone().into_iter().partition(|(pack, _)| stays(pack));

    let mut chosen = ChosenReleases {
        asked: requests.iter().map(|request| request.pack.clone()).collect(),
        install: Vec::new(),
        registries: BTreeMap::new(),
        kept,
        removed,
        replaced: BTreeMap::new(),
        kept_newer: Vec::new(),
        held_back: Vec::new(),
        lacking: Vec::new(),
        allowed,
        runtimes,
        made_for: description.map(|description| BundleTargets {
            platforms: description.platforms,
            pythons: description.pythons,
        }),
    };
    let is_bundle = chosen.made_for.is_some();
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
        let requested = options.requests(asked, installed)
            || installed.is_some_and(|there| there.requested && installed_packs.stays.contains(&pack));
        let Some((number, offered)) = offered else {
            if let Some(kept) = chosen.kept.get_mut(&pack) {
                kept.requested = requested;
            }
            // A bundle is told of whole; of a registry, which may hold many packs, only those that were named.
            if asked || is_bundle {
                let offered_by = if is_bundle { "bundle" } else { "registry" };
                let offered = found.map(|found| &found.releases);
                chosen.kept_newer.extend(kept_newer((&pack, &version), installed, offered, offered_by));
            }
            continue;
        };
        let registry = source.registry_at(number).clone();
        let is_same = |installed: &InstalledPack| {
            installed.manifest == offered.manifest.digest
                && installed.registry == registry.as_str()
                && installed.environments_are_current()
        };
        let would_stay = installed.is_some_and(is_same);
        if would_stay && !whole.contains(&pack) {
            (installed_packs.differs)(&pack);
        }
        if would_stay && whole.contains(&pack) {
            if let Some(kept) = chosen.kept.get_mut(&pack) {
                kept.requested = requested;
            }
            continue;
        }
        let release = source.release_at(number, &pack, offered)?;
        chosen.registries.insert(pack.clone(), registry);
        if let Some(installed) = chosen.kept.remove(&pack) {
            chosen.replaced.insert(pack.clone(), installed.version);
        }
        let needed = lacking.remove(&(pack.clone(), version)).unwrap_or_default();
        let needs = |needed| LackingDependency { pack: pack.clone(), needed };
        chosen.lacking.extend(needed.into_iter().map(needs));
        chosen.install.push((pack, release, requested));
    }
    Ok(chosen)
}

impl ChosenReleases {
    /// Whether `active` has everything as it was chosen.
    pub fn is_in(&self, active: &Generation) -> bool {
        self.install.is_empty() && self.kept == active.packs
    }
}

/// The versions that were chosen, and what is known of them.
struct Resolved {
    resolution: Vec<(PackRef, Version)>,
    /// The packs that are installed in these versions, with all that they had.
    whole: BTreeSet<PackRef>,
    /// What the source has of packs that were looked at.
    all_offered: BTreeMap<PackRef, Offered>,
    /// What each release goes without.
    lacking: Lacking,
}

/// Chooses versions for `requests`, and looks at what may have to be installed again.
fn resolved(
    requests: &[PackRequest],
    options: ChooseOptions,
    source: &mut VerifiedSource,
    (description, installed_packs): (Option<&BundleDescription>, &InstalledPacks<'_>),
) -> Result<Resolved, ChooseError> {
    let &InstalledPacks { active, rules, stays, look_at, .. } = installed_packs;
    let available = Available::new(source, description, installed_packs, requests, options);
    let mut all = requests.to_vec();
    let remains = |pack: &PackRef| options.others == OtherPacks::Stay || stays.contains(pack);
    all.extend(installed_requirements(active, requests).filter(|request| remains(&request.pack)));
    let resolution = resolve(&all, &available).map_err(|error| match error {
        ResolveError::NoSolution { .. } if options.dependencies == DependencyPolicy::Installed => {
            ChooseError::OthersNeeded { source: error }
        }
        error => ruled_out(error, rules, active),
    })?;
    let reached = reached(requests, &resolution, &available);
    let may_stay = resolution.iter().filter_map(|(pack, version)| {
        let installed = active.packs.get(pack).filter(|installed| installed.version == *version);
        installed.filter(|_| reached.contains(pack))
    });
    look_at(&may_stay.collect::<Vec<_>>());
    // Of packs that stay as they are, nobody has to know what else there is.
    let whole = whole_packs(&resolution, &reached, installed_packs);
    for (pack, _) in &resolution {
        let has_rule = rules.held.contains(pack) || rules.pinned.contains_key(pack);
        if has_rule || !whole.contains(pack) {
            available
                .releases(pack)
                .map_err(|source| ResolveError::Candidates { pack: pack.clone(), source })?;
        }
    }
    let (all_offered, lacking) = available.into_offered();
    Ok(Resolved { resolution, whole, all_offered, lacking })
}

/// The packs of `resolution` that were asked for, and all that those need.
fn reached(
    requests: &[PackRequest],
    resolution: &[(PackRef, Version)],
    available: &Available<'_>,
) -> BTreeSet<PackRef> {
    let versions: BTreeMap<&PackRef, &Version> =
        resolution.iter().map(|(pack, version)| (pack, version)).collect();
    let mut waiting: Vec<PackRef> = requests.iter().map(|request| request.pack.clone()).collect();
    let mut reached = BTreeSet::new();
    while let Some(pack) = waiting.pop() {
        let Some(version) = versions.get(&pack).filter(|_| !reached.contains(&pack)) else { continue };
        waiting.extend(available.needs_of(&pack, version));
        reached.insert(pack);
    }
    reached
}

/// The packs of `resolution` that are installed in this version, with all that they had; of those that were not
/// `reached`, no file is looked at.
fn whole_packs(
    resolution: &[(PackRef, Version)],
    reached: &BTreeSet<PackRef>,
    &InstalledPacks { active, is_whole, are_there, .. }: &InstalledPacks<'_>,
) -> BTreeSet<PackRef> {
    let packs = resolution.iter().filter(|(pack, version)| {
        active.packs.get(pack).is_some_and(|installed| {
            let has_all =
                || if reached.contains(pack) { is_whole(pack, installed) } else { are_there(installed) };
            installed.version == *version && installed.environments_are_current() && has_all()
        })
    });
    packs.map(|(pack, _)| pack.clone()).collect()
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
fn installed_requirements(
    active: &Generation,
    requests: &[PackRequest],
) -> impl Iterator<Item = PackRequest> {
    let asked = |pack: &PackRef| requests.iter().any(|request| request.pack == *pack);
    let kept = active.packs.keys().filter(move |pack| !asked(pack));
    kept.map(|pack| PackRequest { pack: pack.clone(), requirement: Requirement::any() })
}

/// An installed pack that is asked for again must come from where it came from.
fn require_same_registry(
    requests: &[PackRequest],
    source: &VerifiedSource,
    active: &Generation,
) -> Result<(), ChooseError> {
    for request in requests {
        let Some(installed) = active.packs.get(&request.pack) else { continue };
        if source.signed_here().is_some_and(|signed| signed.has(&request.pack)) {
            if !installed.is_unsigned() {
                return Err(ChooseError::OtherRegistry {
                    pack: request.pack.clone(),
                    installed_from: installed.registry.clone(),
                    offered_by: THIS_HOST.to_owned(),
                });
            }
        } else if let Some(search) = source.search() {
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
