//! The generation itself: the one that is active, and the files in its directory.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use attune_schemas::{Digest, PackRef};

use super::Verifying;
use super::error::VerificationError;
use super::report::{Finding, FindingKind, Findings, HostPart};
use super::trees::Lists;
use crate::generation::{COPIES_FILE, Copies, Entry, KEPT_FOLDERS, KeptRelease, LOCK_FILE, parts_in_store};
use crate::root::HostRoot;
use crate::root::StoreKind;
use crate::trees::{Content, FileList, ListedEntry, TreeToExamine, examine};

/// The modes of what a generation's directory holds, at most.
const DIRECTORY_MODE: u32 = 0o555;
const FILE_MODE: u32 = 0o444;

/// What `current` leads to.
pub(super) enum Active {
    /// A generation: its number and directory.
    Generation(u64, PathBuf),
    /// No generation, although there are some.
    None(Finding),
}

/// The generation that `current` leads to, read once.
pub(super) fn active(root: &HostRoot) -> Result<Active, VerificationError> {
    if !root.generations().is_dir() {
        root.require_there()?;
    }
    root.require_not_half_purged()?;

    let of = |kind| Finding::new(kind, HostPart::Links, root.current());
    let failed = |source| root.failed(source);
    let mut active = root.active_generation();
    if matches!(active, Ok(None)) {
        // The first installation may be at work, or have ended since.
        if !root.generations().is_dir() || root.is_changing().map_err(failed)? {
            return Err(root.never_installed().into());
        }
        active = root.active_generation();
    }
    match active {
        Ok(Some(id)) => Ok(Active::Generation(id, root.generation(id))),
        Ok(None) => Ok(Active::None(of(FindingKind::Missing))),
        // It leads to something that is no generation.
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Ok(Active::None(of(FindingKind::LeadsElsewhere)))
        }
        // It is no link.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
            Ok(Active::None(of(FindingKind::Replaced).expected(&"link")))
        }
        Err(error) => Err(failed(error).into()),
    }
}

/// The lock file in `directory` cannot be read.
pub(super) fn unreadable(directory: &Path, error: &io::Error) -> Finding {
    let kind = match error.kind() {
        io::ErrorKind::NotFound => FindingKind::Missing,
        io::ErrorKind::InvalidData => FindingKind::Changed,
        _ => FindingKind::Unreadable,
    };
    let finding = Finding::new(kind, HostPart::Generation, directory.join(LOCK_FILE)).found(&error);
    finding.failed(Some(error.kind()))
}

