//! Packs that need no third-party package: their locks are written without a look at any package index.

use std::io;

use attune_schemas::component::ComponentSummary;
use attune_schemas::environment_lock::{ManifestFile, NodeLock, PythonLock};
use attune_schemas::pack::{
    Migration, PackMetadata, bare_runtime_name, canonical_runtime, node_dependencies, python_requirements,
};
use attune_schemas::{Digest, EntryPath};
use serde_json::Value;

use crate::pack_directory::PackDirectory;

/// A linted pack.
#[derive(Clone, Copy)]
pub struct LintedPack<'a> {
    /// Its files.
    pub directory: &'a PackDirectory,
    /// Its metadata.
    pub metadata: &'a PackMetadata,
    /// Its components.
    pub components: &'a [ComponentSummary],
}

/// The locks of a pack that needs no package.
#[derive(Debug, Clone, Default)]
pub struct BareLocks {
    /// That of Python, where it runs Python.
    pub python: Option<PythonLock>,
    /// That of Node.js, where it runs Node.js.
    pub nodejs: Option<NodeLock>,
}

/// The result of a look at what a pack needs.
#[derive(Debug, Clone)]
pub enum Needs {
    /// Nothing that is not there.
    Nothing(Box<BareLocks>),
    /// Packages, by the word of this file or key, such as `requirements.txt`.
    Packages(&'static str),
}

impl LintedPack<'_> {
    /// Its locks, if it needs no third-party package. Where a file cannot be judged without the tools of its
    /// language, packages are needed.
    ///
    /// # Errors
    /// A file of the pack cannot be read.
    pub fn needs(&self) -> io::Result<Needs> {
        let metadata = self.metadata;
        let tests = metadata.testing.as_ref().is_some_and(|testing| !testing.requirements.is_empty());
        let has = |name: &str| self.directory.place(&top_level(name)).is_some();
        let by_key = [
            (!python_requirements(&metadata.meta).is_empty(), "python_dependencies"),
            (!node_dependencies(&metadata.meta).is_empty(), "node_dependencies"),
            (tests, "testing.requirements"),
            (has("pylock.toml"), "pylock.toml"),
            (has("uv.lock") && has("pyproject.toml"), "uv.lock"),
        ];
        if let Some((_, name)) = by_key.into_iter().find(|(is_needed, _)| *is_needed) {
            return Ok(Needs::Packages(name));
        }
        let requirements = self.file("requirements.txt")?;
        if requirements.as_ref().is_some_and(|(bytes, _)| has_requirements(bytes)) {
            return Ok(Needs::Packages("requirements.txt"));
        }
        let package = self.file("package.json")?;
        let engines = match &package {
            None => None,
            Some((bytes, _)) => match serde_json::from_slice(bytes) {
                Ok(Value::Object(package)) if !has_dependencies(&package) => {
                    package.get("engines").and_then(|engines| engines.get("node")).cloned()
                }
                _ => return Ok(Needs::Packages("package.json")),
            },
        };
        let requires_nodejs = match (&metadata.requires.nodejs, engines) {
            (Some(range), _) => Some(range.trim().to_owned()),
            // The tools of the language know which ranges count.
            (None, Some(_)) => return Ok(Needs::Packages("package.json")),
            (None, None) => None,
        };
        let requires_nodejs = requires_nodejs.filter(|range| !matches!(range.as_str(), "" | "*" | "x"));
        Ok(Needs::Nothing(Box::new(BareLocks {
            python: self.bare_python(requirements.map(|(_, file)| file).as_ref()),
            nodejs: self.bare_node(package.map(|(_, file)| file).as_ref(), requires_nodejs.as_deref()),
        })))
    }

    /// The lock of a pack that runs Python and needs no third-party package; `manifest` is its file of requirements.
    pub fn bare_python(&self, manifest: Option<&ManifestFile>) -> Option<PythonLock> {
        runs_python(self.metadata, self.components, self.directory).then(|| PythonLock {
            requires_python: self.metadata.requires.python.clone(),
            manifest: manifest.cloned(),
            targets: Vec::new(),
            blocked: Vec::new(),
        })
    }

    /// The lock of a pack that runs Node.js and needs no package; `manifest` is its `package.json`.
    pub fn bare_node(&self, manifest: Option<&ManifestFile>, requires: Option<&str>) -> Option<NodeLock> {
        runs_node(self.metadata, self.components, self.directory).then(|| NodeLock {
            requires_nodejs: requires.map(str::to_owned),
            manifest: manifest.cloned(),
            targets: Vec::new(),
            blocked: Vec::new(),
        })
    }

    fn file(&self, name: &str) -> io::Result<Option<(Vec<u8>, ManifestFile)>> {
        let path = top_level(name);
        let bytes = self.directory.read(&path)?;
        Ok(bytes.map(|bytes| (bytes.clone(), ManifestFile { digest: Digest::of(&bytes), path })))
    }
}

/// Whether a file of requirements says anything at all.
fn has_requirements(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    lines.any(|line| !line.is_empty() && !line.starts_with('#'))
}

fn has_dependencies(package: &serde_json::Map<String, Value>) -> bool {
    let is_none = |value: &Value| value.as_object().is_some_and(serde_json::Map::is_empty);
    ["dependencies", "optionalDependencies", "peerDependencies", "workspaces"]
        .into_iter()
        .filter_map(|key| package.get(key))
        .any(|value| !is_none(value))
}

fn top_level(name: &str) -> EntryPath {
    name.parse().expect("a plain file name is an entry path")
}

/// Whether a pack of `files` runs Python at all, and so needs an interpreter even without dependencies.
fn runs_python(metadata: &PackMetadata, components: &[ComponentSummary], files: &PackDirectory) -> bool {
    let files = files.files().map(|(file, _)| file);
    metadata.testing.as_ref().is_some_and(|testing| testing.runs_python(files))
        || migrates_with(metadata, &["py"])
        || runs(metadata, components, "python")
}

/// Whether a migration of the pack is a script whose name has one of `endings`.
fn migrates_with(metadata: &PackMetadata, endings: &[&str]) -> bool {
    let mut scripts = metadata.migrations.iter().flat_map(Migration::scripts);
    scripts.any(|script| script.file_name().rsplit_once('.').is_some_and(|(_, end)| endings.contains(&end)))
}

/// Whether a pack of `files` runs Node.js at all.
fn runs_node(metadata: &PackMetadata, components: &[ComponentSummary], files: &PackDirectory) -> bool {
    let files = files.files().map(|(file, _)| file);
    metadata.testing.as_ref().is_some_and(|testing| testing.runs_node(files))
        || migrates_with(metadata, &["js", "cjs", "mjs"])
        || runs(metadata, components, "node")
}

fn runs(metadata: &PackMetadata, components: &[ComponentSummary], runtime: &str) -> bool {
    let is_it = |name: &str| canonical_runtime(name) == Some(runtime);
    let named = |text: &String| is_it(bare_runtime_name(text));
    metadata.runtime_deps.iter().any(named)
        || components.iter().flat_map(ComponentSummary::runtimes).any(is_it)
}
