//! The lock to follow: committed, or made by npm; and the variants that it leaves out.

use std::collections::BTreeSet;

use attune_schemas::Platform;
use serde_json::{Value, json};

use super::closure::{UnlockedOptional, close_over};
use super::error::NodeError;
use super::inputs::NodeInputs;
use super::lockfile::{LockEntry, Lockfile};
use super::npm::Npm;

/// The committed lock, or one that npm makes.
pub(super) fn read_lock(inputs: &NodeInputs, npm: &Npm<'_>) -> Result<Lockfile, NodeError> {
    if inputs.has_workspaces() {
        return Err(NodeError::Workspaces);
    }
    if let Some(text) = inputs.read_lock()? {
        // One of version 1 says too little, and npm writes it anew without changing a version.
        if let Some(lock) = Lockfile::parse(&text)? {
            require_same_dependencies(inputs, &lock)?;
            return Ok(lock);
        }
    }
    Lockfile::parse(&npm.lock(inputs)?)?
        .ok_or_else(|| NodeError::Lock { reason: "npm wrote one of lockfileVersion 1".to_owned() })
}

/// As with `npm ci`, a lock that was made for another `package.json` is not followed.
fn require_same_dependencies(inputs: &NodeInputs, lock: &Lockfile) -> Result<(), NodeError> {
    let package = inputs.joined_package();
    let kinds = [
        ("dependencies", &lock.root.dependencies),
        ("optionalDependencies", &lock.root.optional_dependencies),
    ];
    for (kind, locked) in kinds {
        let asked = package.get(kind).and_then(Value::as_object).into_iter().flatten();
        for (name, range) in asked.filter(|(name, _)| !inputs.added().contains_key(*name)) {
            let optional = lock.root.optional_dependencies.get(name);
            if locked.get(name).or(optional).map(String::as_str) != range.as_str() {
                return Err(NodeError::StaleLock { difference: format!("`{name}`") });
            }
        }
    }
    Ok(())
}

/// Dependencies of pack.yaml alone that a committed lock does not know.
pub(super) fn not_in_lock(inputs: &NodeInputs, lock: &Lockfile) -> Vec<String> {
    let unknown = inputs.added().keys().filter(|name| lock.find("", name).is_none());
    unknown
        .map(|name| format!("`{name}` of meta.node_dependencies is not in the npm lock, and is left out"))
        .collect()
}

/// Adds the optional packages that the lock leaves out and a platform needs: npm writes only what the
/// machine that it runs on needed, where packages were installed already.
pub(super) fn complete(
    lock: &mut Lockfile,
    platforms: &[Platform],
    npm: &Npm<'_>,
    warnings: &mut Vec<String>,
) -> Result<(), NodeError> {
    let unlocked = platforms.iter().flat_map(|&platform| close_over(lock, platform).unlocked);
    let unlocked: BTreeSet<UnlockedOptional> = unlocked.collect();
    for UnlockedOptional { from, name, range } in unlocked {
        let published = match npm.view(&name, &range) {
            Ok(published) => published,
            Err(NodeError::NoNpm { .. } | NodeError::NpmFailed { .. }) => {
                warnings.push(format!(
                    "the optional package `{name}` {range} is not in the npm lock, and cannot be looked up"
                ));
                continue;
            }
            Err(error) => return Err(error),
        };
        let mut entry = json!(published.package);
        entry["version"] = json!(published.version);
        entry["resolved"] = json!(published.dist.tarball);
        entry["integrity"] = json!(published.dist.integrity);
        let entry: LockEntry = serde_json::from_value(entry)
            .map_err(|error| NodeError::NpmFailed { message: format!("`{name}`: {error}") })?;
        if !platforms.iter().any(|&platform| entry.limits().allow(platform)) {
            continue;
        }
        let top = format!("node_modules/{name}");
        let place =
            if lock.packages.contains_key(&top) { format!("{from}/node_modules/{name}") } else { top };
        lock.packages.insert(place, entry);
    }
    Ok(())
}
