//! Reads every file of a registry or a bundle, and holds it against what its metadata says: once, front to back,
//! in memory of a fixed size. Nothing is written.
//!
//! The work is in `registry/src/contents/`, which hosts use as well.

mod report;

use std::path::PathBuf;

use attune_registry::contents::{
    Checked, ContentsError, Damage, Expected, Opened, absolute_source, check_bundle, check_directory,
};
use attune_registry::report::Reporter;
use jiff::Timestamp;

pub use report::VerifyReport;

/// The registry or bundle to verify.
#[derive(Debug, Clone)]
pub struct VerifyOptions {
    /// A registry's directory, a bundle, or `-` for a bundle on standard input.
    pub source: PathBuf,
    /// The time that metadata is judged by.
    pub now: Timestamp,
}

/// Why a registry or bundle could not be verified, or is damaged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VerifyError {
    /// It could not be read so far that its files are known.
    #[error(transparent)]
    Unreadable(#[from] ContentsError),
    /// Files are damaged or missing.
    #[error("{} damaged or missing in `{}`:{}", counted(.0.damaged.len()), .0.source.display(), lines(&.0.damaged))]
    Damaged(Box<VerifyReport>),
}

/// Verifies `options.source`.
///
/// # Errors
/// It cannot be read, or files of it are damaged or missing; all are named.
pub fn verify(options: &VerifyOptions, reporter: &dyn Reporter) -> Result<VerifyReport, VerifyError> {
    let mut opened = Opened::at(&options.source)?;
    let (repository, roots) = opened.verified(&options.source, options.now, reporter)?;
    let expected = Expected::read(opened.source(), &repository);
    reporter.started("verifying", Some(expected.bytes()));
    let checked = match &mut opened {
        Opened::Bundle(bundle) => check_bundle(bundle, &expected, reporter),
        Opened::Directory(_) => check_directory(&options.source, &expected, reporter),
    };
    reporter.finished();
    let Checked { blobs, bytes, unreferenced, damaged } = checked;
    let expired = repository.freshness().waivers.into_iter().map(|waiver| waiver.role).collect();
    let mut damaged = [expected.damaged, damaged].concat();
    damaged.sort();
    damaged.dedup();
    let report = VerifyReport {
        source: absolute_source(&options.source),
        registry: repository.registry_name().to_string(),
        roots,
        expires_at: repository.expires_at().to_string(),
        expired,
        metadata: repository.files().len(),
        indexes: expected.indexes,
        releases: expected.releases,
        blobs: expected.small_blobs + blobs,
        bytes: expected.small_bytes + bytes,
        unreferenced,
        damaged,
    };
    if report.damaged.is_empty() { Ok(report) } else { Err(VerifyError::Damaged(Box::new(report))) }
}

fn counted(count: usize) -> String {
    format!("{count} file{}", if count == 1 { " is" } else { "s are" })
}

fn lines(damaged: &[Damage]) -> String {
    damaged.iter().fold(String::new(), |text, damage| format!("{text}\n  {}: {}", damage.file, damage.reason))
}
