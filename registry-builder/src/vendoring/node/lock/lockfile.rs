//! `package-lock.json`, lockfile versions 2 and 3, read into what vendoring needs.
//!
//! A directory that is linked into `node_modules` (`file:`) takes the place of its link: it is packed and
//! laid out like any package, since a target has no project to link to. Workspaces are refused. Source:
//! npm's `package-lock.json` documentation.

use std::collections::{BTreeMap, BTreeSet};

use attune_schemas::EntryPath;
use serde::{Deserialize, Deserializer};

use super::platform::PlatformLimits;
use crate::vendoring::node::error::NodeError;
use crate::vendoring::node::inputs::is_package_name;

/// A parsed lock.
#[derive(Debug, Clone, Default)]
pub(in crate::vendoring::node) struct Lockfile {
    /// The project itself.
    pub(in crate::vendoring::node) root: LockEntry,
    /// The packages by their place, such as `node_modules/a/node_modules/@s/b`.
    pub(in crate::vendoring::node) packages: BTreeMap<String, LockEntry>,
}

/// One package of a lock.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::vendoring::node) struct LockEntry {
    /// Its own name, where its place does not say it.
    pub(in crate::vendoring::node) name: Option<String>,
    pub(in crate::vendoring::node) version: Option<String>,
    pub(in crate::vendoring::node) resolved: Option<String>,
    pub(in crate::vendoring::node) integrity: Option<String>,
    pub(in crate::vendoring::node) link: bool,
    /// It comes inside the tarball of the package that it is in.
    pub(in crate::vendoring::node) in_bundle: bool,
    pub(in crate::vendoring::node) has_install_script: bool,
    #[serde(deserialize_with = "bins")]
    pub(in crate::vendoring::node) bin: BTreeMap<String, String>,
    #[serde(deserialize_with = "one_or_many")]
    pub(in crate::vendoring::node) os: Vec<String>,
    #[serde(deserialize_with = "one_or_many")]
    pub(in crate::vendoring::node) cpu: Vec<String>,
    #[serde(deserialize_with = "one_or_many")]
    pub(in crate::vendoring::node) libc: Vec<String>,
    pub(in crate::vendoring::node) dependencies: BTreeMap<String, String>,
    pub(in crate::vendoring::node) optional_dependencies: BTreeMap<String, String>,
    pub(in crate::vendoring::node) peer_dependencies: BTreeMap<String, String>,
    pub(in crate::vendoring::node) peer_dependencies_meta: BTreeMap<String, PeerMeta>,
    /// The packages that its tarball brings.
    #[serde(alias = "bundledDependencies")]
    pub(in crate::vendoring::node) bundle_dependencies: Bundled,
    pub(in crate::vendoring::node) workspaces: Option<serde_json::Value>,
    /// A directory of the project that stands here.
    #[serde(skip)]
    pub(in crate::vendoring::node) directory: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::vendoring::node) struct PeerMeta {
    optional: bool,
}

/// Some dependencies of a package, or all.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(in crate::vendoring::node) enum Bundled {
    All(bool),
    Named(Vec<String>),
}

