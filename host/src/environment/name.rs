//! The name of an environment's directory below a pack's: `python`, `python-3.12`, `nodejs`, `perl`.

use std::borrow::Borrow;
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::str::FromStr;

use attune_schemas::PackRef;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::root::HostRoot;

/// The name of an environment's directory: one component of a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub struct EnvironmentName(String);

/// A text that names no directory.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not the name of a directory", .0.escape_debug())]
pub struct EnvironmentNameError(pub String);

/// The runtimes whose environments are linked, each with the name that workers use as well.
const PYTHON: &str = "python";
const TEST_PYTHON: &str = "tests-python";
const NODEJS: &str = "nodejs";
const NODEJS_OF_WORKERS: &str = "node.js";

impl EnvironmentName {
    /// A pack's Python environment.
    pub fn python() -> Self {
        Self(PYTHON.to_owned())
    }

    /// The Python environment of a pack's tests, which no worker asks for.
    pub fn test_python() -> Self {
        Self(TEST_PYTHON.to_owned())
    }

    /// A pack's Node.js environment.
    pub fn nodejs() -> Self {
        Self(NODEJS.to_owned())
    }

    /// The environment beside this one for one version of its runtime: `python-3.12`.
    pub fn of_version(&self, version: &str) -> Result<Self, EnvironmentNameError> {
        format!("{}-{version}", self.0).parse()
    }

    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The runtime and the version of an environment of Python or Node.js; no other name can be taken apart, as
    /// runtimes may have hyphens in theirs.
    pub fn linked(&self) -> Option<(&str, Option<&str>)> {
        [PYTHON, NODEJS].into_iter().find_map(|runtime| {
            let rest = self.0.strip_prefix(runtime)?;
            if rest.is_empty() {
                Some((runtime, None))
            } else {
                Some((runtime, Some(rest.strip_prefix('-')?)))
            }
        })
    }

    /// The other name by which workers look for it, if they do.
    pub fn name_of_workers(&self) -> Option<Self> {
        let (runtime, version) = self.linked()?;
        let suffix = version.map(|version| format!("-{version}")).unwrap_or_default();
        (runtime == NODEJS).then(|| Self(format!("{NODEJS_OF_WORKERS}{suffix}")))
    }

    /// The name by which workers look for it.
    #[must_use]
    pub fn of_workers(&self) -> Self {
        self.name_of_workers().unwrap_or_else(|| self.clone())
    }

    /// The path by which workers look for it in `pack`, and by which rows know it.
    pub fn path(&self, root: &HostRoot, pack: &PackRef) -> PathBuf {
        root.environment(pack, self.of_workers().as_str())
    }
}

impl FromStr for EnvironmentName {
    type Err = EnvironmentNameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.to_owned().try_into()
    }
}

impl TryFrom<String> for EnvironmentName {
    type Error = EnvironmentNameError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let is_name = !text.contains('\0')
            && matches!(
                Path::new(&text).components().collect::<Vec<_>>()[..],
                [Component::Normal(name)] if name == text.as_str()
            );
        if is_name { Ok(Self(text)) } else { Err(EnvironmentNameError(text)) }
    }
}

impl From<EnvironmentName> for String {
    fn from(name: EnvironmentName) -> Self {
        name.0
    }
}

impl Borrow<str> for EnvironmentName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for EnvironmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_no_names() {
        for text in ["", ".", "..", "a/b", "/a", "a/", "../x", "a\0b"] {
            assert!(text.parse::<EnvironmentName>().is_err(), "{text:?}");
        }
        assert!(serde_json::from_str::<EnvironmentName>("\"../python\"").is_err());
        assert!(EnvironmentName::python().of_version("3/../..").is_err());
    }

    #[test]
    fn only_linked_names_are_taken_apart() {
        let table = [
            ("python", Some(("python", None)), None),
            ("python-3.12", Some(("python", Some("3.12"))), None),
            ("nodejs", Some(("nodejs", None)), Some("node.js")),
            ("nodejs-20", Some(("nodejs", Some("20"))), Some("node.js-20")),
            ("pythonic", None, None),
            ("my-runtime", None, None),
        ];
        for (text, linked, of_workers) in table {
            let name: EnvironmentName = text.parse().unwrap();
            assert_eq!(name.linked(), linked, "{text}");
            assert_eq!(name.name_of_workers().as_ref().map(EnvironmentName::as_str), of_workers, "{text}");
        }
    }
}
