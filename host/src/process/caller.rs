//! The environment of the process that asked for a change: what of it programs of packs may see.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Variables that programs of packs may see; everything else stays outside.
const PASSED_VARIABLES: [&str; 9] =
    ["HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "TERM", "TZ", "USER"];

/// The caller's environment, read once at the edge.
#[derive(Debug, Clone, Default)]
pub struct CallerEnvironment {
    passed: Vec<(OsString, OsString)>,
    search_path: Vec<PathBuf>,
    library_path: Vec<PathBuf>,
}

impl CallerEnvironment {
    /// Takes what counts from `variables`, as `std::env::vars_os` lists them.
    pub fn new(variables: impl IntoIterator<Item = (OsString, OsString)>) -> Self {
        let mut caller = Self::default();
        for (name, value) in variables {
            if name == "PATH" {
                caller.search_path = std::env::split_paths(&value).collect();
                caller.passed.push((name, absolute_only(&value)));
            } else if name == "LD_LIBRARY_PATH" {
                caller.library_path = std::env::split_paths(&value).collect();
            } else if PASSED_VARIABLES.iter().any(|passed| name == *passed) {
                caller.passed.push((name, value));
            }
        }
        caller
    }

    /// The directories of `PATH`, in order.
    pub fn search_path(&self) -> &[PathBuf] {
        &self.search_path
    }

    /// The directories of `LD_LIBRARY_PATH`, in order.
    pub fn library_path(&self) -> &[PathBuf] {
        &self.library_path
    }

    /// A command for `program` that sees nothing but the passed variables.
    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.passed.iter().map(|(name, value)| (name, value)));
        command
    }
}

/// A search path without the directories that depend on the working directory.
fn absolute_only(path: &OsStr) -> OsString {
    let directories = std::env::split_paths(path).filter(|directory| directory.is_absolute());
    std::env::join_paths(directories).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_named_variables_are_passed_and_relative_directories_are_not() {
        let variables = [("PATH", "/a:.:b:/c"), ("SECRET", "s"), ("LANG", "C"), ("LD_LIBRARY_PATH", "/l")];
        let caller = CallerEnvironment::new(variables.map(|(name, value)| (name.into(), value.into())));
        let command = caller.command(Path::new("/bin/true"));
        let seen: Vec<_> = command.get_envs().map(|(name, value)| (name, value.unwrap())).collect();
        assert_eq!(seen, [("LANG", "C"), ("PATH", "/a:/c")].map(|(n, v)| (OsStr::new(n), OsStr::new(v))));
        assert_eq!(caller.library_path(), [PathBuf::from("/l")]);
        assert_eq!(caller.search_path().len(), 4);
    }
}
