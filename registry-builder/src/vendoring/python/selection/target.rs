//! A machine and a Python, as the tags and markers that wheels and requirements are judged by.
//!
//! The judgement is about the named target, never about the machine that runs the builder, so that
//! the same pack gives the same lock everywhere.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use attune_schemas::platform::{Arch, Libc};
use attune_schemas::{Platform, PythonMinor};
use serde::{Deserialize, Serialize};
use uv_distribution_filename::WheelFilename;
use uv_normalize::{ExtraName, GroupName};
use uv_pep440::VersionSpecifiers;
use uv_pep508::{
    MarkerEnvironment, MarkerEnvironmentBuilder, MarkerExpression, MarkerTree, MarkerValueString,
};
use uv_platform_tags::{self as tags, Tags, TagsOptions};

use super::patches::{Patches, all_patches};

/// A version of glibc: the oldest that vendored wheels must run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glibc {
    major: u16,
    minor: u16,
}

impl Default for Glibc {
    /// That of RHEL 8 and Debian 10, and what most publishers build for today.
    fn default() -> Self {
        Self { major: 2, minor: 28 }
    }
}

impl fmt::Display for Glibc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for Glibc {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text
            .split_once('.')
            .and_then(|(major, minor)| Some(Self { major: major.parse().ok()?, minor: minor.parse().ok()? }));
        parsed.filter(|glibc| glibc.major == 2).ok_or_else(|| "a version such as 2.17 is needed".to_owned())
    }
}

/// The oldest musl that a vendored wheel must run on, major and minor.
pub(crate) const MUSL_BASELINE: (u16, u16) = (1, 2);

/// A machine and a Python feature release.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct TargetKey {
    /// The machine.
    pub platform: Platform,
    /// The Python feature release.
    pub python: PythonMinor,
}

impl TargetKey {
    /// The target for `platform` and `python`.
    pub const fn new(platform: Platform, python: PythonMinor) -> Self {
        Self { platform, python }
    }
}

impl fmt::Display for TargetKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with python {}", self.platform, self.python)
    }
}

/// Whether any patch release of `python` satisfies `requires`.
///
/// A target is a feature release; `!=3.9.0` does not rule out Python 3.9.
pub(crate) fn python_satisfies(requires: &VersionSpecifiers, python: PythonMinor) -> bool {
    !Patches::satisfying(requires, python).is_empty()
}

/// A target with everything that is judged by it.
#[derive(Debug, Clone)]
pub(crate) struct TargetEnvironment {
    key: TargetKey,
    glibc: Glibc,
    tags: Tags,
    /// The values of PEP 508 markers, by patch release of the Python.
    markers: Arc<[MarkerEnvironment]>,
}

/// A marker that asks for something which differs between machines of one target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Undecidable;

/// No wheel tags can be made for a target.
#[derive(Debug, thiserror::Error)]
#[error("target `{target}` is not supported: {reason}")]
pub struct TargetError {
    target: String,
    reason: String,
}

impl TargetEnvironment {
    /// The tags and markers of `CPython` on the target; where that has glibc, of at least the version `glibc`.
    pub(crate) fn new(key: TargetKey, glibc: Glibc) -> Result<Self, TargetError> {
        let refuse = |reason: String| TargetError { target: key.to_string(), reason };
        let tags = wheel_tags(key, glibc).map_err(|error| refuse(error.to_string()))?;
        let markers = all_patches().map(|patch| markers(key, patch)).collect::<Result<_, _>>();
        let markers = markers.map_err(|error| refuse(error.to_string()))?;
        Ok(Self { key, glibc, tags, markers })
    }

    /// Which target it is.
    pub(crate) const fn key(&self) -> TargetKey {
        self.key
    }

    /// The wheel tags that install on it, by preference.
    pub(crate) const fn tags(&self) -> &Tags {
        &self.tags
    }

    /// The same with the tags of wheels that were built on such a machine, for no other.
    pub(crate) fn native_tags(&self) -> Option<Tags> {
        let options = TagsOptions { manylinux_compatible: true, ..TagsOptions::default() };
        wheel_tags_with(self.key, self.glibc, options).ok()
    }

    /// Whether `marker`, of a requirement, holds on any patch release of its Python, with `extras` asked for.
    pub(crate) fn requires(&self, marker: MarkerTree, extras: &[ExtraName]) -> bool {
        self.markers.iter().any(|environment| marker.evaluate(environment, extras))
    }

