//! Whether a committed lock is that of `package.json`, judged as `npm ci` does: not by its copy of the ranges,
//! but by whether what it locks satisfies those that are asked for now.

use std::collections::BTreeSet;

use nodejs_semver::{Range, Version};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::lockfile::{LockEntry, Lockfile, name_of_place, without_mark};
use super::overrides::Overrides;
use crate::vendoring::node::error::NodeError;
use crate::vendoring::node::inputs::NodeInputs;

/// The lock, with what the pack asks for now in the place of what was asked for when it was made.
pub(in crate::vendoring::node) fn followed(
    inputs: &NodeInputs,
    mut lock: Lockfile,
) -> Result<Lockfile, NodeError> {
    let package = inputs.joined_package();
    let asked: Asked = serde_json::from_value(package.clone())
        .map_err(|error| NodeError::Lock { reason: format!("package.json: {error}") })?;
    let recorded = lock.root.clone();
    lock.root.dependencies = texts(&asked.dependencies);
    lock.root.optional_dependencies = texts(&asked.optional_dependencies);
    lock.root.peer_dependencies = texts(&asked.peer_dependencies);
    if let Some(meta) = package.get("peerDependenciesMeta") {
        lock.root.peer_dependencies_meta = serde_json::from_value(meta.clone()).unwrap_or_default();
    }
    require_direct(inputs, &lock, &recorded)?;
    require_indirect(&lock, &Overrides::read(&package))?;
    Ok(lock)
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
struct Asked {
    dependencies: Map<String, Value>,
    optional_dependencies: Map<String, Value>,
    peer_dependencies: Map<String, Value>,
}

fn texts(ranges: &Map<String, Value>) -> std::collections::BTreeMap<String, String> {
    let text = |(name, range): (&String, &Value)| Some((name.clone(), range.as_str()?.to_owned()));
    ranges.iter().filter_map(text).collect()
}

/// Requires that the lock has what the pack itself asks for.
fn require_direct(inputs: &NodeInputs, lock: &Lockfile, recorded: &LockEntry) -> Result<(), NodeError> {
    let peers =
        lock.root.peers().filter_map(|name| Some((name, lock.root.peer_dependencies.get(name)?, false)));
    let edges = lock.root.edges().map(|(name, range, is_optional)| (name, range.to_owned(), is_optional));
    for (name, range, is_optional) in edges.chain(peers.map(|(name, range, is)| (name, range.clone(), is))) {
        let is_added = inputs.added().contains_key(name);
        let of_lock = [&recorded.dependencies, &recorded.optional_dependencies, &recorded.peer_dependencies];
        let is_recorded = of_lock.iter().any(|known| known.get(name) == Some(&range));
        let difference = match lock.find("", name) {
            // A machine that did not need it may have left it out.
            None if is_optional && is_recorded => continue,
            None => format!("it lacks `{name}`, of which `{range}` is asked for"),
            Some(place) => match satisfies(&lock.packages[place], name, &range) {
                Some(true) => continue,
                // No range of versions: nobody can tell but who made the lock.
                None if is_recorded => continue,
                _ => differs(&lock.packages[place], name, &range),
            },
        };
        if is_added {
            return Err(NodeError::NotLocked { name: name.to_owned(), difference });
        }
        return Err(NodeError::StaleLock { difference });
    }
    Ok(())
}

/// Requires that packages find the versions that they need themselves.
fn require_indirect(lock: &Lockfile, overrides: &Overrides) -> Result<(), NodeError> {
    let (mut seen, mut pending) = (BTreeSet::new(), vec![""]);
    while let Some(from) = pending.pop() {
        let entry = lock.packages.get(from).unwrap_or(&lock.root);
        let peers = entry.peers().filter_map(|name| lock.find(from, name));
        pending.extend(peers.filter(|place| seen.insert(*place)));
        for (name, range, _) in entry.edges() {
            let Some(place) = lock.find(from, name) else { continue };
            if seen.insert(place) {
                pending.push(place);
            }
            let found = &lock.packages[place];
            if from.is_empty() || found.in_bundle {
                continue;
            }
            let is_satisfied = |range: &str| satisfies(found, name, range) != Some(false);
            if !overrides.allow(name, range, is_satisfied) {
                let whose = name_of_place(from);
                return Err(NodeError::StaleLock {
                    difference: format!(
                        "{}, for `{whose}`",
                        differs(found, name, overrides.range(name, range))
                    ),
                });
            }
        }
    }
    Ok(())
}

fn differs(entry: &LockEntry, name: &str, range: &str) -> String {
    let version = entry.version.as_deref().unwrap_or("no version");
    format!("it has `{name}` {version}, and `{range}` is asked for")
}

/// Whether the package of `entry` is one that `range` allows; `None` where `range` is no range of versions.
fn satisfies(entry: &LockEntry, name: &str, range: &str) -> Option<bool> {
    if let Some(alias) = range.strip_prefix("npm:") {
        let at = alias.char_indices().skip(1).find(|(_, character)| *character == '@');
        let (other, range) = at.map_or((alias, "*"), |(at, _)| (&alias[..at], &alias[at + 1..]));
        if entry.name.as_deref().unwrap_or(name) != other {
            return Some(false);
        }
        return satisfies(entry, other, range);
    }
    if matches!(range.trim(), "" | "*" | "latest") {
        return Some(true);
    }
    let range = Range::parse(range).ok()?;
    let version = Version::parse(entry.version.as_deref()?.trim_start_matches(['v', '='])).ok()?;
    Some(range.satisfies(&version))
}

/// Requires of a lock of version 1, which npm would mend in silence, that it has what `package.json` asks for.
pub(in crate::vendoring::node) fn require_current_v1(
    inputs: &NodeInputs,
    text: &str,
) -> Result<(), NodeError> {
    let invalid = |error: serde_json::Error| NodeError::Lock { reason: error.to_string() };
    let lock: Value = serde_json::from_str(without_mark(text)).map_err(invalid)?;
    let asked: Asked = serde_json::from_value(inputs.joined_package()).map_err(invalid)?;
    for (name, range) in texts(&asked.dependencies) {
        if inputs.added().contains_key(&name) || asked.optional_dependencies.contains_key(&name) {
            continue;
        }
        let locked = lock.get("dependencies").and_then(|locked| locked.get(&name));
        let Some(locked) = locked else {
            let difference = format!("it lacks `{name}`, of which `{range}` is asked for");
            return Err(NodeError::StaleLock { difference });
        };
        let version = locked.get("version").and_then(Value::as_str).map(str::to_owned);
        let entry = LockEntry { version, ..LockEntry::default() };
        if !range.starts_with("npm:") && satisfies(&entry, &name, &range) == Some(false) {
            return Err(NodeError::StaleLock { difference: differs(&entry, &name, &range) });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_registry::pack_directory::PackDirectory;

    fn follow(package: &str, added: &[&str], lock: &str) -> Result<Lockfile, NodeError> {
        let pack = tempfile::tempdir().unwrap();
        fs_err::write(pack.path().join("package.json"), package).unwrap();
        let added: Vec<String> = added.iter().map(|&text| text.to_owned()).collect();
        let inputs = NodeInputs::read(&PackDirectory::open(pack.path()).unwrap(), &added, None).unwrap();
        let text = format!(r#"{{"lockfileVersion": 3, "packages": {{{lock}}}}}"#);
        followed(&inputs, Lockfile::parse(&text).unwrap().unwrap())
    }

    const LOCK: &str = r#""": {"dependencies": {"a": "^1.0.0"}},
        "node_modules/a": {"version": "1.2.0", "dependencies": {"b": "^2"}},
        "node_modules/b": {"version": "2.5.0"},
        "node_modules/alias": {"name": "b", "version": "2.0.0"}"#;

    #[test]
    fn a_lock_counts_as_long_as_it_satisfies_what_is_asked_for() {
        for package in [
            r#"{"dependencies": {"a": "^1.0.0"}}"#,
            r#"{"dependencies": {"a": "^1.1"}}"#,
            r#"{"dependencies": {"a": "latest"}}"#,
            r#"{"dependencies": {"a": "1", "b": "2.x"}}"#,
            r#"{"dependencies": {"a": "1", "alias": "npm:b@^2"}}"#,
            r#"{"dependencies": {"a": "1"}, "overrides": {"b": "2.5.0"}}"#,
            r#"{"dependencies": {"a": "1"}, "devDependencies": {"absent": "1"}}"#,
            r#"{"dependencies": {"a": "1"}, "peerDependencies": {"b": "*"}}"#,
        ] {
            follow(package, &[], LOCK).unwrap_or_else(|error| panic!("{package}: {error}"));
        }
    }

    #[test]
    fn a_lock_of_another_package_json_is_refused() {
        let table = [
            (r#"{"dependencies": {"a": "^2"}}"#, "`a` 1.2.0, and `^2`"),
            (r#"{"dependencies": {"a": "1", "c": "1"}}"#, "lacks `c`"),
            (r#"{"dependencies": {"a": "1", "b": "^1"}}"#, "`b` 2.5.0"),
            (r#"{"dependencies": {"alias": "npm:other@^2"}}"#, "`alias`"),
            (r#"{"dependencies": {"a": "github:u/a"}}"#, "github:u/a"),
            (r#"{"optionalDependencies": {"c": "1"}}"#, "lacks `c`"),
            (r#"{"peerDependencies": {"c": "1"}}"#, "lacks `c`"),
            (r#"{"dependencies": {"a": "1"}, "overrides": {"b": "2.6.0"}}"#, "`2.6.0`"),
        ];
        for (package, words) in table {
            let error = follow(package, &[], LOCK).unwrap_err();
            let is_it = matches!(&error, NodeError::StaleLock { difference } if difference.contains(words));
            assert!(is_it, "{package}: {error}");
        }
        let inconsistent = LOCK.replace("2.5.0", "1.5.0");
        let error = follow(r#"{"dependencies": {"a": "1"}}"#, &[], &inconsistent).unwrap_err();
        assert!(error.to_string().contains("for `a`"), "{error}");
    }

    #[test]
    fn what_pack_yaml_adds_is_locked_too() {
        let package = r#"{"dependencies": {"a": "1"}}"#;
        let lock = follow(package, &["b@^2"], LOCK).unwrap();
        assert!(lock.root.dependencies.contains_key("b"));
        for added in ["b@^3", "c@1"] {
            let error = follow(package, &[added], LOCK).unwrap_err();
            assert!(matches!(error, NodeError::NotLocked { .. }), "{added}: {error}");
        }
    }

    #[test]
    fn what_package_json_no_longer_asks_for_is_not_followed() {
        let lock = follow(r#"{"dependencies": {"b": "2"}}"#, &[], LOCK).unwrap();
        assert!(!lock.root.dependencies.contains_key("a"));
    }
}
