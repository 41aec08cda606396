//! The requirement of one pack on another: a range of versions, and a pack with such a range.
//!
//! The grammar is Attune's for pack dependencies, with two additions that it refuses and that its
//! documents show: a comma means *and*, and prereleases may be named.
//!
//! ```text
//! requirement = "*" | comparator *( "," comparator )
//! comparator  = [ ">=" | "<=" | ">" | "<" | "=" | "^" | "~" ] version
//! version     = MAJOR [ "." MINOR [ "." PATCH [ "-" prerelease ] ] ]   ; missing parts are zero
//! ```
//!
//! A bare version is exact. `^` keeps the leftmost non-zero part, `~` keeps major and minor.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::pack_ref::{PackRef, PackRefError};
use crate::version::Version;

/// How a comparator compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `=1.2.3` or a bare version.
    Exact,
    /// `>1.2.3`
    Greater,
    /// `>=1.2.3`
    GreaterEq,
    /// `<1.2.3`
    Less,
    /// `<=1.2.3`
    LessEq,
    /// `^1.2.3`
    Caret,
    /// `~1.2.3`
    Tilde,
}

/// One operator with its operand, missing parts of which are zero.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Comparator {
    /// How to compare.
    pub operator: Operator,
    /// The version to compare with.
    pub version: Version,
}

/// A conjunction of comparators; none at all is `*`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String")]
pub struct Requirement {
    comparators: Vec<Comparator>,
    text: String,
}

/// Why a text is not a [`Requirement`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a version requirement: {reason}")]
pub struct RequirementError {
    text: String,
    reason: String,
}

impl Requirement {
    /// `*`: every version that is not a prerelease.
    pub fn any() -> Self {
        Self { comparators: Vec::new(), text: "*".to_owned() }
    }

    /// `=version`.
    pub fn exact(version: &Version) -> Self {
        let comparator = Comparator { operator: Operator::Exact, version: version.clone() };
        Self { comparators: vec![comparator], text: format!("={version}") }
    }

    /// The comparators, all of which must hold.
    pub fn comparators(&self) -> &[Comparator] {
        &self.comparators
    }

    /// Whether a prerelease of some version is named, so that prereleases may be chosen.
    pub fn names_prerelease(&self) -> bool {
        self.comparators.iter().any(|comparator| comparator.version.is_prerelease())
    }

    /// Whether `version` satisfies every comparator.
    ///
    /// A prerelease satisfies a requirement only if the requirement names one.
    pub fn matches(&self, version: &Version) -> bool {
        if version.is_prerelease() && !self.names_prerelease() {
            return false;
        }
        self.admits(version)
    }

    /// Whether `version` satisfies every comparator, a prerelease like any other version.
    pub fn admits(&self, version: &Version) -> bool {
        self.comparators.iter().all(|comparator| comparator.matches(version))
    }
}

impl Comparator {
    /// The first version that is too high, or `None` if there is no upper bound.
    pub fn upper_bound(&self) -> Option<Version> {
        let version = self.version.semver();
        let (major, minor, patch) = (version.major, version.minor, version.patch);
        match self.operator {
            Operator::Caret if major > 0 => Some(Version::new(major + 1, 0, 0)),
            Operator::Caret if minor > 0 => Some(Version::new(0, minor + 1, 0)),
            Operator::Caret => Some(Version::new(0, 0, patch + 1)),
            Operator::Tilde => Some(Version::new(major, minor + 1, 0)),
            _ => None,
        }
    }

    fn matches(&self, version: &Version) -> bool {
        match self.operator {
            Operator::Exact => *version == self.version,
            Operator::Greater => *version > self.version,
            Operator::GreaterEq => *version >= self.version,
            Operator::Less => *version < self.version,
            Operator::LessEq => *version <= self.version,
            Operator::Caret | Operator::Tilde => {
                *version >= self.version
                    && self.upper_bound().is_none_or(|upper| strictly_below(version, &upper))
            }
        }
    }
}

/// `2.0.0-alpha` sorts before `2.0.0`, yet `^1` must not let it in.
fn strictly_below(version: &Version, upper: &Version) -> bool {
    let (version, upper) = (version.semver(), upper.semver());
    (version.major, version.minor, version.patch) < (upper.major, upper.minor, upper.patch)
}

fn split_operator(text: &str) -> (Operator, &str) {
    let operators = [
        (">=", Operator::GreaterEq),
        ("<=", Operator::LessEq),
        (">", Operator::Greater),
        ("<", Operator::Less),
        ("=", Operator::Exact),
        ("^", Operator::Caret),
        ("~", Operator::Tilde),
    ];
    for (prefix, operator) in operators {
        if let Some(rest) = text.strip_prefix(prefix) {
            return (operator, rest.trim_start());
        }
    }
    (Operator::Exact, text)
}

fn parse_padded(text: &str) -> Result<Version, String> {
    let core_len = text.find(['-', '+']).unwrap_or(text.len());
    let (core, tail) = text.split_at(core_len);
    let padding = match core.split('.').count() {
        1 => ".0.0",
        2 => ".0",
        _ => "",
    };
    Version::parse(&format!("{core}{padding}{tail}")).map_err(|_| {
        format!("`{text}` is not a version; write for example `1.2`, `^1.2`, `~1.2.3` or `>=1.2,<2`")
    })
}

impl FromStr for Requirement {
    type Err = RequirementError;

