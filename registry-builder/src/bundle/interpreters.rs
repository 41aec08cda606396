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
    /// The ABI, of Node.js.
    pub(super) abi: Option<&'a str>,
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
            let has_abi = self.abi.is_none_or(|abi| release.abi.as_deref() == Some(abi));
            release.platform == self.platform && is_minor && satisfies && has_abi
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_newest_that_runs_the_machine_code_is_taken() {
        let release = |version: &str, abi: &str| {
            json!({"version": version, "platform": "linux/amd64", "abi": abi, "executable": "bin/node",
                "published_at": "2026-01-01T00:00:00Z",
                "archive": {"digest": attune_schemas::Digest::of(version.as_bytes()), "size": 1},
                "unpacked": {"files": 1, "directories": 1, "bytes": 1, "disk_bytes": 8192}})
        };
        let mut index = json!(RuntimeIndex::empty(RuntimeName::Nodejs));
        index["releases"] = json!([release("22.11.0", "127"), release("20.20.2", "115")]);
        let indexes = [serde_json::from_value::<RuntimeIndex>(index).unwrap()];
        let newest = |abi: Option<&str>| {
            let platform = "linux/amd64".parse().unwrap();
            let wanted =
                Wanted { runtime: RuntimeName::Nodejs, platform, minor: None, requirement: None, abi };
            wanted.newest(&indexes).map(|release| release.version.to_string())
        };
        assert_eq!(newest(None).as_deref(), Some("22.11.0"));
        assert_eq!(newest(Some("115")).as_deref(), Some("20.20.2"));
        assert_eq!(newest(Some("108")), None);
    }
}