    /// The patch releases of its Python on which `marker` holds, with the dependency groups `groups`.
    pub(crate) fn patches(&self, marker: MarkerTree, groups: &[GroupName]) -> Result<Patches, Undecidable> {
        let holds = |marker: MarkerTree| {
            Patches::of(|patch| marker.evaluate_pep751(&self.markers[patch as usize], &[], groups))
        };
        let clauses = marker.to_dnf();
        if !clauses.iter().flatten().any(differs_between_machines) {
            return Ok(holds(marker));
        }
        // The marker is decided if it holds, or does not, whatever the unknown parts say.
        let certain = |clause: &[MarkerExpression]| {
            let known = clause.iter().filter(|part| !differs_between_machines(part));
            known.fold(Patches::ALL, |all, part| all.and(holds(MarkerTree::expression(part.clone()))))
        };
        let (mut surely, mut perhaps) = (Patches::NONE, Patches::NONE);
        for clause in &clauses {
            let patches = certain(clause);
            perhaps = perhaps.or(patches);
            if !clause.iter().any(differs_between_machines) {
                surely = surely.or(patches);
            }
        }
        if surely == perhaps { Ok(surely) } else { Err(Undecidable) }
    }
}

/// Whether the wheel `filename`, published or built here, installs where glibc is not older than `glibc`.
pub(crate) fn wheel_fits(key: TargetKey, glibc: Glibc, filename: &str) -> bool {
    let (Ok(wheel), Ok(target)) = (filename.parse::<WheelFilename>(), TargetEnvironment::new(key, glibc))
    else {
        return false;
    };
    wheel.is_compatible(target.tags()) || target.native_tags().is_some_and(|tags| wheel.is_compatible(&tags))
}

fn wheel_tags(key: TargetKey, glibc: Glibc) -> Result<Tags, tags::TagsError> {
    let options = TagsOptions { manylinux_compatible: true, is_cross: true, ..TagsOptions::default() };
    wheel_tags_with(key, glibc, options)
}

fn wheel_tags_with(key: TargetKey, glibc: Glibc, options: TagsOptions) -> Result<Tags, tags::TagsError> {
    let os = match key.platform.libc {
        Libc::Gnu => tags::Os::Manylinux { major: glibc.major, minor: glibc.minor },
        Libc::Musl => tags::Os::Musllinux { major: MUSL_BASELINE.0, minor: MUSL_BASELINE.1 },
    };
    let arch = match key.platform.arch {
        Arch::Amd64 => tags::Arch::X86_64,
        Arch::Arm64 => tags::Arch::Aarch64,
    };
    let version = (3, key.python.minor());
    Tags::from_env(tags::Platform::new(os, arch), version, "cpython", version, options)
}

/// Whether a part of a marker asks for the release or build of the kernel, which a target says nothing of.
fn differs_between_machines(part: &MarkerExpression) -> bool {
    use MarkerValueString::{PlatformRelease, PlatformVersion, PlatformVersionDeprecated};
    let MarkerExpression::String { key, .. } = part else { return false };
    matches!(key, PlatformRelease | PlatformVersion | PlatformVersionDeprecated)
}

