//! A registry in a bundle: one `tar.zst`, read once from its first byte to its last.
//!
//! The head (`bundle.json`, `metadata/`, `packs/`) comes first and is kept in memory. Small blobs that
//! are asked for are found by reading on, and the blobs passed on the way are put aside. The large ones
//! are then handed out as they come by.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read};
use std::ops::ControlFlow;
use std::path::Path;

use attune_schemas::Digest;
use attune_schemas::bundle::{BUNDLE_FORMAT, BundleDescription};

use crate::archive::{ArchiveError, EntryKind, MAX_WINDOW_LOG, TarEntry, TarLimits, TarStream};
use crate::blob::{BlobError, BlobSpool, MAX_IN_MEMORY_BYTES, VerifiedBlob, copy_verified};
use crate::layout::RegistryPath;
use crate::source::{BlobPlan, BlobSink, Source, SourceError};

/// The most entries of a bundle, and the most bytes of their names.
const MAX_ENTRIES: u64 = 100_000;
const MAX_NAME_BYTES: u64 = 16 << 20;
/// What a zstd frame begins with.
const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// The memory that keeping a file of the head costs beside its content, in bytes, at least.
const KEPT_ENTRY_BYTES: u64 = 512;
/// The most bytes of blobs that are read before it is known which are wanted; half of what blobs may take in memory.
const MAX_AHEAD_BYTES: u64 = 32 * 1024 * 1024;
/// The most bytes of the head and of the small blobs that are kept in memory.
const MAX_KEPT_BYTES: u64 = 48 * 1024 * 1024;

/// Bytes of a bundle, wherever they come from.
type Input = Box<dyn Read + Send>;
type Decoder = zstd::Decoder<'static, std::io::BufReader<Input>>;

/// A bundle that is being read.
pub struct BundleSource {
    name: String,
    description: BundleDescription,
    head: BTreeMap<RegistryPath, Vec<u8>>,
    stream: TarStream<Decoder>,
    /// The blob that ended the head and whose content comes next.
    pending: Option<(Digest, u64)>,
    /// Small blobs that were passed; their bytes match their digests.
    aside: BTreeMap<Digest, Vec<u8>>,
    /// Small blobs that were asked for.
    taken: BTreeSet<Digest>,
    kept_bytes: u64,
    /// Blobs that were read before it was known which are wanted.
    ahead: Vec<VerifiedBlob>,
    /// Whether its bytes are there without waiting for whoever sends them.
    is_file: bool,
}

impl BundleSource {
    /// Opens the bundle at `path` and reads its head.
    pub fn open(path: &Path) -> Result<Self, SourceError> {
        let file = fs_err::File::open(path).map_err(SourceError::Open)?;
        let is_file = file.metadata().is_ok_and(|found| found.is_file());
        let source = Self::from_reader(Box::new(file), &path.display().to_string())?;
        Ok(Self { is_file, ..source })
    }

    /// Reads a bundle from `reader`, for example standard input; `name` is for messages.
    pub fn from_reader(reader: Input, name: &str) -> Result<Self, SourceError> {
        let refuse = |reason: &str| SourceError::NotABundle { name: name.to_owned(), reason: reason.into() };
        let mut reader = reader;
        let mut begin = Vec::new();
        (&mut reader).take(ZSTD_MAGIC.len() as u64).read_to_end(&mut begin).map_err(SourceError::Open)?;
        let is_zstd = begin == ZSTD_MAGIC;
        let reader: Input = Box::new(io::Cursor::new(begin).chain(reader));
        let decoder = zstd::Decoder::new(reader).and_then(|mut decoder| {
            decoder.window_log_max(MAX_WINDOW_LOG)?;
            Ok(decoder)
        });
        let decoder = decoder.map_err(SourceError::Open)?;
        let limits =
            TarLimits { max_entries: MAX_ENTRIES, max_bytes: u64::MAX, max_name_bytes: MAX_NAME_BYTES };
        let mut stream = TarStream::new(decoder, limits);
        let first = stream.next_entry().map_err(|source| match source {
            ArchiveError::Damaged(error) if is_zstd && error.kind() == io::ErrorKind::UnexpectedEof => {
                SourceError::Bundle { name: name.to_owned(), source: ArchiveError::Damaged(error) }
            }
            ArchiveError::Io(error) => SourceError::Open(error),
            _ => refuse("it is not a tar.zst archive"),
        })?;
        let first = first.ok_or_else(|| refuse("it is empty"))?;
        if first.path.as_str() != "bundle.json" {
            return Err(refuse("its first entry is not bundle.json"));
        }
        let mut kept_bytes = 0;
        let bytes = keep(&mut stream, first.size, &mut kept_bytes, name, &RegistryPath::BundleDescription)?;
        let description: BundleDescription =
            serde_json::from_slice(&bytes).map_err(|error| refuse(&format!("bundle.json: {error}")))?;
        if description.format != BUNDLE_FORMAT {
            let format = description.format.escape_debug();
            return Err(refuse(&format!("its format is `{format}`, this program reads `{BUNDLE_FORMAT}`")));
        }
        let mut source = Self {
            name: name.to_owned(),
            description,
            head: BTreeMap::new(),
            stream,
            pending: None,
            aside: BTreeMap::new(),
            taken: BTreeSet::new(),
            kept_bytes,
            ahead: Vec::new(),
            is_file: false,
        };
        source.read_head()?;
        Ok(source)
    }

