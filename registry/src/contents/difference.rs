//! Two sets of releases, held against each other: packs, their components, dependencies and packages, sizes.
//!
//! Pure: whichever way the releases are known, from bundles, registries or generations, is nothing to it.

use std::collections::{BTreeMap, BTreeSet};

use attune_schemas::{PackRef, Requirement, Version};
use schemars::JsonSchema;
use serde::Serialize;

use super::described::DescribedRelease;

/// The change of a pack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReleaseChange {
    /// It is on the second side alone.
    Added,
    /// It is on the first side alone.
    Removed,
    /// The second side has a newer version.
    Upgraded,
    /// The second side has an older version.
    Downgraded,
    /// Both sides have one version, and other bytes.
    Replaced,
}

/// The differences between two sets of releases.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Difference {
    /// The packs that differ, by ref.
    pub packs: Vec<PackDifference>,
    /// The number of packs that are the same on both sides.
    pub same: usize,
}

/// A pack that differs.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PackDifference {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// The change.
    pub change: ReleaseChange,
    /// The version on the first side, if it is there; the newest, where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Version>,
    /// The version on the second side, likewise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Version>,
    /// The bytes of its archive, wheels and packages on the first side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_size: Option<u64>,
    /// Those on the second side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to_size: Option<u64>,
    /// Components that come or go, by the directories of their kinds; none for a pack that is on one side alone.
    pub components: BTreeMap<String, ComponentDifference>,
    /// Dependencies that differ; absent on the side that has none.
    pub dependencies: BTreeMap<PackRef, RequirementDifference>,
    /// Packages that differ, by runtime and name.
    pub environments: BTreeMap<String, Vec<PackageDifference>>,
}

/// The components of one kind that come or go.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ComponentDifference {
    /// The second side alone has these.
    pub added: Vec<String>,
    /// The first side alone has these.
    pub removed: Vec<String>,
}

/// The requirements on a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct RequirementDifference {
    /// That of the first side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Requirement>,
    /// That of the second side.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub to: Option<Requirement>,
}

/// The versions of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct PackageDifference {
    /// Its name.
    pub name: String,
    /// Its versions on the first side; several where targets need several.
    pub from: Vec<String>,
    /// Those on the second side.
    pub to: Vec<String>,
}

/// The differences that `to` has from `from`. Of a pack with several releases on one side, the newest counts.
pub fn difference(from: &[DescribedRelease], to: &[DescribedRelease]) -> Difference {
    let (from, to) = (newest(from), newest(to));
    let packs: BTreeSet<&PackRef> = from.keys().chain(to.keys()).copied().collect();
    let total = packs.len();
    let differing = packs
        .into_iter()
        .filter_map(|pack| pack_difference(pack, from.get(pack).copied(), to.get(pack).copied()));
    let packs: Vec<PackDifference> = differing.collect();
    Difference { same: total - packs.len(), packs }
}

fn newest(releases: &[DescribedRelease]) -> BTreeMap<&PackRef, &DescribedRelease> {
    let mut newest: BTreeMap<&PackRef, &DescribedRelease> = BTreeMap::new();
    for release in releases {
        let known = newest.entry(&release.pack).or_insert(release);
        if release.version > known.version {
            *known = release;
        }
    }
    newest
}

fn pack_difference(
    pack: &PackRef,
    from: Option<&DescribedRelease>,
    to: Option<&DescribedRelease>,
) -> Option<PackDifference> {
    let change = match (from, to) {
        (Some(from), Some(to)) if from.manifest == to.manifest => return None,
        (Some(from), Some(to)) if from.version < to.version => ReleaseChange::Upgraded,
        (Some(from), Some(to)) if from.version > to.version => ReleaseChange::Downgraded,
        (Some(_), Some(_)) => ReleaseChange::Replaced,
        (None, Some(_)) => ReleaseChange::Added,
        (Some(_), None) => ReleaseChange::Removed,
        (None, None) => return None,
    };
    let both = from.zip(to);
    Some(PackDifference {
        pack: pack.clone(),
        change,
        from: from.map(|release| release.version.clone()),
        to: to.map(|release| release.version.clone()),
        from_size: from.map(|release| release.size),
        to_size: to.map(|release| release.size),
        components: both.map(|(from, to)| components(from, to)).unwrap_or_default(),
        dependencies: both.map(|(from, to)| dependencies(from, to)).unwrap_or_default(),
        environments: both.map(|(from, to)| environments(from, to)).unwrap_or_default(),
    })
}

fn components(from: &DescribedRelease, to: &DescribedRelease) -> BTreeMap<String, ComponentDifference> {
    let kinds: BTreeSet<&String> = from.components.keys().chain(to.components.keys()).collect();
    let refs = |release: &DescribedRelease, kind: &String| -> BTreeSet<String> {
        release.components.get(kind).into_iter().flatten().cloned().collect()
    };
    let difference = |kind: &String| {
        let (from, to) = (refs(from, kind), refs(to, kind));
        let only =
            |one: &BTreeSet<String>, other: &BTreeSet<String>| one.difference(other).cloned().collect();
        ComponentDifference { added: only(&to, &from), removed: only(&from, &to) }
    };
    let differences = kinds.into_iter().map(|kind| (kind.clone(), difference(kind)));
    differences.filter(|(_, difference)| *difference != ComponentDifference::default()).collect()
}

