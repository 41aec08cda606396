//! A pack's requirements of Node.js and npm packages.
//!
//! | where | meaning |
//! |---|---|
//! | `package.json` | authoritative: what Attune's own workers install |
//! | `npm-shrinkwrap.json`, `package-lock.json` | a committed lock; followed, nothing is resolved |
//! | `meta.node_dependencies` | adds the packages that `package.json` does not name: `name@range` |

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use attune_registry::pack_directory::PackDirectory;
use attune_schemas::environment_lock::ManifestFile;
use attune_schemas::{Digest, EntryPath};
use serde_json::{Map, Value};

use super::error::NodeError;

/// The file of a Node.js project, at a pack's top.
pub const PACKAGE_FILE: &str = "package.json";
/// The committed locks, the first that is there counts.
pub const LOCK_FILES: [&str; 2] = ["npm-shrinkwrap.json", "package-lock.json"];

/// A pack's requirements of Node.js and npm packages.
#[derive(Debug, Clone)]
pub struct NodeInputs {
    pack: PackDirectory,
    manifest: Option<ManifestFile>,
    package: Map<String, Value>,
    /// Dependencies that only pack.yaml names.
    added: BTreeMap<String, String>,
    committed_lock: Option<EntryPath>,
    requires_nodejs: Option<String>,
    warnings: Vec<String>,
}

impl NodeInputs {
    /// Reads the files at the top of `pack` and joins them with what its pack.yaml says:
    /// `node_dependencies` (`meta.node_dependencies`) and `requires_nodejs` (an npm range).
    pub fn read(
        pack: &PackDirectory,
        node_dependencies: &[String],
        requires_nodejs: Option<&str>,
    ) -> Result<Self, NodeError> {
        let (manifest, package) = read_package(pack)?;
        let mut locks = LOCK_FILES.iter().map(|name| top_level(name));
        let lock = locks.find(|path| pack.place(path).is_some());
        let mut inputs = Self {
            pack: pack.clone(),
            manifest,
            package,
            added: BTreeMap::new(),
            committed_lock: lock,
            requires_nodejs: None,
            warnings: Vec::new(),
        };
        let engines = inputs.package.get("engines").and_then(|engines| engines.get("node"));
        let engines = engines.and_then(Value::as_str).map(str::to_owned);
        match (requires_nodejs.map(str::trim), engines.as_deref().map(str::trim)) {
            (Some(range), _) => {
                inputs.requires_nodejs =
                    meant(range).map_err(|()| NodeError::Range { range: range.to_owned() })?;
            }
            (None, Some(range)) => match meant(range) {
                Ok(range) => inputs.requires_nodejs = range,
                // npm warns, too, and goes on.
                Err(()) => inputs.warnings.push(format!(
                    "`engines.node` of package.json is `{}`, which is not an npm version range; any Node.js is taken \
                     for right",
                    range.escape_debug()
                )),
            },
            (None, None) => {}
        }
        for dependency in node_dependencies {
            let (name, range) = split_dependency(dependency)
                .ok_or_else(|| NodeError::Dependency { dependency: dependency.clone() })?;
            if !inputs.names(name) {
                inputs.added.insert(name.to_owned(), range.to_owned());
            }
        }
        Ok(inputs)
    }

    /// Whether the pack needs no package at all.
    pub fn is_empty(&self) -> bool {
        let asks = |key: &str| {
            self.package.get(key).and_then(Value::as_object).is_some_and(|names| !names.is_empty())
        };
        self.added.is_empty()
            && !["dependencies", "optionalDependencies", "peerDependencies"].into_iter().any(asks)
            && self.package.get("workspaces").is_none()
    }

    /// The pack's directory.
    pub fn pack_dir(&self) -> &Path {
        self.pack.path()
    }

    /// The file that Attune's workers look at, where the pack has it.
    pub const fn manifest(&self) -> Option<&ManifestFile> {
        self.manifest.as_ref()
    }

    /// Whether the pack has a lock of npm.
    pub const fn has_lock(&self) -> bool {
        self.committed_lock.is_some()
    }

    /// The text of the committed lock.
    pub(super) fn read_lock(&self) -> io::Result<Option<String>> {
        self.committed_lock.as_ref().map(|path| self.pack.read_text(path)).transpose()
    }

    /// The npm range that Node.js must satisfy.
    pub fn requires_nodejs(&self) -> Option<&str> {
        self.requires_nodejs.as_deref()
    }

    /// Warnings about what was read, which stop nothing.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// The dependencies that only pack.yaml names.
    pub const fn added(&self) -> &BTreeMap<String, String> {
        &self.added
    }

    /// Whether the project has workspaces, whose packages are directories of their own.
    pub fn has_workspaces(&self) -> bool {
        self.package.get("workspaces").is_some()
    }

    /// `package.json` with the added dependencies, as npm is to see it.
    pub fn joined_package(&self) -> Value {
        let mut package = self.package.clone();
        let dependencies = package.entry("dependencies").or_insert_with(|| Value::Object(Map::new()));
        if let Some(dependencies) = dependencies.as_object_mut() {
            for (name, range) in &self.added {
                dependencies.insert(name.clone(), Value::String(range.clone()));
            }
        }
        Value::Object(package)
    }

