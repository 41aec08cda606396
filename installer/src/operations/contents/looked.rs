//! A bundle or directory that is only looked at, with whether this host trusts it.

use std::error::Error;
use std::path::Path;

use attune_host::root::HostRoot;
use attune_registry::contents::{Contents, Opened, read_contents, roots_of};
use attune_registry::report::Reporter;
use attune_schemas::PackRef;
use attune_schemas::tuf::Root;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::error::LookError;
use crate::failure::code_of;
use crate::source::{TrustSettings, judge};
use crate::trust::FreshnessReport;

/// Whether a host trusts a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SourceTrust {
    /// Whether its metadata was verified by what the host trusts; if not, its contents are its own word.
    pub verified: bool,
    /// How fresh the metadata is; absent where it is not verified.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub freshness: Option<FreshnessReport>,
    /// The code of the error that an installation would end with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// That error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl SourceTrust {
    /// A source that was verified.
    pub(super) fn verified(freshness: FreshnessReport) -> Self {
        Self { verified: true, freshness: Some(freshness), code: None, reason: None }
    }
}

/// A source that was looked at.
pub(super) struct Looked {
    pub(super) contents: Contents,
    pub(super) trust: SourceTrust,
    /// The newest root.
    pub(super) root: Root,
}

/// Looks at the bundle or directory at `path`, or on standard input where that is `-`: at `packs`, or all where none
/// are named.
pub(super) fn look_at(
    path: &Path,
    packs: &[PackRef],
    host: &HostRoot,
    (settings, now): (&TrustSettings, Timestamp),
    reporter: &dyn Reporter,
) -> Result<Looked, LookError> {
    let mut opened = Opened::at(path)?;
    let judged = judge(&*opened.source(), host, settings, now);
    let (trust, (repository, roots)) = match judged {
        Ok(judged) => {
            let roots = roots_of(&*opened.source(), path, &judged.repository)?;
            (SourceTrust::verified(judged.freshness), (judged.repository, roots))
        }
        Err(error) => {
            let (code, _) = code_of(&error);
            let (code, reason) = (Some(code.id().to_owned()), Some(with_causes(&error)));
            let trust = SourceTrust { verified: false, freshness: None, code, reason };
            (trust, opened.verified(path, now, reporter)?)
        }
    };
    let root = repository.root().role().clone();
    let contents = read_contents(opened.source(), path, (&repository, roots), packs)?;
    Ok(Looked { contents, trust, root })
}

fn with_causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text = format!("{text}: {cause}");
        next = cause.source();
    }
    text
}
