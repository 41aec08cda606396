//! A Python lock file (PEP 751, `pylock.toml`), read into what selection needs.
//!
//! Every wheel leaves here with a file name that is its package's, a sha256 digest, and a place to
//! fetch it from: a URL, or a path inside the pack. Sources that are not wheels (a source
//! distribution, a directory, a repository, an archive that is no wheel) are only noted, so that a
//! package without a usable wheel can be named with the reason. Markers are parsed here and judged in
//! `selection`. Source: <https://packaging.python.org/en/latest/specifications/pylock-toml/>.

use std::collections::BTreeMap;
use std::path::Path;

use attune_schemas::Digest;
use url::Url;
use uv_distribution_filename::WheelFilename;
use uv_normalize::{GroupName, PackageName};
use uv_pep440::{Version, VersionSpecifiers};
use uv_pep508::MarkerTree;

use super::build_problem::BuildProblem;
use super::package_source::PackageSource;
use super::pylock_toml::{RawFile, RawLock, RawPackage};
use crate::vendoring::python::requirements::{Pins, RequirementsFile};
use crate::vendoring::python::selection::TargetKey;
use crate::vendoring::source_tree::inside;
use attune_registry::fetch::Location;

/// A parsed lock.
#[derive(Debug, Clone, Default)]
pub(crate) struct Pylock {
    /// The Pythons that the lock was made for; absent means any.
    pub requires_python: Option<VersionSpecifiers>,
    /// Markers of which one must hold; empty means any machine.
    pub environments: Vec<MarkerTree>,
    /// The dependency groups installed unless told otherwise.
    pub default_groups: Vec<GroupName>,
    /// The packages, in the file's order.
    pub packages: Vec<LockedPackage>,
}

/// One entry of `packages`.
#[derive(Debug, Clone)]
pub(crate) struct LockedPackage {
    /// Its normalised name.
    pub name: PackageName,
    /// Its version; absent where the source decides it.
    pub version: Option<Version>,
    /// When it is part of the environment.
    pub marker: MarkerTree,
    /// Its requirement of the interpreter.
    pub requires_python: Option<VersionSpecifiers>,
    /// Its wheels.
    pub wheels: Vec<WheelSource>,
    /// Where its source is.
    pub source: Option<PackageSource>,
    /// The hashes that are allowed: a file must have one of each.
    pub pins: Vec<Pins>,
    /// The result of building a wheel from its source, for the targets that no published wheel serves.
    pub built: BTreeMap<TargetKey, Result<WheelSource, BuildProblem>>,
}

/// A wheel that can be fetched and checked.
#[derive(Debug, Clone)]
pub(crate) struct WheelSource {
    /// Its parsed name.
    pub name: WheelFilename,
    /// Its name as published.
    pub filename: String,
    /// Where it is.
    pub location: Location,
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes, where the lock says it.
    pub size: Option<u64>,
    /// The source that it was built from here, if its publisher has none that fits.
    pub built_from: Option<String>,
    /// Its own requirement of the interpreter, once the wheel was read.
    pub requires_python: Option<VersionSpecifiers>,
}

/// Why a text is not a lock to follow.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PylockError {
    /// Not TOML, or fields of other types.
    #[error("it is not a valid lock file")]
    Toml(#[from] toml::de::Error),
    /// Of another major version.
    #[error("lock-version `{0}` is not supported, only 1.x is")]
    LockVersion(String),
    /// A field that does not parse.
    #[error("{field} `{value}` of {of} is not valid: {reason}")]
    Field {
        /// The field.
        field: &'static str,
        /// Its text.
        value: String,
        /// The package, or the lock itself.
        of: String,
        /// The fault.
        reason: String,
    },
    /// A wheel without a sha256.
    #[error("`{filename}` of package `{package}` has no sha256 hash")]
    NoHash {
        /// The package.
        package: PackageName,
        /// The wheel.
        filename: String,
    },
    /// A wheel without URL and path.
    #[error("a wheel of package `{package}` has neither url nor path")]
    NoLocation {
        /// The package.
        package: PackageName,
    },
    /// A wheel of another package or version.
    #[error("package `{package}` lists `{filename}`, a wheel of another package")]
    Foreign {
        /// The package.
        package: PackageName,
        /// The wheel.
        filename: String,
    },
    /// A path that leaves the pack.
    #[error("package `{package}` lists path `{path}`, which is not inside the pack")]
    Outside {
        /// The package.
        package: String,
        /// The path as written.
        path: String,
    },
}

