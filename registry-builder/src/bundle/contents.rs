//! Which blobs of which releases go into a bundle, and in which order.

use std::collections::{BTreeMap, BTreeSet};

use attune_registry::bundle::BundleContent;
use attune_registry::reader::VerifiedRelease;
use attune_registry::release_check::{node_target, python_target};
use attune_schemas::bundle::{BUNDLE_FORMAT, BundleDescription, BundledRelease, BundledRuntime};
use attune_schemas::coverage::{ReleaseCoverage, shown_abi};
use attune_schemas::environment_lock::{LockedNodePackage, NodeTarget, PythonTarget};
use attune_schemas::pack_index::PackIndex;
use attune_schemas::runtime_index::{RuntimeIndex, RuntimeName};
use attune_schemas::{Digest, PackRef, Platform, PythonMinor};

use super::cut::{BundleOptions, BundledPack};
use super::error::CutError;
use super::interpreters::Wanted;

/// The blobs of a bundle, kind by kind.
pub(super) struct Contents<'a> {
    options: &'a BundleOptions,
    platforms: Vec<Platform>,
    /// `None` until a release needs to know.
    pythons: Option<Vec<PythonMinor>>,
    /// The releases, dependencies first.
    pub(super) packs: Vec<BundledPack>,
    releases: Vec<BundledRelease>,
    manifests: Vec<(Digest, u64)>,
    configs: Vec<(Digest, u64)>,
    archives: Vec<(Digest, u64)>,
    vendored: BTreeMap<Digest, u64>,
    /// The runtimes that some release needs.
    needed: BTreeSet<Needed>,
    runtimes: Vec<BundledRuntime>,
    interpreters: Vec<(Digest, u64)>,
}

/// A runtime that a release needs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Needed {
    runtime: RuntimeName,
    /// The versions that it asks for, in the runtime's own grammar.
    requirement: Option<String>,
    /// The ABI of Node.js that machine code is bound to, with the package that has it.
    abi: Option<(String, String)>,
}

impl<'a> Contents<'a> {
    pub(super) fn new(options: &'a BundleOptions) -> Result<Self, CutError> {
        Ok(Self {
            options,
            platforms: options.targets.platforms()?,
            pythons: None,
            packs: Vec::new(),
            releases: Vec::new(),
            manifests: Vec::new(),
            configs: Vec::new(),
            archives: Vec::new(),
            vendored: BTreeMap::new(),
            needed: BTreeSet::new(),
            runtimes: Vec::new(),
            interpreters: Vec::new(),
        })
    }

    /// Takes a release in, with what it needs on the targets asked for.
    pub(super) fn add(&mut self, pack: &PackRef, release: &VerifiedRelease) -> Result<(), CutError> {
        let version = &release.config.pack.version;
        let locks = &release.config.environments;
        let python = locks.python.iter().map(|lock| Needed {
            runtime: RuntimeName::Python,
            requirement: lock.requires_python.clone(),
            abi: None,
        });
        let node = locks.nodejs.iter().map(|lock| {
            let mut targets = lock.targets.iter().filter(|target| self.platforms.contains(&target.platform));
            let bound = targets.find_map(NodeTarget::bound_abi);
            let by =
                |(abi, package): (&str, &str)| (abi.to_owned(), format!("`{package}` of {pack} {version}"));
            Needed {
                runtime: RuntimeName::Nodejs,
                requirement: lock.requires_nodejs.clone(),
                abi: bound.map(by),
            }
        });
        self.needed.extend(python.chain(node));
        let mut vendored = self.wheels_for(pack, release)?;
        vendored.extend(self.node_packages_for(pack, release)?);
        vendored.extend(self.wheels_of_tests(release)?);
        let manifest = &release.manifest;
        let archive = release.pack_layer();
        self.manifests.push((release.manifest_digest, release.manifest_size));
        self.configs.push((manifest.config.digest, manifest.config.size));
        self.archives.push((archive.digest, archive.size));
        let size = archive.size + vendored.values().sum::<u64>();
        self.vendored.extend(vendored);
        self.releases.push(BundledRelease {
            pack: pack.clone(),
            version: version.clone(),
            manifest: release.manifest_digest,
        });
        let requested = self.options.requests.iter().any(|request| request.pack == *pack);
        let pythons = self.pythons.as_deref().unwrap_or_default();
        let is_asked = |cell: &ReleaseCoverage| {
            cell.platform.is_none_or(|platform| self.platforms.contains(&platform))
                && cell.python.is_none_or(|python| pythons.contains(&python))
        };
        let targets = ReleaseCoverage::of(&release.config).into_iter().filter(is_asked).collect();
        self.packs.push(BundledPack {
            pack: pack.clone(),
            version: version.clone(),
            requested,
            size,
            targets,
        });
        Ok(())
    }

