//! The originals that are kept of installed releases: each file by the digest in their record.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use attune_registry::blob::digest_of_reader;
use attune_registry::workers::in_parallel;
use attune_schemas::{Digest, PackRef};

use super::report::{Finding, FindingKind, Findings, HostPart};
use super::{VerificationError, VerifyDepth, Verifying};
use crate::local::originals::{KeptRegistry, OriginalFile, RecordError};

impl Verifying<'_> {
    /// Holds the originals of the packs against their records; a quick look reads no file.
    pub(super) fn originals(&self, findings: &mut Findings) -> Result<(), VerificationError> {
        if self.options.only_environments {
            return Ok(());
        }
        let packs = self.generation.packs.iter().filter(|(pack, _)| self.covers(pack));
        let packs: BTreeMap<String, &PackRef> =
            packs.map(|(pack, installed)| (installed.manifest.hex(), pack)).collect();
        let failed = |source| self.root.failed(source);
        // Releases share files.
        let mut files: BTreeMap<PathBuf, (OriginalFile, Vec<PackRef>)> = BTreeMap::new();
        for kept in KeptRegistry::all(self.root).map_err(failed)? {
            for found in kept.records().map_err(failed)? {
                let manifest = found.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                let Some(&pack) = packs.get(&manifest) else { continue };
                match found.record {
                    Ok(record) => {
                        for file in record.files {
                            let place = kept.place(record.head, &file.path);
                            files.entry(place).or_insert_with(|| (file, Vec::new())).1.push(pack.clone());
                        }
                    }
                    Err(RecordError::Damaged) => findings.add(
                        Finding::new(FindingKind::Changed, HostPart::Original, found.path).of([pack.clone()]),
                    ),
                    Err(RecordError::Io(error)) => {
                        findings.add(unreadable(&found.path, &error).of([pack.clone()]));
                    }
                }
            }
        }
        let files: Vec<_> = files.into_iter().collect();
        let interrupt = &self.options.interrupt;
        let depth = self.options.depth;
        let looked = in_parallel(&files, |(place, (file, packs))| {
            let finding = if interrupt.is_raised() { None } else { difference(place, file, depth) };
            finding.map(|finding| finding.of(packs.iter().cloned()))
        });
        interrupt.check()?;
        looked.into_iter().flatten().for_each(|finding| findings.add(finding));
        Ok(())
    }
}

/// The difference between the file at `place` and the one that was kept.
fn difference(place: &Path, file: &OriginalFile, depth: VerifyDepth) -> Option<Finding> {
    let of = |kind| Finding::new(kind, HostPart::Original, place);
    let found = match fs_err::symlink_metadata(place) {
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Some(of(FindingKind::Missing));
        }
        Err(error) => return Some(unreadable(place, &error)),
        Ok(found) => found,
    };
    if !found.is_file() {
        return Some(of(FindingKind::Replaced).expected(&"file"));
    }
    if found.len() != file.size {
        return Some(of(FindingKind::Changed));
    }
    let digest = match depth {
        VerifyDepth::Quick => return None,
        VerifyDepth::Full => fs_err::File::open(place).and_then(digest_of_reader),
    };
    match digest {
        Ok((digest, _)) => (digest != file.digest).then(|| changed(of(FindingKind::Changed), &digest, file)),
        Err(error) => Some(unreadable(place, &error)),
    }
}

fn changed(finding: Finding, found: &Digest, file: &OriginalFile) -> Finding {
    finding.found(found).expected(&file.digest)
}

fn unreadable(place: &Path, error: &io::Error) -> Finding {
    Finding::new(FindingKind::Unreadable, HostPart::Original, place).found(error).failed(Some(error.kind()))
}
