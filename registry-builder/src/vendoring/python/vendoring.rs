//! A pack's Python dependencies, from what it asks for to a lock with its wheels: the steps in order.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use attune_schemas::environment_lock::{BlockedTarget, PythonLock, PythonTarget};
use attune_schemas::{Digest, Platform, PythonMinor};

use super::error::PythonError;
use super::requirements::{CommittedLock, PythonInputs, require_complete, require_fresh};
use super::selection::{Coverage, CoverageMatrix};
use super::selection::{Glibc, TargetEnvironment, TargetKey, python_satisfies};
use super::selection::{Selection, select};
use crate::vendoring::python::build::{SourceBuilder, forbid, to_build};
use crate::vendoring::python::lock::{Lesson, Pylock, WheelSource};
use crate::vendoring::python::wheel::{
    JudgedWheels, LockedTarget, imports_of_setuptools, judge_wheels, lock_target, warning_of_import,
};
use crate::vendoring::{VendorSession, VendorSettings};
use attune_registry::fetch::DownloadCache;
use attune_registry::fetch::{Checksum, DownloadProgress, DownloadRequest, fetch_all};
use attune_registry::packing::VendoredFile;

/// A pack's vendored Python dependencies.
#[derive(Debug, Clone)]
pub struct VendoredPython {
    /// The lock. Its targets are empty where the pack needs no third-party package.
    pub lock: PythonLock,
    /// Every wheel that the lock names, once, sorted by name.
    pub files: Vec<VendoredFile>,
    /// Where the pack installs.
    pub coverage: CoverageMatrix,
    /// Warnings, which stop nothing.
    pub warnings: Vec<String>,
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
    session: &VendorSession<'_>,
    progress: &dyn DownloadProgress,
) -> Result<VendoredPython, PythonError> {
    let settings = session.settings;
    let requested: BTreeSet<TargetKey> =
        targets.iter().map(|&(platform, python)| TargetKey::new(platform, python)).collect();
    if requested.is_empty() {
        return Err(PythonError::NoTargets);
    }
    let cache = session.cache()?;
    let vendoring = Vendoring { session, settings, cache: &cache, progress };
    let mut warnings = warnings_of_requirements(inputs);
    let mut lock = resolve(inputs, &requested, &vendoring, &mut warnings)?;
    let mut judged = JudgedWheels::new();
    // The wheels themselves may rule out what the lock allows; then it is chosen again.
    let plan = loop {
        build_missing(&mut lock, inputs, &requested, &vendoring)?;
        let plan = Plan::new(inputs, &lock, &requested, settings.glibc)?;
        vendoring.fetch(&plan, &mut judged)?;
        let lessons = plan.lessons(&judged)?;
        if !lock.clone().learn(&lessons) {
            break plan;
        }
        drop(plan);
        lock.learn(&lessons);
    };
    require_hashes(inputs, &plan, &mut warnings)?;
    let served = plan.served.iter();
    let served =
        served.map(|(&key, selection)| Ok((TargetEnvironment::new(key, settings.glibc)?, selection)));
    let served = served.collect::<Result<Vec<_>, PythonError>>()?;
    warnings.extend(require_complete(inputs, &served, &judged)?);
    let targets = plan.targets(&judged)?;
    warnings.extend(targets.values().flat_map(|target| target.warnings.iter().cloned()));
    warnings.extend(warnings_of_modules(inputs, &targets)?);
    let files: BTreeMap<Digest, VendoredFile> =
        plan.wheels().keys().filter_map(|digest| Some((*digest, judged.get(digest)?.file.clone()))).collect();
    let lock = PythonLock {
        requires_python: requires_python(inputs, &lock),
        manifest: inputs.manifest().cloned(),
        targets: if inputs.is_empty() { Vec::new() } else { plan.locked(targets) },
        blocked: blocked(&plan.coverage, &requested),
    };
    let coverage = plan.coverage;
    let mut files: Vec<VendoredFile> = files.into_values().collect();
    files.sort_by(|a, b| a.filename.cmp(&b.filename));
    Ok(VendoredPython { lock, files, coverage, warnings: warnings.into_iter().collect() })
}