    fn read_head(&mut self) -> Result<(), SourceError> {
        while let Some((path, size)) = self.next_file()? {
            match path {
                RegistryPath::Blob(digest) => {
                    self.pending = Some((digest, size));
                    return Ok(());
                }
                RegistryPath::BundleDescription => {
                    return Err(unexpected(&path, "it is only the first entry"));
                }
                _ => {
                    let bytes = keep(&mut self.stream, size, &mut self.kept_bytes, &self.name, &path)?;
                    self.head.insert(path, bytes);
                }
            }
        }
        Ok(())
    }

    fn damaged(&self, source: ArchiveError) -> SourceError {
        SourceError::Bundle { name: self.name.clone(), source }
    }

    /// The next file, whose path is one that a bundle may hold.
    fn next_file(&mut self) -> Result<Option<(RegistryPath, u64)>, SourceError> {
        let entry = self.stream.next_entry().map_err(|source| self.damaged(source))?;
        let Some(TarEntry { path, kind, size }) = entry else { return Ok(None) };
        if kind == EntryKind::Directory {
            let reason = "a bundle holds files only";
            return Err(SourceError::UnexpectedEntry { path: path.to_string(), reason });
        }
        let parsed = path.as_str().parse().map_err(|_| SourceError::UnexpectedEntry {
            path: path.to_string(),
            reason: "it is not a file of a registry",
        })?;
        Ok(Some((parsed, size)))
    }

    fn next_blob(&mut self) -> Result<Option<(Digest, u64)>, SourceError> {
        if let Some(pending) = self.pending.take() {
            return Ok(Some(pending));
        }
        match self.next_file()? {
            None => Ok(None),
            Some((RegistryPath::Blob(digest), size)) => Ok(Some((digest, size))),
            Some((path, _)) => Err(unexpected(&path, "it must come before the first blob")),
        }
    }

    /// Keeps the blob that comes next in memory, once its bytes match its name.
    fn put_aside(&mut self, digest: Digest, size: u64) -> Result<(), SourceError> {
        let path = RegistryPath::Blob(digest);
        let bytes = keep(&mut self.stream, size, &mut self.kept_bytes, &self.name, &path)?;
        let actual = Digest::of(&bytes);
        if actual != digest {
            let source = BlobError::Digest { expected: digest, actual };
            return Err(SourceError::Blob { name: self.name(), source });
        }
        self.aside.insert(digest, bytes);
        Ok(())
    }

    /// Hands out the blobs that were put aside before they were known to be wanted.
    fn drain_aside(
        &mut self,
        plan: &BlobPlan,
        missing: &mut BTreeSet<Digest>,
        spool: &BlobSpool,
        sink: &mut BlobSink<'_>,
    ) -> Result<(), SourceError> {
        for (digest, bytes) in std::mem::take(&mut self.aside) {
            if let Some(&size) = plan.wanted.get(&digest) {
                let blob = spool.receive(&digest, size, &mut &bytes[..]);
                let blob = blob.map_err(|source| SourceError::Blob { name: self.name(), source })?;
                missing.remove(&digest);
                hand_over(blob, sink)?;
            } else if !self.taken.contains(&digest) && !plan.allowed.contains_key(&digest) {
                return Err(SourceError::UnknownBlob { digest });
            }
        }
        Ok(())
    }
}

fn unexpected(path: &RegistryPath, reason: &'static str) -> SourceError {
    SourceError::UnexpectedEntry { path: path.to_string(), reason }
}

fn hand_over(blob: VerifiedBlob, sink: &mut BlobSink<'_>) -> Result<(), SourceError> {
    match sink(blob) {
        ControlFlow::Continue(()) => Ok(()),
        ControlFlow::Break(()) => Err(SourceError::Stopped),
    }
}

/// Reads the current entry into memory, up to the limit of memory.
fn keep(
    stream: &mut TarStream<Decoder>,
    size: u64,
    kept_bytes: &mut u64,
    name: &str,
    path: &RegistryPath,
) -> Result<Vec<u8>, SourceError> {
    *kept_bytes = kept_bytes.saturating_add(size).saturating_add(KEPT_ENTRY_BYTES);
    if *kept_bytes > MAX_KEPT_BYTES {
        return Err(SourceError::TooLarge { path: path.to_string(), limit: MAX_KEPT_BYTES });
    }
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).map_err(|source| SourceError::Bundle {
        name: name.to_owned(),
        source: ArchiveError::of_read(source),
    })?;
    Ok(bytes)
}

impl Source for BundleSource {
    fn name(&self) -> String {
        format!("bundle `{}`", self.name)
    }

    fn description(&self) -> Option<&BundleDescription> {
        Some(&self.description)
    }

