//! The interpreters that a registry carries, and the one that a bundle takes.

use std::fmt;

use attune_schemas::runtime_index::{RuntimeIndex, RuntimeName, RuntimeRelease};
use attune_schemas::{Platform, PythonMinor};

/// An interpreter that the releases of a bundle need.
#[derive(Debug, Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub(super) runtime: RuntimeName,
    pub(super) platform: Platform,
    /// The feature release, of Python.
    pub(super) minor: Option<PythonMinor>,
    /// The versions that a release asks for, in the runtime's own grammar.
    pub(super) requirement: Option<&'a str>,
}

impl Wanted<'_> {
    /// The newest that fits.
    pub(super) fn newest<'i>(&self, indexes: &'i [RuntimeIndex]) -> Option<&'i RuntimeRelease> {
        let index = indexes.iter().find(|index| index.runtime == self.runtime)?;
        index.releases.iter().find(|release| {
            let version = release.version.to_string();
            let is_minor = self.minor.is_none_or(|minor| version.starts_with(&format!("{minor}.")));
            let satisfies =
                self.requirement.is_none_or(|asked| runtime_satisfies(self.runtime, &version, asked));
            release.platform == self.platform && is_minor && satisfies
        })
    }
}

impl fmt::Display for Wanted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.runtime)?;
        if let Some(minor) = self.minor {
            write!(f, " {minor}")?;
        }
        write!(f, " for {}", self.platform)?;
        match self.requirement {
            Some(requirement) => write!(f, " that satisfies `{requirement}`"),
            None => Ok(()),
        }
    }
}

/// Whether `version` of a runtime satisfies `requirement`, in the runtime's own grammar.
fn runtime_satisfies(runtime: RuntimeName, version: &str, requirement: &str) -> bool {
    match runtime {
        RuntimeName::Python => {
            let specifiers = requirement.parse::<uv_pep440::VersionSpecifiers>();
            let version = version.parse::<uv_pep440::Version>();
            matches!((specifiers, version), (Ok(specifiers), Ok(version)) if specifiers.contains(&version))
        }
        RuntimeName::Nodejs => {
            let (range, version) =
                (nodejs_semver::Range::parse(requirement), nodejs_semver::Version::parse(version));
            matches!((range, version), (Ok(range), Ok(version)) if range.satisfies(&version))
        }
    }
}