    /// The wheels of `release` for the targets asked for.
    fn wheels_for(
        &mut self,
        pack: &PackRef,
        release: &VerifiedRelease,
    ) -> Result<BTreeMap<Digest, u64>, CutError> {
        let Some(lock) = &release.config.environments.python else { return Ok(BTreeMap::new()) };
        if lock.targets.is_empty() {
            return Ok(BTreeMap::new());
        }
        if self.pythons.is_none() {
            self.pythons = Some(self.options.targets.pythons()?);
        }
        let pythons = self.pythons.as_deref().unwrap_or_default();
        let mut wheels = BTreeMap::new();
        for platform in &self.platforms {
            for python in pythons {
                let target = python_target(lock, *python, *platform);
                let target = target.ok_or_else(|| CutError::NoTarget {
                    pack: pack.clone(),
                    version: release.config.pack.version.clone(),
                    wanted: format!("Python {python} on {platform}"),
                    built_for: built_for(&lock.targets),
                })?;
                wheels.extend(target.wheels.iter().map(|wheel| (wheel.digest, wheel.size)));
            }
        }
        Ok(wheels)
    }

    /// The wheels that only the tests of `release` need, on those of the targets that have any.
    fn wheels_of_tests(&mut self, release: &VerifiedRelease) -> Result<BTreeMap<Digest, u64>, CutError> {
        let Some(lock) = &release.config.test_environments.python else { return Ok(BTreeMap::new()) };
        if self.pythons.is_none() {
            self.pythons = Some(self.options.targets.pythons()?);
        }
        let pythons = self.pythons.as_deref().unwrap_or_default();
        let is_asked = |target: &&PythonTarget| {
            self.platforms.contains(&target.platform) && pythons.contains(&target.python)
        };
        let wheels = lock.targets.iter().filter(is_asked).flat_map(|target| &target.wheels);
        Ok(wheels.map(|wheel| (wheel.digest, wheel.size)).collect())
    }

    /// The npm packages of `release` for the machines asked for.
    fn node_packages_for(
        &self,
        pack: &PackRef,
        release: &VerifiedRelease,
    ) -> Result<BTreeMap<Digest, u64>, CutError> {
        let Some(lock) = &release.config.environments.nodejs else { return Ok(BTreeMap::new()) };
        if lock.targets.is_empty() {
            return Ok(BTreeMap::new());
        }
        let mut packages = BTreeMap::new();
        for platform in &self.platforms {
            let target = node_target(lock, *platform);
            let target = target.ok_or_else(|| CutError::NoTarget {
                pack: pack.clone(),
                version: release.config.pack.version.clone(),
                wanted: format!("npm packages on {platform}"),
                built_for: lock
                    .targets
                    .iter()
                    .map(|target| target.platform.to_string())
                    .collect::<Vec<_>>()
                    .join(", "),
            })?;
            packages.extend(target.packages.iter().flat_map(LockedNodePackage::files));
        }
        Ok(packages)
    }

