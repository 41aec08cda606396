//! `package-lock.json`, lockfile versions 2 and 3, read into what vendoring needs.
//!
//! A directory that is linked into `node_modules` (`file:`) takes the place of its link: it is packed and
//! laid out like any package, since a target has no project to link to. Workspaces are refused. Source:
//! npm's `package-lock.json` documentation.

use std::collections::BTreeMap;

use attune_schemas::EntryPath;
use serde::{Deserialize, Deserializer};

use super::error::NodeError;
use super::inputs::is_package_name;
use super::platform::PlatformLimits;

/// A parsed lock.
#[derive(Debug, Clone, Default)]
pub(super) struct Lockfile {
    /// The project itself.
    pub(super) root: LockEntry,
    /// The packages by their place, such as `node_modules/a/node_modules/@s/b`.
    pub(super) packages: BTreeMap<String, LockEntry>,
}

/// One package of a lock.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct LockEntry {
    /// Its own name, where its place does not say it.
    pub(super) name: Option<String>,
    pub(super) version: Option<String>,
    pub(super) resolved: Option<String>,
    pub(super) integrity: Option<String>,
    pub(super) link: bool,
    /// It comes inside the tarball of the package that it is in.
    pub(super) in_bundle: bool,
    pub(super) has_install_script: bool,
    #[serde(deserialize_with = "bins")]
    pub(super) bin: BTreeMap<String, String>,
    #[serde(deserialize_with = "one_or_many")]
    pub(super) os: Vec<String>,
    #[serde(deserialize_with = "one_or_many")]
    pub(super) cpu: Vec<String>,
    #[serde(deserialize_with = "one_or_many")]
    pub(super) libc: Vec<String>,
    pub(super) dependencies: BTreeMap<String, String>,
    pub(super) optional_dependencies: BTreeMap<String, String>,
    pub(super) peer_dependencies: BTreeMap<String, String>,
    pub(super) peer_dependencies_meta: BTreeMap<String, PeerMeta>,
    pub(super) workspaces: Option<serde_json::Value>,
    /// A directory of the project that stands here.
    #[serde(skip)]
    pub(super) directory: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct PeerMeta {
    optional: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawLock {
    lockfile_version: u32,
    #[serde(default)]
    packages: Option<BTreeMap<String, LockEntry>>,
}

impl LockEntry {
    /// Which machines it is for.
    pub(super) fn limits(&self) -> PlatformLimits {
        PlatformLimits { os: self.os.clone(), cpu: self.cpu.clone(), libc: self.libc.clone() }
    }

    /// The packages that it requires, each with whether it can do without.
    pub(super) fn edges(&self) -> impl Iterator<Item = (&str, &str, bool)> {
        let is_optional = |name: &str| self.optional_dependencies.contains_key(name);
        let needed = self.dependencies.iter().filter(move |(name, _)| !is_optional(name));
        let needed = needed.map(|(name, range)| (name.as_str(), range.as_str(), false));
        let optional =
            self.optional_dependencies.iter().map(|(name, range)| (name.as_str(), range.as_str(), true));
        needed.chain(optional)
    }

    /// The packages that it wants beside itself; those that it can do without are not among them.
    pub(super) fn peers(&self) -> impl Iterator<Item = &str> {
        let is_optional =
            |name: &str| self.peer_dependencies_meta.get(name).is_some_and(|meta| meta.optional);
        self.peer_dependencies.keys().map(String::as_str).filter(move |name| !is_optional(name))
    }
}

impl Lockfile {
    /// Parses `text`; `None` where it is of version 1, which says too little.
    pub(super) fn parse(text: &str) -> Result<Option<Self>, NodeError> {
        let invalid = |reason: String| NodeError::Lock { reason };
        let raw: RawLock = serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
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
        Ok(Some(Self { root, packages }))
    }

    /// The place at which a package at `from` finds `name`; the project itself is at the empty place.
    pub(super) fn find(&self, from: &str, name: &str) -> Option<&str> {
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

/// The place of the package that the one at `place` is nested in; empty at the top.
pub(super) fn enclosing(place: &str) -> &str {
    place.rfind("node_modules/").map_or("", |at| place[..at].trim_end_matches('/'))
}

/// The name that `place` is for.
pub(super) fn name_of_place(place: &str) -> &str {
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
mod tests {
    use super::*;

    fn parse(packages: &str) -> Result<Lockfile, NodeError> {
        let text = format!(r#"{{"lockfileVersion": 3, "packages": {{"": {{}}, {packages}}}}}"#);
        Lockfile::parse(&text).map(Option::unwrap)
    }

    #[test]
    fn packages_are_found_as_node_finds_them() {
        let lock = parse(r#""node_modules/a": {}, "node_modules/a/node_modules/@s/b": {}, "node_modules/@s/b": {}, "node_modules/c": {}"#).unwrap();
        assert_eq!(lock.find("", "a"), Some("node_modules/a"));
        assert_eq!(lock.find("node_modules/a", "@s/b"), Some("node_modules/a/node_modules/@s/b"));
        assert_eq!(lock.find("node_modules/c", "@s/b"), Some("node_modules/@s/b"));
        assert_eq!(lock.find("node_modules/a/node_modules/@s/b", "c"), Some("node_modules/c"));
        assert_eq!(lock.find("node_modules/c", "missing"), None);
        assert_eq!(name_of_place("node_modules/a/node_modules/@s/b"), "@s/b");
        assert_eq!(enclosing("node_modules/a/node_modules/@s/b"), "node_modules/a");
    }

    #[test]
    fn a_linked_directory_takes_the_place_of_its_link() {
        let lock = parse(
            r#""node_modules/mine": {"resolved": "libs/mine", "link": true}, "libs/mine": {"version": "1.0.0"}, "libs/mine/node_modules/x": {}"#,
        )
        .unwrap();
        let places: Vec<&String> = lock.packages.keys().collect();
        assert_eq!(places, ["node_modules/mine", "node_modules/mine/node_modules/x"]);
        assert_eq!(lock.packages["node_modules/mine"].directory.as_deref(), Some("libs/mine"));
    }

    #[test]
    fn a_link_that_leaves_the_pack_is_refused() {
        for target in ["../mine", "/mine", ""] {
            let text = format!(
                r#""node_modules/mine": {{"resolved": "{target}", "link": true}}, "{target}x": {{}}"#
            );
            assert!(matches!(parse(&text), Err(NodeError::Link { .. })), "{target}");
        }
    }

    #[test]
    fn workspaces_are_refused() {
        let text = r#"{"lockfileVersion": 3, "packages": {"": {"workspaces": ["a"]}}}"#;
        assert!(matches!(Lockfile::parse(text), Err(NodeError::Workspaces)));
    }

    #[test]
    fn places_that_lead_elsewhere_are_refused() {
        for place in [
            "node_modules/../x",
            "/etc/x",
            "node_modules/a/../../x",
            "lib/x",
            "node_modules/.bin",
            "node_modules/a/b",
        ] {
            assert!(matches!(parse(&format!(r#""{place}": {{}}"#)), Err(NodeError::Place { .. })), "{place}");
        }
    }

    #[test]
    fn versions_are_told_apart() {
        assert!(Lockfile::parse(r#"{"lockfileVersion": 1, "dependencies": {}}"#).unwrap().is_none());
        assert!(
            Lockfile::parse(r#"{"lockfileVersion": 2, "packages": {}, "dependencies": {}}"#)
                .unwrap()
                .is_some()
        );
        for text in [r#"{"lockfileVersion": 4, "packages": {}}"#, r#"{"lockfileVersion": 3}"#, "{", "[]"] {
            assert!(matches!(Lockfile::parse(text), Err(NodeError::Lock { .. })), "{text}");
        }
    }

    #[test]
    fn fields_come_in_several_spellings() {
        let lock = parse(r#""node_modules/a": {"os": "linux", "cpu": ["x64"], "bin": "cli.js", "dependencies": {"b": "1", "c": "2"}, "optionalDependencies": {"c": "2"}, "peerDependencies": {"p": "*", "q": "*"}, "peerDependenciesMeta": {"q": {"optional": true}}}"#).unwrap();
        let entry = &lock.packages["node_modules/a"];
        assert!(entry.limits().allow("linux/amd64".parse().unwrap()));
        assert_eq!(entry.bin[""], "cli.js");
        assert_eq!(entry.edges().collect::<Vec<_>>(), [("b", "1", false), ("c", "2", true)]);
        assert_eq!(entry.peers().collect::<Vec<_>>(), ["p"]);
    }
}
