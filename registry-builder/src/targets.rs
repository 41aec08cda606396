//! The machines and Pythons to build for: as named, or else this machine's.

use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use attune_schemas::{Platform, PythonMinor};

/// No target was named, and this machine is none.
#[derive(Debug, thiserror::Error)]
#[error("could not determine this machine's {missing}")]
pub struct NoDefaultTarget {
    /// `platform` or `Python`.
    pub missing: &'static str,
    /// The cause, where it could not be asked.
    #[source]
    pub source: Option<io::Error>,
}

/// The targets that were named; either may be empty, meaning this machine's.
#[derive(Debug, Clone, Default)]
pub struct TargetSelection {
    /// The machines.
    pub platforms: Vec<Platform>,
    /// The Pythons.
    pub pythons: Vec<PythonMinor>,
}

impl TargetSelection {
    /// The machines; this one where none was named.
    pub fn platforms(&self) -> Result<Vec<Platform>, NoDefaultTarget> {
        if !self.platforms.is_empty() {
            return Ok(deduplicated(&self.platforms));
        }
        let current = Platform::current();
        current.map(|platform| vec![platform]).ok_or(NoDefaultTarget { missing: "platform", source: None })
    }

    /// The Pythons; that of `python3` on this machine where none was named.
    pub fn pythons(&self) -> Result<Vec<PythonMinor>, NoDefaultTarget> {
        if !self.pythons.is_empty() {
            return Ok(deduplicated(&self.pythons));
        }
        let no_default = |source| NoDefaultTarget { missing: "Python", source };
        let current = minor_of(Path::new("python3")).map_err(|error| no_default(Some(error)))?;
        current.map(|python| vec![python]).ok_or_else(|| no_default(None))
    }

    /// Every combination of machine and Python.
    pub fn all(&self) -> Result<Vec<(Platform, PythonMinor)>, NoDefaultTarget> {
        let pythons = self.pythons()?;
        let pairs = |platform| pythons.iter().map(move |python| (platform, *python));
        Ok(self.platforms()?.into_iter().flat_map(pairs).collect())
    }
}

fn deduplicated<T: Copy + Ord>(items: &[T]) -> Vec<T> {
    let mut items = items.to_vec();
    items.sort_unstable();
    items.dedup();
    items
}

/// A Python in `directories` to build with, of the feature release `wanted` or of any; and its release.
pub(crate) fn find_python(
    directories: &[PathBuf],
    wanted: Option<PythonMinor>,
) -> Option<(PathBuf, PythonMinor)> {
    let named = wanted.map(|python| format!("python{python}"));
    let names = named.iter().map(String::as_str).chain(["python3"]);
    let programs = names.flat_map(|name| directories.iter().map(move |directory| directory.join(name)));
    let asked = programs.filter(|program| program.is_file()).filter_map(|program| {
        let minor = minor_of(&program).ok()??;
        Some((program, minor))
    });
    asked.into_iter().find(|(_, minor)| wanted.is_none_or(|wanted| wanted == *minor))
}

fn minor_of(python: &Path) -> io::Result<Option<PythonMinor>> {
    let script = "import sys; print('%d.%d' % sys.version_info[:2])";
    let output = Command::new(python).args(["-I", "-c", script]).stdin(Stdio::null()).output()?;
    Ok(String::from_utf8(output.stdout).ok().and_then(|text| text.trim().parse().ok()))
}
