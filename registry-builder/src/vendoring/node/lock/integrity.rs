//! Checksums that a lock leaves out, looked up at the registry: npm itself writes such locks where packages
//! were installed already.

use std::collections::{BTreeMap, BTreeSet};

use attune_registry::workers::in_parallel;
use attune_schemas::Platform;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use url::Url;

use super::closure::close_over;
use super::lockfile::{LockEntry, Lockfile, name_of_place};
use crate::vendoring::node::gathering::shortened;
use crate::vendoring::node::npm::{Dist, Npm, Published};

/// Gives the packages of `lock` that lack a checksum the one that the registry has for that very version.
pub(in crate::vendoring::node) fn look_up(
    lock: &mut Lockfile,
    platforms: &[Platform],
    npm: &Npm<'_>,
    warnings: &mut Vec<String>,
) {
    let closures = platforms.iter().map(|&platform| close_over(lock, platform, &BTreeMap::new()));
    let places: BTreeSet<String> = closures.flat_map(|closure| closure.places).collect();
    let lacking: Vec<String> = places.into_iter().filter(|place| lacks(&lock.packages[place])).collect();
    let settings = npm.settings();
    if lacking.is_empty() || settings.offline {
        return;
    }
    let published = in_parallel(&lacking, |place| {
        let entry = &lock.packages[place];
        let name = entry.name.as_deref().unwrap_or_else(|| name_of_place(place));
        let version = entry.version.as_deref()?;
        let published = Npm::new(settings).view(name, version);
        published.inspect_err(|error| tracing::debug!(%error, "`{name}` is not looked up")).ok()
    });
    let mut told = Vec::new();
    for (place, published) in lacking.iter().zip(published) {
        let Some(entry) = lock.packages.get_mut(place) else { continue };
        let Some(published) = published else { continue };
        let Some(integrity) = integrity_of(entry, &published) else {
            continue;
        };
        entry.integrity = Some(integrity);
        entry.resolved.get_or_insert(published.dist.tarball);
        told.push(format!("`{}`", name_of_place(place)));
    }
    if !told.is_empty() {
        warnings.push(format!(
            "the npm lock has no integrity of {}: the registry's was taken, so what it serves today is trusted",
            shortened(&told)
        ));
    }
}

/// Whether a package comes from a registry and nothing tells which bytes are right.
fn lacks(entry: &LockEntry) -> bool {
    let is_fetched = entry.resolved.as_deref().is_none_or(|resolved| resolved.starts_with("http"));
    entry.integrity.is_none() && entry.directory.is_none() && !entry.in_bundle && is_fetched
}

/// The checksum of `published`, if that is the file which `entry` names.
fn integrity_of(entry: &LockEntry, published: &Published) -> Option<String> {
    let is_version = entry.version.as_deref() == Some(published.version.as_str());
    let path = |text: &str| Some(text.parse::<Url>().ok()?.path().to_owned());
    let is_file =
        entry.resolved.as_deref().is_none_or(|resolved| path(resolved) == path(&published.dist.tarball));
    (is_version && is_file).then(|| checksum(&published.dist)).flatten()
}

/// Old packages have a sha1 alone, in hex.
fn checksum(dist: &Dist) -> Option<String> {
    let of_sha1 = || {
        let digits = dist.shasum.as_deref()?.as_bytes();
        let pairs = digits.chunks(2).map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok());
        Some(format!("sha1-{}", STANDARD.encode(pairs.collect::<Option<Vec<u8>>>()?)))
    };
    dist.integrity.clone().or_else(of_sha1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checksum_is_that_of_the_very_file() {
        let published = |integrity: Option<&str>| Published {
            version: "1.0.0".to_owned(),
            dist: Dist {
                tarball: "https://r.invalid/a/-/a-1.0.0.tgz".to_owned(),
                integrity: integrity.map(str::to_owned),
                shasum: Some("00ff".to_owned()),
            },
            package: BTreeMap::new(),
        };
        let entry = |version: &str, resolved: Option<&str>| LockEntry {
            version: Some(version.to_owned()),
            resolved: resolved.map(str::to_owned),
            ..LockEntry::default()
        };
        let table = [
            (entry("1.0.0", None), Some("sha512-x"), Some("sha512-x")),
            (entry("1.0.0", None), None, Some("sha1-AP8=")),
            (
                entry("1.0.0", Some("https://mirror.invalid/a/-/a-1.0.0.tgz")),
                Some("sha512-x"),
                Some("sha512-x"),
            ),
            (entry("1.0.0", Some("https://fork.invalid/fork.tgz")), Some("sha512-x"), None),
            (entry("1.0.1", None), Some("sha512-x"), None),
        ];
        for (entry, integrity, expected) in table {
            let found = integrity_of(&entry, &published(integrity));
            assert_eq!(found.as_deref(), expected, "{entry:?}");
        }
    }
}
