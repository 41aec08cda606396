//! Adds an interpreter to a registry.

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::PathBuf;

use attune_registry::archive::{SourceFile, write_pack};
use attune_registry::report::{Report, Reporter};
use attune_schemas::pack_index::ManifestPointer;
use attune_schemas::runtime_index::{RuntimeIndex, RuntimeName, RuntimeRelease};
use attune_schemas::{Digest, EntryPath, Platform, Version};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::contents::Contents;
use super::error::{AddRuntimeError, RuntimeError};
use super::mend::{Mended, mend};
use super::prove::{Expected, Proven, prove};
use super::source::{Fetching, Obtained, obtain};
use crate::registry::{RegistryDirectory, RegistryError};
use crate::signing::KeySettings;
use crate::vendoring::logins_of_caller;
use attune_registry::fetch::{DownloadCache, DownloadSettings, NoProgress, Variables};

/// Which interpreter to add, and how.
#[derive(Debug, Clone)]
pub struct RuntimeOptions {
    /// The registry.
    pub registry: PathBuf,
    /// Where its keys are.
    pub keys: KeySettings,
    /// The runtime.
    pub runtime: RuntimeName,
    /// The version that it is.
    pub version: Version,
    /// The interpreter's platform.
    pub platform: Platform,
    /// A directory, an archive or a URL.
    pub source: String,
    /// The digest of the archive; needed for a URL.
    pub sha256: Option<Digest>,
    /// The download cache's directory.
    pub cache_dir: PathBuf,
    /// The caller's environment, by which logins are found.
    pub variables: Variables,
    /// The time of publication.
    pub now: Timestamp,
}

/// An interpreter that was added, or was there already.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddedRuntime {
    /// The runtime.
    pub runtime: RuntimeName,
    /// Its version.
    pub version: Version,
    /// The interpreter's platform.
    pub platform: Platform,
    /// Bytes of its archive.
    pub size: u64,
    /// Number of files in it.
    pub files: u64,
    /// Whether it was run from another place, which takes a machine of its kind.
    pub proven: bool,
    /// Files whose paths to their own libraries were made relative.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub mended: Vec<String>,
    /// Libraries of the operating system that it needs.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub libraries: Vec<String>,
    /// Whether this very interpreter was there already.
    pub unchanged: bool,
}

impl Report for AddedRuntime {
    const FORMAT: &'static str = "attune-build.runtime-add/v1";
}

/// Adds the interpreter, proving first that it runs from another place.
pub fn add_runtime(
    options: &RuntimeOptions,
    reporter: &dyn Reporter,
) -> Result<AddedRuntime, AddRuntimeError> {
    let registry = RegistryDirectory::open(&options.registry)?;
    let _lock = registry.lock(&options.keys.directory)?;
    let failed = |source: RuntimeError| AddRuntimeError::Runtime {
        runtime: options.runtime,
        source: Box::new(source),
    };
    let cache = DownloadCache::open(&options.cache_dir).map_err(|error| failed(error.into()))?;
    let logins = logins_of_caller(&options.variables);
    let settings = DownloadSettings { logins, ..DownloadSettings::default() };
    let fetching = Fetching { cache: &cache, settings: &settings, progress: &NoProgress };
    reporter.started(&format!("reading {} {}", options.runtime, options.version), None);
    let obtained =
        obtain(&options.source, options.sha256.as_ref(), options.runtime, &fetching).map_err(failed)?;
    let (carried, release) = carry(options, &obtained).map_err(failed)?;
    reporter.finished();

    let keys = options.keys.load()?;
    let publisher = options.keys.open_to_write(&registry, options.now, reporter)?;
    publisher.repository().require_keys(&keys)?;
    let mut index =
        publisher.runtime_index(options.runtime)?.unwrap_or_else(|| RuntimeIndex::empty(options.runtime));
    let mut added = AddedRuntime { unchanged: false, ..carried.report };
    if let Some(published) = index.release(&options.version, options.platform) {
        if published.archive != release.archive {
            let (runtime, version, platform) = (options.runtime, options.version.clone(), options.platform);
            return Err(failed(RuntimeError::Taken { runtime, version, platform }));
        }
        added.unchanged = true;
        return Ok(added);
    }
    registry.blobs().put(&carried.archive)?;
    index.insert(release);
    publisher.publish_runtime(&index, &keys)?;
    Ok(added)
}

