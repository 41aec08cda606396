//! Whether what runs is what was installed: everything of the active generation, held against what was recorded
//! when it was installed.
//!
//! ```text
//! generation    its lock file, by the database; its descriptions and releases, by the lock file
//! links         `packs`, `packenvs` and their like, and every entry of the generation, by the lock file
//! store         nothing in its directories but trees and lists
//! originals     those that are kept, by the digests in their records
//! trees         the files of packs, environments and their packages, by their lists
//! scripts       the programs that first lines and `pyvenv.cfg` name
//! interpreters  whether they start, and are still the files that environments were made for
//! database      whether it is sound, and has the rows that the generation's releases give
//! ```
//!
//! Every byte is read, and stamps are not looked at, unless a quick look was asked for (`quick`). Nothing is written, no lock is taken, and `current` is read once:
//! an install that runs meanwhile changes nothing of what it leads to.

mod database;
mod error;
mod generation;
mod interpreters;
mod links;
mod originals;
mod quick;
mod report;
mod scripts;
mod store;
mod stored;
mod trees;

use attune_registry::report::Reporter;
use attune_registry::resolve::similar_packs;
use attune_schemas::PackRef;

pub use error::VerificationError;
pub use report::{Finding, FindingKind, HostPart, VerifiedPack, VerifyReport};
pub use stored::StoredTrees;

use crate::generation::Generation;
use crate::process::Interrupt;
use crate::root::HostRoot;
use generation::Active;
use report::Findings;

/// How thoroughly everything is verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VerifyDepth {
    /// Every byte is read, every interpreter started, and every row of the database compared.
    #[default]
    Full,
    /// Trees are read only where their stamps say that somebody touched them; interpreters and the database are looked at
    /// from outside.
    Quick,
}

/// What is verified.
#[derive(Debug, Clone, Default)]
pub struct VerifyOptions {
    /// The packs; all if none are named; all if there are none.
    pub packs: Vec<PackRef>,
    /// Restore only environments: what they are made of, their links and interpreters.
    pub only_environments: bool,
    /// How thoroughly.
    pub depth: VerifyDepth,
    /// Tells when to stop.
    pub interrupt: Interrupt,
}

/// The generation that is verified.
struct Verifying<'a> {
    root: &'a HostRoot,
    generation: &'a Generation,
    options: &'a VerifyOptions,
}

/// Verifies what is active on `root`.
///
/// # Errors
/// There is no root, nothing was ever installed to it, a pack is not installed, or somebody asked to stop. What
/// is wrong with what is installed is in the report.
pub fn verify(
    root: &HostRoot,
    options: &VerifyOptions,
    reporter: &dyn Reporter,
) -> Result<VerifyReport, VerificationError> {
    let mut findings = Findings::default();
    let (id, directory) = match generation::active(root)? {
        Active::Generation(id, directory) => (id, directory),
        Active::None(finding) => {
            findings.add(finding);
            return finish(root, 0, findings);
        }
    };
    let loaded = Generation::load_with_digest(&directory);
    let (generation, lock) = match loaded {
        Ok(loaded) => loaded,
        // Without it nothing says what there should be.
        Err(error) => {
            findings.add(generation::unreadable(&directory, &error));
            return finish(root, id, findings);
        }
    };
    let missing = options.packs.iter().find(|pack| !generation.packs.contains_key(*pack));
    if let Some(pack) = missing {
        let similar = similar_packs(pack, generation.packs.keys().cloned()).into_iter().next();
        return Err(VerificationError::NotInstalled { pack: pack.clone(), similar });
    }
    let verifying = Verifying { root, generation: &generation, options };
    let lists = verifying.load_lists(&mut findings);
    verifying.entry_links(&mut findings)?;
    verifying.kept_files(&directory, &lists, &mut findings);
    match options.depth {
        VerifyDepth::Full => verifying.trees(&lists, &mut findings, reporter)?,
        VerifyDepth::Quick => verifying.trees(&verifying.touched(lists.clone()), &mut findings, reporter)?,
    }
    if options.packs.is_empty() {
        verifying.foreign_in_store(&mut findings)?;
    }
    verifying.originals(&mut findings)?;
    verifying.interpreters(&mut findings);
    match options.depth {
        VerifyDepth::Full => {
            verifying.scripts(&lists, &mut findings);
            if !options.only_environments {
                verifying.database(lock, &mut findings)?;
            }
        }
        VerifyDepth::Quick => verifying.registration(lock, &mut findings)?,
    }
    verifying.copies(&directory, &lock, &mut findings);
    options.interrupt.check()?;
    let mut report = finish(root, id, findings)?;
    report.packs = verifying.packs(&report);
    Ok(report)
}

/// The report, unless the machine failed: then nobody knows what is there.
fn finish(root: &HostRoot, id: u64, findings: Findings) -> Result<VerifyReport, VerificationError> {
    findings.fault().map_or_else(|| Ok(VerifyReport::new(root, id, findings)), Err)
}

/// Refuses a root that is not there, or to which nothing was ever installed; creates nothing.
///
/// # Errors
/// The same as those of [`verify`].
pub fn require_installed(root: &HostRoot) -> Result<(), VerificationError> {
    generation::active(root).map(drop)
}

impl Verifying<'_> {
    /// Whether `pack` is among those that are verified.
    fn covers(&self, pack: &PackRef) -> bool {
        self.options.packs.is_empty() || self.options.packs.contains(pack)
    }

    /// The state of each pack.
    fn packs(&self, report: &VerifyReport) -> Vec<VerifiedPack> {
        let packs = self.generation.packs.iter().filter(|(pack, _)| self.covers(pack));
        let verified = packs.map(|(pack, installed)| {
            let count = |findings: &[Finding]| findings.iter().filter(|one| one.packs.contains(pack)).count();
            VerifiedPack {
                pack: pack.clone(),
                version: installed.version.clone(),
                environments: installed.environment_count(),
                files: report.files_of(installed, self.options.only_environments),
                differences: count(&report.differences),
                remarks: count(&report.remarks),
            }
        });
        verified.collect()
    }
}
