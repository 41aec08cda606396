//! Whether a host is well, at a glance; reads only, as any user.

mod report;

use attune_host::generation::Generation;
use attune_host::inventory::{InventoryError, last_operation};
use attune_host::process::Interrupt;
use attune_host::root::{HostRoot, RootError};
use attune_host::verification::{VerificationError, VerifyDepth, VerifyOptions, verify};
use attune_registry::report::Silent;
use attune_registry::trust::StateError;
use attune_schemas::problem::ErrorCode;
use jiff::Timestamp;

pub use report::{ChangeUnderWay, Concern, ConcernKind, StatusReport};

use crate::failure::Failed;
use crate::trust::trust_expiries;

/// Why nobody can tell whether a host is well.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StatusError {
    /// The root cannot be read, or nothing was ever installed to it.
    #[error(transparent)]
    Root(#[from] RootError),
    /// A part of the root cannot be verified.
    #[error(transparent)]
    Verification(#[from] VerificationError),
    /// The history cannot be read.
    #[error(transparent)]
    Inventory(#[from] InventoryError),
    /// The trusted registries cannot be listed.
    #[error(transparent)]
    Trust(#[from] StateError),
}

/// How often a root that changes while it is looked at is looked at again.
const ATTEMPTS: usize = 4;

/// The status of `root` at `now`.
///
/// # Errors
/// There is no root, nothing was ever installed to it, or the machine failed.
pub fn status(root: &HostRoot, now: Timestamp) -> Result<StatusReport, StatusError> {
    // What is read while a change becomes active is of both generations.
    for _ in 1..ATTEMPTS {
        let report = look(root, now)?;
        let active = root.active_generation().map_err(|source| root.failed(source))?;
        if report.generation == active {
            return Ok(report);
        }
    }
    look(root, now)
}

fn look(root: &HostRoot, now: Timestamp) -> Result<StatusReport, StatusError> {
    let quick = VerifyOptions {
        depth: VerifyDepth::Quick,
        // Nothing is changed: a signal may end it at once.
        interrupt: Interrupt::default(),
        ..VerifyOptions::default()
    };
    let verified = verify(root, &quick, &Silent)?;
    let mut report = StatusReport::new(root.path(), now);
    report.generation = Some(verified.generation).filter(|id| *id > 0);
    // Where it cannot be read, that is one of the differences.
    report.packs = Generation::active(root).map_or(0, |active| active.packs.len());
    report.differences = verified.differences.len();
    if report.differences > 0 {
        let first = &verified.differences[0];
        let message = format!("{} {}", first.code, first.path.display());
        let more = report.differences - 1;
        let message = if more == 0 { message } else { format!("{message}, and {more} more") };
        report.concern(ConcernKind::Differences, message);
    }
    look_at_trust(root, now, &mut report)?;
    match last_operation(root) {
        Ok(last) => report.last_operation = last,
        // The database is what differs, which is told.
        Err(InventoryError::Register(error)) if report.differences > 0 => tracing::info!("{error}"),
        Err(error) => return Err(error.into()),
    }
    if let Some(failed) = report.last_operation.as_ref().filter(|last| !last.succeeded) {
        let message = failed.error.clone().unwrap_or_default();
        report.concern(ConcernKind::OperationFailed, message);
    }
    if root.is_changing().map_err(|source| root.failed(source))? {
        report.change = Some(match root.holder() {
            Some(_) => ChangeUnderWay::Running,
            None => ChangeUnderWay::Unfinished,
        });
        if report.change == Some(ChangeUnderWay::Unfinished) {
            let message = format!("`{}` is left of a change that was cut off", root.staging().display());
            report.concern(ConcernKind::ChangeUnfinished, message);
        }
    }
    Ok(report)
}

fn look_at_trust(root: &HostRoot, now: Timestamp, report: &mut StatusReport) -> Result<(), StatusError> {
    for (registry, expiry) in trust_expiries(root, now)? {
        match expiry {
            Ok(expiry) => {
                if expiry.expired {
                    let message = format!(
                        "the {} metadata of registry `{registry}` expired on {}",
                        expiry.role, expiry.expires_at
                    );
                    report.concern(ConcernKind::TrustExpired, message);
                }
                report.trust.push(expiry);
            }
            Err(error) => {
                let message = format!("the trust in registry `{registry}` cannot be read: {error}");
                report.concern(ConcernKind::TrustUnreadable, message);
            }
        }
    }
    Ok(())
}

impl Failed for StatusError {
    fn code(&self) -> ErrorCode {
        match self {
            Self::Root(error) => error.code(),
            Self::Verification(error) => error.code(),
            Self::Inventory(error) => error.code(),
            Self::Trust(error) => error.code(),
        }
    }
}
