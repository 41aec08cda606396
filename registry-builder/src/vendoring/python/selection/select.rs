//! Which wheels make the environment of one target, or who is to blame that there is none.
//!
//! Pure: a lock and a target in, a choice out. Every blame is collected, not the first. Per package
//! the wheel with the best tag wins, then the highest build tag (PEP 425, PEP 427).

use std::collections::{BTreeMap, BTreeSet};

use uv_normalize::PackageName;
use uv_pep440::VersionSpecifiers;
use uv_pep508::MarkerTree;
use uv_platform_tags::{IncompatibleTag, TagCompatibility};

use super::blocked::{BlockReason, Blocked};
use super::patches::Patches;
use super::target::{TargetEnvironment, Undecidable};
use crate::vendoring::python::lock::PackageSource;
use crate::vendoring::python::lock::{LockedPackage, Pylock, WheelSource};

/// The most tags named in one reason.
const MAX_NAMED_TAGS: usize = 6;

/// A package with the wheel chosen for a target.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Selected<'a> {
    /// The package.
    pub package: &'a LockedPackage,
    /// Its wheel.
    pub wheel: &'a WheelSource,
    /// The patch releases of the target's Python on which it is part of the environment.
    pub patches: Patches,
}

/// The environment of a target.
#[derive(Debug, Clone)]
pub(crate) struct Selection<'a> {
    /// Its wheels, sorted by name; of one name there are several only for different patch releases.
    pub wheels: Vec<Selected<'a>>,
    /// The patch releases that it can be made for.
    pub patches: Patches,
}

/// Chooses a wheel of every package that is part of `target`'s environment.
///
/// # Errors
/// Everyone to blame, where not every package can be served.
pub(crate) fn select<'a>(
    lock: &'a Pylock,
    pack_requires: Option<&VersionSpecifiers>,
    target: &TargetEnvironment,
) -> Result<Selection<'a>, Vec<Blocked>> {
    let of_lock = patches_of_lock(lock, pack_requires, target)
        .map_err(|reason| vec![Blocked { package: None, version: None, reason }])?;
    let mut patches = of_lock;
    let mut selected: BTreeMap<&PackageName, Vec<Selected<'a>>> = BTreeMap::new();
    let mut blames = BTreeSet::new();
    for package in &lock.packages {
        let mut choose = || {
            let part = part_of(package, lock, target)?.and(of_lock);
            if part.is_empty() {
                return Ok(());
            }
            let own = package.requires_python.as_ref();
            patches = narrowed(patches, part, own, target)?;
            let wheel = select_wheel(package, target)?;
            patches = narrowed(patches, part, wheel.requires_python.as_ref(), target)?;
            let of_name = selected.entry(&package.name).or_default();
            if of_name.iter().any(|other| !other.patches.and(part).is_empty()) {
                return Err(BlockReason::Ambiguous);
            }
            of_name.push(Selected { package, wheel, patches: part });
            Ok(())
        };
        if let Err(reason) = choose() {
            blames.insert(blame(package, reason));
        }
    }
    if !blames.is_empty() {
        return Err(blames.into_iter().collect());
    }
    let mut wheels: Vec<Selected<'a>> = selected.into_values().flatten().collect();
    wheels.retain(|selected| !selected.patches.and(patches).is_empty());
    Ok(Selection { wheels, patches })
}

/// Those of `patches` on which a package that is there on `part` has an interpreter that it `requires`.
fn narrowed(
    patches: Patches,
    part: Patches,
    requires: Option<&VersionSpecifiers>,
    target: &TargetEnvironment,
) -> Result<Patches, BlockReason> {
    let Some(requires) = requires else { return Ok(patches) };
    let refused = part.without(Patches::satisfying(requires, target.key().python));
    let narrowed = patches.without(refused);
    if narrowed.is_empty() {
        return Err(BlockReason::RequiresPython { requires: requires.to_string() });
    }
    Ok(narrowed)
}

/// The patch releases of `target`'s Python on which `package` is part of the environment.
fn part_of(
    package: &LockedPackage,
    lock: &Pylock,
    target: &TargetEnvironment,
) -> Result<Patches, BlockReason> {
    target.patches(package.marker, &lock.default_groups).map_err(|Undecidable| BlockReason::UnknownMarker {
        marker: package.marker.try_to_string().unwrap_or_default(),
    })
}

/// The packages of `target`'s environment that no published wheel serves, by their place in the lock.
pub(crate) fn unserved(lock: &Pylock, target: &TargetEnvironment) -> Vec<usize> {
    let is_unserved = |package: &LockedPackage| {
        let is_wanted = part_of(package, lock, target).is_ok_and(|part| !part.is_empty());
        is_wanted && matches!(select_wheel(package, target), Err(BlockReason::NoWheel { .. }))
    };
    let packages = lock.packages.iter().enumerate();
    packages.filter(|(_, package)| is_unserved(package)).map(|(index, _)| index).collect()
}

/// The patch releases of `target`'s Python that the pack and its lock take; an error if there is none.
pub(crate) fn patches_of_lock(
    lock: &Pylock,
    pack_requires: Option<&VersionSpecifiers>,
    target: &TargetEnvironment,
) -> Result<Patches, BlockReason> {
    let python = target.key().python;
    let mut patches = Patches::ALL;
    if let Some(requires) = pack_requires {
        patches = patches.and(Patches::satisfying(requires, python));
        if patches.is_empty() {
            return Err(BlockReason::RequiresPython { requires: requires.to_string() });
        }
    }
    if let Some(requires) = &lock.requires_python {
        patches = patches.and(Patches::satisfying(requires, python));
        if patches.is_empty() {
            return Err(BlockReason::NotResolved { requires: requires.to_string() });
        }
    }
    if !lock.environments.is_empty() {
        let of_environment = |marker: &MarkerTree| target.patches(*marker, &[]).unwrap_or(Patches::NONE);
        let environments = lock.environments.iter().map(of_environment).fold(Patches::NONE, Patches::or);
        patches = patches.and(environments);
    }
    if patches.is_empty() { Err(BlockReason::NotInEnvironments) } else { Ok(patches) }
}

fn blame(package: &LockedPackage, reason: BlockReason) -> Blocked {
    let version = package.version.as_ref().map(ToString::to_string);
    Blocked { package: Some(package.name.to_string()), version, reason }
}

fn select_wheel<'a>(
    package: &'a LockedPackage,
    target: &TargetEnvironment,
) -> Result<&'a WheelSource, BlockReason> {
    let best = package.wheels.iter().max_by(|a, b| preference(a, target).cmp(&preference(b, target)));
    if let Some(wheel) = best.filter(|wheel| wheel.name.is_compatible(target.tags())) {
        return Ok(wheel);
    }
    // A wheel without machine code serves more targets than it was built for.
    let fits = |wheel: &&WheelSource| wheel.name.is_compatible(target.tags());
    if let Some(wheel) = package.built.values().flatten().find(fits) {
        return Ok(wheel);
    }
    if !package.pins.is_empty() && package.wheels.is_empty() && package.source.is_none() {
        return Err(BlockReason::NotPinned);
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
#[path = "select_tests.rs"]
mod tests;
