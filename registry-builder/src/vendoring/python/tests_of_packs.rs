//! What the tests of a pack need besides what it needs itself: vendored with it, in an environment of its own.
//!
//! The packages of the pack stay what they are. They are constraints where the requirements of the tests are resolved,
//! and a lock of the tests that has another version of one of them is refused: tests of other packages than those that
//! run would prove nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use attune_registry::atomic_file::write_unshared;
use attune_registry::fetch::DownloadProgress;
use attune_registry::pack_directory::{PackDirectory, PackDirectoryError};
use attune_registry::packing::VendoredFile;
use attune_schemas::environment_lock::{LockedWheel, PythonLock, PythonTarget};
use attune_schemas::platform::Arch;
use attune_schemas::{EntryPath, Platform, PythonMinor};
use tempfile::TempDir;

use super::error::PythonError;
use super::requirements::{PythonInputs, REQUIREMENTS_FILE};
use super::vendoring::vendor_python;

use crate::vendoring::VendorSession;

/// The constraints beside the requirements of tests.
const CONSTRAINTS_FILE: &str = "constraints-of-the-pack.txt";
/// Files at a pack's top that would be read as what it needs.
const OF_THE_PACK: [&str; 4] = [REQUIREMENTS_FILE, "pylock.toml", "uv.lock", "pyproject.toml"];

/// What the tests of a pack ask for.
#[derive(Debug)]
pub struct TestInputs {
    inputs: PythonInputs,
    /// A copy of the pack with requirements of its tests alone; removed with this value.
    _area: Option<TempDir>,
}

/// The packages of a pack's tests.
#[derive(Debug, Clone)]
pub struct VendoredTests {
    /// The lock of their environment, in which the pack's own packages are as well.
    pub lock: PythonLock,
    /// The wheels of the tests alone, each once.
    pub files: Vec<VendoredFile>,
    /// Warnings, which stop nothing.
    pub warnings: Vec<String>,
}

impl TestInputs {
    /// Reads `files` of `pack`, whose own packages are those of `own`: requirements, or one lock.
    pub fn read(
        pack: &PackDirectory,
        files: &[String],
        own: &PythonLock,
        requires_python: Option<&str>,
    ) -> Result<Self, PythonError> {
        if let [file] = files
            && file.ends_with(".toml")
            && let Ok(path) = file.parse::<EntryPath>()
        {
            return Ok(Self { inputs: PythonInputs::of_lock(pack, path, requires_python)?, _area: None });
        }
        let area = tempfile::tempdir()?;
        for (path, _) in pack.files() {
            if OF_THE_PACK.contains(&path.as_str()) {
                continue;
            }
            let (Some(from), to) = (pack.place(path), path.below(area.path())) else { continue };
            to.parent().map_or(Ok(()), fs_err::create_dir_all)?;
            fs_err::copy(from, to)?;
        }
        let mut requirements = String::new();
        for file in files {
            let _ = writeln!(requirements, "-r {file}");
        }
        let constraints = constraints(own);
        if !constraints.is_empty() {
            let _ = writeln!(requirements, "-c {CONSTRAINTS_FILE}");
            write_unshared(&area.path().join(CONSTRAINTS_FILE), constraints)?;
        }
        write_unshared(&area.path().join(REQUIREMENTS_FILE), requirements)?;
        let copy = PackDirectory::open(area.path()).map_err(|error| match error {
            PackDirectoryError::Io(error) => PythonError::Io(error),
            error => PythonError::Io(std::io::Error::other(error)),
        })?;
        let inputs = PythonInputs::read(&copy, &[], requires_python)?;
        Ok(Self { inputs, _area: Some(area) })
    }
}

/// The versions of the packages of `own`, each where all machines have the same, else for the machine that has it.
fn constraints(own: &PythonLock) -> String {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for wheel in own.targets.iter().flat_map(|target| &target.wheels) {
        versions.entry(&wheel.name).or_default().insert(&wheel.version);
    }
    let mut lines = BTreeSet::new();
    for target in &own.targets {
        for wheel in &target.wheels {
            let LockedWheel { name, version, .. } = wheel;
            if versions[name.as_str()].len() == 1 {
                lines.insert(format!("{name}=={version}\n"));
            } else {
                let machine = match target.platform.arch {
                    Arch::Amd64 => "x86_64",
                    Arch::Arm64 => "aarch64",
                };
                let python = target.python;
                lines.insert(format!(
                    "{name}=={version} ; python_version == '{python}' and platform_machine == '{machine}'\n"
                ));
            }
        }
    }
    lines.into_iter().collect()
}

/// Resolves, fetches and checks what `inputs` asks for beside the packages of `own`.
///
/// # Errors
/// Those of [`vendor_python`]; or a package would have two versions.
pub fn vendor_tests(
    TestInputs { inputs, .. }: &TestInputs,
    own: &PythonLock,
    targets: &[(Platform, PythonMinor)],
    session: &VendorSession<'_>,
    progress: &dyn DownloadProgress,
) -> Result<VendoredTests, PythonError> {
    let vendored = vendor_python(inputs, targets, session, progress)?;
    let mut warnings = vendored.warnings;
    let mut joined = Vec::new();
    let of_own = |target: &PythonTarget| {
        own.targets.iter().find(|known| (known.platform, known.python) == (target.platform, target.python))
    };
    for target in vendored.lock.targets {
        match of_own(&target) {
            Some(own) => joined.push(join(own, target)?),
            // It needs nothing itself, or cannot be installed there.
            None if own.targets.is_empty() => joined.push(target),
            None => {}
        }
    }
    let served = joined.iter().map(|target| (target.platform, target.python)).collect::<BTreeSet<_>>();
    for (platform, python) in targets.iter().filter(|target| !served.contains(target)) {
        warnings.push(format!(
            "its tests cannot run on {platform} with Python {python}: what they need is not there"
        ));
    }
    let already: BTreeSet<_> =
        own.targets.iter().flat_map(|target| &target.wheels).map(|wheel| wheel.digest).collect();
    let needed: BTreeSet<_> =
        joined.iter().flat_map(|target| &target.wheels).map(|wheel| wheel.digest).collect();
    let is_new = |file: &VendoredFile| needed.contains(&file.digest) && !already.contains(&file.digest);
    Ok(VendoredTests {
        lock: PythonLock { manifest: None, targets: joined, blocked: Vec::new(), ..own.clone() },
        files: vendored.files.into_iter().filter(is_new).collect(),
        warnings,
    })
}

/// The packages of the pack for one machine, and those of its tests that it does not have.
fn join(own: &PythonTarget, tests: PythonTarget) -> Result<PythonTarget, PythonError> {
    let mut joined = own.clone();
    // In the order of installation, of which the last counts: the pack's own are what they are without the tests.
    joined.wheels.clear();
    for wheel in tests.wheels {
        let mut known = own.wheels.iter().filter(|known| known.name == wheel.name).peekable();
        let Some(&first) = known.peek() else {
            joined.wheels.push(wheel);
            continue;
        };
        if known.all(|known| known.version != wheel.version) {
            return Err(PythonError::TestsDiffer {
                name: wheel.name,
                wanted: wheel.version,
                own: first.version.clone(),
                target: format!("{} with Python {}", own.platform, own.python),
            });
        }
    }
    joined.wheels.extend(own.wheels.iter().cloned());
    Ok(joined)
}
