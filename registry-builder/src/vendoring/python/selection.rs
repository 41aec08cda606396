//! Which wheels make the environment of one target, or who is to blame that there is none.
//!
//! Pure: a lock and a target in, a choice out. Every blame is collected, not the first. Per package
//! the wheel with the best tag wins, then the highest build tag (PEP 425, PEP 427).

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::Serialize;
use uv_normalize::PackageName;
use uv_pep440::VersionSpecifiers;
use uv_platform_tags::{IncompatibleTag, TagCompatibility};

use super::lock::BuildProblem;
use super::target::{TargetEnvironment, python_satisfies};
use crate::vendoring::python::lock::{LockedPackage, Pylock, WheelSource};
use crate::vendoring::python::lock::{PackageSource, UnsupportedSource};

/// The most tags named in one reason.
const MAX_NAMED_TAGS: usize = 6;

/// A package with the wheel chosen for a target.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Selected<'a> {
    /// The package.
    pub package: &'a LockedPackage,
    /// Its wheel.
    pub wheel: &'a WheelSource,
}

/// Who keeps a target from being served, and why.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Blocked {
    /// The package to blame; absent where it is the pack or its lock.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
    /// The package's version, where the lock says it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Why.
    #[serde(flatten)]
    pub reason: BlockReason,
}

/// Why a target cannot be served.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "reason", rename_all = "kebab-case", rename_all_fields = "camelCase")]
#[non_exhaustive]
pub enum BlockReason {
    /// No published wheel fits.
    NoWheel {
        /// Tags of the wheels that come closest: platforms where only those do not fit, else Pythons.
        available: Vec<String>,
        /// Whether there is a source to build one from.
        has_source: bool,
    },
    /// The Python is outside what is required.
    RequiresPython {
        /// The requirement.
        requires: String,
    },
    /// The lock was not made for this Python.
    NotResolved {
        /// The Pythons it was made for.
        requires: String,
    },
    /// The lock was not made for this machine.
    NotInEnvironments,
    /// The package comes from a source that is not a published wheel.
    UnsupportedSource {
        /// The source.
        source: UnsupportedSource,
    },
    /// A wheel would have to be built from source, and could not.
    NotBuilt {
        /// Why.
        problem: BuildProblem,
    },
    /// Several entries of the lock claim the package.
    Ambiguous,
}

impl Blocked {
    /// Whether a build was tried and failed.
    pub(crate) const fn is_failed_build(&self) -> bool {
        matches!(self.reason, BlockReason::NotBuilt { problem: BuildProblem::Failed { .. } })
    }

    /// Whether a build was forbidden.
    pub(crate) const fn is_forbidden_build(&self) -> bool {
        matches!(self.reason, BlockReason::NotBuilt { problem: BuildProblem::Forbidden })
    }
}

impl fmt::Display for Blocked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.package, &self.version) {
            (Some(package), Some(version)) => write!(f, "`{package}` {version} {}", self.reason),
            (Some(package), None) => write!(f, "`{package}` {}", self.reason),
            (None, _) => match self.reason {
                BlockReason::RequiresPython { .. } => write!(f, "the pack {}", self.reason),
                _ => write!(f, "the lock {}", self.reason),
            },
        }
    }
}

impl fmt::Display for BlockReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoWheel { available, has_source: true } if available.is_empty() => {
                f.write_str("is published as source only")
            }
            Self::NoWheel { available, .. } if available.is_empty() => f.write_str("has no wheel at all"),
            Self::NoWheel { available, has_source } => {
                write!(f, "has no wheel that fits, only for {}", available.join(", "))?;
                f.write_str(if *has_source { ", and as source" } else { "" })
            }
            Self::RequiresPython { requires } => write!(f, "requires python {requires}"),
            Self::NotResolved { requires } => write!(f, "is made for python {requires}"),
            Self::NotInEnvironments => f.write_str("is made for other machines"),
            Self::UnsupportedSource { source } => write!(f, "comes from {}", source.describe()),
            Self::NotBuilt { problem } => write!(f, "{problem}"),
            Self::Ambiguous => f.write_str("is listed more than once for this target"),
        }
    }
}