    fn from_str(text: &str) -> Result<Self, RequirementError> {
        let trimmed = text.trim();
        if trimmed == "*" {
            return Ok(Self::any());
        }
        let comparators = trimmed
            .split(',')
            .map(|part| {
                let (operator, rest) = split_operator(part.trim());
                parse_padded(rest).map(|version| Comparator { operator, version })
            })
            .collect::<Result<_, _>>()
            .map_err(|reason| RequirementError { text: text.to_owned(), reason })?;
        Ok(Self { comparators, text: trimmed.to_owned() })
    }
}

impl TryFrom<String> for Requirement {
    type Error = RequirementError;

    fn try_from(text: String) -> Result<Self, RequirementError> {
        text.parse()
    }
}

impl From<Requirement> for String {
    fn from(requirement: Requirement) -> Self {
        requirement.text
    }
}

impl fmt::Display for Requirement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

/// A pack that is asked for: `weather`, `weather@^1.2`, `weather@=1.2.3`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(into = "String", try_from = "String")]
#[schemars(with = "String")]
pub struct PackRequest {
    /// Which pack.
    pub pack: PackRef,
    /// Which versions of it will do.
    pub requirement: Requirement,
}

/// A pack that is asked for by one of its channels: `weather@stable`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ChannelRequest {
    /// Which pack.
    pub pack: PackRef,
    /// The name of the channel.
    pub channel: String,
}

impl ChannelRequest {
    /// The request in `text`, if it names a channel: a word that starts with a letter, so that it is no version.
    pub fn parse(text: &str) -> Option<Self> {
        let (pack, channel) = text.split_once('@')?;
        let is_part = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"_-".contains(&byte);
        let is_channel = channel.starts_with(|first: char| first.is_ascii_lowercase())
            && channel.bytes().all(is_part)
            // `v2` is a version that is written as a tag.
            && !channel.strip_prefix('v').is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()));
        Some(Self { pack: pack.parse().ok()?, channel: channel.to_owned() }).filter(|_| is_channel)
    }
}

/// Why a text is not a [`PackRequest`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PackRequestError {
    /// The part before `@`.
    #[error(transparent)]
    Pack(#[from] PackRefError),
    /// The part after `@`.
    #[error(transparent)]
    Requirement(#[from] RequirementError),
}

impl FromStr for PackRequest {
    type Err = PackRequestError;

    fn from_str(text: &str) -> Result<Self, PackRequestError> {
        let (pack, requirement) = match text.split_once('@') {
            Some((pack, requirement)) => (pack, requirement.parse()?),
            None => (text, Requirement::any()),
        };
        Ok(Self { pack: pack.trim().parse()?, requirement })
    }
}

impl TryFrom<String> for PackRequest {
    type Error = PackRequestError;

    fn try_from(text: String) -> Result<Self, PackRequestError> {
        text.parse()
    }
}

impl From<PackRequest> for String {
    fn from(request: PackRequest) -> Self {
        request.to_string()
    }
}

impl fmt::Display for PackRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.requirement.comparators.is_empty() {
            write!(f, "{}", self.pack)
        } else {
            write!(f, "{}@{}", self.pack, self.requirement)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_are_words_and_versions_are_none() {
        let parse = |text: &str| ChannelRequest::parse(text).map(|request| request.channel);
        for channel in ["stable", "lts-2", "v2x", "next_1"] {
            assert_eq!(parse(&format!("weather@{channel}")).as_deref(), Some(channel));
        }
        for text in [
            "weather",
            "weather@1.0",
            "weather@^1",
            "weather@v2",
            "weather@Stable",
            "weather@a.b",
            "weather@",
            "@stable",
            "we ather@stable",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn matching_follows_the_table() {
        let table = [
            ("*", "1.2.3", true),
            ("*", "1.2.3-rc.1", false),
            ("1.2", "1.2.0", true),
            ("1.2", "1.2.1", false),
            ("^1", "1.9.9", true),
            ("^1", "2.0.0", false),
            ("^1.2.0-rc.1", "2.0.0-alpha", false),
            ("^1.2.0-rc.1", "1.2.0-rc.2", true),
            ("^0.2.3", "0.2.9", true),
            ("^0.2.3", "0.3.0", false),
            ("^0.0.3", "0.0.4", false),
            ("~1.2", "1.2.9", true),
            ("~1.2", "1.3.0", false),
            ("~1", "1.1.0", false),
            (">=1.2,<2", "1.5.0", true),
            (">=1.2, <2", "2.0.0", false),
            ("> 1.0.0", "1.0.1", true),
            ("<=1.0", "1.0.0", true),
            ("=1", "1.0.0", true),
        ];
        for (requirement, version, expected) in table {
            let parsed: Requirement = requirement.parse().unwrap();
            assert_eq!(
                parsed.matches(&Version::parse(version).unwrap()),
                expected,
                "{requirement} {version}"
            );
        }
    }

    #[test]
    fn bad_requirements_are_refused() {
        for text in ["", "latest", "==1", "!=1", "~=1", ">=v1", "1.x", ">=1 <2", "1.2.3.4", ",", "^"] {
            assert!(text.parse::<Requirement>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn requests_round_trip() {
        for text in ["weather", "weather@^1.2", "net_tools@>=1.2,<2"] {
            assert_eq!(text.parse::<PackRequest>().unwrap().to_string(), text);
        }
        assert!("wea.ther".parse::<PackRequest>().is_err());
        assert!("weather@".parse::<PackRequest>().is_err());
    }
}
