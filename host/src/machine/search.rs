//! Where programs are looked for.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::interpreters::is_in_shims;
use crate::process::CallerEnvironment;

/// Where to look.
#[derive(Debug, Clone, Default)]
pub struct InterpreterSearch {
    /// The one interpreter to use; nothing else is looked at.
    pub only: Option<PathBuf>,
    /// Directories to search, in order, as in `PATH`.
    pub directories: Vec<PathBuf>,
    /// The caller's home, where version managers have their settings.
    pub home: Option<PathBuf>,
    /// The versions that variables of version managers name, by variable.
    pub manager_versions: BTreeMap<String, String>,
}

/// Directories that are searched after those of `PATH`, which services often run without.
const USUAL_DIRECTORIES: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

impl InterpreterSearch {
    /// Where `caller` would look; if it named one interpreter, there alone.
    pub fn of(caller: &CallerEnvironment, only: Option<PathBuf>) -> Self {
        Self {
            only,
            directories: caller.search_path().to_vec(),
            home: caller.home().map(Into::into),
            manager_versions: caller.manager_versions().clone(),
        }
    }

    /// Where to look: what was given, then the usual places.
    pub fn places(&self) -> Vec<PathBuf> {
        let usual = USUAL_DIRECTORIES.iter().map(PathBuf::from);
        // What `.` on the path leads to is whoever's who wrote into the working directory.
        let searched = self.directories.iter().filter(|directory| directory.is_absolute());
        searched.cloned().chain(usual).collect()
    }

    /// The first program of each of `names`, but for shims of version managers: what those lead to depends on the
    /// directory and the variables that they are called with.
    pub fn first_programs(&self, names: &[String]) -> Vec<PathBuf> {
        let places = self.places();
        let first = |name: &String| {
            let mut paths = places.iter().map(|directory| directory.join(name));
            paths.find(|path| path.is_file() && !is_in_shims(path))
        };
        names.iter().filter_map(first).collect()
    }

    /// The programs with one of `names`: of each name first, those of every directory.
    pub fn programs(&self, names: &[&str]) -> Vec<PathBuf> {
        let places = self.places();
        let paths = names.iter().flat_map(|name| places.iter().map(move |directory| directory.join(name)));
        paths.filter(|path| path.is_file()).collect()
    }
}