    fn read(&self, path: &RegistryPath, max_bytes: u64) -> Result<Option<Vec<u8>>, SourceError> {
        match self.head.get(path) {
            Some(bytes) if bytes.len() as u64 > max_bytes => {
                Err(SourceError::TooLarge { path: path.to_string(), limit: max_bytes })
            }
            found => Ok(found.cloned()),
        }
    }

    fn read_blob(&mut self, digest: &Digest, size: u64) -> Result<Vec<u8>, SourceError> {
        while !self.aside.contains_key(digest) {
            let Some((next, next_size)) = self.next_blob()? else {
                let missing = vec![*digest];
                return Err(SourceError::MissingBlobs { name: self.name(), missing });
            };
            self.put_aside(next, next_size)?;
        }
        self.taken.insert(*digest);
        let bytes = self.aside[digest].clone();
        if bytes.len() as u64 != size {
            let source = BlobError::Size { digest: *digest, expected: size, actual: bytes.len() as u64 };
            return Err(SourceError::Blob { name: self.name(), source });
        }
        Ok(bytes)
    }

    fn read_ahead(
        &mut self,
        allowed: &BTreeMap<Digest, u64>,
        spool: &BlobSpool,
        is_decided: &dyn Fn() -> bool,
    ) -> Result<(), SourceError> {
        let mut ahead_bytes = 0;
        while self.is_file && !is_decided() {
            let Some((digest, size)) = self.next_blob()? else { break };
            ahead_bytes += size;
            if size > MAX_IN_MEMORY_BYTES || ahead_bytes > MAX_AHEAD_BYTES {
                self.pending = Some((digest, size));
                break;
            }
            let &expected = allowed.get(&digest).ok_or(SourceError::UnknownBlob { digest })?;
            self.require_size(digest, expected, size)?;
            let blob = spool.receive(&digest, size, &mut self.stream);
            self.ahead.push(blob.map_err(|source| SourceError::Blob { name: self.name(), source })?);
        }
        Ok(())
    }

    fn stream_blobs(
        &mut self,
        plan: &BlobPlan,
        spool: &BlobSpool,
        sink: &mut BlobSink<'_>,
    ) -> Result<(), SourceError> {
        let mut missing: BTreeSet<Digest> = plan.wanted.keys().copied().collect();
        self.drain_aside(plan, &mut missing, spool, sink)?;
        for blob in std::mem::take(&mut self.ahead) {
            if let Some(&expected) = plan.wanted.get(blob.digest()) {
                self.require_size(*blob.digest(), expected, blob.size())?;
                missing.remove(blob.digest());
                hand_over(blob, sink)?;
            }
        }
        while let Some((digest, size)) = self.next_blob()? {
            match plan.wanted.get(&digest) {
                Some(&expected) => {
                    self.require_size(digest, expected, size)?;
                    let blob = spool.receive(&digest, size, &mut self.stream);
                    let blob = blob.map_err(|source| SourceError::Blob { name: self.name(), source })?;
                    missing.remove(&digest);
                    hand_over(blob, sink)?;
                }
                None => self.pass_by(digest, size, plan)?,
            }
        }
        if !missing.is_empty() {
            let missing = missing.into_iter().collect();
            return Err(SourceError::MissingBlobs { name: self.name(), missing });
        }
        self.finish_stream()
    }
}

impl BundleSource {
    /// Gives every blob that was not handed out yet to `visit`, with its digest by name, its size in bytes and its
    /// content, which nothing has checked; and reads the archive to its end.
    ///
    /// # Errors
    /// The archive is damaged, and what comes after cannot be read.
    pub fn visit_blobs(
        &mut self,
        visit: &mut dyn FnMut(Digest, u64, &mut dyn Read),
    ) -> Result<(), SourceError> {
        for (digest, bytes) in std::mem::take(&mut self.aside) {
            if !self.taken.contains(&digest) {
                visit(digest, bytes.len() as u64, &mut &bytes[..]);
            }
        }
        while let Some((digest, size)) = self.next_blob()? {
            visit(digest, size, &mut self.stream);
        }
        self.finish_stream()
    }

    /// Checks a blob that is not wanted against its release, so that no damage goes unseen
    /// and nothing large is hidden in a small bundle.
    fn pass_by(&mut self, digest: Digest, size: u64, plan: &BlobPlan) -> Result<(), SourceError> {
        let Some(&expected) = plan.allowed.get(&digest) else {
            return Err(SourceError::UnknownBlob { digest });
        };
        self.require_size(digest, expected, size)?;
        let damaged = |source| SourceError::Blob { name: format!("bundle `{}`", self.name), source };
        copy_verified(&mut self.stream, &mut std::io::sink(), &digest, size).map_err(damaged)
    }

    fn require_size(&self, digest: Digest, expected: u64, actual: u64) -> Result<(), SourceError> {
        if expected == actual {
            return Ok(());
        }
        let source = BlobError::Size { digest, expected, actual };
        Err(SourceError::Blob { name: self.name(), source })
    }

    /// Checks the rest of the archive, up to its checksum.
    fn finish_stream(&mut self) -> Result<(), SourceError> {
        self.stream.finish().map_err(|source| SourceError::Bundle { name: self.name.clone(), source })
    }
}