impl Default for Bundled {
    fn default() -> Self {
        Self::All(false)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawLock {
    lockfile_version: u32,
    #[serde(default)]
    packages: Option<BTreeMap<String, LockEntry>>,
}

impl LockEntry {
    /// Whether its tarball brings its dependency `name`.
    fn bundles(&self, name: &str) -> bool {
        match &self.bundle_dependencies {
            Bundled::All(all) => *all && self.edges().any(|(other, _, _)| other == name),
            Bundled::Named(names) => names.iter().any(|other| other == name),
        }
    }

    /// Which machines it is for.
    pub(in crate::vendoring::node) fn limits(&self) -> PlatformLimits {
        PlatformLimits { os: self.os.clone(), cpu: self.cpu.clone(), libc: self.libc.clone() }
    }

    /// The packages that it requires, each with whether it can do without.
    pub(in crate::vendoring::node) fn edges(&self) -> impl Iterator<Item = (&str, &str, bool)> {
        let is_optional = |name: &str| self.optional_dependencies.contains_key(name);
        let needed = self.dependencies.iter().filter(move |(name, _)| !is_optional(name));
        let needed = needed.map(|(name, range)| (name.as_str(), range.as_str(), false));
        let optional =
            self.optional_dependencies.iter().map(|(name, range)| (name.as_str(), range.as_str(), true));
        needed.chain(optional)
    }

    /// The packages that it wants beside itself; those that it can do without are not among them.
    pub(in crate::vendoring::node) fn peers(&self) -> impl Iterator<Item = &str> {
        let is_optional =
            |name: &str| self.peer_dependencies_meta.get(name).is_some_and(|meta| meta.optional);
        self.peer_dependencies.keys().map(String::as_str).filter(move |name| !is_optional(name))
    }
}

impl Lockfile {
    /// Parses `text`; `None` where it is of version 1, which says too little.
    pub(in crate::vendoring::node) fn parse(text: &str) -> Result<Option<Self>, NodeError> {
        let invalid = |reason: String| NodeError::Lock { reason };
        let raw: RawLock =
            serde_json::from_str(without_mark(text)).map_err(|error| invalid(error.to_string()))?;
        let mut packages = match (raw.lockfile_version, raw.packages) {
            (1, _) => return Ok(None),
            (2 | 3, Some(packages)) => packages,
            (2 | 3, None) => return Err(invalid("it has no `packages`".to_owned())),
            (other, _) => return Err(invalid(format!("its lockfileVersion {other} is not supported"))),
        };
        let root = packages.remove("").unwrap_or_default();
        if root.workspaces.is_some() {
            return Err(NodeError::Workspaces);
        }
        let packages = with_links_replaced(packages)?;
        for path in packages.keys() {
            check_place(path)?;
        }
        let mut lock = Self { root, packages };
        let inside = lock.places_in_tarballs();
        for (place, entry) in &mut lock.packages {
            entry.in_bundle = inside.contains(place);
        }
        Ok(Some(lock))
    }

    /// The places that come inside the tarball of a package. What the project itself bundles is marked alike,
    /// and has a tarball of its own: it is to be bundled when the project is packed.
    fn places_in_tarballs(&self) -> BTreeSet<String> {
        let mut inside = BTreeSet::new();
        loop {
            let is_inside = |(place, entry): &(&String, &LockEntry)| {
                let above = enclosing(place);
                let Some(bundler) = self.packages.get(above).filter(|_| entry.in_bundle) else {
                    return false;
                };
                let has_source = entry.resolved.is_some() || entry.integrity.is_some();
                inside.contains(above)
                    || bundler.bundles(name_of_place(place))
                    || !has_source
                    || self.is_required_by_one_of(&inside, above, place)
            };
            let more: BTreeSet<String> =
                self.packages.iter().filter(is_inside).map(|(place, _)| place.clone()).collect();
            if more.len() == inside.len() {
                return inside;
            }
            inside = more;
        }
    }

    /// Whether one of `inside`, beside `place` in the package at `above`, needs the one at `place`.
    fn is_required_by_one_of(&self, inside: &BTreeSet<String>, above: &str, place: &str) -> bool {
        let beside = inside.iter().filter(|other| enclosing(other) == above);
        beside.into_iter().any(|other| {
            self.packages[other].edges().any(|(name, _, _)| self.find(other, name) == Some(place))
        })
    }

    /// The place at which a package at `from` finds `name`; the project itself is at the empty place.
    pub(in crate::vendoring::node) fn find(&self, from: &str, name: &str) -> Option<&str> {
        let mut directory = from;
        loop {
            let place = if directory.is_empty() {
                format!("node_modules/{name}")
            } else {
                format!("{directory}/node_modules/{name}")
            };
            if let Some((found, _)) = self.packages.get_key_value(&place) {
                return Some(found);
            }
            if directory.is_empty() {
                return None;
            }
            directory = enclosing(directory);
        }
    }
}

/// The text without a byte order mark, which some editors write.
pub(in crate::vendoring::node) fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

/// The place of the package that the one at `place` is nested in; empty at the top.
pub(in crate::vendoring::node) fn enclosing(place: &str) -> &str {
    place.rfind("node_modules/").map_or("", |at| place[..at].trim_end_matches('/'))
}

/// The name that `place` is for.
pub(in crate::vendoring::node) fn name_of_place(place: &str) -> &str {
    place.rfind("node_modules/").map_or(place, |at| &place[at + "node_modules/".len()..])
}

/// Puts linked directories where their links are, with what is nested in them.
fn with_links_replaced(
    mut packages: BTreeMap<String, LockEntry>,
) -> Result<BTreeMap<String, LockEntry>, NodeError> {
    let is_link = |(place, entry): (&String, &LockEntry)| {
        entry.link.then(|| (place.clone(), entry.resolved.clone().unwrap_or_default()))
    };
    let links: Vec<(String, String)> = packages.iter().filter_map(is_link).collect();
    let below = |directory: &str, place: &str| {
        place == directory || place.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/'))
    };
    let mut replaced = BTreeMap::new();
    for (link, directory) in &links {
        let inside: Result<EntryPath, _> = directory.parse();
        if inside.is_err() || !packages.contains_key(directory) {
            return Err(NodeError::Link { place: link.clone(), target: directory.clone() });
        }
        for (place, entry) in packages.iter().filter(|(place, _)| below(directory, place)) {
            let mut entry = entry.clone();
            if place == directory {
                entry.directory = Some(directory.clone());
            }
            replaced.insert(format!("{link}{}", &place[directory.len()..]), entry);
        }
    }
    packages
        .retain(|place, _| !links.iter().any(|(link, directory)| place == link || below(directory, place)));
    packages.extend(replaced);
    Ok(packages)
}

/// A place is a chain of `node_modules/<name>`.
fn check_place(place: &str) -> Result<(), NodeError> {
    let refuse = || NodeError::Place { place: place.to_owned() };
    let _: EntryPath = place.parse().map_err(|_| refuse())?;
    let mut rest = place.strip_prefix("node_modules/").ok_or_else(refuse)?;
    loop {
        let (name, after) = match rest.split_once("/node_modules/") {
            Some((name, after)) => (name, Some(after)),
            None => (rest, None),
        };
        if !is_package_name(name) {
            return Err(refuse());
        }
        match after {
            Some(after) => rest = after,
            None => return Ok(()),
        }
    }
}

/// A text, or a list of texts; old packages have either.
fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
        None(()),
    }
    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(text) => vec![text],
        OneOrMany::Many(texts) => texts,
        OneOrMany::None(()) => Vec::new(),
    })
}

/// A mapping; a package that was read as it is may have a single path, which takes the package's name.
fn bins<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<String, String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Bins {
        Map(BTreeMap<String, String>),
        One(String),
        None(()),
    }
    Ok(match Bins::deserialize(deserializer)? {
        Bins::Map(map) => map,
        Bins::One(path) => BTreeMap::from([(String::new(), path)]),
        Bins::None(()) => BTreeMap::new(),
    })
}

#[cfg(test)]
#[path = "lockfile_tests.rs"]
mod tests;
