//! A file that is not what the metadata says.

use attune_schemas::problem::FindingCode;
use schemars::JsonSchema;
use serde::Serialize;

/// A file that is damaged or missing.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Damage {
    /// The stable code.
    pub code: FindingCode,
    /// The file, relative to the registry or bundle.
    pub file: String,
    /// The fault.
    pub reason: String,
}

impl Damage {
    /// The damage `reason` of `file`.
    pub(super) fn new(file: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { code: FindingCode::PublishedFile, file: file.into(), reason: reason.into() }
    }

    /// `error` of `file`, with its causes.
    pub(super) fn of(file: &(impl ToString + ?Sized), error: &dyn std::error::Error) -> Self {
        let mut reason = error.to_string();
        let mut next = error.source();
        while let Some(cause) = next {
            reason = format!("{reason}: {cause}");
            next = cause.source();
        }
        Self::new(file.to_string(), reason)
    }
}
