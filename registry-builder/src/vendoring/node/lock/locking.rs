//! The lock to follow: committed, or made by npm; and the variants that it leaves out.

use std::collections::{BTreeMap, BTreeSet};

use attune_schemas::Platform;
use serde_json::json;

use super::closure::{UnlockedOptional, close_over};
use super::lockfile::{LockEntry, Lockfile};
use super::stale::{followed, require_current_v1};
use crate::vendoring::node::error::NodeError;
use crate::vendoring::node::inputs::NodeInputs;
use crate::vendoring::node::npm::Npm;

/// The committed lock, or one that npm makes.
pub(in crate::vendoring::node) fn read_lock(
    inputs: &NodeInputs,
    npm: &Npm<'_>,
) -> Result<Lockfile, NodeError> {
    if inputs.has_workspaces() {
        return Err(NodeError::Workspaces);
    }
    if let Some(text) = inputs.read_lock()? {
        // One of version 1 says too little, and npm writes it anew without changing a version.
        match Lockfile::parse(&text)? {
            Some(lock) => return followed(inputs, lock),
            None => require_current_v1(inputs, &text)?,
        }
    }
    Lockfile::parse(&npm.lock(inputs)?)?
        .ok_or_else(|| NodeError::Lock { reason: "npm wrote one of lockfileVersion 1".to_owned() })
}

/// Adds the optional packages that the lock leaves out and a platform needs: npm writes only what the
/// machine that it runs on needed, where packages were installed already.
pub(in crate::vendoring::node) fn complete(
    lock: &mut Lockfile,
    platforms: &[Platform],
    npm: &Npm<'_>,
    warnings: &mut Vec<String>,
) -> Result<(), NodeError> {
    let unlocked =
        platforms.iter().flat_map(|&platform| close_over(lock, platform, &BTreeMap::new()).unlocked);
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
