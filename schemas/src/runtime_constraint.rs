//! The version constraint of an action on its runtime: `runtime_version`.
//!
//! The grammar is that of Attune's workers: parts are padded with zeros to three, a leading `v` and what
//! follows the third part are dropped, a bare version is `~`, a comma is "and", `*` and nothing are any.

use std::fmt;
use std::str::FromStr;

use semver::{Version, VersionReq};

/// A constraint on a runtime's version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuntimeConstraint {
    text: String,
    requirement: VersionReq,
}

/// Why a text is no [`RuntimeConstraint`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a constraint on a runtime's version", .0.escape_debug())]
pub struct RuntimeConstraintError(String);

/// The operators, those with two characters first.
const OPERATORS: [&str; 7] = [">=", "<=", ">", "<", "=", "^", "~"];

impl RuntimeConstraint {
    /// Whether a version such as `3.12` or `20` is allowed; one that cannot be read is not.
    pub fn allows(&self, version: &str) -> bool {
        padded(version)
            .and_then(|version| Version::parse(&version).ok())
            .is_some_and(|version| self.requirement.matches(&version))
    }
}

impl fmt::Display for RuntimeConstraint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl FromStr for RuntimeConstraint {
    type Err = RuntimeConstraintError;

    fn from_str(text: &str) -> Result<Self, RuntimeConstraintError> {
        let trimmed = text.trim();
        let refuse = || RuntimeConstraintError(text.to_owned());
        let requirement = if trimmed.is_empty() || trimmed == "*" {
            VersionReq::STAR
        } else {
            let comparators: Option<Vec<String>> = trimmed.split(',').map(comparator).collect();
            VersionReq::parse(&comparators.ok_or_else(refuse)?.join(", ")).map_err(|_| refuse())?
        };
        Ok(Self { text: trimmed.to_owned(), requirement })
    }
}

/// One comparator in the form that the `semver` crate reads.
fn comparator(text: &str) -> Option<String> {
    let text = text.trim();
    let operator = OPERATORS.into_iter().find(|operator| text.starts_with(operator));
    let operand = text[operator.map_or(0, str::len)..].trim();
    if operator.is_none() && operand.contains(['x', 'X', '*']) {
        return Some(format!("~{}", operand.replace(['x', 'X'], "*")));
    }
    // An operator takes no `v`.
    if operator.is_some() && operand.starts_with(['v', 'V']) {
        return None;
    }
    Some(format!("{}{}", operator.unwrap_or("~"), padded(operand)?))
}

/// A version with three numeric parts.
fn padded(text: &str) -> Option<String> {
    let text = text.trim().trim_start_matches(['v', 'V']);
    let mut parts: Vec<&str> = text.split('.').take(3).collect();
    parts.resize(3, "0");
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.iter().all(is_number).then(|| parts.join("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_are_those_of_the_workers() {
        let table = [
            ("", "3.9", true),
            ("*", "20", true),
            (">=3.12", "3.12", true),
            (">=3.12", "3.11", false),
            (">=3.11,<3.13", "3.12", true),
            (">=3.11, <3.13", "3.13", false),
            ("3.11", "3.11", true),
            ("3.11", "3.12", false),
            ("~3.11", "3.11.7", true),
            ("^3.11", "3.14", true),
            ("^3.11", "4.0", false),
            ("=3.11", "3.11", true),
            ("3.x", "3.14", true),
            ("3.11.x", "3.11.2", true),
            ("20", "20", true),
            ("20", "20.1", false),
            (">=18", "22", true),
            (">=3.12", "nonsense", false),
        ];
        for (constraint, version, expected) in table {
            let constraint: RuntimeConstraint = constraint.parse().unwrap();
            assert_eq!(constraint.allows(version), expected, "{constraint} {version}");
        }
    }

    #[test]
    fn other_texts_are_refused() {
        for text in [">=1 <2", "==3.11", "!=3.11", "~=3.11", "latest", ">=v1", ">="] {
            assert!(text.parse::<RuntimeConstraint>().is_err(), "{text}");
        }
    }
}