    fn names(&self, package: &str) -> bool {
        let names = |key: &str| self.package.get(key).and_then(|names| names.get(package)).is_some();
        ["dependencies", "optionalDependencies", "peerDependencies"].into_iter().any(names)
    }
}

/// The range that `text` means, nothing for any; `Err` where it is none.
fn meant(text: &str) -> Result<Option<String>, ()> {
    if matches!(text, "" | "*" | "x") {
        return Ok(None);
    }
    nodejs_semver::Range::parse(text).map(|_| Some(text.to_owned())).map_err(drop)
}

fn top_level(name: &str) -> EntryPath {
    name.parse().expect("a plain file name is an entry path")
}

fn read_package(pack: &PackDirectory) -> Result<(Option<ManifestFile>, Map<String, Value>), NodeError> {
    let path = top_level(PACKAGE_FILE);
    let Some(bytes) = pack.read(&path)? else { return Ok((None, Map::new())) };
    let invalid = |reason: String| NodeError::Package { path: path.below(pack.path()), reason };
    let parsed = serde_json::from_slice(without_mark(&bytes)).map_err(|error| invalid(error.to_string()))?;
    let Value::Object(package) = parsed else { return Err(invalid("it is not an object".to_owned())) };
    Ok((Some(ManifestFile { digest: Digest::of(&bytes), path }), package))
}

/// `@s/name@^1` as name and range; a bare name is any version.
fn split_dependency(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let at = text.char_indices().skip(1).find(|(_, character)| *character == '@').map(|(index, _)| index);
    let (name, range) = at.map_or((text, "*"), |at| (&text[..at], &text[at + 1..]));
    let is_plain = !range.is_empty() && !range.chars().any(char::is_control);
    (is_package_name(name) && is_plain).then_some((name, range))
}

/// Whether `name` can be a package's: `name` or `@scope/name`. Source: npm's rules on names.
pub(super) fn is_package_name(name: &str) -> bool {
    let is_part = |part: &str| {
        let is_allowed = |c: char| c.is_ascii_alphanumeric() || "-_.~!*'()".contains(c);
        !part.is_empty() && part.len() <= 214 && !part.starts_with('.') && part.chars().all(is_allowed)
    };
    match name.strip_prefix('@') {
        Some(scoped) => scoped.split_once('/').is_some_and(|(scope, name)| is_part(scope) && is_part(name)),
        None => is_part(name) && name != "node_modules",
    }
}

/// `bytes` without a byte order mark, which npm passes over, too.
pub(super) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(package: &str, dependencies: &[&str], requires: Option<&str>) -> Result<NodeInputs, NodeError> {
        let pack = tempfile::tempdir().unwrap();
        fs_err::write(pack.path().join(PACKAGE_FILE), package).unwrap();
        let dependencies: Vec<String> = dependencies.iter().map(|&text| text.to_owned()).collect();
        NodeInputs::read(&PackDirectory::open(pack.path()).unwrap(), &dependencies, requires)
    }

    #[test]
    fn pack_yaml_adds_what_package_json_does_not_name() {
        let inputs = read(r#"{"dependencies": {"a": "^1"}}"#, &["a@^2", "@s/b@~3", "c"], None).unwrap();
        let expected = [("@s/b", "~3"), ("c", "*")].map(|(name, range)| (name.to_owned(), range.to_owned()));
        assert_eq!(inputs.added(), &BTreeMap::from(expected));
        assert_eq!(inputs.joined_package()["dependencies"]["a"], "^1");
        assert_eq!(inputs.joined_package()["dependencies"]["c"], "*");
    }

    #[test]
    fn the_packs_own_word_on_node_counts_before_engines() {
        let engines = r#"{"engines": {"node": ">=16"}}"#;
        assert_eq!(read(engines, &[], None).unwrap().requires_nodejs(), Some(">=16"));
        assert_eq!(read(engines, &[], Some(">=20")).unwrap().requires_nodejs(), Some(">=20"));
        for range in ["lts/*", "latest", "newest"] {
            let inputs = read(&format!(r#"{{"engines": {{"node": "{range}"}}}}"#), &[], None).unwrap();
            assert!(inputs.requires_nodejs().is_none() && inputs.warnings()[0].contains(range), "{range}");
            assert!(matches!(read(engines, &[], Some(range)), Err(NodeError::Range { .. })), "{range}");
        }
    }

    #[test]
    fn a_byte_order_mark_is_passed_over() {
        let inputs = read("\u{feff}{\"dependencies\": {\"a\": \"1\"}}", &[], None).unwrap();
        assert!(inputs.names("a"));
    }

    #[test]
    fn nothing_asked_for_is_empty() {
        assert!(read(r#"{"devDependencies": {"a": "1"}}"#, &[], None).unwrap().is_empty());
        assert!(!read("{}", &["a"], None).unwrap().is_empty());
    }

    #[test]
    fn what_is_no_package_or_dependency_is_refused() {
        for package in ["", "[]", "{"] {
            assert!(matches!(read(package, &[], None), Err(NodeError::Package { .. })), "{package}");
        }
        for dependency in ["", "@", "a b", "../x", "a@", "@s", "a@1\nb"] {
            let read = read("{}", &[dependency], None);
            assert!(matches!(read, Err(NodeError::Dependency { .. })), "{dependency}");
        }
    }
}
