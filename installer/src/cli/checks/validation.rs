//! The report of a validation.

use std::path::PathBuf;

use attune_registry::report::Report;
use attune_schemas::lint::Severity;
use attune_terminal::Failure;
use schemars::JsonSchema;
use serde::Serialize;

use crate::operations::{PackReport, PlannedChange};
use crate::trust::FreshnessReport;

/// The report of a validation.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::cli) struct ValidateReport {
    /// The installation root that it was held against.
    pub(super) root: PathBuf,
    /// Whether all of it would be installed.
    pub(super) valid: bool,
    /// One for each bundle and directory, and one for all packs together.
    pub(super) checked: Vec<ValidatedReport>,
}

impl Report for ValidateReport {
    const FORMAT: &'static str = "attune-install.validate/v1";
}

/// The kind of thing that was validated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ValidatedKind {
    /// A bundle, or a registry's directory.
    Source,
    /// Packs of registries.
    Packs,
    /// A pack's directory.
    Directory,
}

/// A thing that was validated.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ValidatedReport {
    /// It, as it was named.
    pub(super) what: String,
    /// Its kind.
    pub(super) kind: ValidatedKind,
    /// Whether it has no errors.
    pub(super) valid: bool,
    /// The registry, once its metadata was verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) registry: Option<String>,
    /// How fresh the metadata is, once it was verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) freshness: Option<FreshnessReport>,
    /// The packs that an installation would have, once they were chosen.
    pub(super) packs: Vec<PackReport>,
    /// The extent of the installation, once it was planned.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) planned: Option<PlannedChange>,
    /// All that was found, in the order in which it was.
    pub(super) findings: Vec<ValidationFinding>,
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ValidationFinding {
    /// The code of the error, or of the finding.
    pub(super) code: String,
    /// How bad it is; an error keeps it from being installed.
    pub(super) severity: Severity,
    /// The fault.
    pub(super) message: String,
    /// The file that it is in, relative to the bundle, registry or pack.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) file: Option<String>,
    /// The line, from 1 on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) line: Option<usize>,
    /// The remedy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) hint: Option<String>,
}

impl ValidationFinding {
    /// The failure that a command would end with.
    pub(super) fn of_failure(failure: &Failure) -> Self {
        Self {
            code: failure.code().id().to_owned(),
            severity: Severity::Error,
            message: failure.whole_message(),
            file: None,
            line: None,
            hint: Some(failure.remedy().into_owned()).filter(|hint| !hint.is_empty()),
        }
    }
}
