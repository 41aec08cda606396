//! A pack's Node.js dependencies, from what it asks for to a lock with its tarballs: the steps in order.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use attune_schemas::Platform;
use attune_schemas::environment_lock::{BlockedPlatform, LockedNodePackage, NodeLock, NodeTarget};
use attune_schemas::release::{NODE_OVERLAY_MEDIA_TYPE, NODE_PACKAGE_MEDIA_TYPE};

use super::allowed_scripts::{AllowedScripts, RunScripts};
use super::bins::bin_links;
use super::error::NodeError;
use super::gathering::{Gathered, Gathering};
use super::inputs::NodeInputs;
use super::lock::closure::Closure;
use super::lock::integrity::look_up;
use super::lock::lockfile::{Lockfile, name_of_place};
use super::lock::locking::{complete, read_lock};
use super::npm::Npm;
use super::prepare::Preparer;
use super::scripts::Made;
use super::sources::Sources;
use super::tarball::TarballFacts;
use crate::vendoring::VendorSession;
use attune_registry::fetch::CachedFile;
use attune_registry::fetch::DownloadProgress;
use attune_registry::packing::VendoredFile;

/// A pack's vendored Node.js dependencies.
#[derive(Debug, Clone)]
pub struct VendoredNode {
    /// The lock. Its targets are empty where the pack needs no package.
    pub lock: NodeLock,
    /// Every tarball that the lock names, once, sorted by name.
    pub files: Vec<VendoredFile>,
    /// Warnings, which stop nothing.
    pub warnings: Vec<String>,
    /// The scripts that are not run.
    pub unrun_scripts: Vec<UnrunScript>,
    /// The packages of which a script was allowed and there is none, each with the reason.
    pub unused_scripts: BTreeMap<String, &'static str>,
}

/// A script of a package that is not run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct UnrunScript {
    /// The package.
    pub name: String,
    /// Its kind: `install`, or `prepare` of what is packed here.
    pub script: &'static str,
}

/// A tarball that was fetched and judged.
pub(super) struct Tarball {
    pub(super) file: CachedFile,
    pub(super) origin: Option<String>,
    pub(super) facts: TarballFacts,
}

/// Reads or makes the lock of `inputs`, fetches the packages of every platform and checks them.
///
/// # Errors
/// Also where not one platform can be served; the error names everyone to blame.
pub fn vendor_node(
    inputs: &NodeInputs,
    platforms: &[Platform],
    session: &VendorSession<'_>,
    progress: &dyn DownloadProgress,
) -> Result<VendoredNode, NodeError> {
    let (settings, cache) = (session.settings, &session.cache()?);
    let npm = Npm::new(&settings.npm);
    let mut lock = read_lock(inputs, &npm)?;
    let mut warnings = Vec::new();
    complete(&mut lock, platforms, &npm, &mut warnings)?;
    look_up(&mut lock, platforms, &npm, &mut warnings);
    let preparer = Preparer::new(&npm, settings, progress);
    let sources =
        Sources { pack_dir: inputs.pack_dir(), npm: &npm, cache, registries: RefCell::default(), preparer };
    let downloads = settings.npm_downloads(npm.configuration());
    if npm.configuration().is_off("strict-ssl") {
        warnings.push(
            "`strict-ssl=false` of npm's configuration holds for npm alone: downloads check certificates, as \
             they may carry a login"
                .to_owned(),
        );
    }
    let gathering =
        Gathering { lock: &lock, platforms, sources: &sources, cache, downloads: &downloads, progress };
    let Gathered { mut served, mut blocked, tarballs, warnings: told } = gathering.gather()?;
    warnings.extend(told);
    let mut unrun_scripts = unrun_scripts(&tarballs, &settings.npm.allow_scripts);
    let Preparer { prepared, unprepared, .. } = sources.preparer;
    let (prepared, unprepared) = (prepared.into_inner(), unprepared.into_inner());
    unrun_scripts.extend(unprepared.into_iter().map(|name| UnrunScript { name, script: "prepare" }));
    let scripts =
        AllowedScripts { lock: &lock, tarballs: &tarballs, prepared: &prepared, settings, cache, progress };
    let RunScripts { made, unused: unused_scripts } = scripts.run(&mut served, &mut blocked)?;
    let vendored = Vendored { lock: &lock, tarballs: &tarballs, made: &made };
    let targets = served.iter().map(|(platform, closure)| vendored.target(*platform, closure));
    Ok(VendoredNode {
        lock: NodeLock {
            requires_nodejs: inputs.requires_nodejs().map(str::to_owned),
            manifest: inputs.manifest().cloned(),
            targets: targets.collect::<Result<_, _>>()?,
            blocked: blocked
                .into_iter()
                .map(|(platform, closure)| BlockedPlatform {
                    platform,
                    blames: closure.blames.into_iter().collect(),
                })
                .collect(),
        },
        files: files(&tarballs, &made),
        warnings,
        unrun_scripts: unrun_scripts.into_iter().collect(),
        unused_scripts,
    })
}

