//! Builds wheels from source, for packages that publish none that fits; once, and kept in the cache.
//!
//! A wheel without machine code serves every target. One with machine code serves the machine that it was
//! built on, and the Python that it was built with. Builds run the package's own code, as `pip install`
//! would have done.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use attune_registry::report::without_secrets;
use attune_schemas::{Digest, Platform, PythonMinor};
use serde::{Deserialize, Serialize};
use uv_pep440::VersionSpecifiers;

use crate::targets::find_python;
use crate::vendoring::build_failure::diagnose;
use crate::vendoring::python::error::PythonError;
use crate::vendoring::python::lock::BuildProblem;
use crate::vendoring::python::lock::{LockedPackage, Pylock, WheelSource};
use crate::vendoring::python::lock::{PackageSource, SourceArchive};
use crate::vendoring::python::selection::{Glibc, TargetEnvironment, TargetKey};
use crate::vendoring::python::selection::{patches_of_lock, unserved};
use crate::vendoring::python::uv::{Uv, UvSettings, set_indexes};
use crate::vendoring::source_tree::{check_out, copy_directory, digest_of_directory};
use attune_registry::fetch::Location;
use attune_registry::fetch::{CachedFile, DownloadCache};
use attune_registry::fetch::{Checksum, DownloadProgress, DownloadRequest, DownloadSettings, fetch_all};

/// A wheel that was built, as the cache remembers it.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct BuiltWheel {
    filename: String,
    digest: Digest,
    size: u64,
}

/// Builds what is missing.
pub(crate) struct SourceBuilder<'a> {
    pub(crate) uv: &'a Uv,
    pub(crate) settings: &'a UvSettings,
    /// Where Pythons to build with are looked for.
    pub(crate) search_path: &'a [PathBuf],
    pub(crate) downloads: &'a DownloadSettings,
    pub(crate) cache: &'a DownloadCache,
    pub(crate) progress: &'a dyn DownloadProgress,
}

/// The packages of `lock` that must be built, with the targets that they are to serve.
pub(crate) fn to_build(
    lock: &Pylock,
    pack_requires: Option<&VersionSpecifiers>,
    requested: &BTreeSet<TargetKey>,
    glibc: Glibc,
) -> Result<BTreeMap<usize, Vec<TargetEnvironment>>, PythonError> {
    let mut wanted: BTreeMap<usize, Vec<TargetEnvironment>> = BTreeMap::new();
    for key in requested {
        let target = TargetEnvironment::new(*key, glibc)?;
        if patches_of_lock(lock, pack_requires, &target).is_err() {
            continue;
        }
        for index in unserved(lock, &target) {
            let is_buildable =
                !matches!(lock.packages[index].source, None | Some(PackageSource::Unsupported(_)));
            if is_buildable {
                wanted.entry(index).or_default().push(target.clone());
            }
        }
    }
    Ok(wanted)
}

/// Says of every package in `wanted` that it must not be built.
pub(crate) fn forbid(lock: &mut Pylock, wanted: &BTreeMap<usize, Vec<TargetEnvironment>>) {
    for (index, targets) in wanted {
        for target in targets {
            lock.packages[*index].built.insert(target.key(), Err(BuildProblem::Forbidden));
        }
    }
}

