//! Gets hold of an interpreter: a directory as it is, an archive unpacked, a URL fetched first.

use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

use attune_schemas::Digest;
use attune_schemas::runtime_index::RuntimeName;
use tempfile::TempDir;
use url::Url;

use super::error::RuntimeError;
use attune_registry::fetch::digest_of_file;
use attune_registry::fetch::{
    Checksum, DownloadCache, DownloadProgress, DownloadRequest, DownloadSettings, Location, fetch_all,
};

/// The most bytes that an archive unpacks to.
const MAX_UNPACKED_BYTES: u64 = 4 << 30;

/// An interpreter's files, somewhere on this machine.
#[derive(Debug)]
pub(super) struct Obtained {
    /// The top of what was named: absolute links lead below it.
    pub(super) top: PathBuf,
    /// The directory with `bin` in it.
    pub(super) prefix: PathBuf,
    /// The program, links resolved.
    pub(super) executable: PathBuf,
    /// Kept as long as the files are needed.
    _temporary: Option<TempDir>,
}

/// How sources are fetched.
pub(super) struct Fetching<'a> {
    pub(super) cache: &'a DownloadCache,
    pub(super) settings: &'a DownloadSettings,
    pub(super) progress: &'a dyn DownloadProgress,
}

/// Finds the interpreter in `source`: a directory, an archive or a URL.
pub(super) fn obtain(
    source: &str,
    sha256: Option<&Digest>,
    runtime: RuntimeName,
    fetching: &Fetching<'_>,
) -> Result<Obtained, RuntimeError> {
    let path = match source.parse::<Url>() {
        Ok(url) if matches!(url.scheme(), "http" | "https") => fetch(&url, sha256, fetching)?,
        _ => PathBuf::from(source),
    };
    if path.is_dir() {
        return locate(&path.canonicalize()?, source, runtime, None);
    }
    let no_source = || RuntimeError::NoSource { source_name: source.to_owned() };
    if !path.is_file() {
        return Err(no_source());
    }
    if let Some(expected) = sha256 {
        let (actual, _) = digest_of_file(&path)?;
        if actual != *expected {
            return Err(RuntimeError::OtherDigest {
                source_name: source.to_owned(),
                expected: *expected,
                actual,
            });
        }
    }
    let temporary = tempfile::tempdir()?;
    unpack(&path, temporary.path()).map_err(|error| {
        tracing::debug!(%error, "unpacking failed");
        no_source()
    })?;
    let top = temporary.path().canonicalize()?;
    locate(&top, source, runtime, Some(temporary))
}

fn fetch(url: &Url, sha256: Option<&Digest>, fetching: &Fetching<'_>) -> Result<PathBuf, RuntimeError> {
    let shown = attune_registry::fetch::shown(url);
    let digest = sha256.ok_or(RuntimeError::NoDigest { url: shown.clone() })?;
    let request = DownloadRequest {
        name: shown,
        location: Location::Url(url.clone()),
        checksum: Checksum::Sha256(*digest),
        size: None,
    };
    let files = fetch_all(&[request], fetching.cache, fetching.settings, fetching.progress)?;
    Ok(files.into_iter().next().expect("one file was asked for").path)
}

/// Unpacks a tar archive, compressed or not, into `directory`.
fn unpack(path: &Path, directory: &Path) -> io::Result<()> {
    let mut magic = [0; 6];
    let count = fs_err::File::open(path)?.read(&mut magic)?;
    let file = BufReader::new(fs_err::File::open(path)?);
    let reader: Box<dyn Read> = match &magic[..count] {
        [0x1f, 0x8b, ..] => Box::new(flate2::read::GzDecoder::new(file)),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => Box::new(zstd::Decoder::with_buffer(file)?),
        [0xfd, b'7', b'z', b'X', b'Z', 0] => Box::new(lzma_rust2::XzReader::new(file, true)),
        _ => Box::new(file),
    };
    let mut archive = tar::Archive::new(reader.take(MAX_UNPACKED_BYTES));
    archive.set_preserve_mtime(false);
    // Refuses what would lead out of the directory.
    archive.unpack(directory)
}

