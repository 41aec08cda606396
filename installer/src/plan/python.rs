//! Chooses the interpreter and the wheels of a pack's Python environment.

use std::str::FromStr;

use attune_host::environment::{LinkMode, PythonEnvironment};
use attune_host::machine::{Interpreter, Interpreters, KnownTags, host_platform};
use attune_registry::release_check::{BundleTargets, python_target, wheels_for};
use attune_schemas::environment_lock::{LockedWheel, PythonLock, PythonTarget};
use attune_schemas::pack_config::PackConfig;
use attune_schemas::runtime_index::{RuntimeName, RuntimeRelease};
use attune_schemas::{Digest, PackRef, PythonMinor};
use uv_distribution_filename::WheelFilename;

use super::error::PlanError;
use super::host_runtimes::{HostRuntimes, PlanSettings};
use super::runtimes::{as_python, runtime_of};

/// The environment of `pack` on this host with an interpreter that `accepts` takes, or `None` where it needs none.
pub(super) fn plan_python(
    pack: &PackRef,
    config: &PackConfig,
    &PlanSettings { made_for, link_mode }: &PlanSettings<'_>,
    hosted: &mut HostRuntimes<'_>,
    accepts: &dyn Fn(&Interpreter) -> bool,
) -> Result<Option<(PythonEnvironment, Option<RuntimeRelease>)>, PlanError> {
    let Some(lock) = &config.environments.python else { return Ok(None) };
    let suits = |candidate: &Interpreter| accepts(candidate) && suits(candidate, lock, made_for);
    let found = hosted.pythons.find(suits)?;
    let (interpreter, carried) = match found {
        Some(interpreter) => (interpreter, None),
        None => match carried(hosted, suits)? {
            Some((interpreter, release)) => (interpreter, Some(release)),
            None => return Err(nothing_suits(pack, lock, made_for, hosted.pythons)),
        },
    };
    tracing::info!("{pack}: {}", interpreter.describe());
    let environment = environment_on(interpreter, lock, pack, link_mode, hosted)?;
    Ok(Some((environment, carried)))
}

/// The environment of `pack` on `interpreter`, if the release was made for that.
pub(super) fn python_on(
    interpreter: &Interpreter,
    pack: &PackRef,
    config: &PackConfig,
    settings: &PlanSettings<'_>,
    hosted: &HostRuntimes<'_>,
) -> Result<Option<PythonEnvironment>, PlanError> {
    let lock = config.environments.python.as_ref();
    let Some(lock) = lock.filter(|lock| suits(interpreter, lock, settings.made_for)) else { return Ok(None) };
    environment_on(interpreter.clone(), lock, pack, settings.link_mode, hosted).map(Some)
}

/// The environment of the tests of `pack` beside `own`, if they need more and the release has that for this machine.
pub(super) fn plan_test_python(
    pack: &PackRef,
    config: &PackConfig,
    own: &PythonEnvironment,
    &PlanSettings { made_for, link_mode }: &PlanSettings<'_>,
    hosted: &HostRuntimes<'_>,
) -> Result<Option<PythonEnvironment>, PlanError> {
    let Some(lock) = &config.test_environments.python else { return Ok(None) };
    let Some(target) = target_for(&own.interpreter, lock) else { return Ok(None) };
    if made_for.is_some_and(|bundle| !bundle.holds_python(target)) {
        return Ok(None);
    }
    environment_on(own.interpreter.clone(), lock, pack, link_mode, hosted).map(Some)
}

/// The feature releases that `lock` was made for here, if it is for some alone.
pub(super) fn minors_of(lock: &PythonLock) -> Vec<PythonMinor> {
    if lock.targets.is_empty() {
        return PythonMinor::KNOWN.map(PythonMinor::new).collect();
    }
    let here = host_platform();
    let held = lock.targets.iter().filter(|target| here.is_none_or(|here| here == target.platform));
    let mut minors: Vec<PythonMinor> = held.map(|target| target.python).collect();
    minors.sort_unstable();
    minors.dedup();
    minors
}

fn environment_on(
    interpreter: Interpreter,
    lock: &PythonLock,
    pack: &PackRef,
    link_mode: LinkMode,
    hosted: &HostRuntimes<'_>,
) -> Result<PythonEnvironment, PlanError> {
    let target = target_for(&interpreter, lock);
    let wheels = target.map(|target| wheels_for(target, &interpreter.version).cloned().collect());
    let wheels: Vec<LockedWheel> = wheels.unwrap_or_default();
    check_tags(pack, (&interpreter, &hosted.tags), &wheels)?;

    let marker = lock.manifest.as_ref().map(|manifest| manifest.digest.hex());
    let runtime = runtime_of(hosted.root, &interpreter.executable);
    let environment = PythonEnvironment {
        digest: Digest::of(b""),
        interpreter,
        runtime,
        wheels,
        link_mode,
        owner: link_mode.owner(pack),
        marker,
    };
    Ok(environment.named())
}

