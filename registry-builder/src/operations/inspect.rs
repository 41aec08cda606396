//! Shows what a registry or a bundle holds, without installing it.
//!
//! A bundle is held against its own first root, whose fingerprint is told: whether that is the right one is
//! for whoever knows it to say.

use std::path::PathBuf;

use attune_registry::contents::{Contents, ContentsError, Opened, absolute_source, read_contents};
use attune_registry::report::{Report, Reporter};
use attune_schemas::PackRef;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

/// The registry or bundle to look into.
#[derive(Debug, Clone)]
pub struct InspectOptions {
    /// A registry's directory, a bundle, or `-` for a bundle on standard input.
    pub source: PathBuf,
    /// The packs; all if none are named.
    pub packs: Vec<PackRef>,
    /// The time that metadata is judged by.
    pub now: Timestamp,
}

/// Its content.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct InspectReport {
    /// The registry or bundle; `-` for standard input.
    pub source: PathBuf,
    /// The content.
    #[serde(flatten)]
    pub contents: Contents,
}

impl Report for InspectReport {
    const FORMAT: &'static str = "attune-build.inspect/v1";
}

/// Looks into `options.source`; nothing is written.
///
/// # Errors
/// It cannot be read, or is not what its metadata says.
pub fn inspect(options: &InspectOptions, reporter: &dyn Reporter) -> Result<InspectReport, ContentsError> {
    let mut opened = Opened::at(&options.source)?;
    let (repository, roots) = opened.verified(&options.source, options.now, reporter)?;
    let contents = read_contents(opened.source(), &options.source, (&repository, roots), &options.packs)?;
    Ok(InspectReport { source: absolute_source(&options.source), contents })
}