/// The programs to look for, in the order of preference.
const fn programs(runtime: RuntimeName) -> &'static [&'static str] {
    match runtime {
        RuntimeName::Python => &["python3"],
        RuntimeName::Nodejs => &["node"],
    }
}

/// Finds the directory below `top` that has the program in `bin`.
fn locate(
    top: &Path,
    source: &str,
    runtime: RuntimeName,
    temporary: Option<TempDir>,
) -> Result<Obtained, RuntimeError> {
    for prefix in candidates(top)? {
        if let Some(executable) = program_in(&prefix.join("bin"), runtime, top) {
            return Ok(Obtained { top: top.to_owned(), prefix, executable, _temporary: temporary });
        }
    }
    let looked_for =
        programs(runtime).iter().map(|name| format!("`bin/{name}`")).collect::<Vec<_>>().join(", ");
    Err(RuntimeError::NoInterpreter { source_name: source.to_owned(), runtime, looked_for })
}

/// Where prefixes are: the top itself, where distributions and python-build-standalone have theirs, and the
/// directories that archives have at their top.
fn candidates(top: &Path) -> io::Result<Vec<PathBuf>> {
    let mut candidates = vec![top.to_owned()];
    candidates.extend(["usr/local", "usr", "install"].map(|place| top.join(place)));
    for entry in fs_err::read_dir(top)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            candidates.push(entry.path());
            candidates.push(entry.path().join("install"));
        }
    }
    Ok(candidates)
}

/// The program in `bin`, links resolved; a distribution may have none without a number.
fn program_in(bin: &Path, runtime: RuntimeName, top: &Path) -> Option<PathBuf> {
    let plain = programs(runtime).iter().map(|name| bin.join(name));
    let numbered = fs_err::read_dir(bin).ok()?.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let number = name.strip_prefix("python3.").filter(|_| runtime == RuntimeName::Python);
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
    });
    let programs = plain.chain(numbered).filter_map(|path| path.canonicalize().ok());
    programs.into_iter().find(|program| program.is_file() && program.starts_with(top))
}

#[cfg(test)]
mod tests {
    use super::*;
    use attune_registry::fetch::NoProgress;

    fn find(top: &Path, runtime: RuntimeName) -> Result<Obtained, RuntimeError> {
        let cache = tempfile::tempdir().unwrap();
        let cache = DownloadCache::open(cache.path()).unwrap();
        let settings = DownloadSettings { offline: true, ..DownloadSettings::default() };
        let fetching = Fetching { cache: &cache, settings: &settings, progress: &NoProgress };
        obtain(&top.display().to_string(), None, runtime, &fetching)
    }

    #[test]
    fn programs_are_found_in_every_layout() {
        let table = [
            ("bin/python3", RuntimeName::Python),
            ("python/bin/python3.11", RuntimeName::Python),
            ("python/install/bin/python3", RuntimeName::Python),
            ("usr/bin/python3.11", RuntimeName::Python),
            ("node-v20.1.0-linux-x64/bin/node", RuntimeName::Nodejs),
            ("package/bin/node", RuntimeName::Nodejs),
        ];
        for (path, runtime) in table {
            let top = tempfile::tempdir().unwrap();
            let program = top.path().join(path);
            fs_err::create_dir_all(program.parent().unwrap()).unwrap();
            fs_err::write(&program, "").unwrap();
            assert!(find(top.path(), runtime).unwrap().executable.ends_with(path), "{path}");
        }
    }

    #[test]
    fn what_has_no_interpreter_is_refused() {
        let top = tempfile::tempdir().unwrap();
        let error = find(top.path(), RuntimeName::Python).unwrap_err();
        assert!(matches!(error, RuntimeError::NoInterpreter { .. }), "{error}");
        let file = top.path().join("file");
        fs_err::write(&file, "no archive").unwrap();
        for source in [file, top.path().join("missing")] {
            let error = find(&source, RuntimeName::Python).unwrap_err();
            assert!(
                matches!(error, RuntimeError::NoSource { .. } | RuntimeError::NoInterpreter { .. }),
                "{error}"
            );
        }
    }
}
