//! Runs an interpreter from a place where it never was, and asks it what it is.

use std::io::Write;
use std::os::unix::fs::{OpenOptionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use attune_schemas::runtime_index::RuntimeName;
use attune_schemas::{EntryPath, Platform, Version};

use super::contents::Contents;
use super::error::RuntimeError;
use super::mend::Mended;

/// Prints version, machine, ABI and the prefix, then every file that is mapped.
const PYTHON: &str = "\
import encodings, io, json, os, re, subprocess, sys, unittest
print('%d.%d.%d' % sys.version_info[:3], os.uname()[4], '-', os.path.realpath(sys.prefix), sep='\\n')
print(open('/proc/self/maps').read())";
const NODE: &str = "\
const fs = require('fs'); require('https');
console.log([process.versions.node, process.arch, process.versions.modules, fs.realpathSync(process.execPath + '/../..'),
fs.readFileSync('/proc/self/maps', 'latin1')].join('\\n'))";

/// An interpreter's description of itself.
#[derive(Debug, Default)]
pub(super) struct Proven {
    pub(super) abi: Option<String>,
}

/// The interpreter that was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Expected<'a> {
    pub(super) runtime: RuntimeName,
    pub(super) version: &'a Version,
    pub(super) platform: Platform,
}

/// Lays `contents` out in a new place and runs `executable` there.
pub(super) fn prove(
    contents: &Contents,
    mended: &Mended,
    executable: &EntryPath,
    &Expected { runtime, version, platform }: &Expected<'_>,
    old_prefix: &Path,
) -> Result<Proven, RuntimeError> {
    let place = tempfile::Builder::new().prefix("another place ").tempdir()?;
    let place = place.path().canonicalize()?;
    lay_out(contents, mended, &place)?;
    let program = executable.below(&place);
    let arguments: &[&str] = match runtime {
        RuntimeName::Python => &["-I", "-B", "-c", PYTHON],
        RuntimeName::Nodejs => &["-e", NODE],
    };
    let output = Command::new(&program).args(arguments).env_clear().stdin(Stdio::null()).output();
    let fails = |reason: String| RuntimeError::DoesNotRun { reason };
    let output = output.map_err(|error| fails(error.to_string()))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().map(str::trim).rfind(|line| !line.is_empty());
        return Err(fails(last.unwrap_or("it failed without a word").to_owned()));
    }
    let text = String::from_utf8_lossy(&output.stdout);
    let mut lines = text.lines();
    let mut next = || lines.next().unwrap_or_default().to_owned();
    let (actual, machine, abi, prefix) = (next(), next(), next(), next());
    if actual != version.to_string() {
        return Err(RuntimeError::OtherVersion { runtime, expected: version.clone(), actual });
    }
    let expected_machine = match (runtime, platform.arch) {
        (RuntimeName::Python, arch) => arch.machine(),
        (RuntimeName::Nodejs, attune_schemas::platform::Arch::Amd64) => "x64",
        (RuntimeName::Nodejs, attune_schemas::platform::Arch::Arm64) => "arm64",
    };
    if machine != expected_machine {
        return Err(RuntimeError::OtherPlatform { expected: platform, actual: machine });
    }
    if !Path::new(&prefix).starts_with(&place) {
        return Err(fails(format!("it takes `{prefix}` for its place")));
    }
    let mapped = lines.filter_map(|line| line.find('/').map(|at| &line[at..]));
    // Where the prefix is that of the system, libraries of the system are rightly taken from there.
    let is_own = |path: &&str| {
        let inside =
            Path::new(path).strip_prefix(old_prefix).ok().and_then(|path| path.to_str()?.parse().ok());
        inside.is_some_and(|path: EntryPath| contents.files.contains_key(&path))
    };
    let mut elsewhere = mapped.filter(is_own);
    if let Some(path) = elsewhere.next() {
        return Err(fails(format!("it still uses `{path}`")));
    }
    Ok(Proven { abi: (runtime == RuntimeName::Nodejs).then_some(abi) })
}

/// Writes everything that is carried below `place`.
fn lay_out(contents: &Contents, mended: &Mended, place: &Path) -> Result<(), RuntimeError> {
    let with_parent = |path: &EntryPath| -> Result<PathBuf, RuntimeError> {
        let path = path.below(place);
        fs_err::create_dir_all(path.parent().unwrap_or(place))?;
        Ok(path)
    };
    for (path, file) in &contents.files {
        let target = with_parent(path)?;
        let mut options = fs_err::OpenOptions::new();
        options.write(true).create_new(true);
        options.options_mut().mode(if file.executable { 0o755 } else { 0o644 });
        let mut written = options.open(target)?;
        match mended.files.get(path) {
            Some(bytes) => written.write_all(bytes)?,
            None => {
                std::io::copy(&mut fs_err::File::open(&file.place)?, &mut written)?;
            }
        }
    }
    for link in &contents.links {
        symlink(link.target.below(place), with_parent(&link.path)?)?;
    }
    Ok(())
}
