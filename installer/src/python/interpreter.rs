//! One Python interpreter, as it describes itself.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::str::FromStr;

use attune_schemas::platform::{Arch, Libc};
use attune_schemas::{Platform, PythonMinor};
use serde::{Deserialize, Serialize};
use uv_pep440::{Version, VersionSpecifiers};
use uv_platform_tags::{Os, Tags, TagsOptions};

/// Asked of every interpreter; `-I` keeps the user's environment out of the answer.
const PROBE: &str = r#"
import json, os, platform, sys, sysconfig
libc = "gnu"
version = [0, 0]
try:
    name, _, number = os.confstr("CS_GNU_LIBC_VERSION").partition(" ")
    version = [int(part) for part in number.split(".")[:2]]
except (AttributeError, OSError, TypeError, ValueError):
    libc = "musl"
executable = getattr(sys, "_base_executable", None) or sys.executable
print(json.dumps({
    "executable": os.path.realpath(executable),
    "version": "%d.%d.%d" % sys.version_info[:3],
    "implementation": sys.implementation.name,
    "os": sys.platform,
    "machine": platform.machine(),
    "libc": libc,
    "libc_version": version,
    "gil_disabled": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
}))
"#;

/// A Python interpreter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interpreter {
    /// The executable itself, links resolved, outside of any virtual environment.
    pub executable: PathBuf,
    /// Its full version, `3.11.7`.
    pub version: String,
    /// `cpython`, `pypy`...
    pub implementation: String,
    /// `sys.platform`.
    pub os: String,
    /// `platform.machine()`.
    pub machine: String,
    /// `gnu` or `musl`.
    pub libc: String,
    /// Version of the C library; zeros where it is not glibc.
    pub libc_version: (u16, u16),
    /// Whether it is a free-threaded build, whose extension modules are others.
    #[serde(default)]
    pub gil_disabled: bool,
}

/// Why a program is not a usable interpreter.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum InterpreterError {
    /// It could not be started.
    #[error("could not run `{}`", path.display())]
    Run {
        /// The program.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// It does not answer as Python does.
    #[error("`{}` does not answer as a Python interpreter: {reason}", path.display())]
    Answer {
        /// The program.
        path: PathBuf,
        /// What it said.
        reason: String,
    },
}

impl Interpreter {
    /// Asks the program at `path` what it is.
    pub fn probe(path: &Path) -> Result<Self, InterpreterError> {
        let answer = |reason: String| InterpreterError::Answer { path: path.to_owned(), reason };
        let output = Command::new(path)
            .args(["-I", "-S", "-c", PROBE])
            .stdin(Stdio::null())
            .output()
            .map_err(|source| InterpreterError::Run { path: path.to_owned(), source })?;
        if !output.status.success() {
            let stderr = String::from_utf8_lossy(&output.stderr);
            return Err(answer(stderr.lines().last().unwrap_or("it failed without a word").to_owned()));
        }
        serde_json::from_slice(&output.stdout).map_err(|error| answer(error.to_string()))
    }

    /// Its feature release, or `None` where it is no CPython 3.
    pub fn minor(&self) -> Option<PythonMinor> {
        let parts: Vec<&str> = self.version.split('.').collect();
        match parts[..] {
            ["3", minor, ..] if self.implementation == "cpython" => minor.parse().ok().map(PythonMinor::new),
            _ => None,
        }
    }

    /// The machine it runs on, or `None` where it is not one of ours.
    pub fn platform(&self) -> Option<Platform> {
        if self.os != "linux" {
            return None;
        }
        let libc = if self.libc == "musl" { Libc::Musl } else { Libc::Gnu };
        Some(Platform { arch: Arch::from_machine(&self.machine)?, libc })
    }

    /// Whether its version satisfies a PEP 440 specifier; one that cannot be read satisfies nothing.
    pub fn satisfies(&self, specifier: &str) -> bool {
        let specifiers = VersionSpecifiers::from_str(specifier);
        let version = Version::from_str(&self.version);
        matches!((specifiers, version), (Ok(specifiers), Ok(version)) if specifiers.contains(&version))
    }

    /// The wheel tags it takes, or `None` where it is not one of ours.
    pub fn tags(&self) -> Option<Tags> {
        let minor = self.minor()?.minor();
        let os = if self.libc == "musl" {
            // Every musl wheel in use is for 1.2, the only series since 2020.
            Os::Musllinux { major: 1, minor: 2 }
        } else {
            Os::Manylinux { major: self.libc_version.0, minor: self.libc_version.1 }
        };
        let arch = uv_platform_tags::Arch::from_str(&self.machine).ok()?;
        let platform = uv_platform_tags::Platform::new(os, arch);
        let options = TagsOptions {
            manylinux_compatible: true,
            gil_disabled: self.gil_disabled,
            ..TagsOptions::default()
        };
        Tags::from_env(platform, (3, minor), &self.implementation, (3, minor), options).ok()
    }

    /// One line for people.
    pub fn describe(&self) -> String {
        format!("{} {} ({})", self.implementation, self.version, self.executable.display())
    }
}
