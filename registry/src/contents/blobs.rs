//! Reads blobs once, and holds each against its digest, its size, and for the archive of a pack against what a host
//! unpacks.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::path::Path;

use attune_schemas::Digest;

use super::damage::Damage;
use super::expected::{Expected, ExpectedBlob};
use crate::archive::check_pack;
use crate::blob::{BlobStore, HashingReader};
use crate::bundle::BundleSource;
use crate::layout::RegistryPath;
use crate::report::Reporter;

/// The blobs that were read.
#[derive(Debug, Default)]
pub struct Checked {
    /// Their number.
    pub blobs: usize,
    /// Their bytes.
    pub bytes: u64,
    /// The number of blobs in a directory that nothing refers to.
    pub unreferenced: usize,
    /// Those that are damaged or missing.
    pub damaged: Vec<Damage>,
}

impl Checked {
    fn damage(&mut self, digest: Digest, reason: impl Into<String>) {
        let file = RegistryPath::Blob(digest).to_string();
        self.damaged.push(Damage::new(file, reason));
    }

    /// Reads the blob called `digest` to its end.
    fn read(
        &mut self,
        digest: Digest,
        expected: ExpectedBlob,
        content: &mut dyn Read,
        reporter: &dyn Reporter,
    ) {
        let mut hashing = HashingReader::new(content);
        let unpacked = expected.pack.map(|footprint| check_pack(&mut hashing, &footprint));
        let rest = io::copy(&mut hashing, &mut io::sink());
        let (actual, bytes) = hashing.finish();
        self.blobs += 1;
        self.bytes += bytes;
        reporter.advanced(bytes);
        match (rest, unpacked) {
            (Err(error), _) => self.damage(digest, format!("it cannot be read: {error}")),
            (Ok(_), _) if bytes != expected.size => {
                self.damage(digest, format!("it has {bytes} bytes, expected {}", expected.size));
            }
            (Ok(_), _) if actual != digest => self.damage(digest, format!("its bytes hash to {actual}")),
            (Ok(_), Some(Err(error))) => {
                self.damaged.push(Damage::of(&RegistryPath::Blob(digest), &error));
            }
            (Ok(_), Some(Ok(())) | None) => {}
        }
    }

    fn report_missing(&mut self, expected: &Expected, seen: &BTreeSet<Digest>) {
        for (digest, blob) in &expected.blobs {
            if blob.needed && !seen.contains(digest) {
                self.damage(*digest, "it is missing");
            }
        }
    }
}

/// Reads the rest of `bundle`.
pub fn check_bundle(bundle: &mut BundleSource, expected: &Expected, reporter: &dyn Reporter) -> Checked {
    let mut checked = Checked::default();
    let mut seen = BTreeSet::new();
    let visited = bundle.visit_blobs(&mut |digest, size, content| {
        seen.insert(digest);
        match expected.blobs.get(&digest) {
            Some(blob) => checked.read(digest, *blob, content, reporter),
            None if expected.read.contains(&digest) => {}
            // Where a manifest is damaged, nobody can tell what it named.
            None if expected.damaged.is_empty() => {
                checked.damage(digest, "no release in the bundle names it");
            }
            None => checked.read(digest, ExpectedBlob { size, needed: false, pack: None }, content, reporter),
        }
    });
    if let Err(error) = visited {
        checked.damaged.push(Damage::of("the bundle", &error));
    }
    checked.report_missing(expected, &seen);
    checked
}

/// Reads the blobs of the registry in `directory`.
pub fn check_directory(directory: &Path, expected: &Expected, reporter: &dyn Reporter) -> Checked {
    let mut checked = Checked::default();
    let store = BlobStore::new(directory);
    let mut seen = BTreeSet::new();
    for (digest, blob) in &expected.blobs {
        match store.open(digest) {
            Ok(mut file) => {
                seen.insert(*digest);
                checked.read(*digest, *blob, &mut file, reporter);
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => {
                seen.insert(*digest);
                checked.damage(*digest, format!("it cannot be read: {error}"));
            }
        }
    }
    checked.report_missing(expected, &seen);
    let names = fs_err::read_dir(directory.join("blobs/sha256")).into_iter().flatten().filter_map(Result::ok);
    let digests = names.filter_map(|entry| Digest::from_hex(entry.file_name().to_str()?).ok());
    let unreferenced: Vec<Digest> = digests
        .filter(|digest| !expected.blobs.contains_key(digest) && !expected.read.contains(digest))
        .collect();
    checked.unreferenced = unreferenced.len();
    if !expected.damaged.is_empty() {
        // Nobody can tell what a damaged manifest named; every blob has its digest for a name.
        for digest in unreferenced {
            if let Ok(mut file) = store.open(&digest) {
                let size = file.metadata().map_or(0, |metadata| metadata.len());
                checked.read(digest, ExpectedBlob { size, needed: false, pack: None }, &mut file, reporter);
            }
        }
    }
    checked
}