/// The newest Python that the source carries and `accepts` takes.
fn carried(
    hosted: &mut HostRuntimes<'_>,
    accepts: impl Fn(&Interpreter) -> bool,
) -> Result<Option<(Interpreter, RuntimeRelease)>, PlanError> {
    let root = hosted.root;
    let releases = hosted.carried.of(RuntimeName::Python)?.into_iter();
    let mut interpreters = releases.map(|release| (as_python(&release, root), release));
    Ok(interpreters.find(|(interpreter, _)| accepts(interpreter)))
}

fn suits(interpreter: &Interpreter, lock: &PythonLock, made_for: Option<&BundleTargets>) -> bool {
    satisfies(interpreter, lock)
        && interpreter.minor().is_some()
        && (lock.targets.is_empty()
            || target_for(interpreter, lock).is_some_and(|target| {
                let requires = target.requires_python.as_ref();
                requires.is_none_or(|requires| interpreter.satisfies(requires))
                    && made_for.is_none_or(|bundle| bundle.holds_python(target))
            }))
}

fn satisfies(interpreter: &Interpreter, lock: &PythonLock) -> bool {
    lock.requires_python.as_ref().is_none_or(|specifier| interpreter.satisfies(specifier))
}

fn target_for<'a>(interpreter: &Interpreter, lock: &'a PythonLock) -> Option<&'a PythonTarget> {
    let (minor, platform) = (interpreter.minor()?, interpreter.platform()?);
    python_target(lock, minor, platform)
}

/// Tells a host without a fitting Python from a release that was made for other hosts.
fn nothing_suits(
    pack: &PackRef,
    lock: &PythonLock,
    made_for: Option<&BundleTargets>,
    interpreters: &Interpreters,
) -> PlanError {
    let pack = pack.clone();
    let found = interpreters.found();
    let target =
        found.iter().filter(|found| satisfies(found, lock)).find_map(|found| target_for(found, lock));
    if let (Some(target), Some(bundle)) = (target, made_for)
        && !bundle.holds_python(target)
    {
        return PlanError::OtherBundle {
            pack,
            platform: target.platform,
            python: target.python,
            platforms: list(bundle.platforms.iter().map(ToString::to_string)),
            pythons: list(bundle.pythons.iter().map(ToString::to_string)),
        };
    }
    let targets = list(lock.targets.iter().map(|target| {
        let python = target.python.to_string();
        format!("{} on {}", target.requires_python.as_ref().unwrap_or(&python), target.platform)
    }));
    let usable: Vec<&Interpreter> = found.iter().filter(|found| satisfies(found, lock)).collect();
    if let Some(first) = usable.first()
        && !lock.targets.is_empty()
    {
        let platform = first.platform().map_or_else(|| first.machine.clone(), |p| p.to_string());
        let pythons = list(usable.iter().map(|found| found.version.clone()));
        let here = format!("{platform} with Python {pythons}");
        return PlanError::OtherTarget { pack, here, built_for: format!("Python {targets}") };
    }
    let needed = match &lock.requires_python {
        Some(specifier) => format!("Python {specifier}"),
        None if lock.targets.is_empty() => "Python 3".to_owned(),
        None => format!("Python {targets}"),
    };
    let found = match found {
        [] => "no Python on this host".to_owned(),
        found => list(found.iter().map(Interpreter::describe)),
    };
    PlanError::NoInterpreter { pack, needed, found }
}

fn list(items: impl Iterator<Item = String>) -> String {
    items.collect::<Vec<_>>().join(", ")
}

fn check_tags(
    pack: &PackRef,
    (interpreter, tags): (&Interpreter, &KnownTags),
    wheels: &[LockedWheel],
) -> Result<(), PlanError> {
    let refuse = |filename: &str, reason: String| PlanError::WheelTags {
        pack: pack.clone(),
        filename: filename.to_owned(),
        interpreter: interpreter.describe(),
        reason,
    };
    let tags = tags.of(interpreter);
    for wheel in wheels {
        let filename = WheelFilename::from_str(&wheel.filename)
            .map_err(|error| refuse(&wheel.filename, error.to_string()))?;
        let tags =
            tags.as_ref().ok_or_else(|| refuse(&wheel.filename, "its platform is not known".to_owned()))?;
        if !filename.is_compatible(tags) {
            let libc = format!(
                "its tags do not fit Python {} on {} with {} {}.{}",
                interpreter.version,
                interpreter.machine,
                if interpreter.libc == "musl" { "musl" } else { "glibc" },
                interpreter.libc_version.0,
                interpreter.libc_version.1,
            );
            return Err(refuse(&wheel.filename, libc));
        }
    }
    Ok(())
}
