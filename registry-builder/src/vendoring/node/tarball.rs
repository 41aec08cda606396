//! The content of a fetched tarball: whether it is the package that the lock names, its size unpacked,
//! its files, and whether it wants to run a script when it is installed.

use std::collections::BTreeSet;
use std::path::Path;

use attune_registry::archive::{NODE_PACKAGE_LIMITS, NodePackageRead, read_node_manifest, read_node_package};
use attune_schemas::environment_lock::Footprint;
use serde_json::Value;

use super::entry_point::EntryPoint;
use super::error::NodeError;

/// The scripts that npm runs when a package is installed.
const INSTALL_SCRIPTS: [&str; 3] = ["preinstall", "install", "postinstall"];

/// The content of a tarball.
#[derive(Debug, Clone)]
pub(super) struct TarballFacts {
    pub(super) unpacked: Footprint,
    /// The links that it has, which are not unpacked.
    pub(super) passed_over: Vec<String>,
    /// Its files, below the package's directory.
    pub(super) files: BTreeSet<String>,
    pub(super) version: Option<String>,
    pub(super) has_install_script: bool,
    pub(super) entry_point: EntryPoint,
}

/// Reads the tarball at `path`, which is to be the package `name`, of `version` where that is known.
pub(super) fn read_tarball(
    path: &Path,
    name: &str,
    version: Option<&str>,
) -> Result<TarballFacts, NodeError> {
    let refuse = |source| NodeError::Tarball { name: name.to_owned(), source };
    let mut files = BTreeSet::new();
    let read = read_node_package(fs_err::File::open(path)?, NODE_PACKAGE_LIMITS, &mut |file| {
        files.insert(file.path.to_string());
        Ok(())
    })
    .map_err(refuse)?;
    let package = read_node_manifest(|| fs_err::File::open(path)).map_err(refuse)?;
    let refuse = |reason: String| NodeError::Identity { name: name.to_owned(), reason };
    let package: Value = serde_json::from_slice(&package)
        .map_err(|error| refuse(format!("its package.json is not valid: {error}")))?;
    let field = |key: &str| package.get(key).and_then(Value::as_str);
    if field("name").is_some_and(|actual| actual != name) {
        return Err(refuse(format!(
            "it is the package `{}`",
            field("name").unwrap_or_default().escape_debug()
        )));
    }
    let actual = field("version").map(|version| plain_version(version).to_owned());
    if let (Some(expected), Some(actual)) = (version.map(plain_version), &actual)
        && without_build(expected) != without_build(actual)
    {
        return Err(refuse(format!("it is version `{}`, expected {expected}", actual.escape_debug())));
    }
    let script = |key: &&str| package.get("scripts").and_then(|scripts| scripts.get(key)).is_some();
    // npm builds what has a binding.gyp unless it is told otherwise.
    let builds = files.contains("binding.gyp") && package.get("gypfile") != Some(&Value::Bool(false));
    let has_install_script = INSTALL_SCRIPTS.iter().any(script) || builds;
    let NodePackageRead { footprint: unpacked, passed_over } = read;
    let entry_point = EntryPoint::of(&package, &files);
    Ok(TarballFacts { unpacked, passed_over, files, version: actual, has_install_script, entry_point })
}

/// A version without the `v` and `=` that npm takes off.
fn plain_version(version: &str) -> &str {
    version.trim().trim_start_matches(['v', '=']).trim_start()
}

fn without_build(version: &str) -> &str {
    version.split('+').next().unwrap_or(version)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::node_tarball;

    fn read(files: &[(&str, &str)], version: Option<&str>) -> Result<TarballFacts, NodeError> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.tgz");
        fs_err::write(&path, node_tarball(files)).unwrap();
        read_tarball(&path, "a", version)
    }

    const PACKAGE: &str = r#"{"name": "a", "version": "1.0.0"}"#;

    #[test]
    fn facts_are_read() {
        let facts = read(&[("package.json", PACKAGE), ("lib/x.js", "x")], Some("1.0.0")).unwrap();
        assert_eq!((facts.unpacked.files, facts.has_install_script), (2, false));
        assert!(facts.files.contains("lib/x.js"));
    }

    #[test]
    fn scripts_and_native_builds_are_seen() {
        let script = r#"{"name": "a", "version": "1.0.0", "scripts": {"postinstall": "node x"}}"#;
        assert!(read(&[("package.json", script)], None).unwrap().has_install_script);
        assert!(read(&[("package.json", PACKAGE), ("binding.gyp", "{}")], None).unwrap().has_install_script);
    }

    #[test]
    fn versions_are_compared_as_npm_cleans_them() {
        let package = r#"{"name": "a", "version": "v1.0.0"}"#;
        for expected in ["v1.0.0", "1.0.0", "=1.0.0", "1.0.0+build"] {
            let facts = read(&[("package.json", package)], Some(expected)).unwrap();
            assert_eq!(facts.version.as_deref(), Some("1.0.0"), "{expected}");
        }
    }

    #[test]
    fn another_package_or_version_is_refused() {
        for (package, version) in
            [(r#"{"name": "b", "version": "1.0.0"}"#, None), (PACKAGE, Some("1.0.1")), ("not json", None)]
        {
            let error = read(&[("package.json", package)], version).unwrap_err();
            assert!(matches!(error, NodeError::Identity { .. }), "{package}: {error}");
        }
        assert!(matches!(read(&[("x.js", "")], None), Err(NodeError::Identity { .. })));
    }
}
