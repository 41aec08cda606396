//! Finding uv: the configured one, the one on the search path, else the pinned one fetched once.
//!
//! Fetching goes through `pip download`, because pip knows the site's package index, and asks for one
//! version with one digest. The wheel's digest is checked again here, and the program taken out of it
//! is kept in the cache with its own digest beside it, which every later use compares.

use attune_registry::atomic_file::{create_unshared, write_unshared};
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use attune_schemas::Digest;
use attune_schemas::platform::Arch;

use super::resolver::{Uv, UvSettings};
use crate::vendoring::python::error::PythonError;
use attune_registry::fetch::DownloadCache;
use attune_registry::fetch::digest_of_file;

/// The version fetched where there is none.
const PINNED_VERSION: &str = "0.13.8";
/// The digest of the glibc wheel of [`PINNED_VERSION`], `x86_64`.
const PINNED_AMD64: &str = "e18a57b8b352eb7c8feb317b9f6f533c8f0ad9673fd6cf34bbe3cf1a9f6a8984";
/// The digest of the glibc wheel of [`PINNED_VERSION`], `aarch64`.
const PINNED_ARM64: &str = "0b3e8b1a4f5e405e31e2ff33de8af4744831e9f7338539671efbd8c3c94e791d";
/// The oldest version that writes the lock format asked for.
const OLDEST: semver::Version = semver::Version::new(0, 8, 0);
/// [`OLDEST`] as text.
const OLDEST_TEXT: &str = "0.8.0";
/// The largest program taken out of a wheel, in bytes.
const MAX_PROGRAM_BYTES: u64 = 512 << 20;

/// The names that programs are looked for under.
pub(crate) struct Programs<'a> {
    pub(crate) uv: &'a str,
    pub(crate) python: &'a str,
}

/// The usual names.
pub(crate) const PROGRAMS: Programs<'_> = Programs { uv: "uv", python: "python3" };

/// A uv that can be run.
pub(crate) fn find_uv(
    settings: &UvSettings,
    cache: &DownloadCache,
    programs: &Programs<'_>,
) -> Result<Uv, PythonError> {
    if let Some(path) = &settings.path {
        return configured(path);
    }
    match version_of(Path::new(programs.uv)) {
        Ok(Ok(_)) => return Ok(Uv::new(PathBuf::from(programs.uv))),
        Ok(Err(version)) => tracing::debug!(version, "the uv on the search path is too old"),
        Err(error) => tracing::debug!(%error, "no uv on the search path"),
    }
    fetched(settings, cache, programs)
}

fn configured(path: &Path) -> Result<Uv, PythonError> {
    match version_of(path) {
        Ok(Ok(_)) => Ok(Uv::new(path.to_owned())),
        Ok(Err(version)) => {
            Err(PythonError::UvTooOld { path: path.to_owned(), version, needed: OLDEST_TEXT })
        }
        Err(source) => Err(PythonError::UvUnusable { path: path.to_owned(), source }),
    }
}

/// The version that `program` reports; as an inner error what it reports instead of a usable one.
fn version_of(program: &Path) -> io::Result<Result<semver::Version, String>> {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output()?;
    let text = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    let version = text.split(' ').nth(1).and_then(|version| version.parse::<semver::Version>().ok());
    Ok(version.filter(|version| output.status.success() && *version >= OLDEST).ok_or(text))
}

fn pinned_digest() -> Option<Digest> {
    let hex = match Arch::from_machine(std::env::consts::ARCH)? {
        Arch::Amd64 => PINNED_AMD64,
        Arch::Arm64 => PINNED_ARM64,
    };
    Some(Digest::from_hex(hex).expect("the pinned digests are 64 hex digits"))
}

