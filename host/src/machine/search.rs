//! Where programs are looked for.

use std::path::PathBuf;

/// Where to look.
#[derive(Debug, Clone, Default)]
pub struct InterpreterSearch {
    /// The one interpreter to use; nothing else is looked at.
    pub only: Option<PathBuf>,
    /// Directories to search, in order, as in `PATH`.
    pub directories: Vec<PathBuf>,
}

/// Directories that are searched after those of `PATH`, which services often run without.
const USUAL_DIRECTORIES: [&str; 3] = ["/usr/local/bin", "/usr/bin", "/bin"];

impl InterpreterSearch {
    /// Where to look: what was given, then the usual places.
    pub fn places(&self) -> Vec<PathBuf> {
        let usual = USUAL_DIRECTORIES.iter().map(PathBuf::from);
        // What `.` on the path leads to is whoever's who wrote into the working directory.
        let searched = self.directories.iter().filter(|directory| directory.is_absolute());
        searched.cloned().chain(usual).collect()
    }

    /// The programs with one of `names`: of each name first, those of every directory.
    pub fn programs(&self, names: &[&str]) -> Vec<PathBuf> {
        let places = self.places();
        let paths = names.iter().flat_map(|name| places.iter().map(move |directory| directory.join(name)));
        paths.filter(|path| path.is_file()).collect()
    }
}