fn unrun_scripts(tarballs: &BTreeMap<String, Tarball>, allowed: &BTreeSet<String>) -> BTreeSet<UnrunScript> {
    let names = tarballs.iter().filter(|(_, tarball)| tarball.facts.has_install_script);
    let names = names.map(|(place, _)| name_of_place(place)).filter(|name| !allowed.contains(*name));
    names.map(|name| UnrunScript { name: name.to_owned(), script: "install" }).collect()
}

/// Everything that targets are made of.
struct Vendored<'a> {
    lock: &'a Lockfile,
    tarballs: &'a BTreeMap<String, Tarball>,
    made: &'a BTreeMap<String, Made>,
}

impl Vendored<'_> {
    fn target(&self, platform: Platform, closure: &Closure) -> Result<NodeTarget, NodeError> {
        let packages = closure.places.iter().filter_map(|place| Some((place, self.tarballs.get(place)?)));
        let packages = packages.map(|(place, tarball)| self.package(place, tarball));
        Ok(NodeTarget {
            platform,
            packages: packages.collect::<Result<_, _>>()?,
            bins: bin_links(self.lock, closure.places.iter(), |path| has_file(self.tarballs, path))?,
        })
    }

    fn package(&self, place: &str, tarball: &Tarball) -> Result<LockedNodePackage, NodeError> {
        let entry = &self.lock.packages[place];
        let version = tarball.facts.version.clone().or_else(|| entry.version.clone());
        Ok(LockedNodePackage {
            path: place.parse().map_err(|_| NodeError::Place { place: place.to_owned() })?,
            name: name_at(self.lock, place).to_owned(),
            version: version.unwrap_or_default(),
            digest: tarball.file.digest,
            size: tarball.file.size,
            unpacked: tarball.facts.unpacked,
            overlay: self.made.get(place).map(|made| made.overlay.clone()),
            has_install_script: tarball.facts.has_install_script,
            origin: tarball.origin.clone(),
        })
    }
}

/// The name of the package at `place`.
pub(super) fn name_at<'a>(lock: &'a Lockfile, place: &'a str) -> &'a str {
    lock.packages[place].name.as_deref().unwrap_or_else(|| name_of_place(place))
}

/// Whether one of the tarballs has the file at `path` of the tree: that of the nearest place above it, which
/// may bring other packages inside it.
pub(super) fn has_file(tarballs: &BTreeMap<String, Tarball>, path: &str) -> bool {
    let mut directory = path;
    while let Some((above, _)) = directory.rsplit_once('/') {
        directory = above;
        if let Some(tarball) = tarballs.get(directory) {
            return tarball.facts.files.contains(&path[directory.len() + 1..]);
        }
    }
    false
}

fn files(tarballs: &BTreeMap<String, Tarball>, made: &BTreeMap<String, Made>) -> Vec<VendoredFile> {
    let file = |(place, tarball): (&String, &Tarball)| {
        let name = name_of_place(place).trim_start_matches('@').replace('/', "-");
        let filename = format!("{name}-{}.tgz", tarball.facts.version.as_deref().unwrap_or("0"));
        let CachedFile { digest, size, path } = tarball.file.clone();
        (digest, VendoredFile { media_type: NODE_PACKAGE_MEDIA_TYPE, filename, digest, size, path })
    };
    let overlay = |(place, made): (&String, &Made)| {
        let name = name_of_place(place).trim_start_matches('@').replace('/', "-");
        let CachedFile { digest, size, path } = made.file.clone();
        let filename = format!("{name}-overlay.tar.zst");
        (digest, VendoredFile { media_type: NODE_OVERLAY_MEDIA_TYPE, filename, digest, size, path })
    };
    let distinct: BTreeMap<_, _> = tarballs.iter().map(file).chain(made.iter().map(overlay)).collect();
    let mut files: Vec<VendoredFile> = distinct.into_values().collect();
    files.sort_by(|a, b| a.filename.cmp(&b.filename));
    files
}
