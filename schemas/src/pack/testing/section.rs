//! The normalised form of the `testing` section.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The `testing` section.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Testing {
    /// Whether tests run at all.
    pub enabled: bool,
    /// How tests are found where there are no runners; absent if the method is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub discovery: Option<Discovery>,
    /// The runners by name.
    pub runners: BTreeMap<String, TestRunner>,
    /// Files below the pack with what its tests need besides what it needs itself: requirements, or one lock.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub requirements: Vec<String>,
    /// The least part of tests that must pass, 0.0 to 1.0 inclusive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_pass_rate: Option<f64>,
    /// The effect of a failure.
    #[serde(default)]
    pub on_failure: OnFailure,
}

/// How the tests of a pack are found that names no runners.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "method", rename_all = "lowercase")]
pub enum Discovery {
    /// By the names of the files in a directory.
    Directory {
        /// The directory, below the pack.
        path: String,
        /// Limit of each program in seconds.
        timeout_seconds: u64,
    },
    /// By a list.
    Manifest {
        /// The file of the pack with the list.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<String>,
        /// The list in `pack.yaml`.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        tests: Vec<ListedTest>,
    },
    /// One command runs all of them.
    Executable {
        /// The command, as a shell reads it.
        command: String,
        /// Limit in seconds.
        timeout_seconds: u64,
        /// How its output is read.
        result_format: String,
        /// The file or directory with its results, below the pack.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        result_path: Option<String>,
    },
    /// A method of a later version.
    #[serde(other)]
    Other,
}

/// A test of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ListedTest {
    /// Its name, for people.
    pub name: String,
    /// The runtime or runner that it is for, as it was written.
    pub runner: String,
    /// The command, as a shell reads it.
    pub command: String,
    /// Limit in seconds; 300 if the list states none.
    pub timeout_seconds: u64,
    /// How its output is read.
    pub result_format: String,
    /// The file or directory with its results, below the pack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_path: Option<String>,
}

/// The effect of failing tests on an installation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnFailure {
    /// The installation fails.
    #[default]
    Block,
    /// The installation goes on with a warning.
    Warn,
    /// The installation goes on.
    Ignore,
}

/// One test runner.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TestRunner {
    /// The kind of runner.
    #[serde(rename = "type")]
    pub kind: RunnerKind,
    /// File or directory below the pack.
    pub entry_point: String,
    /// Limit in seconds; 300 if the file states none.
    pub timeout_seconds: u64,
    /// How its output is read: `simple`, `json`, `junit-xml`, `tap`.
    pub result_format: String,
    /// The file or directory with its results, below the pack; its own, else that of all runners.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_path: Option<String>,
    /// The runner's own configuration file, below the pack.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
}

/// The kinds of runner for a pack's tests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RunnerKind {
    /// A shell script.
    Script,
    /// `python -m unittest`.
    Unittest,
    /// `python -m pytest`.
    Pytest,
    /// `jest`.
    Jest,
    /// `node --test`.
    Node,
    /// Any other, which cannot run and fails when it must.
    #[serde(untagged)]
    Other(String),
}

impl RunnerKind {
    /// The kind that is called `name`.
    pub fn named(name: &str) -> Self {
        match name {
            "script" => Self::Script,
            "unittest" => Self::Unittest,
            "pytest" => Self::Pytest,
            "jest" => Self::Jest,
            "node" => Self::Node,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        match self {
            Self::Script => "script",
            Self::Unittest => "unittest",
            Self::Pytest => "pytest",
            Self::Jest => "jest",
            Self::Node => "node",
            Self::Other(other) => other,
        }
    }
}

/// The forms in which tests tell their results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResultFormat {
    /// Lines with numbers, else the exit code.
    Simple,
    /// The result JSON of Attune, or that of a known runner.
    Json,
    /// The XML of `JUnit`, as most runners write it.
    JunitXml,
    /// The Test Anything Protocol.
    Tap,
}

impl ResultFormat {
    /// The names of all formats.
    pub const NAMES: [&'static str; 4] = ["simple", "json", "junit-xml", "tap"];

    /// The format that is called `name`; Attune reads one that it does not know as the first.
    pub fn named(name: &str) -> Self {
        match name {
            "json" => Self::Json,
            "junit-xml" => Self::JunitXml,
            "tap" => Self::Tap,
            _ => Self::Simple,
        }
    }
}