impl Pylock {
    /// Parses `text`; relative paths are below `pack_dir` and must stay there.
    pub(crate) fn parse(text: &str, pack_dir: &Path) -> Result<Self, PylockError> {
        let raw: RawLock = toml::from_str(text)?;
        if raw.lock_version != "1" && !raw.lock_version.starts_with("1.") {
            return Err(PylockError::LockVersion(raw.lock_version));
        }
        let of = "the lock";
        let groups = raw.default_groups.iter().map(|group| parse("default-groups", group, of));
        let environments = raw.environments.iter().map(|marker| parse("environments", marker, of));
        Ok(Self {
            requires_python: parse_optional("requires-python", raw.requires_python.as_deref(), of)?,
            environments: environments.collect::<Result<_, _>>()?,
            default_groups: groups.collect::<Result<_, _>>()?,
            packages: raw
                .packages
                .iter()
                .map(|package| LockedPackage::from_raw(package, pack_dir))
                .collect::<Result<_, _>>()?,
        })
    }
}

impl Pylock {
    /// Gives every package the hashes that `requirements` allow, and drops the files that have none of them.
    pub(crate) fn keep_pinned(&mut self, requirements: &RequirementsFile) {
        for package in &mut self.packages {
            let has_file = |filename: &str| package.has_file(filename);
            package.pins = requirements.pins_of(&package.name, package.version.as_ref(), has_file);
            let pins = &package.pins;
            if pins.is_empty() {
                continue;
            }
            let may_allow = |digest: &Digest| pins.iter().all(|pins| pins.may_allow(digest));
            package.wheels.retain(|wheel| may_allow(&wheel.digest));
            // A repository or a directory has no digest to pin.
            package.source.take_if(|source| match source {
                PackageSource::Archive(archive) => !may_allow(&archive.digest),
                _ => true,
            });
        }
    }

    /// Takes over what was learned from the wheels themselves; whether it may change a choice.
    pub(crate) fn learn(&mut self, lessons: &BTreeMap<Digest, Lesson>) -> bool {
        let mut has_changed = false;
        for package in &mut self.packages {
            let count = package.wheels.len();
            package.wheels.retain(|wheel| !matches!(lessons.get(&wheel.digest), Some(Lesson::NotPinned)));
            has_changed |= package.wheels.len() < count;
            let built = package.built.values_mut().flatten();
            for wheel in package.wheels.iter_mut().chain(built) {
                if let Some(Lesson::RequiresPython(requires)) = lessons.get(&wheel.digest)
                    && wheel.requires_python.is_none()
                {
                    wheel.requires_python = Some(requires.clone());
                    has_changed = true;
                }
            }
        }
        has_changed
    }
}

/// A fact about a wheel that only its bytes tell.
#[derive(Debug, Clone)]
pub(crate) enum Lesson {
    /// Its own requirement of the interpreter.
    RequiresPython(VersionSpecifiers),
    /// It has none of the hashes that are allowed.
    NotPinned,
}

impl LockedPackage {
    /// Whether one of its files has this name.
    fn has_file(&self, filename: &str) -> bool {
        let mut wheels = self.wheels.iter();
        wheels.any(|wheel| wheel.filename == filename)
            || matches!(&self.source, Some(PackageSource::Archive(archive)) if archive.filename == filename)
    }

    fn from_raw(raw: &RawPackage, pack_dir: &Path) -> Result<Self, PylockError> {
        let name: PackageName = parse("name", &raw.name, "a package")?;
        let of = format!("package `{name}`");
        let mut package = Self {
            version: parse_optional("version", raw.version.as_deref(), &of)?,
            marker: parse_optional("marker", raw.marker.as_deref(), &of)?.unwrap_or_default(),
            requires_python: parse_optional("requires-python", raw.requires_python.as_deref(), &of)?,
            wheels: Vec::new(),
            source: PackageSource::from_raw(raw, pack_dir)?,
            pins: Vec::new(),
            built: BTreeMap::new(),
            name,
        };
        // An archive may be a wheel that was required by its URL or path.
        let wheel_archive = raw.archive.as_ref().filter(|archive| archive.is_wheel());
        for file in raw.wheels.iter().chain(wheel_archive) {
            package.wheels.extend(package.wheel(file, pack_dir)?);
        }
        Ok(package)
    }

