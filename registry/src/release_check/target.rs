//! The choice by target: the part of a lock that is for a machine, and whether a bundle holds it.

use attune_schemas::environment_lock::{LockedWheel, NodeLock, NodeTarget, PythonLock, PythonTarget};
use attune_schemas::{Platform, PythonMinor};
use uv_pep440::{Version, VersionSpecifiers};

/// The machines and Pythons that a bundle holds vendored files for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BundleTargets {
    /// The machines.
    pub platforms: Vec<Platform>,
    /// The Pythons.
    pub pythons: Vec<PythonMinor>,
}

impl BundleTargets {
    /// Whether the wheels of `target` are in the bundle.
    pub fn holds_python(&self, target: &PythonTarget) -> bool {
        self.holds_platform(target.platform) && self.pythons.contains(&target.python)
    }

    /// Whether files for `platform` are in the bundle.
    pub fn holds_platform(&self, platform: Platform) -> bool {
        self.platforms.contains(&platform)
    }
}

/// The wheels for `python` on `platform`.
pub fn python_target(lock: &PythonLock, python: PythonMinor, platform: Platform) -> Option<&PythonTarget> {
    lock.targets.iter().find(|target| target.python == python && target.platform == platform)
}

/// The wheels of `target` that are part of the environment of a Python in `version`, such as `3.11.2`.
pub fn wheels_for<'a>(target: &'a PythonTarget, version: &str) -> impl Iterator<Item = &'a LockedWheel> {
    target.wheels.iter().filter(move |wheel| is_part_of(wheel, version))
}

/// Whether `wheel` is part of the environment of a Python in `version`. A specifier that cannot be read leaves
/// nothing out.
pub(super) fn is_part_of(wheel: &LockedWheel, version: &str) -> bool {
    let Some(pythons) = &wheel.pythons else { return true };
    let (Ok(pythons), Ok(version)) = (pythons.parse::<VersionSpecifiers>(), version.parse::<Version>())
    else {
        return true;
    };
    // A pre-release or a build of one's own counts as the release that it is of.
    pythons.contains(&version.only_release())
}

/// The npm packages for `platform`.
pub fn node_target(lock: &NodeLock, platform: Platform) -> Option<&NodeTarget> {
    lock.targets.iter().find(|target| target.platform == platform)
}

/// Whether the ABI `abi` of Node.js is the one that machine code of the packages of `target` is bound to.
pub fn fits_node_abi(target: &NodeTarget, abi: &str) -> bool {
    let overlays = target.packages.iter().filter_map(|package| package.overlay.as_ref());
    overlays.filter_map(|overlay| overlay.node_abi.as_ref()).all(|bound| bound == abi)
}
