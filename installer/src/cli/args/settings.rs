//! Options that every command has.

use std::path::PathBuf;

use attune_host::process::CallerEnvironment;
use attune_host::root::{HostRoot, RootError};
use attune_registry::report::Report;
use attune_registry::source::Netrc;
use attune_terminal::{Output, ReportArgs, write_report};
use clap::{Args, ValueHint};

use crate::cli::failure::CommandError;

/// The root, and the form of the report.
#[derive(Debug, Args)]
pub(in crate::cli) struct CommonArgs {
    /// The installation root
    #[arg(long, env = "ATTUNE_ROOT", default_value = "/opt/attune", value_name = "DIR", value_hint = ValueHint::DirPath)]
    #[arg(global = true, help_heading = "Global options")]
    pub(in crate::cli) root: PathBuf,
    #[command(flatten)]
    pub(in crate::cli) report: ReportArgs,
}

impl CommonArgs {
    pub(in crate::cli) const fn output(&self) -> Output {
        self.report.output()
    }

    pub(in crate::cli) fn host_root(&self) -> Result<HostRoot, CommandError> {
        Ok(HostRoot::new(&self.root).map_err(|source| RootError::Io { root: self.root.clone(), source })?)
    }

    /// Writes `report` in the form that was asked for: as JSON, or as the text for people.
    pub(in crate::cli) fn write<R: Report>(
        &self,
        report: &R,
        text: impl FnOnce(&R) -> String,
    ) -> Result<(), CommandError> {
        write_report(report, self.output(), text).map_err(|error| CommandError::of_output(&error))
    }

    /// Starts the log on standard error.
    pub(in crate::cli) fn start_log(&self) {
        self.report.start_log();
    }
}

/// The environment that this program was called with.
#[expect(clippy::disallowed_methods, reason = "the command line is where variables are read")]
pub(in crate::cli) fn caller_environment() -> CallerEnvironment {
    CallerEnvironment::new(std::env::vars_os())
}

/// The logins of the caller's `.netrc`, or of the file that `NETRC` names.
#[expect(clippy::disallowed_methods, reason = "the command line is where variables are read")]
pub(in crate::cli) fn netrc() -> Netrc {
    let path = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    Netrc::read(path("NETRC"), path("HOME").as_deref())
}

/// This program as a file, unless it was exchanged or removed since it started.
pub(in crate::cli) fn this_program() -> Option<PathBuf> {
    std::env::current_exe().ok().filter(|program| program.is_file())
}

/// The variable `name`, unless it is empty.
#[expect(clippy::disallowed_methods, reason = "the command line is where variables are read")]
pub(in crate::cli) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The directories of `PATH`; relative ones would lead elsewhere for a program that runs elsewhere.
pub(in crate::cli) fn search_path() -> Vec<PathBuf> {
    let path = variable("PATH").unwrap_or_default();
    std::env::split_paths(&path).filter(|directory| directory.is_absolute()).collect()
}