impl SourceBuilder<'_> {
    /// Builds the packages in `wanted` and gives their wheels to `lock`.
    pub(crate) fn serve(
        &self,
        lock: &mut Pylock,
        wanted: &BTreeMap<usize, Vec<TargetEnvironment>>,
    ) -> Result<(), PythonError> {
        for (index, targets) in wanted {
            let package = &mut lock.packages[*index];
            for target in targets {
                let outcome = self.serve_target(package, target)?;
                package.built.insert(target.key(), outcome);
            }
        }
        Ok(())
    }

    fn serve_target(
        &self,
        package: &LockedPackage,
        target: &TargetEnvironment,
    ) -> Result<Result<WheelSource, BuildProblem>, PythonError> {
        let key = target.key();
        let here = Platform::current();
        let is_native = here == Some(key.platform);
        let tags = target.native_tags();
        let fits = |wheel: &&WheelSource| {
            let is_native_fit = is_native && tags.as_ref().is_some_and(|tags| wheel.name.is_compatible(tags));
            is_native_fit || wheel.name.is_compatible(target.tags())
        };
        if let Some(wheel) = package.built.values().flatten().find(fits) {
            return Ok(Ok(wheel.clone()));
        }
        if let Some(Err(problem @ (BuildProblem::Failed { .. } | BuildProblem::NotPinned))) =
            package.built.values().next()
        {
            return Ok(Err(problem.clone()));
        }
        // Where it has no machine code, any Python will do for another machine.
        let found = find_python(self.search_path, Some(key.python));
        let Some(python) = found.or_else(|| find_python(self.search_path, None)) else {
            return Ok(Err(BuildProblem::NoPython { python: key.python.to_string() }));
        };
        let wheel = match self.build(package, &python.0, python.1)? {
            Ok(wheel) => wheel,
            Err(problem) => return Ok(Err(problem)),
        };
        if fits(&&wheel) {
            return Ok(Ok(wheel));
        }
        Ok(Err(if is_native {
            BuildProblem::NoPython { python: key.python.to_string() }
        } else {
            let here = here.map_or_else(|| "this machine".to_owned(), |platform| platform.to_string());
            BuildProblem::OtherMachine { here }
        }))
    }

    /// The wheel of `package`, built by `python` or taken from the cache; or why it could not be built.
    fn build(
        &self,
        package: &LockedPackage,
        python: &Path,
        minor: PythonMinor,
    ) -> Result<Result<WheelSource, BuildProblem>, PythonError> {
        let source = package.source.as_ref().expect("only packages with a source are built");
        let identity = format!("{}\n{minor}\n{:?}", identity(source)?, Platform::current());
        let identity = Digest::of(identity.as_bytes());
        // Two builds of one source may differ, and all packs are to have the same wheel.
        let _turn = self.cache.wait_for_turn(identity);
        let note = self.cache.built_note(&identity);
        if let Some(built) = self.remembered(&note)? {
            return Ok(Ok(self.wheel_source(package, source, built)?));
        }
        let label = format!("{} {}", package.name, source.describe());
        self.progress.building(&label);
        let area = tempfile::tempdir()?;
        let project = match self.project(package, source, area.path())? {
            Ok(project) => project,
            Err(problem) => return Ok(Err(problem)),
        };
        let out = area.path().join("out");
        match self.uv.build_wheel(&project, &out, python, self.settings)? {
            Err(output) => {
                tracing::debug!("the build of {label} said:\n{output}");
                Ok(Err(BuildProblem::Failed { reason: diagnose(&output) }))
            }
            Ok(wheel) => {
                let built = self.keep(&wheel, &note)?;
                Ok(Ok(self.wheel_source(package, source, built)?))
            }
        }
    }

    /// The project that uv builds: an archive or a directory, below `area` or in the pack.
    fn project(
        &self,
        package: &LockedPackage,
        source: &PackageSource,
        area: &Path,
    ) -> Result<Result<PathBuf, BuildProblem>, PythonError> {
        match source {
            PackageSource::Archive(archive) => {
                let path = self.fetch(archive, area)?;
                for pins in &package.pins {
                    if !pins.allow(&archive.digest, &path)? {
                        return Ok(Err(BuildProblem::NotPinned));
                    }
                }
                Ok(Ok(path))
            }
            PackageSource::Git { url, commit, subdirectory } => {
                if self.settings.offline && !url.starts_with("file:") && !Path::new(url).is_absolute() {
                    let reason = "its repository is in the network, which may not be used".to_owned();
                    return Ok(Err(BuildProblem::Failed { reason }));
                }
                let directory = area.join("repository");
                let checked_out = check_out(url, commit, &directory)?;
                Ok(checked_out.map_err(|reason| BuildProblem::Failed { reason }).map(
                    |()| match subdirectory {
                        Some(below) => directory.join(below),
                        None => directory,
                    },
                ))
            }
            PackageSource::Directory { path, .. } => {
                // A build writes into its directory, and the pack's is not its to change.
                let copy = area.join("project");
                copy_directory(path, &copy)?;
                Ok(Ok(copy))
            }
            PackageSource::Unsupported(_) => unreachable!("they are not built"),
        }
    }

    fn fetch(&self, archive: &SourceArchive, area: &Path) -> Result<PathBuf, PythonError> {
        let request = DownloadRequest {
            name: archive.filename.clone(),
            location: archive.location.clone(),
            checksum: Checksum::Sha256(archive.digest),
            size: archive.size,
        };
        let fetched = fetch_all(&[request], self.cache, self.downloads, self.progress)?;
        let path = area.join(&archive.filename);
        fs_err::copy(&fetched[0].path, &path)?;
        Ok(path)
    }

    fn keep(&self, wheel: &Path, note: &Path) -> Result<BuiltWheel, PythonError> {
        let CachedFile { digest, size, .. } = self.cache.keep(wheel)?;
        let filename = wheel.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let built = BuiltWheel { filename, digest, size };
        self.cache.write_note(note, &built)?;
        Ok(built)
    }

    fn remembered(&self, note: &Path) -> Result<Option<BuiltWheel>, PythonError> {
        let Ok(bytes) = fs_err::read(note) else { return Ok(None) };
        let Ok(built) = serde_json::from_slice::<BuiltWheel>(&bytes) else { return Ok(None) };
        Ok(self.cache.get(&built.digest, Some(built.size))?.map(|_| built))
    }

    fn wheel_source(
        &self,
        package: &LockedPackage,
        source: &PackageSource,
        built: BuiltWheel,
    ) -> Result<WheelSource, PythonError> {
        let refuse = |reason: String| PythonError::BuiltWheel {
            package: package.name.to_string(),
            filename: built.filename.clone(),
            reason,
        };
        let name: uv_distribution_filename::WheelFilename =
            built.filename.parse().map_err(|error| refuse(format!("{error}")))?;
        if name.name != package.name {
            return Err(refuse("it is of another package".to_owned()));
        }
        Ok(WheelSource {
            name,
            location: Location::Path(self.cache.blob_path(&built.digest)),
            digest: built.digest,
            size: Some(built.size),
            built_from: Some(source.describe()),
            requires_python: None,
            filename: built.filename,
        })
    }
}