/// Warnings of parts of the requirements that cannot be followed.
fn warnings_of_requirements(inputs: &PythonInputs) -> BTreeSet<String> {
    let remote = inputs.in_file().remote.iter();
    remote.map(|url| format!("`{url}` is read by uv alone: no hash in it is checked")).collect()
}

/// Warnings of the pack's own modules that import what no environment brings.
fn warnings_of_modules(
    inputs: &PythonInputs,
    targets: &BTreeMap<TargetKey, LockedTarget>,
) -> Result<BTreeSet<String>, PythonError> {
    let lacks: BTreeSet<&str> = targets.values().flat_map(|target| target.lacks.iter().copied()).collect();
    let mut warnings = BTreeSet::new();
    let sources = inputs.pack().sources();
    let modules = sources.keys().filter(|path| path.as_str().ends_with(".py"));
    for path in modules {
        let bytes = inputs.pack().read(path)?.unwrap_or_default();
        let imports = imports_of_setuptools(path.as_str(), &String::from_utf8_lossy(&bytes));
        let lacking = imports.into_iter().filter(|module| lacks.contains(module));
        warnings.extend(lacking.map(|module| warning_of_import("the pack", module, path.as_str())));
    }
    Ok(warnings)
}

/// Refuses packages without a hash where every one must have one, and warns where only some have.
fn require_hashes(
    inputs: &PythonInputs,
    plan: &Plan<'_>,
    warnings: &mut BTreeSet<String>,
) -> Result<(), PythonError> {
    let file = inputs.in_file();
    if !file.require_hashes && !file.has_pins() {
        return Ok(());
    }
    let selected = plan.served.values().flat_map(|selection| &selection.wheels);
    let free = selected.filter(|selected| selected.package.pins.is_empty());
    let free: BTreeSet<String> = free.map(|selected| selected.package.name.to_string()).collect();
    if free.is_empty() {
        return Ok(());
    }
    let packages: Vec<String> = free.into_iter().map(|name| format!("`{name}`")).collect();
    if file.require_hashes {
        return Err(PythonError::NoHash { packages });
    }
    warnings.insert(format!(
        "requirements.txt has hashes, and none for {}; pip would refuse it",
        packages.join(", ")
    ));
    Ok(())
}

/// The lock to follow: committed, or made by uv; without packages where nothing is asked for.
fn resolve(
    inputs: &PythonInputs,
    requested: &BTreeSet<TargetKey>,
    &Vendoring { session, settings, cache, .. }: &Vendoring<'_>,
    warnings: &mut BTreeSet<String>,
) -> Result<Pylock, PythonError> {
    let allows = |python| inputs.requires_python().is_none_or(|requires| python_satisfies(requires, python));
    let lowest = requested.iter().map(|key| key.python).filter(|&python| allows(python)).min();
    let (text, path) = match (inputs.committed_lock(), lowest) {
        (Some(CommittedLock::Pylock(path)), _) => {
            (inputs.pack().read_text(path)?, path.below(inputs.pack_dir()))
        }
        (Some(CommittedLock::Uv(path)), _) => {
            let uv = session.uv.get(&settings.uv, cache)?;
            let resolved = uv.export(inputs, &settings.uv)?;
            warnings.extend(resolved.warnings);
            (resolved.lock, path.below(inputs.pack_dir()))
        }
        (None, Some(lowest)) if !inputs.is_empty() => {
            let uv = session.uv.get(&settings.uv, cache)?;
            let resolved = uv.compile(inputs, lowest, &settings.uv)?;
            warnings.extend(resolved.warnings);
            (resolved.lock, PathBuf::from("pylock.toml made by uv"))
        }
        // Nothing to resolve, or for no Python that the pack allows.
        _ => return Ok(Pylock::default()),
    };
    let mut lock = parse_lock(&text, &path, inputs.pack_dir())?;
    lock.keep_pinned(inputs.in_file());
    if inputs.committed_lock().is_some() {
        let allowed = requested.iter().filter(|key| allows(key.python));
        let targets = allowed.map(|&key| TargetEnvironment::new(key, settings.glibc));
        require_fresh(inputs, &lock, &targets.collect::<Result<Vec<_>, _>>()?)?;
    }
    Ok(lock)
}

