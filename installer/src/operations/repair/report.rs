//! What a repair tells: the differences that were there, and those that are left.

use std::path::{Path, PathBuf};

use attune_host::generation::LOCK_FILE;
use attune_host::root::HostRoot;
use attune_host::transaction::MendedAtOnce;
use attune_host::verification::{Finding, FindingKind, HostPart, VerifyReport};
use attune_registry::report::Report;
use schemars::JsonSchema;
use serde::Serialize;

/// The result of a repair.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RepairReport {
    /// Whether nothing was changed.
    pub dry_run: bool,
    /// The root.
    pub root: PathBuf,
    /// The active generation.
    pub generation: u64,
    /// The differences that were there and are not any more.
    pub mended: Vec<Finding>,
    /// The differences that are still there.
    pub left: Vec<Finding>,
}

impl Report for RepairReport {
    const FORMAT: &'static str = "attune-install.repair/v1";
}

/// What taking hold of the root has mended already.
pub(super) fn mended_at_once(root: &HostRoot, at_once: &MendedAtOnce) -> Vec<Finding> {
    let MendedAtOnce { closed, aside, recovery } = at_once;
    let closed = closed.iter().map(|path| Finding::new(FindingKind::Mode, HostPart::Root, path));
    let mut mended: Vec<Finding> = closed.collect();
    if aside.is_some() {
        mended.push(Finding::new(FindingKind::Database, HostPart::Database, root.database()));
    } else if recovery.registered_again.is_some() {
        mended.push(Finding::new(FindingKind::OtherGeneration, HostPart::Database, root.database()));
    }
    if recovery.linked_again.is_some() {
        mended.push(Finding::new(FindingKind::Missing, HostPart::Links, root.current()));
    }
    if let Some(id) = recovery.lock_file_restored {
        let lock_file = root.generation(id).join(LOCK_FILE);
        mended.push(Finding::new(FindingKind::Changed, HostPart::Generation, lock_file));
    }
    mended
}

/// What was mended at once, or was found and is not left any more, and what is left.
pub(super) fn report(
    root: &HostRoot,
    mut mended: Vec<Finding>,
    found: &VerifyReport,
    left: VerifyReport,
) -> RepairReport {
    // The next generation has the same files at other paths.
    let place = |report: &VerifyReport, finding: &Finding| {
        let directory = root.generation(report.generation);
        finding.path.strip_prefix(directory).map_or_else(|_| finding.path.clone(), Path::to_owned)
    };
    let is_left = |finding: &&Finding| {
        let is_same =
            |other: &&Finding| other.kind == finding.kind && place(&left, other) == place(found, finding);
        left.differences.iter().any(|other| is_same(&other))
    };
    mended.extend(found.differences.iter().filter(|finding| !is_left(finding)).cloned());
    let (root, generation) = (root.path().to_owned(), left.generation);
    RepairReport { dry_run: false, root, generation, mended, left: left.differences }
}
