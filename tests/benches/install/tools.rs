//! The programs that are run: interpreters and peers.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Where the programs are.
pub(crate) struct Tools {
    pub(crate) python: PathBuf,
    pub(crate) node: PathBuf,
    pub(crate) uv: PathBuf,
}

impl Tools {
    /// Finds them; what has to be fetched goes below `place`.
    pub(crate) fn find(place: &Path) -> Self {
        Self {
            python: printed("python3", &["-c", "import os, sys; print(os.path.realpath(sys.executable))"]),
            node: printed("node", &["-p", "process.execPath"]),
            uv: uv(place),
        }
    }
}

/// Runs `command` and stops the benchmark where it fails.
pub(crate) fn check(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The path that an interpreter prints: itself, so that no peer pays for a version manager's shim.
fn printed(program: &str, args: &[&str]) -> PathBuf {
    let output = Command::new(program).args(args).output().unwrap();
    PathBuf::from(String::from_utf8(output.stdout).unwrap().trim())
}

/// uv from PATH, else from its wheel.
fn uv(place: &Path) -> PathBuf {
    if let Some(path) = std::env::var_os("PATH") {
        let found =
            std::env::split_paths(&path).map(|directory| directory.join("uv")).find(|uv| uv.is_file());
        if let Some(uv) = found {
            return uv;
        }
    }
    let target = place.join("uv");
    check(Command::new("python3").args(["-m", "pip", "install", "-q", "uv", "--target"]).arg(&target));
    target.join("bin/uv")
}
