//! Resolving requirements with uv: one universal resolution, given as a PEP 751 lock.
//!
//! uv is run as a program, with the caller's environment (its `UV_*` variables, proxies and
//! certificates hold) and the user's own configuration. It runs in a work area that shows it the
//! pack's files but not a `uv.toml` or `pyproject.toml` of the pack or of a directory above it: they
//! configure uv for work on a project, and what a pack asks for stands in its requirements alone.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use attune_registry::report::without_secrets;
use attune_schemas::PythonMinor;

use super::work_area::WorkArea;
use crate::vendoring::build_failure::{diagnose, missing_of_machine};
use crate::vendoring::python::error::PythonError;
use crate::vendoring::python::requirements::PythonInputs;

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
    ) -> Result<Resolved, PythonError> {
        let area = WorkArea::new(inputs, &CONFIGURATION_FILES)?;
        let mut command = self.command();
        command.current_dir(&area.directory);
        command.args(["pip", "compile", "--universal", "--format", "pylock.toml"]);
        command.args(["--python-version", &python.to_string()]);
        command.args(["--no-header", "--no-annotate", "--no-sources", "--no-python-downloads"]);
        command.args(["--no-progress", "--color", "never"]);
        if inputs.in_file().pre {
            // uv passes the option of the file over.
            command.args(["--prerelease", "allow"]);
        }
        set_indexes(&mut command, settings);
        command.args(&area.requirement_files);
        tracing::debug!(program = %self.program.display(), %python, "resolving");
        self.resolved(&mut command, &area, inputs)
    }

    /// The pack's `uv.lock` as the text of a `pylock.toml`; nothing is resolved anew.
    pub(crate) fn export(
        &self,
        inputs: &PythonInputs,
        settings: &UvSettings,
    ) -> Result<Resolved, PythonError> {
        let area = WorkArea::new(inputs, &[])?;
        let mut command = self.command();
        command.current_dir(&area.directory);
        command.args(["export", "--frozen", "--format", "pylock.toml", "--no-emit-project", "--no-dev"]);
        command.args(["--no-header", "--no-annotate", "--no-python-downloads"]);
        command.args(["--no-progress", "--color", "never"]);
        set_indexes(&mut command, settings);
        tracing::debug!(program = %self.program.display(), "exporting uv.lock");
        self.resolved(&mut command, &area, inputs)
    }

    /// Runs a command that prints a lock.
    fn resolved(
        &self,
        command: &mut Command,
        area: &WorkArea,
        inputs: &PythonInputs,
    ) -> Result<Resolved, PythonError> {
        let output = command
            .output()
            .map_err(|source| PythonError::UvUnusable { path: self.program.clone(), source })?;
        // People know the pack's directory, not the area's.
        let message = area.shown(&String::from_utf8_lossy(&output.stderr), inputs);
        if output.status.success() {
            let lock = String::from_utf8(output.stdout)
                .map_err(|error| PythonError::Io(io::Error::new(io::ErrorKind::InvalidData, error)))?;
            return Ok(Resolved {
                lock: area.relative(&lock, &inputs.pack_dir().canonicalize()?),
                warnings: warnings_of(&message),
            });
        }
        let message = message.trim().to_owned();
        if output.status.code() != Some(STATUS_UNSATISFIABLE)
            && !is_of_the_network(&message)
            && let Some(refusal) = inputs.in_file().refusal()
        {
            return Err(refusal);
        }
        Err(match missing_of_machine(&message) {
            // It had to build a package only to learn what that requires.
            Some(missing) => PythonError::BuildMisses { missing, message },
            None if is_of_a_build(&message) => {
                PythonError::BuildFailed { reason: diagnose(&message), message }
            }
            None if output.status.code() == Some(STATUS_UNSATISFIABLE) && !wants_login(&message) => {
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

/// Whether uv takes an index that refuses to answer for one that does not have the package.
fn wants_login(message: &str) -> bool {
    message.contains("lack of valid authentication credentials")
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
    if settings.find_links.iter().any(|place| without_secrets(place) != *place) {
        command.env("UV_FIND_LINKS", settings.find_links.join(","));
    } else {
        for place in &settings.find_links {
            command.args(["--find-links", place]);
        }
    }
    if settings.no_index {
        command.arg("--no-index");
    }
    if settings.offline {
        command.arg("--offline");
    }
}

/// A lock, as uv prints it.
#[derive(Debug)]
pub(crate) struct Resolved {
    /// The text of a `pylock.toml`; paths in it are below the pack.
    pub(crate) lock: String,
    /// uv's warnings, a line each.
    pub(crate) warnings: Vec<String>,
}

/// The warnings in uv's output; one of `--pre`, which is passed on, is none.
fn warnings_of(output: &str) -> Vec<String> {
    let warnings = output.lines().filter_map(|line| line.trim().strip_prefix("warning: "));
    warnings.filter(|warning| !warning.contains("`--pre`")).map(str::to_owned).collect()
}

/// Whether uv says that the build of a package failed.
fn is_of_a_build(message: &str) -> bool {
    ["build backend", "Failed to build", "Build backend"].iter().any(|sign| message.contains(sign))
}

/// Whether uv says that it could not reach an index.
fn is_of_the_network(message: &str) -> bool {
    ["Failed to fetch", "error sending request", "client error", "dns error", "Connection"]
        .iter()
        .any(|sign| message.contains(sign))
}

#[cfg(test)]
mod tests {
    use attune_registry::pack_directory::PackDirectory;

    use super::*;
    use crate::vendoring::python::requirements::REQUIREMENTS_FILE;

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
        let text = uv.compile(&inputs(pack.path()), PythonMinor::new(11), &settings).unwrap().lock;
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
    fn no_login_stands_in_arguments_that_everyone_can_read() {
        let (dir, pack) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let links = vec!["http://u:secret@h.invalid/links".to_owned(), "/links".to_owned()];
        let settings = UvSettings { find_links: links, ..UvSettings::default() };
        let path = dir.path().join("uv");
        crate::testing::write_program(&path, "#!/bin/sh\necho \"$@\"; echo \"in $UV_FIND_LINKS\"\n");
        let text = Uv::new(path).compile(&inputs(pack.path()), PythonMinor::new(11), &settings).unwrap().lock;
        assert!(
            text.contains("in http://u:secret@h.invalid/links,/links") && !text.contains("--find-links"),
            "{text}"
        );
    }

    #[test]
    fn an_index_that_wants_a_login_says_nothing_about_requirements() {
        let (dir, pack) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = dir.path().join("uv");
        let said = "hint: An index URL (https://h.invalid/simple) could not be queried due to a lack of valid \
                    authentication credentials (401 Unauthorized)";
        crate::testing::write_program(&path, &format!("#!/bin/sh\necho '{said}' >&2\nexit 1\n"));
        let compiled =
            Uv::new(path).compile(&inputs(pack.path()), PythonMinor::new(11), &UvSettings::default());
        let Err(error) = compiled else { panic!("it was compiled") };
        assert!(matches!(&error, PythonError::UvFailed { message, .. } if message == said), "{error}");
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