/// The identity of a source.
fn identity(source: &PackageSource) -> Result<String, PythonError> {
    Ok(match source {
        PackageSource::Archive(archive) => format!("{} {:?}", archive.digest, archive.subdirectory),
        PackageSource::Git { url, commit, subdirectory } => format!("{url} {commit} {subdirectory:?}"),
        PackageSource::Directory { path, .. } => digest_of_directory(path)?.to_string(),
        PackageSource::Unsupported(_) => unreachable!("they are not built"),
    })
}

impl Uv {
    /// Builds the wheel of `project` into `out`; as an inner error what the build wrote, where it failed.
    fn build_wheel(
        &self,
        project: &Path,
        out: &Path,
        python: &Path,
        settings: &UvSettings,
    ) -> Result<Result<PathBuf, String>, PythonError> {
        let mut command = self.command();
        command.arg("build").arg("--wheel").arg("--out-dir").arg(out).arg("--python").arg(python);
        command.args(["--no-python-downloads", "--no-sources", "--color", "never"]);
        set_indexes(&mut command, settings);
        // What a build would take from the clock, the user and chance is the same everywhere.
        command.env("SOURCE_DATE_EPOCH", "315532800").env("PYTHONHASHSEED", "0").env("LC_ALL", "C.UTF-8");
        command.arg(project).current_dir(project.parent().unwrap_or(project));
        let unusable = |source| PythonError::UvUnusable { path: self.program().to_owned(), source };
        let output = command.output().map_err(unusable)?;
        if !output.status.success() {
            let text = [output.stdout, output.stderr].map(|said| String::from_utf8_lossy(&said).into_owned());
            return Ok(Err(without_secrets(&text.concat()).into_owned()));
        }
        let is_wheel = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "whl");
        let wheel = fs_err::read_dir(out)?.filter_map(|entry| Some(entry.ok()?.path())).find(is_wheel);
        Ok(wheel.ok_or_else(|| "it made no wheel".to_owned()))
    }
}