fn dependencies(from: &DescribedRelease, to: &DescribedRelease) -> BTreeMap<PackRef, RequirementDifference> {
    let packs: BTreeSet<&PackRef> = from.dependencies.keys().chain(to.dependencies.keys()).collect();
    let difference = |pack: &PackRef| {
        let side = |release: &DescribedRelease| release.dependencies.get(pack).cloned();
        (pack.clone(), RequirementDifference { from: side(from), to: side(to) })
    };
    packs.into_iter().map(difference).filter(|(_, difference)| difference.from != difference.to).collect()
}

fn environments(from: &DescribedRelease, to: &DescribedRelease) -> BTreeMap<String, Vec<PackageDifference>> {
    let runtimes: BTreeSet<&String> = from.environments.keys().chain(to.environments.keys()).collect();
    let differences = runtimes.into_iter().map(|runtime| (runtime.clone(), packages(from, to, runtime)));
    differences.filter(|(_, packages)| !packages.is_empty()).collect()
}

fn packages(from: &DescribedRelease, to: &DescribedRelease, runtime: &String) -> Vec<PackageDifference> {
    let mut packages: BTreeMap<&str, PackageDifference> = BTreeMap::new();
    for (release, is_first) in [(from, true), (to, false)] {
        for package in release.environments.get(runtime).into_iter().flatten() {
            let known = packages.entry(&package.name).or_insert_with(|| PackageDifference {
                name: package.name.clone(),
                from: Vec::new(),
                to: Vec::new(),
            });
            let side = if is_first { &mut known.from } else { &mut known.to };
            side.push(package.version.clone());
        }
    }
    packages.into_values().filter(|package| package.from != package.to).collect()
}

#[cfg(test)]
mod tests {
    use attune_schemas::Digest;
    use serde_json::json;

    use super::super::described::DescribedPackage;
    use super::*;

    fn release(pack: &str, version: &str) -> DescribedRelease {
        DescribedRelease {
            pack: pack.parse().unwrap(),
            version: version.parse().unwrap(),
            manifest: Digest::of(format!("{pack} {version}").as_bytes()),
            size: 10,
            vendored: 0,
            requested: None,
            origin: None,
            dependencies: BTreeMap::new(),
            components: BTreeMap::new(),
            environments: BTreeMap::new(),
            targets: Vec::new(),
        }
    }

    #[test]
    fn packs_come_go_and_change() {
        let from = [
            release("down", "2.0.0"),
            release("gone", "1.0.0"),
            release("kept", "1.0.0"),
            release("up", "1.0.0"),
        ];
        let to = [
            release("down", "1.0.0"),
            release("fresh", "1.0.0"),
            release("kept", "0.9.0"),
            release("kept", "1.0.0"),
            release("up", "1.1.0"),
        ];
        let found = difference(&from, &to);
        let told: Vec<_> = found.packs.iter().map(|pack| (pack.pack.as_str(), pack.change)).collect();
        let expected = [
            ("down", ReleaseChange::Downgraded),
            ("fresh", ReleaseChange::Added),
            ("gone", ReleaseChange::Removed),
            ("up", ReleaseChange::Upgraded),
        ];
        assert_eq!((told.as_slice(), found.same), (&expected[..], 1));
        assert!(difference(&to, &to).packs.is_empty());
        let mut other = release("kept", "1.0.0");
        other.manifest = Digest::of(b"another");
        assert_eq!(difference(&from[2..3], &[other]).packs[0].change, ReleaseChange::Replaced);
    }

    #[test]
    fn the_parts_of_a_pack_that_differ_are_told() {
        let package = |name: &str, version: &str| DescribedPackage {
            name: name.to_owned(),
            version: version.to_owned(),
        };
        let (mut from, mut to) = (release("weather", "1.0.0"), release("weather", "2.0.0"));
        from.components.insert("actions".to_owned(), vec!["weather.a".to_owned(), "weather.b".to_owned()]);
        to.components.insert("actions".to_owned(), vec!["weather.b".to_owned(), "weather.c".to_owned()]);
        to.components.insert("rules".to_owned(), vec!["weather.r".to_owned()]);
        from.dependencies.insert("base".parse().unwrap(), "^1".parse().unwrap());
        to.dependencies.insert("base".parse().unwrap(), "^2".parse().unwrap());
        from.environments.insert("python".to_owned(), vec![package("left", "1"), package("same", "1")]);
        to.environments.insert(
            "python".to_owned(),
            vec![package("same", "1"), package("twice", "1"), package("twice", "2")],
        );
        let told = serde_json::to_value(&difference(&[from], &[to]).packs[0]).unwrap();
        assert_eq!(
            told["components"],
            json!({
                "actions": {"added": ["weather.c"], "removed": ["weather.a"]},
                "rules": {"added": ["weather.r"], "removed": []},
            })
        );
        assert_eq!(told["dependencies"], json!({"base": {"from": "^1", "to": "^2"}}));
        assert_eq!(
            told["environments"]["python"],
            json!([{"name": "left", "from": ["1"], "to": []}, {"name": "twice", "from": [], "to": ["1", "2"]}])
        );
    }
}
