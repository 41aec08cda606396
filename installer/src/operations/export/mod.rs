//! Writes a bundle of what is installed, with the signatures of its publisher, from the originals that the host keeps, or a
//! source that has the releases.
//!
//! What is installed says which releases; their bytes come from the source, and are held against the digests that its
//! metadata vouches for. Nothing is made of the trees of the store: a publisher has signed archives, not trees.
//!
//! ```text
//! chosen    the packs, of one registry
//! origin    the source: the one that was named, or what is kept
//! gathered  their releases in the source, and the blobs that a host of this kind needs
//! ```

mod chosen;
mod error;
mod gathered;
mod origin;

use std::io::{self, Seek as _};
use std::path::{Path, PathBuf};

use attune_host::generation::InstalledGeneration;
use attune_host::inventory::installed;
use attune_host::process::Interrupt;
use attune_host::root::HostRoot;
use attune_registry::atomic_file::{AtomicWrite, Existing};
use attune_registry::blob::digest_of_reader;
use attune_registry::bundle::{BundleContent, write_bundle};
use attune_registry::report::{NewTask, Report, Reporter};
use attune_schemas::{Digest, PackRef, Version};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::source::SourceLocation;
use chosen::{chosen, one_registry};
pub use error::ExportError;
use origin::named;

/// What is exported, and where to.
#[derive(Debug, Clone)]
pub struct ExportOptions {
    /// The packs, with what they need; all if none are named.
    pub packs: Vec<PackRef>,
    /// The bundle or registry that has those of their releases that the host does not keep; none to take only those.
    pub from: Option<SourceLocation>,
    /// The file to write.
    pub output: PathBuf,
    /// The treatment of a file that is there already.
    pub existing: Existing,
    /// Tells when to stop.
    pub interrupt: Interrupt,
    /// The time.
    pub now: Timestamp,
}

/// The report of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportReport {
    /// The installation root.
    pub root: PathBuf,
    /// The file.
    pub bundle: PathBuf,
    /// Its digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
    /// The registry whose signatures it has.
    pub registry: String,
    /// The releases in it.
    pub releases: Vec<ExportedPack>,
    /// When its metadata expires, and with it the bundle.
    pub expires_at: String,
}

impl Report for ExportReport {
    const FORMAT: &'static str = "attune-install.export/v1";
}

/// A release in an exported bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ExportedPack {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its version.
    pub version: Version,
    /// Whether it was asked for, rather than needed by another.
    pub requested: bool,
    /// Bytes of its archive and packages in the bundle; shared ones count for each pack.
    pub size: u64,
}

/// Writes a bundle of packs that are installed to `root`, for hosts of its kind.
///
/// # Errors
/// A pack was signed by this host alone, packs are of several registries, the source has not the very releases that are
/// installed, or the file cannot be written; then there is no file.
pub fn export(
    root: &HostRoot,
    options: &ExportOptions,
    reporter: &dyn Reporter,
) -> Result<ExportReport, ExportError> {
    let active = installed(root)?;
    let packs = chosen(&active, &options.packs)?;
    let registry = one_registry(&active, &packs)?;
    let folder = folder_of(options)?;
    let kept = InstalledGeneration::load_packs(root, &active, &packs.iter().collect());
    let kept = kept.map_err(|source| root.failed(source))?;
    let kept = kept.ok_or_else(|| ExportError::NotKept { root: root.path().to_owned() })?;
    let (mut source, gathered) = match &options.from {
        Some(from) => named(root, from, &registry, (&kept, options))?,
        None => origin::kept(root, &registry, (&kept, options))?,
    };
    let write = |source| ExportError::Write { path: options.output.clone(), source };
    let area = tempfile::Builder::new().prefix(".incoming-").tempdir_in(&folder).map_err(write)?;
    let content = gathered.content(&mut source)?;
    gathered.fetch(&active, &mut source, area.path(), (&options.interrupt, reporter)).map_err(|error| {
        match error {
            ExportError::Io(source) => write(source),
            error => error,
        }
    })?;
    let (digest, size) = write_file(&content, area.path(), &folder, options, reporter)?;
    Ok(ExportReport {
        root: root.path().to_owned(),
        bundle: std::path::absolute(&options.output).unwrap_or_else(|_| options.output.clone()),
        digest,
        size,
        registry,
        releases: gathered.exported(),
        expires_at: source.repository_at(0).expires_at().to_string(),
    })
}

/// The folder of the file, which must be there; the file itself must not, unless it is to be replaced.
fn folder_of(options: &ExportOptions) -> Result<PathBuf, ExportError> {
    let output = &options.output;
    if options.existing == Existing::Keep && fs_err::symlink_metadata(output).is_ok() {
        return Err(ExportError::Exists { path: output.clone() });
    }
    if output.file_name().is_none() || output.is_dir() {
        let source = io::ErrorKind::IsADirectory.into();
        return Err(ExportError::Write { path: output.clone(), source });
    }
    let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty());
    Ok(folder.unwrap_or(Path::new(".")).to_owned())
}

fn write_file(
    content: &BundleContent,
    area: &Path,
    folder: &Path,
    options: &ExportOptions,
    reporter: &dyn Reporter,
) -> Result<(Digest, u64), ExportError> {
    let write = |source| ExportError::Write { path: options.output.clone(), source };
    let name = options.output.file_name().unwrap_or_default();
    let total = content.blobs.iter().map(|(_, size)| size).sum();
    let shown = reporter.task(NewTask::new("bundling").of_bytes(total));
    let start = AtomicWrite { existing: options.existing, ..AtomicWrite::default() };
    let mut file = start.start_in(folder).map_err(write)?;
    let open = |digest: &Digest| fs_err::File::open(area.join(digest.hex()));
    write_bundle(content, open, &mut file, |bytes| shown.advanced(bytes))?;
    options.interrupt.check()?;
    file.file_mut().rewind().map_err(write)?;
    let described = digest_of_reader(file.file_mut()).map_err(write)?;
    file.commit(name).map_err(write)?;
    Ok(described)
}