/// Chooses a wheel of every package that is part of `target`'s environment, sorted by name.
///
/// # Errors
/// Everyone to blame, where not every package can be served.
pub(crate) fn select<'a>(
    lock: &'a Pylock,
    pack_requires: Option<&VersionSpecifiers>,
    target: &TargetEnvironment,
) -> Result<Vec<Selected<'a>>, Vec<Blocked>> {
    if let Some(reason) = refusal_of_target(lock, pack_requires, target) {
        return Err(vec![Blocked { package: None, version: None, reason }]);
    }
    let mut selected: BTreeMap<&PackageName, Selected<'a>> = BTreeMap::new();
    let mut blames = BTreeSet::new();
    for package in &lock.packages {
        if !package.marker.evaluate_pep751(target.markers(), &[], &lock.default_groups) {
            continue;
        }
        let chosen = select_wheel(package, target).and_then(|wheel| {
            match selected.insert(&package.name, Selected { package, wheel }) {
                Some(_) => Err(BlockReason::Ambiguous),
                None => Ok(()),
            }
        });
        if let Err(reason) = chosen {
            blames.insert(blame(package, reason));
        }
    }
    if blames.is_empty() { Ok(selected.into_values().collect()) } else { Err(blames.into_iter().collect()) }
}

/// The packages of `target`'s environment that no published wheel serves, by their place in the lock.
pub(crate) fn unserved(lock: &Pylock, target: &TargetEnvironment) -> Vec<usize> {
    let is_unserved = |package: &LockedPackage| {
        let is_wanted = package.marker.evaluate_pep751(target.markers(), &[], &lock.default_groups);
        is_wanted && matches!(select_wheel(package, target), Err(BlockReason::NoWheel { .. }))
    };
    let packages = lock.packages.iter().enumerate();
    packages.filter(|(_, package)| is_unserved(package)).map(|(index, _)| index).collect()
}

/// Why the pack or its lock rules the target out as a whole.
pub(crate) fn refusal_of_target(
    lock: &Pylock,
    pack_requires: Option<&VersionSpecifiers>,
    target: &TargetEnvironment,
) -> Option<BlockReason> {
    let python = target.key().python;
    if let Some(requires) = pack_requires.filter(|requires| !python_satisfies(requires, python)) {
        return Some(BlockReason::RequiresPython { requires: requires.to_string() });
    }
    if let Some(requires) =
        lock.requires_python.as_ref().filter(|requires| !python_satisfies(requires, python))
    {
        return Some(BlockReason::NotResolved { requires: requires.to_string() });
    }
    let mut environments = lock.environments.iter();
    let outside = !lock.environments.is_empty()
        && !environments.any(|marker| marker.evaluate_pep751(target.markers(), &[], &[]));
    outside.then_some(BlockReason::NotInEnvironments)
}

fn blame(package: &LockedPackage, reason: BlockReason) -> Blocked {
    let version = package.version.as_ref().map(ToString::to_string);
    Blocked { package: Some(package.name.to_string()), version, reason }
}

fn select_wheel<'a>(
    package: &'a LockedPackage,
    target: &TargetEnvironment,
) -> Result<&'a WheelSource, BlockReason> {
    let python = target.key().python;
    if let Some(requires) =
        package.requires_python.as_ref().filter(|requires| !python_satisfies(requires, python))
    {
        return Err(BlockReason::RequiresPython { requires: requires.to_string() });
    }
    let best = package.wheels.iter().max_by(|a, b| preference(a, target).cmp(&preference(b, target)));
    if let Some(wheel) = best.filter(|wheel| wheel.name.is_compatible(target.tags())) {
        return Ok(wheel);
    }
    // A wheel without machine code serves more targets than it was built for.
    let fits = |wheel: &&WheelSource| wheel.name.is_compatible(target.tags());
    if let Some(wheel) = package.built.values().flatten().find(fits) {
        return Ok(wheel);
    }
    match (package.built.get(&target.key()), &package.source) {
        (Some(Ok(wheel)), _) => Ok(wheel),
        (Some(Err(problem)), _) => Err(BlockReason::NotBuilt { problem: problem.clone() }),
        (None, &Some(PackageSource::Unsupported(source))) if package.wheels.is_empty() => {
            Err(BlockReason::UnsupportedSource { source })
        }
        (None, source) => Err(BlockReason::NoWheel {
            available: nearest_tags(&package.wheels, target),
            has_source: source.is_some(),
        }),
    }
}

/// The order of wheels, the best last; the file name counts last, so that the choice never depends on
/// the lock's order.
fn preference<'a>(wheel: &'a WheelSource, target: &TargetEnvironment) -> impl Ord + use<'a> {
    (wheel.name.compatibility(target.tags()), wheel.name.build_tag(), &wheel.filename)
}

