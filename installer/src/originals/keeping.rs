//! The originals that an installation keeps: the small files are written at once, the blobs as they come by.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use attune_host::local::originals::{KeptRegistry, ORIGINAL_FORMAT, OriginalFile, OriginalRecord};
use attune_host::root::HostRoot;
use attune_host::transaction::Staging;
use attune_registry::atomic_file::write_unshared;
use attune_registry::layout::RegistryPath;
use attune_schemas::Digest;
use attune_schemas::tuf::RegistryName;

use super::head::head_of;
use super::original::{Original, WantedOriginal};
use crate::plan::InstallPlan;
use crate::source::{FindError, VerifiedSource};
use crate::unpack::UnpackError;

/// Originals to keep, with where they come from.
#[derive(Debug, Default)]
pub struct Keeping {
    parts: Vec<Part>,
}

/// Those of one registry.
#[derive(Debug)]
struct Part {
    /// The number of the registry in the source.
    number: usize,
    name: RegistryName,
    /// The version of its timestamp.
    head: u64,
    originals: Vec<Original>,
}

impl Keeping {
    /// Those of `wanted` that `source` has; releases that this host signed itself are kept with its own registry.
    ///
    /// # Errors
    /// The source is damaged, or cannot be read.
    pub fn of(wanted: &[WantedOriginal], source: &mut VerifiedSource) -> Result<Self, FindError> {
        let mut parts: Vec<Part> = Vec::new();
        for wanted in wanted.iter().filter(|wanted| !wanted.registry.is_this_host()) {
            let Some(number) = source.number_named(&wanted.registry)? else { continue };
            let Some(original) = Original::find(source, number, wanted)? else { continue };
            if let Some(part) = parts.iter_mut().find(|part| part.number == number) {
                part.originals.push(original);
            } else {
                let (name, head) =
                    (wanted.registry.clone(), source.repository_at(number).timestamp().version());
                parts.push(Part { number, name, head, originals: vec![original] });
            }
        }
        Ok(Self { parts })
    }

    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    /// The number of releases.
    pub fn releases(&self) -> usize {
        self.parts.iter().map(|part| part.originals.len()).sum()
    }

    /// Digest and size of the blobs that `root` does not keep yet, or not `whole`, by the directory in which they are
    /// kept.
    fn lacking(
        &self,
        root: &HostRoot,
        is_whole: &dyn Fn(&Path) -> bool,
    ) -> Vec<(&Part, BTreeMap<Digest, u64>)> {
        let lacking = self.parts.iter().map(|part| {
            let kept = KeptRegistry::of(root, &part.name);
            let blobs = part.originals.iter().flat_map(Original::large);
            let lacks = |(digest, size): &(Digest, u64)| {
                let place = kept.place(part.head, &RegistryPath::Blob(*digest));
                !kept.has_blob(digest, *size) || !is_whole(&place)
            };
            (part, blobs.filter(lacks).collect())
        });
        lacking.collect()
    }

    /// Has `plan` fetch the blobs that `root` does not keep yet, and counts their room; one counts as kept if its file
    /// `is_whole`.
    pub fn plan(&self, root: &HostRoot, plan: &mut InstallPlan, is_whole: &dyn Fn(&Path) -> bool) {
        for (_, blobs) in self.lacking(root, is_whole) {
            plan.keep_originals(&blobs);
        }
    }

    /// Writes the small files to `staging`, and returns where the blobs go that `root` does not keep yet; one counts as
    /// kept if its file `is_whole`.
    ///
    /// # Errors
    /// A file cannot be read or written.
    pub fn begin(
        &self,
        source: &mut VerifiedSource,
        (root, staging): (&HostRoot, &mut Staging),
        is_whole: &dyn Fn(&Path) -> bool,
    ) -> Result<Places, UnpackError> {
        let mut places = Places::default();
        for (part, blobs) in self.lacking(root, is_whole) {
            let staged = staging.originals(&part.name, part.head)?;
            let head = head_of(source, part.number)?;
            write_all(&staged, part.head, &head)?;
            let head: Vec<OriginalFile> = head.iter().map(|(path, bytes)| file_of(path, bytes)).collect();
            for original in &part.originals {
                let (path, bytes) = &original.signed_index;
                let mut small = BTreeMap::from([(path.clone(), bytes.clone())]);
                for (digest, size) in original.small() {
                    let bytes = source.source_at(part.number).read_blob(&digest, size)?;
                    small.insert(RegistryPath::Blob(digest), bytes);
                }
                write_all(&staged, part.head, &small)?;
                let of_blob =
                    |(digest, size)| OriginalFile { path: RegistryPath::Blob(digest), digest, size };
                let mut files = head.clone();
                files.extend(small.iter().map(|(path, bytes)| file_of(path, bytes)));
                files.extend(original.large().into_iter().map(of_blob));
                let record = OriginalRecord {
                    format: ORIGINAL_FORMAT.to_owned(),
                    pack: original.pack.clone(),
                    version: original.release.config.pack.version.clone(),
                    manifest: original.release.manifest_digest,
                    head: part.head,
                    files,
                };
                write(&staged.record(&record.manifest), &record.to_bytes()?)?;
            }
            for digest in blobs.into_keys() {
                places.entry(digest).or_default().push(staged.place(part.head, &RegistryPath::Blob(digest)));
            }
        }
        Ok(places)
    }
}

/// Where blobs are kept as they are.
pub type Places = BTreeMap<Digest, Vec<PathBuf>>;

fn file_of(path: &RegistryPath, bytes: &[u8]) -> OriginalFile {
    OriginalFile { path: path.clone(), digest: Digest::of(bytes), size: bytes.len() as u64 }
}

fn write_all(kept: &KeptRegistry, head: u64, files: &BTreeMap<RegistryPath, Vec<u8>>) -> io::Result<()> {
    files.iter().try_for_each(|(path, bytes)| write(&kept.place(head, path), bytes))
}

/// Releases share files.
fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    match write_unshared(path, bytes) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        written => written,
    }
}
