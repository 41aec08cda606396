//! The three binaries under test, built from the sources that the running test was built from.
//!
//! Cargo builds the binaries of other packages for no test, so they are built here, once per test
//! process, into the target directory and profile of the test itself.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// One of the binaries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Binary {
    /// `attune-build`
    Build,
    /// `attune-install`
    Install,
    /// `attune-serve`
    Serve,
}

impl Binary {
    /// The name of the program and of its package.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Build => "attune-build",
            Self::Install => "attune-install",
            Self::Serve => "attune-serve",
        }
    }

    /// Where the program is; the first call builds all three.
    pub fn path(self) -> PathBuf {
        static DIRECTORY: OnceLock<PathBuf> = OnceLock::new();
        DIRECTORY.get_or_init(build_all).join(self.name())
    }
}

/// Builds the binaries and returns the directory that they are in.
fn build_all() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    // <target>/<profile directory>/deps/<test>, or without `deps` for a program
    let beside = test.parent().unwrap();
    let directory = if beside.ends_with("deps") { beside.parent().unwrap() } else { beside };
    let directory = directory.to_owned();
    let profile = match directory.file_name().and_then(|name| name.to_str()) {
        Some("debug") | None => "dev",
        Some(profile) => profile,
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--quiet", "--locked", "--profile", profile, "--target-dir"]);
    command.arg(directory.parent().unwrap());
    for binary in [Binary::Build, Binary::Install, Binary::Serve] {
        command.args(["-p", binary.name()]);
    }
    // What cargo tells this test of its package would make build scripts that look at it run again.
    let of_this_package = |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_str().is_some_and(of_this_package)) {
        command.env_remove(name);
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let status = command.current_dir(workspace).status().unwrap();
    assert!(status.success(), "the binaries cannot be built");
    directory
}