    /// The wheel that `file` describes; `None` where its name is not a wheel's, which old releases
    /// have and every installer passes over.
    fn wheel(&self, file: &RawFile, pack_dir: &Path) -> Result<Option<WheelSource>, PylockError> {
        let package = || self.name.clone();
        let filename = file.filename().ok_or_else(|| PylockError::NoLocation { package: package() })?;
        if filename.contains(['/', '\\']) || filename.chars().any(char::is_control) {
            return Err(PylockError::Foreign { package: package(), filename });
        }
        let Ok(name) = filename.parse::<WheelFilename>() else {
            tracing::debug!(package = %self.name, filename, "not a wheel name, passed over");
            return Ok(None);
        };
        let same_version = self.version.as_ref().is_none_or(|version| same_release(version, &name.version));
        if name.name != self.name || !same_version {
            return Err(PylockError::Foreign { package: package(), filename });
        }
        let Some(sha256) = file.hashes.get("sha256") else {
            return Err(PylockError::NoHash { package: package(), filename });
        };
        let digest = Digest::from_hex(&sha256.to_ascii_lowercase()).map_err(|error| PylockError::Field {
            field: "sha256",
            value: sha256.clone(),
            of: format!("`{filename}`"),
            reason: error.to_string(),
        })?;
        let location = location_of(file, self.name.as_ref(), pack_dir)?;
        Ok(Some(WheelSource {
            name,
            filename,
            location,
            digest,
            size: file.size,
            built_from: None,
            requires_python: None,
        }))
    }
}

/// Where the file of `package` is that a lock describes.
pub(super) fn location_of(file: &RawFile, package: &str, pack_dir: &Path) -> Result<Location, PylockError> {
    if let Some(path) = &file.path {
        let outside = || PylockError::Outside { package: package.to_owned(), path: path.clone() };
        return inside(pack_dir, path).map(Location::Path).ok_or_else(outside);
    }
    let text = file.url.as_deref().unwrap_or_default();
    let url: Url = parse("url", text, &format!("package `{package}`"))?;
    if matches!(url.scheme(), "http" | "https" | "file") {
        return Ok(Location::Url(url));
    }
    Err(PylockError::Field {
        field: "url",
        value: text.to_owned(),
        of: format!("package `{package}`"),
        reason: "only http, https and file are supported".to_owned(),
    })
}

/// Whether two versions are the same, the local part being the build's own business when the lock
/// does not name one.
fn same_release(locked: &Version, wheel: &Version) -> bool {
    locked == wheel || (locked.local().is_empty() && *locked == wheel.clone().without_local())
}

fn parse<T>(field: &'static str, value: &str, of: &str) -> Result<T, PylockError>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    value.parse().map_err(|error: T::Err| PylockError::Field {
        field,
        value: value.to_owned(),
        of: of.to_owned(),
        reason: error.to_string(),
    })
}

