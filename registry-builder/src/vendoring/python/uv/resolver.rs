//! Resolving requirements with uv: one universal resolution, given as a PEP 751 lock.
//!
//! uv is run as a program, with the caller's environment (its `UV_*` variables, proxies and
//! certificates hold) and the user's own configuration. It runs in a work area that shows it the
//! pack's files but not a `uv.toml` or `pyproject.toml` of the pack or of a directory above it: they
//! configure uv for work on a project, and what a pack asks for stands in its requirements alone.

use attune_registry::atomic_file::write_unshared;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use attune_schemas::PythonMinor;
use tempfile::TempDir;

use crate::vendoring::build_failure::missing_of_machine;
use crate::vendoring::python::error::PythonError;
use crate::vendoring::python::requirements::{PythonInputs, REQUIREMENTS_FILE};

/// Files that would configure uv.
const CONFIGURATION_FILES: [&str; 2] = ["uv.toml", "pyproject.toml"];
/// The exit status with which uv says that the requirements cannot be satisfied.
const STATUS_UNSATISFIABLE: i32 = 1;

/// Which uv is used, and which indexes it may use.
#[derive(Debug, Clone, Default)]
pub struct UvSettings {
    /// The program; absent means the one on the search path, else one fetched into the cache.
    pub path: Option<PathBuf>,
    /// The package index; absent means uv's own configuration.
    pub index_url: Option<String>,
    /// Further indexes, asked before the default one.
    pub extra_index_urls: Vec<String>,
    /// Directories or pages with wheels.
    pub find_links: Vec<String>,
    /// Use no index at all, only `find_links`.
    pub no_index: bool,
    /// Refuse the network: resolve from uv's cache and local `find_links`.
    pub offline: bool,
}

/// A uv that can be run.
#[derive(Debug, Clone)]
pub(crate) struct Uv {
    program: PathBuf,
}

impl Uv {
    pub(crate) const fn new(program: PathBuf) -> Self {
        Self { program }
    }

    /// Resolves what `inputs` asks for, for every platform and for `python` and newer; gives the text
    /// of a `pylock.toml`, whose relative paths are below the pack.
    pub(crate) fn compile(
        &self,
        inputs: &PythonInputs,
        python: PythonMinor,
        settings: &UvSettings,
    ) -> Result<String, PythonError> {
        let area = WorkArea::new(inputs, &CONFIGURATION_FILES)?;
        let mut command = self.command();
        command.current_dir(&area.directory);
        command.args(["pip", "compile", "--universal", "--format", "pylock.toml"]);
        command.args(["--python-version", &python.to_string()]);
        command.args(["--no-header", "--no-annotate", "--no-sources", "--no-python-downloads"]);
        command.args(["--quiet", "--no-progress", "--color", "never"]);
        set_indexes(&mut command, settings);
        command.args(&area.requirement_files);
        tracing::debug!(program = %self.program.display(), %python, "resolving");
        self.lock_text(&mut command)
    }

    /// The pack's `uv.lock` as the text of a `pylock.toml`; nothing is resolved anew.
    pub(crate) fn export(&self, inputs: &PythonInputs, settings: &UvSettings) -> Result<String, PythonError> {
        let area = WorkArea::new(inputs, &[])?;
        let mut command = self.command();
        command.current_dir(&area.directory);
        command.args(["export", "--frozen", "--format", "pylock.toml", "--no-emit-project", "--no-dev"]);
        command.args(["--no-header", "--no-annotate", "--no-python-downloads"]);
        command.args(["--quiet", "--no-progress", "--color", "never"]);
        set_indexes(&mut command, settings);
        tracing::debug!(program = %self.program.display(), "exporting uv.lock");
        self.lock_text(&mut command)
    }

    /// Runs a command that prints a lock.
    fn lock_text(&self, command: &mut Command) -> Result<String, PythonError> {
        let output = command
            .output()
            .map_err(|source| PythonError::UvUnusable { path: self.program.clone(), source })?;
        if output.status.success() {
            return String::from_utf8(output.stdout)
                .map_err(|error| PythonError::Io(io::Error::new(io::ErrorKind::InvalidData, error)));
        }
        let message = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(match missing_of_machine(&message) {
            // It had to build a package only to learn what that requires.
            Some(missing) => PythonError::BuildMisses { missing, message },
            None if output.status.code() == Some(STATUS_UNSATISFIABLE) => {
                PythonError::Unsatisfiable { explanation: message }
            }
            None => PythonError::UvFailed { status: output.status.to_string(), message },
        })
    }

    /// uv, not started yet.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        // What it builds may run code of strangers.
        command.env_remove(crate::signing::PASSPHRASE_VARIABLE).stdin(Stdio::null());
        command
    }

    /// Its program.
    pub(crate) fn program(&self) -> &Path {
        &self.program
    }
}

