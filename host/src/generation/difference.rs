//! The difference between two generations, pack by pack.

use std::collections::BTreeSet;

use attune_schemas::{PackRef, Version};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::lock_file::{Generation, InstalledPack};

/// The change of a pack from one generation to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PackChange {
    /// It was not there.
    New,
    /// It replaced an older version.
    Upgraded,
    /// It replaced a newer version.
    Downgraded,
    /// It replaced the same version.
    Reinstalled,
    /// It is gone.
    Removed,
    /// It was there.
    Unchanged,
}

impl PackChange {
    /// The change from version `from` to version `to`.
    pub fn between(from: Option<&Version>, to: &Version) -> Self {
        match from {
            None => Self::New,
            Some(old) if old == to => Self::Reinstalled,
            Some(old) if old > to => Self::Downgraded,
            Some(_) => Self::Upgraded,
        }
    }
}

/// A pack that one generation has otherwise than another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PackDifference {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// The change.
    pub change: PackChange,
    /// The version before, if it was there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Version>,
    /// The version after, if it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Version>,
}

/// The packs that `to` has otherwise than `from`, by ref; whether a pack was asked for counts for nothing.
pub fn pack_differences(from: &Generation, to: &Generation) -> Vec<PackDifference> {
    let packs: BTreeSet<&PackRef> = from.packs.keys().chain(to.packs.keys()).collect();
    packs.into_iter().filter_map(|pack| difference(pack, from.packs.get(pack), to.packs.get(pack))).collect()
}

fn difference(
    pack: &PackRef,
    from: Option<&InstalledPack>,
    to: Option<&InstalledPack>,
) -> Option<PackDifference> {
    let change = match (from, to) {
        (Some(from), Some(to)) if is_same(from, to) => return None,
        (from, Some(to)) => PackChange::between(from.map(|from| &from.version), &to.version),
        (Some(_), None) => PackChange::Removed,
        (None, None) => return None,
    };
    let version = |pack: Option<&InstalledPack>| pack.map(|pack| pack.version.clone());
    Some(PackDifference { pack: pack.clone(), change, from: version(from), to: version(to) })
}

/// Whether both are one release in the same environments.
fn is_same(from: &InstalledPack, to: &InstalledPack) -> bool {
    (from.manifest, from.pack) == (to.manifest, to.pack)
        && from.registry == to.registry
        && from.environments == to.environments
        && from.failed_environments == to.failed_environments
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use attune_schemas::Digest;

    use super::*;

    fn generation(packs: &[(&str, &str)]) -> Generation {
        let packs = packs.iter().map(|(pack, version)| {
            let digest = Digest::of(format!("{pack} {version}").as_bytes());
            let installed = InstalledPack {
                version: version.parse().unwrap(),
                manifest: digest,
                pack: digest,
                registry: "demo".to_owned(),
                requested: true,
                dependencies: BTreeMap::new(),
                installed_at: None,
                size: 0,
                tests: None,
                contents: BTreeMap::new(),
                failed_environments: Vec::new(),
                environments: BTreeMap::new(),
            };
            (pack.parse().unwrap(), installed)
        });
        Generation { packs: packs.collect(), ..Generation::empty() }
    }

    #[test]
    fn packs_that_are_equal_are_no_difference() {
        let from = generation(&[("down", "2.0.0"), ("gone", "1.0.0"), ("kept", "1.0.0"), ("up", "1.0.0")]);
        let to = generation(&[("down", "1.0.0"), ("fresh", "1.0.0"), ("kept", "1.0.0"), ("up", "1.1.0")]);
        let told: Vec<_> = pack_differences(&from, &to)
            .into_iter()
            .map(|difference| (difference.pack.to_string(), difference.change))
            .collect();
        let expected = [
            ("down".to_owned(), PackChange::Downgraded),
            ("fresh".to_owned(), PackChange::New),
            ("gone".to_owned(), PackChange::Removed),
            ("up".to_owned(), PackChange::Upgraded),
        ];
        assert_eq!(told, expected);
        assert_eq!(pack_differences(&to, &to), []);
    }

    #[test]
    fn other_bytes_of_the_same_version_are_a_difference() {
        let from = generation(&[("kept", "1.0.0")]);
        let mut to = from.clone();
        to.packs.get_mut(&"kept".parse().unwrap()).unwrap().manifest = Digest::of(b"another");
        assert_eq!(pack_differences(&from, &to)[0].change, PackChange::Reinstalled);
    }
}
