//! The environment of the process that asked for a change: what of it programs of packs may see.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Variables that programs of packs may see; everything else stays outside.
const PASSED_VARIABLES: [&str; 9] =
    ["HOME", "LANG", "LC_ALL", "LC_CTYPE", "LOGNAME", "PATH", "TERM", "TZ", "USER"];

/// Variables by which version managers are told a version; programs of packs do not see them.
const MANAGER_VARIABLES: [&str; 6] = [
    "ASDF_NODEJS_VERSION",
    "ASDF_PYTHON_VERSION",
    "MISE_NODE_VERSION",
    "MISE_PYTHON_VERSION",
    "NODENV_VERSION",
    "PYENV_VERSION",
];

/// The caller's environment, read once at the edge.
#[derive(Debug, Clone, Default)]
pub struct CallerEnvironment {
    passed: Vec<(OsString, OsString)>,
    search_path: Vec<PathBuf>,
    library_path: Vec<PathBuf>,
    manager_versions: BTreeMap<String, String>,
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
            } else if let Some(variable) = MANAGER_VARIABLES.iter().find(|variable| name == **variable) {
                let value = value.into_string().unwrap_or_default();
                caller.manager_versions.insert((*variable).to_owned(), value);
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

    /// The home of the caller.
    pub fn home(&self) -> Option<&OsStr> {
        self.passed.iter().find(|(name, _)| name == "HOME").map(|(_, value)| value.as_os_str())
    }

    /// The versions that variables of version managers name, by variable.
    pub const fn manager_versions(&self) -> &BTreeMap<String, String> {
        &self.manager_versions
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
