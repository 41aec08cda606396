//! A pack's Python dependencies, from what it asks for to a lock with its wheels: the steps in order.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use attune_schemas::environment_lock::{BlockedTarget, PythonLock, PythonTarget};
use attune_schemas::{Digest, Platform, PythonMinor};

use super::coverage::{Coverage, CoverageMatrix};
use super::error::PythonError;
use super::requirements::{CommittedLock, PythonInputs};
use super::selection::{Selected, select};
use super::target::{Glibc, TargetEnvironment, TargetKey, python_satisfies};
use crate::vendoring::fetch::DownloadCache;
use crate::vendoring::fetch::{Checksum, DownloadProgress, DownloadRequest, fetch_all};
use crate::vendoring::python::build::{SourceBuilder, forbid, to_build};
use crate::vendoring::python::lock::{Pylock, WheelSource};
use crate::vendoring::python::uv::{PROGRAMS, find_uv};
use crate::vendoring::python::wheel::{JudgedWheels, judge_wheels, locked_wheels};
use crate::vendoring::{VendorSettings, VendoredFile};

/// A pack's vendored Python dependencies.
#[derive(Debug, Clone)]
pub struct VendoredPython {
    /// The lock. Its targets are empty where the pack needs no third-party package.
    pub lock: PythonLock,
    /// Every wheel that the lock names, once, sorted by name.
    pub files: Vec<VendoredFile>,
    /// Where the pack installs.
    pub coverage: CoverageMatrix,
}

/// Resolves what `inputs` asks for, chooses wheels for every target, fetches and checks them.
///
/// Targets that cannot be served are left out of the lock and explained by the coverage.
///
/// # Errors
/// Also where not one target can be served; the error names everyone to blame.
pub fn vendor_python(
    inputs: &PythonInputs,
    targets: &[(Platform, PythonMinor)],
    settings: &VendorSettings,
    progress: &dyn DownloadProgress,
) -> Result<VendoredPython, PythonError> {
    let requested: BTreeSet<TargetKey> =
        targets.iter().map(|&(platform, python)| TargetKey::new(platform, python)).collect();
    if requested.is_empty() {
        return Err(PythonError::NoTargets);
    }
    let cache = DownloadCache::open(&settings.cache_dir)?;
    let mut lock = resolve(inputs, &requested, settings, &cache)?;
    build_missing(&mut lock, inputs, &requested, &Vendoring { settings, cache: &cache, progress })?;
    let plan = Plan::new(inputs, &lock, &requested, settings.glibc)?;
    let wheels = plan.wheels();
    let fetched = fetch_all(&requests(&wheels), &cache, &settings.downloads(), progress)?;
    let files = judge_wheels(&wheels, &fetched, &cache)?;
    let lock = PythonLock {
        requires_python: requires_python(inputs, &lock),
        manifest: inputs.manifest().cloned(),
        targets: if inputs.is_empty() { Vec::new() } else { plan.targets(&files) },
        blocked: blocked(&plan.coverage, &requested),
    };
    let coverage = plan.coverage;
    let mut files: Vec<VendoredFile> = files.into_values().map(|judged| judged.file).collect();
    files.sort_by(|a, b| a.filename.cmp(&b.filename));
    Ok(VendoredPython { lock, files, coverage })
}

/// The lock to follow: committed, or made by uv; without packages where nothing is asked for.
fn resolve(
    inputs: &PythonInputs,
    requested: &BTreeSet<TargetKey>,
    settings: &VendorSettings,
    cache: &DownloadCache,
) -> Result<Pylock, PythonError> {
    let allows = |python| inputs.requires_python().is_none_or(|requires| python_satisfies(requires, python));
    let lowest = requested.iter().map(|key| key.python).filter(|&python| allows(python)).min();
    let (text, path) = match (inputs.committed_lock(), lowest) {
        (Some(CommittedLock::Pylock(path)), _) => {
            (inputs.pack().read_text(path)?, path.below(inputs.pack_dir()))
        }
        (Some(CommittedLock::Uv(path)), _) => {
            let uv = find_uv(&settings.uv, cache, &PROGRAMS)?;
            (uv.export(inputs, &settings.uv)?, path.below(inputs.pack_dir()))
        }
        (None, Some(lowest)) if !inputs.is_empty() => {
            let uv = find_uv(&settings.uv, cache, &PROGRAMS)?;
            (uv.compile(inputs, lowest, &settings.uv)?, PathBuf::from("pylock.toml made by uv"))
        }
        // Nothing to resolve, or for no Python that the pack allows.
        _ => return Ok(Pylock::default()),
    };
    let mut lock = parse_lock(&text, &path, inputs.pack_dir())?;
    lock.keep_pinned(inputs.pins());
    Ok(lock)
}