fn markers(key: TargetKey, patch: u32) -> Result<MarkerEnvironment, uv_pep440::VersionParseError> {
    let python = key.python.to_string();
    let full = format!("{python}.{patch}");
    MarkerEnvironment::try_from(MarkerEnvironmentBuilder {
        implementation_name: "cpython",
        implementation_version: &full,
        os_name: "posix",
        platform_machine: key.platform.arch.machine(),
        platform_python_implementation: "CPython",
        platform_release: "",
        platform_system: "Linux",
        platform_version: "",
        python_full_version: &full,
        python_version: &python,
        sys_platform: "linux",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(platform: &str, python: &str) -> TargetEnvironment {
        let key = TargetKey::new(platform.parse().unwrap(), python.parse().unwrap());
        TargetEnvironment::new(key, Glibc::default()).unwrap()
    }

    #[test]
    fn tags_follow_platform_python_and_baseline() {
        let table = [
            ("linux/amd64", "3.11", "a-1-py3-none-any.whl", true),
            ("linux/amd64", "3.11", "a-1-cp311-cp311-manylinux_2_17_x86_64.whl", true),
            ("linux/amd64", "3.11", "a-1-cp311-cp311-manylinux2014_x86_64.whl", true),
            ("linux/amd64", "3.11", "a-1-cp311-cp311-manylinux_2_28_x86_64.whl", true),
            ("linux/amd64", "3.11", "a-1-cp311-cp311-manylinux_2_34_x86_64.whl", false),
            ("linux/amd64", "3.11", "a-1-cp311-cp311-manylinux_2_17_aarch64.whl", false),
            ("linux/arm64", "3.11", "a-1-cp311-cp311-manylinux_2_17_aarch64.whl", true),
            ("linux/amd64", "3.11", "a-1-cp312-cp312-manylinux_2_17_x86_64.whl", false),
            ("linux/amd64", "3.12", "a-1-cp39-abi3-manylinux_2_17_x86_64.whl", true),
            ("linux/amd64", "3.9", "a-1-cp311-abi3-manylinux_2_17_x86_64.whl", false),
            ("linux/amd64", "3.11", "a-1-cp311-cp311-musllinux_1_2_x86_64.whl", false),
            ("linux/amd64/musl", "3.11", "a-1-cp311-cp311-musllinux_1_2_x86_64.whl", true),
            ("linux/amd64/musl", "3.11", "a-1-cp311-cp311-manylinux_2_17_x86_64.whl", false),
            ("linux/amd64", "3.13", "a-1-cp313-cp313t-manylinux_2_17_x86_64.whl", false),
            ("linux/amd64", "3.11", "a-1-cp311-cp311-win_amd64.whl", false),
        ];
        for (platform, python, wheel, expected) in table {
            let wheel: WheelFilename = wheel.parse().unwrap();
            assert_eq!(
                wheel.is_compatible(environment(platform, python).tags()),
                expected,
                "{platform} {wheel}"
            );
        }
    }

    #[test]
    fn the_oldest_glibc_decides_which_wheels_are_taken() {
        let key = TargetKey::new("linux/amd64".parse().unwrap(), PythonMinor::new(11));
        let wheel = |level: &str| -> WheelFilename {
            format!("a-1-cp311-cp311-manylinux_{level}_x86_64.whl").parse().unwrap()
        };
        for (glibc, level, expected) in
            [("2.17", "2_17", true), ("2.17", "2_28", false), ("2.34", "2_34", true), ("2.34", "2_5", true)]
        {
            let target = TargetEnvironment::new(key, glibc.parse().unwrap()).unwrap();
            assert_eq!(wheel(level).is_compatible(target.tags()), expected, "{glibc} {level}");
        }
        for bad in ["2", "2.x", "3.1", "", "2.17.1"] {
            bad.parse::<Glibc>().unwrap_err();
        }
    }

    #[test]
    fn markers_are_the_targets() {
        let table = [
            ("linux/arm64", "3.10", "platform_machine == 'aarch64'", true),
            ("linux/amd64", "3.10", "platform_machine == 'aarch64'", false),
            ("linux/amd64", "3.10", "python_full_version < '3.11'", true),
            ("linux/amd64", "3.11", "python_full_version < '3.11'", false),
            ("linux/amd64", "3.11", "sys_platform == 'win32'", false),
            ("linux/amd64", "3.11", "os_name == 'posix' and platform_system == 'Linux'", true),
            ("linux/amd64", "3.11", "platform_python_implementation == 'PyPy'", false),
        ];
        for (platform, python, marker, expected) in table {
            let patches = environment(platform, python).patches(marker.parse().unwrap(), &[]).unwrap();
            assert_eq!(patches, if expected { Patches::ALL } else { Patches::NONE }, "{marker}");
        }
    }

    #[test]
    fn a_marker_holds_on_some_patch_releases() {
        let table = [
            ("python_full_version >= '3.11.2' and python_version < '4.0'", Some(">=3.11.2")),
            ("python_full_version < '3.11.3'", Some("<3.11.3")),
            ("python_full_version != '3.11.4' and platform_release >= ''", None),
            ("implementation_version >= '3.11.5'", Some(">=3.11.5")),
        ];
        for (marker, expected) in table {
            let patches = environment("linux/amd64", "3.11").patches(marker.parse().unwrap(), &[]);
            let specifier = patches.ok().and_then(|patches| patches.specifier(PythonMinor::new(11)));
            assert_eq!(specifier.as_deref(), expected, "{marker}");
        }
    }

    #[test]
    fn what_a_target_does_not_say_is_not_guessed() {
        let target = environment("linux/amd64", "3.11");
        let judge = |marker: &str| target.patches(marker.parse().unwrap(), &[]);
        for marker in
            ["platform_release == '6.1.0'", "'Debian' in platform_version", "platform_release != 'x'"]
        {
            assert_eq!(judge(marker), Err(Undecidable), "{marker}");
        }
        assert_eq!(judge("platform_release == 'x' and sys_platform == 'win32'"), Ok(Patches::NONE));
        assert_eq!(judge("platform_release == 'x' or sys_platform == 'linux'"), Ok(Patches::ALL));
    }

    #[test]
    fn a_feature_release_satisfies_when_one_patch_release_does() {
        let table = [
            (">=3.9", "3.9", true),
            (">=3.9", "3.8", false),
            ("!=3.9.0,!=3.9.1,>=3.8", "3.9", true),
            (">=3.9.2,<3.10", "3.9", true),
            (">=3.9.2,<3.10", "3.10", false),
            ("==3.11.*", "3.11", true),
            ("", "3.14", true),
        ];
        for (requires, python, expected) in table {
            let requires: VersionSpecifiers = requires.parse().unwrap();
            assert_eq!(python_satisfies(&requires, python.parse().unwrap()), expected, "{requires}");
        }
    }
}