    /// Takes in the interpreters that the releases need on the targets asked for, the newest that fits each;
    /// returns warnings of machine code that runs on none of them.
    pub(super) fn add_runtimes(&mut self, indexes: &[RuntimeIndex]) -> Result<Vec<String>, CutError> {
        let mut warnings = Vec::new();
        if self.needed.iter().any(|needed| needed.runtime == RuntimeName::Python) && self.pythons.is_none() {
            self.pythons = Some(self.options.targets.pythons()?);
        }
        let mut chosen: BTreeSet<BundledRuntime> = BTreeSet::new();
        for Needed { runtime, requirement, abi } in &self.needed {
            let minors: Vec<Option<PythonMinor>> = match runtime {
                RuntimeName::Python => self.pythons.iter().flatten().copied().map(Some).collect(),
                RuntimeName::Nodejs => vec![None],
            };
            for (platform, minor) in
                self.platforms.iter().flat_map(|platform| minors.iter().map(move |m| (*platform, *m)))
            {
                let requirement = requirement.as_deref();
                let bound = abi.as_ref().map(|(abi, _)| abi.as_str());
                let wanted = Wanted { runtime: *runtime, platform, minor, requirement, abi: bound };
                let unbound = Wanted { abi: None, ..wanted };
                let release = wanted
                    .newest(indexes)
                    .or_else(|| unbound.newest(indexes))
                    .ok_or_else(|| CutError::NoRuntime { wanted: unbound.to_string() })?;
                if let (Some((abi, package)), Some(carried)) = (abi, &release.abi)
                    && carried != abi
                {
                    warnings.push(format!(
                        "{package} was built for Node.js {} and does not run on {runtime} {} (ABI {carried}), which \
                         the bundle carries for {platform}",
                        shown_abi(abi),
                        release.version,
                    ));
                }
                self.interpreters.push((release.archive.digest, release.archive.size));
                chosen.insert(BundledRuntime {
                    runtime: *runtime,
                    version: release.version.clone(),
                    platform,
                    archive: release.archive.digest,
                });
            }
        }
        self.runtimes = chosen.into_iter().collect();
        Ok(warnings)
    }

    /// The runtimes whose interpreters are in the bundle.
    pub(super) fn bundled_runtimes(&self) -> BTreeSet<RuntimeName> {
        self.runtimes.iter().map(|bundled| bundled.runtime).collect()
    }

    /// The content of the bundle, without its head.
    pub(super) fn content(&self, options: &BundleOptions, registry: &str) -> BundleContent {
        let mut releases = self.releases.clone();
        releases.sort_by(|a, b| a.pack.cmp(&b.pack));
        let pythons = match &self.pythons {
            Some(pythons) => pythons.clone(),
            None => options.targets.pythons.clone(),
        };
        let description = BundleDescription {
            format: BUNDLE_FORMAT.to_owned(),
            registry: registry.to_owned(),
            requested: options.requests.clone(),
            releases,
            platforms: self.platforms.clone(),
            pythons,
            runtimes: self.runtimes.clone(),
        };
        // The largest first, so that what takes longest to unpack starts first.
        let mut vendored: Vec<_> = self.vendored.iter().map(|(digest, size)| (*digest, *size)).collect();
        vendored.sort_by_key(|&(digest, size)| (std::cmp::Reverse(size), digest));
        let groups = [&self.manifests[..], &self.configs, &self.interpreters, &self.archives, &vendored];
        let mut seen = BTreeSet::new();
        let blobs = groups.concat().into_iter().filter(|(digest, _)| seen.insert(*digest)).collect();
        BundleContent { description, head: Vec::new(), blobs }
    }

    /// The indexes with only the releases that the bundle holds.
    pub(super) fn only_bundled(&self, indexes: &BTreeMap<PackRef, PackIndex>) -> Vec<PackIndex> {
        let held: BTreeSet<Digest> = self.releases.iter().map(|release| release.manifest).collect();
        let cut = |index: &PackIndex| {
            let mut index = index.clone();
            index.releases.retain(|release| held.contains(&release.manifest.digest));
            index
        };
        indexes.values().map(cut).collect()
    }
}

fn built_for(targets: &[PythonTarget]) -> String {
    let names = targets.iter().map(|target| format!("Python {} on {}", target.python, target.platform));
    names.collect::<Vec<_>>().join(", ")
}