/// The settings of a run, with its cache and whoever watches it.
struct Vendoring<'a> {
    settings: &'a VendorSettings,
    cache: &'a DownloadCache,
    progress: &'a dyn DownloadProgress,
}

/// Builds a wheel of every package that has none which fits, where it has a source.
fn build_missing(
    lock: &mut Pylock,
    inputs: &PythonInputs,
    requested: &BTreeSet<TargetKey>,
    vendoring: &Vendoring<'_>,
) -> Result<(), PythonError> {
    let Vendoring { settings, cache, progress } = *vendoring;
    let wanted = to_build(lock, inputs.requires_python(), requested, settings.glibc)?;
    if wanted.is_empty() {
        return Ok(());
    }
    if settings.no_build {
        forbid(lock, &wanted);
        return Ok(());
    }
    let uv = find_uv(&settings.uv, cache, &PROGRAMS)?;
    let downloads = settings.downloads();
    let builder = SourceBuilder {
        uv: &uv,
        settings: &settings.uv,
        search_path: &settings.search_path,
        downloads: &downloads,
        cache,
        progress,
    };
    builder.serve(lock, &wanted)
}

fn parse_lock(text: &str, path: &Path, pack_dir: &Path) -> Result<Pylock, PythonError> {
    Pylock::parse(text, pack_dir).map_err(|source| PythonError::Lock { path: path.to_owned(), source })
}

/// The targets that were asked for and cannot be served.
fn blocked(coverage: &CoverageMatrix, requested: &BTreeSet<TargetKey>) -> Vec<BlockedTarget> {
    let blames = |key: &TargetKey| match coverage.get(*key) {
        Some(Coverage::Blocked { blames }) => Some(blames.iter().map(ToString::to_string).collect()),
        _ => None,
    };
    let target = |key: &TargetKey| {
        blames(key).map(|blames| BlockedTarget { platform: key.platform, python: key.python, blames })
    };
    requested.iter().filter_map(target).collect()
}

/// The versions that an interpreter must have: by the pack, and by a committed lock, whose author knew its
/// packages. The lock that uv makes only repeats the lowest Python asked for.
fn requires_python(inputs: &PythonInputs, lock: &Pylock) -> Option<String> {
    let committed = lock.requires_python.as_ref().filter(|_| inputs.committed_lock().is_some());
    let requirements = inputs.requires_python().into_iter().chain(committed).filter(|all| !all.is_empty());
    let texts: Vec<String> = requirements.map(ToString::to_string).collect();
    (!texts.is_empty()).then(|| texts.join(", "))
}

/// The wheels of every requested target, before anything is fetched.
struct Plan<'a> {
    served: BTreeMap<TargetKey, Vec<Selected<'a>>>,
    coverage: CoverageMatrix,
}

impl<'a> Plan<'a> {
    fn new(
        inputs: &PythonInputs,
        lock: &'a Pylock,
        requested: &BTreeSet<TargetKey>,
        glibc: Glibc,
    ) -> Result<Self, PythonError> {
        let mut served = BTreeMap::new();
        // What needs no package installs everywhere, asked for or not.
        let everywhere = inputs.is_empty();
        let coverage = CoverageMatrix::judge(requested, |key| {
            let target = TargetEnvironment::new(key, glibc)?;
            Ok::<_, PythonError>(match select(lock, inputs.requires_python(), &target) {
                Ok(selected) if requested.contains(&key) => {
                    served.insert(key, selected);
                    Coverage::Vendored
                }
                Ok(_) if everywhere => Coverage::Vendored,
                Ok(_) => Coverage::Possible,
                Err(blames) => Coverage::Blocked { blames },
            })
        })?;
        if served.is_empty() {
            return Err(PythonError::NoTargetServed { blames: coverage.blames(requested) });
        }
        Ok(Self { served, coverage })
    }

    /// The distinct wheels of every served target.
    fn wheels(&self) -> BTreeMap<Digest, &'a WheelSource> {
        self.served.values().flatten().map(|selected| (selected.wheel.digest, selected.wheel)).collect()
    }

    fn targets(&self, files: &JudgedWheels) -> Vec<PythonTarget> {
        let target = |(key, selected): (&TargetKey, &Vec<Selected<'a>>)| PythonTarget {
            platform: key.platform,
            python: key.python,
            wheels: locked_wheels(selected, files),
        };
        self.served.iter().map(target).collect()
    }
}

fn requests(wheels: &BTreeMap<Digest, &WheelSource>) -> Vec<DownloadRequest> {
    let request = |wheel: &&WheelSource| DownloadRequest {
        name: wheel.filename.clone(),
        location: wheel.location.clone(),
        checksum: Checksum::Sha256(wheel.digest),
        size: wheel.size,
    };
    wheels.values().map(request).collect()
}
