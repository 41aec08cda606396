//! The places of npm packages in an environment: `node_modules/a`, `node_modules/a/node_modules/@s/b`.

use std::collections::BTreeSet;

use attune_schemas::EntryPath;
use attune_schemas::environment_lock::{BinLink, LockedNodePackage, NodeTarget};

use super::error::ReleaseFault;

/// Refuses packages and links that cannot all be laid out.
pub(super) fn check_node_tree(target: &NodeTarget) -> Result<(), ReleaseFault> {
    let mut places = BTreeSet::new();
    for package in &target.packages {
        if !is_place(&package.path) {
            return Err(fault(package, "is no place of a package"));
        }
        if !places.insert(&package.path) {
            return Err(fault(package, "is taken"));
        }
    }
    let mut links = BTreeSet::new();
    for bin in &target.bins {
        let refuse = |reason| ReleaseFault::BinLink { path: bin.path.clone(), reason };
        if !is_link_place(&bin.path) {
            return Err(refuse("is at no place of such links"));
        }
        if !links.insert(&bin.path) {
            return Err(refuse("is listed twice"));
        }
        if !leads_into_package(bin, &places) {
            return Err(refuse("leads to no package of its environment"));
        }
    }
    Ok(())
}

fn fault(package: &LockedNodePackage, reason: &'static str) -> ReleaseFault {
    ReleaseFault::NodePlace { name: package.name.clone(), path: package.path.clone(), reason }
}

/// Whether `path` is `node_modules/<name>`, once or several times over.
fn is_place(path: &EntryPath) -> bool {
    let mut parts = path.as_str().split('/').peekable();
    while parts.peek().is_some() {
        let is_package = parts.next() == Some("node_modules")
            && match parts.next() {
                Some(scope) if scope.starts_with('@') => parts.next().is_some_and(is_name),
                name => name.is_some_and(is_name),
            };
        if !is_package {
            return false;
        }
    }
    true
}

/// npm keeps names with a dot in front for itself.
fn is_name(name: &str) -> bool {
    !name.starts_with('.') && name != "node_modules"
}

/// Whether `path` is `.bin/<name>` of a `node_modules`.
fn is_link_place(path: &EntryPath) -> bool {
    let Some((directory, _)) = path.as_str().rsplit_once("/.bin/") else { return false };
    let within = directory.strip_suffix("node_modules").map(|within| within.trim_end_matches('/'));
    within.is_some_and(|within| within.is_empty() || within.parse().is_ok_and(|within| is_place(&within)))
        && path.as_str().rsplit_once('/').is_some_and(|(parent, _)| parent.ends_with("/.bin"))
}

fn leads_into_package(bin: &BinLink, places: &BTreeSet<&EntryPath>) -> bool {
    let mut directory = bin.target.parent();
    while let Some(path) = directory {
        if places.contains(&path) {
            return true;
        }
        directory = path.parent();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> EntryPath {
        text.parse().unwrap()
    }

    #[test]
    fn places_are_those_that_npm_uses() {
        for good in ["node_modules/a", "node_modules/@s/b", "node_modules/a/node_modules/@s/b"] {
            assert!(is_place(&path(good)), "{good}");
        }
        for bad in [
            "a",
            "node_modules",
            "node_modules/a/b",
            "node_modules/@s",
            "node_modules/.bin",
            "bin/node",
            "lib/node_modules/a",
        ] {
            assert!(!is_place(&path(bad)), "{bad}");
        }
    }

    #[test]
    fn links_are_beside_the_packages_and_lead_into_one() {
        for good in ["node_modules/.bin/a", "node_modules/@s/b/node_modules/.bin/a"] {
            assert!(is_link_place(&path(good)), "{good}");
        }
        for bad in ["bin/node", "node_modules/.bin/a/b", "node_modules/a/.bin/x", ".bin/a"] {
            assert!(!is_link_place(&path(bad)), "{bad}");
        }
        let package = path("node_modules/a");
        let places = BTreeSet::from([&package]);
        let link = |target: &str| BinLink { path: path("node_modules/.bin/a"), target: path(target) };
        assert!(leads_into_package(&link("node_modules/a/cli.js"), &places));
        for bad in ["node_modules/b/cli.js", "node_modules/a", "bin/node"] {
            assert!(!leads_into_package(&link(bad), &places), "{bad}");
        }
    }
}