/// The interpreters that a registry carries.
pub fn list_runtimes(registry: &std::path::Path, now: Timestamp) -> Result<Vec<RuntimeIndex>, RegistryError> {
    let registry = RegistryDirectory::open(registry)?;
    let publisher = registry.publisher(now)?;
    let indexes = RuntimeName::ALL.into_iter().map(|runtime| publisher.runtime_index(runtime));
    indexes.filter_map(Result::transpose).collect()
}

/// An archive, and what is told of it.
struct Archived {
    archive: Vec<u8>,
    report: AddedRuntime,
}

fn carry(options: &RuntimeOptions, obtained: &Obtained) -> Result<(Archived, RuntimeRelease), RuntimeError> {
    let RuntimeOptions { runtime, version, platform, .. } = options;
    let contents = Contents::of(obtained, *runtime)?;
    let inside =
        obtained.executable.strip_prefix(&obtained.prefix).map_err(|_| RuntimeError::DoesNotRun {
            reason: format!(
                "`{}` is outside of `{}`",
                obtained.executable.display(),
                obtained.prefix.display()
            ),
        })?;
    let executable: EntryPath = inside
        .to_string_lossy()
        .parse()
        .map_err(|error| RuntimeError::DoesNotRun { reason: format!("{error}") })?;
    let mended = mend(&contents, &executable)?;
    let is_of_here = Platform::current() == Some(*platform);
    let proven = if is_of_here {
        prove(
            &contents,
            &mended,
            &executable,
            &Expected { runtime: *runtime, version, platform: *platform },
            &obtained.prefix,
        )?
    } else {
        Proven::default()
    };
    let (archive, unpacked) = archive(&contents, &mended)?;
    let report = AddedRuntime {
        runtime: *runtime,
        version: version.clone(),
        platform: *platform,
        size: archive.len() as u64,
        files: unpacked.files,
        proven: is_of_here,
        mended: mended.files.keys().map(ToString::to_string).collect(),
        libraries: mended.libraries.iter().cloned().collect(),
        unchanged: false,
    };
    let release = RuntimeRelease {
        version: version.clone(),
        platform: *platform,
        archive: ManifestPointer { digest: Digest::of(&archive), size: archive.len() as u64 },
        unpacked,
        executable,
        links: contents.links,
        libraries: mended.libraries.into_iter().collect(),
        glibc: mended.glibc.map(|(major, minor)| format!("{major}.{minor}")),
        abi: proven.abi,
        published_at: options.now,
        origin: options.source.parse::<url::Url>().ok().map(|url| attune_registry::fetch::shown(&url)),
    };
    Ok((Archived { archive, report }, release))
}

fn archive(
    contents: &Contents,
    mended: &Mended,
) -> Result<(Vec<u8>, attune_schemas::environment_lock::Footprint), RuntimeError> {
    let mut files: BTreeMap<EntryPath, SourceFile<'_>> = BTreeMap::new();
    for (path, file) in &contents.files {
        let new = mended.files.get(path);
        let size = match new {
            Some(bytes) => bytes.len() as u64,
            None => fs_err::metadata(&file.place)?.len(),
        };
        let open = Box::new(move || {
            Ok(match new {
                Some(bytes) => Box::new(Cursor::new(bytes.clone())) as Box<dyn Read>,
                None => Box::new(fs_err::File::open(&file.place)?),
            })
        });
        files.insert(path.clone(), SourceFile { executable: file.executable, size, open });
    }
    let mut bytes = Vec::new();
    let written = write_pack(files, &mut bytes)?;
    Ok((bytes, written.unpacked))
}