fn parse_optional<T>(field: &'static str, value: Option<&str>, of: &str) -> Result<Option<T>, PylockError>
where
    T: std::str::FromStr<Err: std::fmt::Display>,
{
    value.map(|value| parse(field, value, of)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHA: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn lock(package: &str) -> Result<Pylock, PylockError> {
        let pack = tempfile::tempdir().unwrap();
        fs_err::write(pack.path().join("foo-1.0-py3-none-any.whl"), "x").unwrap();
        Pylock::parse(&format!("lock-version = '1.0'\n[[packages]]\n{package}\n"), pack.path())
    }

    fn wheel(fields: &str) -> Result<Pylock, PylockError> {
        lock(&format!("name = 'foo'\nversion = '1.0'\nwheels = [{{ {fields} }}]"))
    }

    #[test]
    fn a_full_entry_is_read() {
        let lock = wheel(&format!(
            "url = 'https://h.invalid/a%20b/foo-1.0-py3-none-any.whl', size = 7, upload-time = 2024-01-01T00:00:00Z, hashes = {{ sha256 = '{SHA}', md5 = '0' }}"
        ));
        let lock = lock.unwrap();
        let wheel = &lock.packages[0].wheels[0];
        assert_eq!((wheel.filename.as_str(), wheel.size), ("foo-1.0-py3-none-any.whl", Some(7)));
        assert_eq!(wheel.digest, Digest::of(b""));
        assert!(lock.requires_python.is_none() && lock.packages[0].marker.is_true());
    }

    #[test]
    fn a_path_inside_the_pack_is_resolved() {
        let lock =
            wheel(&format!("path = 'foo-1.0-py3-none-any.whl', hashes = {{ sha256 = '{SHA}' }}")).unwrap();
        assert!(matches!(&lock.packages[0].wheels[0].location, Location::Path(path) if path.is_absolute()));
    }

    #[test]
    fn a_path_outside_the_pack_is_refused() {
        for path in [
            "../foo-1.0-py3-none-any.whl",
            "/etc/foo-1.0-py3-none-any.whl",
            "missing/foo-1.0-py3-none-any.whl",
        ] {
            let error = wheel(&format!("path = '{path}', hashes = {{ sha256 = '{SHA}' }}")).unwrap_err();
            assert!(matches!(error, PylockError::Outside { .. }), "{path}: {error}");
        }
    }

    #[test]
    fn a_wheel_without_sha256_is_refused() {
        for hashes in ["", ", hashes = { md5 = '00' }"] {
            let error =
                wheel(&format!("url = 'https://h.invalid/foo-1.0-py3-none-any.whl'{hashes}")).unwrap_err();
            assert!(error.to_string().contains("package `foo` has no sha256"), "{error}");
        }
    }

    #[test]
    fn a_wheel_of_something_else_is_refused() {
        for filename in ["bar-1.0-py3-none-any.whl", "foo-1.1-py3-none-any.whl"] {
            let error =
                wheel(&format!("url = 'https://h.invalid/{filename}', hashes = {{ sha256 = '{SHA}' }}"))
                    .unwrap_err();
            assert!(matches!(error, PylockError::Foreign { .. }), "{filename}: {error}");
        }
    }

    #[test]
    fn a_file_name_that_is_a_path_is_refused() {
        let error = wheel(&format!(
            "name = '../foo-1.0-py3-none-any.whl', url = 'https://h.invalid/x', hashes = {{ sha256 = '{SHA}' }}"
        ));
        assert!(matches!(error, Err(PylockError::Foreign { .. })));
    }

    #[test]
    fn malformed_fields_are_refused() {
        let table = [
            ("name = 'foo'\nversion = 'one'", "version"),
            ("name = '-'", "name"),
            ("name = 'foo'\nmarker = 'nonsense'", "marker"),
            ("name = 'foo'\nrequires-python = '3'", "requires-python"),
            (
                "name = 'foo'\nwheels = [{ url = 'ftp://h/foo-1.0-py3-none-any.whl', hashes = { sha256 = 'SHA' } }]",
                "url",
            ),
            (
                "name = 'foo'\nwheels = [{ url = 'https://h/foo-1.0-py3-none-any.whl', hashes = { sha256 = 'beef' } }]",
                "sha256",
            ),
        ];
        for (package, expected) in table {
            let error = lock(&package.replace("SHA", SHA)).unwrap_err();
            assert!(
                matches!(error, PylockError::Field { field, .. } if field == expected),
                "{package}: {error}"
            );
        }
    }

    #[test]
    fn other_lock_versions_and_other_files_are_refused() {
        let here = Path::new(".");
        assert!(matches!(
            Pylock::parse("lock-version = '2.0'\npackages = []", here),
            Err(PylockError::LockVersion(_))
        ));
        assert!(matches!(Pylock::parse("not toml", here), Err(PylockError::Toml(_))));
        assert!(Pylock::parse("lock-version = '1.3'\npackages = []", here).unwrap().packages.is_empty());
    }

    #[test]
    fn a_wheel_archive_is_a_wheel() {
        let lock = lock(&format!(
            "name = 'foo'\nversion = '1.0'\narchive = {{ path = 'foo-1.0-py3-none-any.whl', hashes = {{ sha256 = '{SHA}' }} }}"
        ));
        let package = &lock.unwrap().packages[0];
        assert_eq!((package.wheels.len(), &package.source), (1, &None));
    }
}