/// The settings of a run, with its cache and whoever watches it.
struct Vendoring<'a> {
    session: &'a VendorSession<'a>,
    settings: &'a VendorSettings,
    cache: &'a DownloadCache,
    progress: &'a dyn DownloadProgress,
}

impl Vendoring<'_> {
    /// Fetches and judges the wheels of `plan` that are not among `judged` yet.
    fn fetch(&self, plan: &Plan<'_>, judged: &mut JudgedWheels) -> Result<(), PythonError> {
        let mut wheels = plan.wheels();
        wheels.retain(|digest, _| !judged.contains_key(digest));
        if wheels.is_empty() {
            return Ok(());
        }
        let fetched = fetch_all(&requests(&wheels), self.cache, &self.settings.downloads(), self.progress)?;
        judged.extend(judge_wheels(&wheels, &fetched, self.cache)?);
        Ok(())
    }
}

/// Builds a wheel of every package that has none which fits, where it has a source.
fn build_missing(
    lock: &mut Pylock,
    inputs: &PythonInputs,
    requested: &BTreeSet<TargetKey>,
    vendoring: &Vendoring<'_>,
) -> Result<(), PythonError> {
    let Vendoring { session, settings, cache, progress } = *vendoring;
    let wanted = to_build(lock, inputs.requires_python(), requested, settings.glibc)?;
    if wanted.is_empty() {
        return Ok(());
    }
    if settings.no_build {
        forbid(lock, &wanted);
        return Ok(());
    }
    let uv = session.uv.get(&settings.uv, cache)?;
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

/// The wheels of every requested target.
struct Plan<'a> {
    served: BTreeMap<TargetKey, Selection<'a>>,
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
        let selected = self.served.values().flat_map(|selection| &selection.wheels);
        selected.map(|selected| (selected.wheel.digest, selected.wheel)).collect()
    }

    /// What the wheels tell that the lock did not.
    fn lessons(&self, judged: &JudgedWheels) -> Result<BTreeMap<Digest, Lesson>, PythonError> {
        let mut lessons = BTreeMap::new();
        for selected in self.served.values().flat_map(|selection| &selection.wheels) {
            let Some(wheel) = judged.get(&selected.wheel.digest) else { continue };
            if let Some(requires) = wheel.requires_python() {
                lessons.insert(wheel.file.digest, Lesson::RequiresPython(requires));
            }
            let pins = selected.package.pins.iter().filter(|_| selected.wheel.built_from.is_none());
            for pins in pins {
                if !pins.allow(&wheel.file.digest, &wheel.file.path)? {
                    lessons.insert(wheel.file.digest, Lesson::NotPinned);
                }
            }
        }
        Ok(lessons)
    }

    fn targets(&self, judged: &JudgedWheels) -> Result<BTreeMap<TargetKey, LockedTarget>, PythonError> {
        let lock = |(key, selection): (&TargetKey, &Selection<'a>)| {
            Ok((*key, lock_target(selection, *key, judged)?))
        };
        self.served.iter().map(lock).collect()
    }

    /// The entries of the lock.
    fn locked(&self, targets: BTreeMap<TargetKey, LockedTarget>) -> Vec<PythonTarget> {
        let target = |(key, target): (TargetKey, LockedTarget)| PythonTarget {
            platform: key.platform,
            python: key.python,
            requires_python: self.served[&key].patches.specifier(key.python),
            wheels: target.wheels,
        };
        targets.into_iter().map(target).collect()
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