fn fetched(settings: &UvSettings, cache: &DownloadCache, programs: &Programs<'_>) -> Result<Uv, PythonError> {
    let no_uv = |reason: &str| PythonError::NoUv { reason: reason.to_owned() };
    let pinned = pinned_digest().ok_or_else(|| no_uv("there is none for this machine"))?;
    let home = cache.tools().join(format!("uv-{PINNED_VERSION}-{}", pinned.short()));
    if is_sound(&home) {
        return Ok(Uv::new(home.join("uv")));
    }
    if settings.offline {
        return Err(no_uv("the network may not be used"));
    }
    fs_err::create_dir_all(cache.tools())?;
    let temp = tempfile::tempdir_in(cache.tools())?;
    let wheel = download_with_pip(programs.python, temp.path(), pinned)?;
    let prepared = temp.path().join("prepared");
    take_out_program(&wheel, &prepared)?;
    if home.exists() {
        // Damaged, or another process was faster; either way ours is as good.
        fs_err::rename(&home, temp.path().join("old"))?;
    }
    match fs_err::rename(&prepared, &home) {
        Err(_) if is_sound(&home) => {}
        result => result?,
    }
    Ok(Uv::new(home.join("uv")))
}

/// Whether the program in `home` is the one that was put there.
fn is_sound(home: &Path) -> bool {
    let recorded = fs_err::read_to_string(home.join("uv.sha256")).ok();
    let actual = digest_of_file(&home.join("uv")).ok().map(|(digest, _)| digest.hex());
    recorded.is_some() && recorded == actual
}

/// Fetches the pinned wheel into `directory` and checks its digest.
fn download_with_pip(python: &str, directory: &Path, pinned: Digest) -> Result<PathBuf, PythonError> {
    let no_uv = |reason: String| PythonError::NoUv { reason };
    let requirements = directory.join("requirements.txt");
    write_unshared(&requirements, format!("uv=={PINNED_VERSION} --hash={pinned}\n"))?;
    let downloads = directory.join("downloads");
    let output = Command::new(python)
        .args(["-m", "pip", "download", "--require-hashes", "--no-deps", "--only-binary=:all:"])
        .args(["--quiet", "--no-input", "--disable-pip-version-check", "--dest"])
        .arg(&downloads)
        .arg("--requirement")
        .arg(&requirements)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| no_uv(format!("`{python}` cannot be run: {error}")))?;
    if !output.status.success() {
        return Err(no_uv(format!("pip failed: {}", last_line(&output))));
    }
    let mut entries = fs_err::read_dir(&downloads)?;
    let Some(wheel) = entries.next().transpose()? else {
        return Err(no_uv("pip fetched nothing".to_owned()));
    };
    let (actual, _) = digest_of_file(&wheel.path())?;
    if actual != pinned {
        let filename = wheel.file_name().to_string_lossy().into_owned();
        return Err(PythonError::UvDigest { filename, actual });
    }
    Ok(wheel.path())
}

/// The last words of a failing program.
fn last_line(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().rev().map(str::trim).find(|line| !line.is_empty());
    line.map_or_else(|| output.status.to_string(), str::to_owned)
}