/// Tells uv which indexes to use, after its subcommand.
pub(crate) fn set_indexes(command: &mut Command, settings: &UvSettings) {
    // In the environment, because a URL may hold a password and everyone can read arguments.
    if let Some(url) = &settings.index_url {
        command.env_remove("UV_INDEX_URL").env("UV_DEFAULT_INDEX", url);
    }
    if !settings.extra_index_urls.is_empty() {
        command.env_remove("UV_EXTRA_INDEX_URL").env("UV_INDEX", settings.extra_index_urls.join(" "));
    }
    for place in &settings.find_links {
        command.args(["--find-links", place]);
    }
    if settings.no_index {
        command.arg("--no-index");
    }
    if settings.offline {
        command.arg("--offline");
    }
}

/// A directory that shows uv the pack, without what would configure uv.
struct WorkArea {
    /// Removed with this value.
    _temp: TempDir,
    directory: PathBuf,
    requirement_files: Vec<PathBuf>,
}

impl WorkArea {
    /// Shows every file at the pack's top but those that are `hidden`.
    fn new(inputs: &PythonInputs, hidden: &[&str]) -> Result<Self, PythonError> {
        let temp = tempfile::tempdir()?;
        let directory = temp.path().join("pack");
        fs_err::create_dir(&directory)?;
        link_entries(&inputs.pack_dir().canonicalize()?, &directory, hidden)?;
        let mut requirement_files = Vec::new();
        if inputs.manifest().is_some() {
            requirement_files.push(PathBuf::from(REQUIREMENTS_FILE));
        }
        if !inputs.added().is_empty() {
            let declared = temp.path().join("declared.txt");
            write_unshared(&declared, inputs.added().join("\n") + "\n")?;
            requirement_files.push(declared);
        }
        Ok(Self { _temp: temp, directory, requirement_files })
    }
}

fn link_entries(pack: &Path, area: &Path, hidden: &[&str]) -> io::Result<()> {
    for entry in fs_err::read_dir(pack)? {
        let entry = entry?;
        let name = entry.file_name();
        if !hidden.iter().any(|file| name == *file) {
            fs_err::os::unix::fs::symlink(entry.path(), area.join(name))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use attune_registry::pack_directory::PackDirectory;

    use super::*;

    /// A stand-in for uv that prints what it was given and exits with `status`.
    fn stand_in(directory: &Path, status: i32) -> Uv {
        let path = directory.join("uv");
        let script = format!(
            "#!/bin/sh\necho \"$@\"\necho $UV_DEFAULT_INDEX, $UV_INDEX\npwd\nls\nfor f in \"$@\"; do case $f in *.txt) cat \"$f\";; esac; done\n\
             echo because >&2\nexit {status}\n"
        );
        crate::testing::write_program(&path, &script);
        Uv::new(path)
    }

    fn inputs(pack: &Path) -> PythonInputs {
        fs_err::write(pack.join(REQUIREMENTS_FILE), "requests\n").unwrap();
        fs_err::write(pack.join("uv.toml"), "index-url = 'http://h.invalid'\n").unwrap();
        PythonInputs::read(&PackDirectory::open(pack).unwrap(), &["PyYAML".to_owned()], None).unwrap()
    }

    #[test]
    fn uv_sees_the_requirements_but_not_the_packs_configuration() {
        let (dir, pack) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let settings = UvSettings {
            index_url: Some("http://i.invalid/simple".to_owned()),
            extra_index_urls: vec!["http://x.invalid/1".to_owned(), "http://x.invalid/2".to_owned()],
            find_links: vec!["/links".to_owned()],
            offline: true,
            ..UvSettings::default()
        };
        let uv = stand_in(dir.path(), 0);
        let text = uv.compile(&inputs(pack.path()), PythonMinor::new(11), &settings).unwrap();
        for expected in [
            "--universal",
            "--format pylock.toml",
            "--python-version 3.11",
            "http://i.invalid/simple, http://x.invalid/1 http://x.invalid/2\n",
            "--find-links /links",
            "--offline requirements.txt",
            "\nrequests\n",
            "\nPyYAML\n",
        ] {
            assert!(text.contains(expected), "{expected}: {text}");
        }
        assert!(!text.contains("uv.toml"), "{text}");
    }

    #[test]
    fn unsatisfiable_requirements_keep_the_explanation() {
        let (dir, pack) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let inputs = inputs(pack.path());
        let compile = |status| {
            stand_in(dir.path(), status).compile(&inputs, PythonMinor::new(11), &UvSettings::default())
        };
        let error = compile(1).unwrap_err();
        assert!(matches!(&error, PythonError::Unsatisfiable { explanation } if explanation == "because"));
        let error = compile(2).unwrap_err();
        assert!(matches!(&error, PythonError::UvFailed { message, .. } if message == "because"));
    }
}