/// The tags that the wheels coming closest to `target` are for.
fn nearest_tags(wheels: &[WheelSource], target: &TargetEnvironment) -> Vec<String> {
    let compatibility = |wheel: &WheelSource| wheel.name.compatibility(target.tags());
    let Some(nearest) = wheels.iter().map(compatibility).max() else { return Vec::new() };
    let mut tags: BTreeSet<String> = BTreeSet::new();
    for wheel in wheels.iter().filter(|wheel| compatibility(wheel) == nearest) {
        if nearest == TagCompatibility::Incompatible(IncompatibleTag::Platform) {
            tags.extend(wheel.name.platform_tags().iter().map(ToString::to_string));
        } else {
            tags.extend(wheel.name.python_tags().iter().map(ToString::to_string));
        }
    }
    let more = tags.len().saturating_sub(MAX_NAMED_TAGS);
    let mut named: Vec<String> = tags.into_iter().take(MAX_NAMED_TAGS).collect();
    if more > 0 {
        named.push(format!("{more} more"));
    }
    named
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use proptest::prelude::*;

    use super::*;
    use crate::vendoring::python::target::{Glibc, TargetKey};
    use crate::vendoring::python::testing::{lock_of, package_of};

    fn choose(lock: &str, platform: &str, python: &str) -> Result<Vec<String>, Vec<String>> {
        choose_for(lock, None, platform, python)
    }

    fn choose_for(
        lock: &str,
        pack: Option<&str>,
        platform: &str,
        python: &str,
    ) -> Result<Vec<String>, Vec<String>> {
        let lock = Pylock::parse(lock, Path::new(".")).unwrap();
        let key = TargetKey::new(platform.parse().unwrap(), python.parse().unwrap());
        let target = TargetEnvironment::new(key, Glibc::default()).unwrap();
        let pack = pack.map(|requires| requires.parse().unwrap());
        match select(&lock, pack.as_ref(), &target) {
            Ok(selected) => Ok(selected.iter().map(|selected| selected.wheel.filename.clone()).collect()),
            Err(blames) => Err(blames.iter().map(ToString::to_string).collect()),
        }
    }

    #[test]
    fn the_best_wheel_wins() {
        let wheels = [
            "foo-1.0-py3-none-any.whl",
            "foo-1.0-cp39-abi3-manylinux_2_17_x86_64.whl",
            "foo-1.0-cp311-cp311-manylinux_2_17_x86_64.whl",
            "foo-1.0-cp311-cp311-manylinux_2_28_x86_64.whl",
            "foo-1.0-cp311-cp311-manylinux_2_34_x86_64.whl",
            "foo-1.0-cp311-cp311-musllinux_1_2_x86_64.whl",
        ];
        let lock = lock_of(&[package_of("foo", "1.0", "", &wheels)]);
        let table = [
            ("linux/amd64", "3.11", wheels[3]),
            ("linux/amd64", "3.12", wheels[1]),
            ("linux/arm64", "3.11", wheels[0]),
            ("linux/amd64/musl", "3.11", wheels[5]),
        ];
        for (platform, python, expected) in table {
            assert_eq!(choose(&lock, platform, python), Ok(vec![expected.to_owned()]), "{platform} {python}");
        }
    }

    #[test]
    fn the_build_tag_breaks_a_tie() {
        let wheels =
            ["foo-1.0-2-py3-none-any.whl", "foo-1.0-10-py3-none-any.whl", "foo-1.0-py3-none-any.whl"];
        let lock = lock_of(&[package_of("foo", "1.0", "", &wheels)]);
        assert_eq!(choose(&lock, "linux/amd64", "3.11"), Ok(vec![wheels[1].to_owned()]));
    }

    #[test]
    fn markers_decide_what_is_part_of_it() {
        let lock = lock_of(&[
            package_of(
                "tomli",
                "2.0",
                "marker = \"python_full_version < '3.11'\"",
                &["tomli-2.0-py3-none-any.whl"],
            ),
            package_of(
                "win",
                "1.0",
                "marker = \"sys_platform == 'win32'\"",
                &["win-1.0-py3-none-win_amd64.whl"],
            ),
            package_of(
                "arm",
                "1.0",
                "marker = \"platform_machine == 'aarch64'\"",
                &["arm-1.0-py3-none-any.whl"],
            ),
            package_of("extra", "1.0", "marker = \"'x' in extras\"", &["extra-1.0-py3-none-any.whl"]),
        ]);
        assert_eq!(choose(&lock, "linux/amd64", "3.10"), Ok(vec!["tomli-2.0-py3-none-any.whl".to_owned()]));
        assert_eq!(choose(&lock, "linux/amd64", "3.11"), Ok(vec![]));
        assert_eq!(choose(&lock, "linux/arm64", "3.11"), Ok(vec!["arm-1.0-py3-none-any.whl".to_owned()]));
    }

    #[test]
    fn every_blame_is_named() {
        let lock = lock_of(&[
            package_of("a", "1.0", "", &["a-1.0-cp311-cp311-win_amd64.whl"]),
            package_of("b", "2.0", "requires-python = '>=3.12'", &["b-2.0-py3-none-any.whl"]),
            package_of(
                "c",
                "3.0",
                "sdist = { url = 'https://h.invalid/c-3.0.tar.gz', hashes = { sha256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855' } }",
                &[],
            ),
            package_of("d", "4.0", "directory = { path = 'd' }", &[]),
            package_of("e", "5.0", "", &[]),
            package_of("f", "6.0", "", &["f-6.0-cp310-cp310-manylinux_2_17_x86_64.whl"]),
        ]);
        let blames = choose(&lock, "linux/amd64", "3.11").unwrap_err();
        let expected = [
            "`a` 1.0 has no wheel that fits, only for win_amd64",
            "`b` 2.0 requires python >=3.12",
            "`c` 3.0 is published as source only",
            "`d` 4.0 comes from a directory outside of the pack",
            "`e` 5.0 has no wheel at all",
            "`f` 6.0 has no wheel that fits, only for cp310",
        ];
        assert_eq!(blames, expected);
    }

    #[test]
    fn a_glibc_newer_than_the_baseline_is_named() {
        let lock = lock_of(&[package_of("a", "1.0", "", &["a-1.0-cp311-cp311-manylinux_2_34_x86_64.whl"])]);
        let blames = choose(&lock, "linux/amd64", "3.11").unwrap_err();
        assert_eq!(blames, ["`a` 1.0 has no wheel that fits, only for manylinux_2_34_x86_64"]);
    }

    #[test]
    fn two_entries_for_one_package_are_refused() {
        let lock = lock_of(&[
            package_of("a", "1.0", "", &["a-1.0-py3-none-any.whl"]),
            package_of("a", "2.0", "", &["a-2.0-py3-none-any.whl"]),
        ]);
        let blames = choose(&lock, "linux/amd64", "3.11").unwrap_err();
        assert_eq!(blames, ["`a` 2.0 is listed more than once for this target"]);
    }

    #[test]
    fn the_pack_and_the_lock_rule_out_whole_targets() {
        let packages = package_of("a", "1.0", "", &["a-1.0-py3-none-any.whl"]);
        let lock = format!("lock-version = '1.0'\nrequires-python = '>=3.10'\n{packages}");
        assert_eq!(
            choose(&lock, "linux/amd64", "3.9"),
            Err(vec!["the lock is made for python >=3.10".to_owned()])
        );
        let blames = choose_for(&lock, Some(">=3.12"), "linux/amd64", "3.11");
        assert_eq!(blames, Err(vec!["the pack requires python >=3.12".to_owned()]));
        let lock = format!("lock-version = '1.0'\nenvironments = [\"sys_platform == 'win32'\"]\n{packages}");
        assert_eq!(
            choose(&lock, "linux/amd64", "3.11"),
            Err(vec!["the lock is made for other machines".to_owned()])
        );
    }

    proptest! {
        #[test]
        fn the_choice_does_not_depend_on_the_order(
            wheels in Just(vec![
                "foo-1.0-py3-none-any.whl",
                "foo-1.0-1-py3-none-any.whl",
                "foo-1.0-py2.py3-none-any.whl",
                "foo-1.0-cp39-abi3-manylinux_2_17_x86_64.whl",
                "foo-1.0-cp39-abi3-manylinux2014_x86_64.whl",
                "foo-1.0-cp310-cp310-win_amd64.whl",
            ]).prop_shuffle(),
            python in prop::sample::select(vec!["3.8", "3.9", "3.12"]),
        ) {
            let chosen = choose(&lock_of(&[package_of("foo", "1.0", "", &wheels)]), "linux/amd64", python);
            let expected = if python == "3.8" {
                "foo-1.0-1-py3-none-any.whl"
            } else {
                "foo-1.0-cp39-abi3-manylinux_2_17_x86_64.whl"
            };
            prop_assert_eq!(chosen, Ok(vec![expected.to_owned()]));
        }
    }
}