impl Verifying<'_> {
    /// Holds everything in the generation's directory against its lock file.
    pub(super) fn kept_files(&self, directory: &Path, lists: &Lists, findings: &mut Findings) {
        let entries = self.generation.entries(&|digest| Ok(self.parts(digest, lists)));
        let entries = entries.unwrap_or_else(|_| unreachable!("names that are known cannot be unreadable"));
        let mut listed = Vec::new();
        for (path, entry) in entries {
            let content = match entry {
                Entry::Directory => Content::Directory { mode: DIRECTORY_MODE },
                Entry::Link(target) => Content::Link { target: target.into() },
                Entry::File(text) => Content::File {
                    mode: FILE_MODE,
                    size: text.len() as u64,
                    digest: Digest::of(text.as_bytes()),
                },
            };
            listed.push(ListedEntry { path: path.into(), content });
        }
        for folder in KEPT_FOLDERS {
            let content = Content::Directory { mode: DIRECTORY_MODE };
            listed.push(ListedEntry { path: folder.into(), content });
        }
        for (name, file) in &self.generation.files {
            let content = Content::File { mode: FILE_MODE, size: file.bytes, digest: file.digest };
            listed.push(ListedEntry { path: name.into(), content });
        }
        let tree = TreeToExamine { place: directory.to_owned(), list: FileList::new(listed) };
        let examined = examine(&[tree], &|_| true).pop().unwrap_or_default();
        let owners = self.owners();
        for difference in examined.differences {
            let part =
                |path: &Path| match path.strip_prefix(directory).ok().and_then(|path| path.iter().next()) {
                    Some(folder) if folder == "packs" || folder == "packenvs" => HostPart::Links,
                    _ => HostPart::Generation,
                };
            let mut finding = Finding::of_difference(HostPart::Links, directory, difference);
            finding.part = part(&finding.path);
            // An earlier program did not list what it kept, and the lock file cannot list itself.
            let is_lock = [LOCK_FILE, COPIES_FILE].iter().any(|name| finding.path == directory.join(name));
            let is_unlisted = finding.part == HostPart::Generation && self.generation.files.is_empty();
            if finding.kind == FindingKind::Foreign && (is_lock || is_unlisted) {
                continue;
            }
            let relative = finding.path.strip_prefix(directory).unwrap_or(Path::new("")).to_owned();
            let finding = finding.of(owner_of(&relative, &owners));
            if self.concerns(&finding, &relative) {
                findings.add(finding);
            }
        }
    }

    /// Holds the copies in the generation's directory against its lock file, whose digest is `lock`, unless that was
    /// found changed.
    pub(super) fn copies(&self, directory: &Path, lock: &Digest, findings: &mut Findings) {
        if findings.knows(&directory.join(LOCK_FILE)) {
            return;
        }
        let kind = match Copies::load(directory) {
            Ok(copies) if copies.are_of(self.generation, lock) => return,
            // Which of the two was changed is the database's to say, and it does not.
            Ok(copies) if copies.lock().is_some_and(|copy| copy != *lock) => {
                findings.add(Finding::new(
                    FindingKind::Changed,
                    HostPart::Generation,
                    directory.join(LOCK_FILE),
                ));
                return;
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => FindingKind::Missing,
            _ => FindingKind::Changed,
        };
        findings.add(Finding::new(kind, HostPart::Generation, directory.join(COPIES_FILE)));
    }

    /// Whether a finding in the generation's directory is about what is verified.
    fn concerns(&self, finding: &Finding, relative: &Path) -> bool {
        let is_covered = match finding.packs[..] {
            // What belongs to no pack of the generation is a difference of the whole host.
            [] => self.options.packs.is_empty() || finding.part == HostPart::Generation,
            _ => finding.packs.iter().any(|pack| self.covers(pack)),
        };
        let is_of_pack = relative.starts_with("packs") || relative.starts_with("releases");
        is_covered && !(self.options.only_environments && is_of_pack)
    }

    /// The names at the top of an environment, by its list.
    fn parts(&self, digest: &Digest, lists: &Lists) -> Vec<OsString> {
        match lists.get(&(StoreKind::Envs, *digest)) {
            Some(list) => list.top().map(OsString::from).collect(),
            None => parts_in_store(self.root, digest).unwrap_or_default(),
        }
    }

    /// The packs that use each environment.
    fn owners(&self) -> BTreeMap<String, Vec<PackRef>> {
        let mut owners: BTreeMap<String, Vec<PackRef>> = BTreeMap::new();
        for (pack, installed) in &self.generation.packs {
            for environment in installed.environments.values() {
                owners.entry(format!("{}.json", environment.digest.hex())).or_default().push(pack.clone());
            }
            let release = KeptRelease::path(Path::new(""), pack);
            let name = release.file_name().unwrap_or_default().to_string_lossy().into_owned();
            owners.entry(name).or_default().push(pack.clone());
            owners.entry(pack.to_string()).or_default().push(pack.clone());
        }
        owners
    }
}

/// The packs that something in the generation's directory belongs to.
fn owner_of(relative: &Path, owners: &BTreeMap<String, Vec<PackRef>>) -> Vec<PackRef> {
    let name = relative.iter().nth(1).and_then(|name| name.to_str());
    let mut packs = name.and_then(|name| owners.get(name)).cloned().unwrap_or_default();
    packs.dedup();
    packs
}