/// Writes the program of `wheel` and its digest into the new directory `prepared`.
fn take_out_program(wheel: &Path, prepared: &Path) -> Result<(), PythonError> {
    let broken = |error: zip::result::ZipError| PythonError::NoUv {
        reason: format!("its wheel cannot be read: {error}"),
    };
    let mut archive = zip::ZipArchive::new(fs_err::File::open(wheel)?).map_err(broken)?;
    let name = format!("uv-{PINNED_VERSION}.data/scripts/uv");
    let entry = archive.by_name(&name).map_err(broken)?;
    fs_err::create_dir(prepared)?;
    let program = prepared.join("uv");
    let mut file = create_unshared(&program)?;
    io::copy(&mut entry.take(MAX_PROGRAM_BYTES), &mut file)?;
    file.set_permissions(PermissionsExt::from_mode(0o755))?;
    file.sync_all()?;
    let (digest, _) = digest_of_file(&program)?;
    write_unshared(&prepared.join("uv.sha256"), digest.hex())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::write_program;
    use attune_schemas::FailureKind;

    fn cache() -> (tempfile::TempDir, DownloadCache) {
        let dir = tempfile::tempdir().unwrap();
        let cache = DownloadCache::open(dir.path().join("cache")).unwrap();
        (dir, cache)
    }

    const NOTHING: Programs<'_> = Programs { uv: "no-such-uv", python: "no-such-python" };

    #[test]
    fn no_uv_and_no_python_is_an_error_with_the_remedy() {
        let (_dir, cache) = cache();
        let error = find_uv(&UvSettings::default(), &cache, &NOTHING).unwrap_err();
        assert!(
            matches!(&error, PythonError::NoUv { reason } if reason.contains("no-such-python")),
            "{error}"
        );
        assert_eq!(error.code().kind(), FailureKind::Failed);
        assert_eq!(fs_err::read_dir(cache.tools()).unwrap().count(), 0);
    }

    #[test]
    fn nothing_is_fetched_offline() {
        let (_dir, cache) = cache();
        let settings = UvSettings { offline: true, ..UvSettings::default() };
        let error = find_uv(&settings, &cache, &NOTHING).unwrap_err();
        assert!(matches!(&error, PythonError::NoUv { reason } if reason.contains("network")), "{error}");
    }

    #[test]
    fn a_configured_uv_that_is_missing_or_old_is_refused() {
        let (dir, cache) = cache();
        let path = dir.path().join("uv");
        let settings = UvSettings { path: Some(path.clone()), ..UvSettings::default() };
        let error = find_uv(&settings, &cache, &NOTHING).unwrap_err();
        assert!(matches!(error, PythonError::UvUnusable { .. }), "{error}");
        for reported in ["uv 0.4.1", "something else", "uv"] {
            write_program(&path, &format!("#!/bin/sh\necho {reported}\n"));
            let error = find_uv(&settings, &cache, &NOTHING).unwrap_err();
            assert!(
                matches!(&error, PythonError::UvTooOld { version, .. } if version == reported),
                "{error}"
            );
        }
        write_program(&path, "#!/bin/sh\necho uv 0.13.8 '(x86_64-unknown-linux-gnu)'\n");
        find_uv(&settings, &cache, &NOTHING).unwrap();
    }

    #[test]
    fn a_wheel_that_is_not_the_pinned_one_is_refused() {
        let (dir, cache) = cache();
        let python = dir.path().join("python");
        let script =
            "#!/bin/sh\nwhile [ \"$1\" != --dest ]; do shift; done\nmkdir \"$2\"; echo x > \"$2/uv.whl\"\n";
        write_program(&python, script);
        let programs = Programs { uv: "no-such-uv", python: python.to_str().unwrap() };
        let error = find_uv(&UvSettings::default(), &cache, &programs).unwrap_err();
        assert!(matches!(error, PythonError::UvDigest { .. }), "{error}");
        assert_eq!(fs_err::read_dir(cache.tools()).unwrap().count(), 0);
    }

    #[test]
    fn a_program_is_kept_with_its_digest() {
        let dir = tempfile::tempdir().unwrap();
        let name = format!("uv-{PINNED_VERSION}.data/scripts/uv");
        let wheel = dir.path().join("uv.whl");
        fs_err::write(&wheel, crate::testing::zip_bytes(&[(&name, b"#!/bin/sh\n")])).unwrap();
        let home = dir.path().join("home");
        take_out_program(&wheel, &home).unwrap();
        assert!(is_sound(&home));
        fs_err::write(home.join("uv"), "#!/bin/sh\nevil\n").unwrap();
        assert!(!is_sound(&home));
    }

    #[test]
    #[ignore = "reaches a package index"]
    fn index_uv_is_fetched_once() {
        let (_dir, cache) = cache();
        let programs = Programs { uv: "no-such-uv", python: "python3" };
        let uv = find_uv(&UvSettings::default(), &cache, &programs).unwrap();
        let again = find_uv(&UvSettings::default(), &cache, &NOTHING).unwrap();
        assert_eq!(format!("{uv:?}"), format!("{again:?}"));
        assert_eq!(fs_err::read_dir(cache.tools()).unwrap().count(), 1);
    }
}
