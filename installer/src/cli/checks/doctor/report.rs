//! The document that `doctor` writes.

use std::path::PathBuf;

use attune_registry::report::Report;
use attune_schemas::problem::FindingCode;
use schemars::JsonSchema;
use serde::Serialize;

use crate::operations::Severity;

/// What is wrong with a host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct DoctorReport {
    /// The installation root.
    pub root: PathBuf,
    /// Whether there is no error among the findings.
    pub healthy: bool,
    /// What is wrong, errors first.
    pub findings: Vec<DoctorFinding>,
}

impl Report for DoctorReport {
    const FORMAT: &'static str = "attune-install.doctor/v1";
}

/// Something that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct DoctorFinding {
    /// Its stable code.
    pub code: FindingCode,
    /// `error` where it keeps packs from running or from being changed, else `note`.
    pub severity: Severity,
    /// The fact, in one sentence.
    pub message: String,
    /// The command that mends it.
    pub remedy: String,
}
