//! RECORD: the files of a package, and their digests.
//!
//! Source: the specification of the database of installed Python projects.

use std::io;
use std::path::Path;

use attune_schemas::Digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// One line of a RECORD.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecordEntry {
    /// The file, relative to `site-packages`.
    pub path: String,
    /// `sha256=` and the digest in base64 for URLs without padding; absent for the RECORD itself.
    pub hash: Option<String>,
    /// Its length in bytes.
    pub size: Option<u64>,
}

impl RecordEntry {
    /// The line of a file with this content.
    pub fn of(path: String, content: &[u8]) -> Self {
        let hash = format!("sha256={}", base64_of(content));
        Self { path, hash: Some(hash), size: Some(content.len() as u64) }
    }

    /// The line of a file with this digest and length.
    pub fn with_digest(path: String, digest: &Digest, size: u64) -> Self {
        let hash = format!("sha256={}", base64_of_digest(digest));
        Self { path, hash: Some(hash), size: Some(size) }
    }

    /// The digest, if there is one and it is a sha256.
    pub fn digest(&self) -> Option<Digest> {
        let bytes = URL_SAFE_NO_PAD.decode(self.sha256()?).ok()?;
        bytes.try_into().ok().map(Digest::from_bytes)
    }

    /// The digest in the form that [`base64_of`] gives, if there is one.
    pub fn sha256(&self) -> Option<&str> {
        let digest = self.hash.as_deref().and_then(|hash| hash.strip_prefix("sha256="));
        // Some builders pad it.
        digest.map(|digest| digest.trim_end_matches('='))
    }
}

/// The sha256 of `content` as RECORDs write it.
pub fn base64_of(content: &[u8]) -> String {
    base64_of_digest(&Digest::of(content))
}

/// A sha256 as RECORDs write it.
pub fn base64_of_digest(digest: &Digest) -> String {
    URL_SAFE_NO_PAD.encode(digest.as_bytes())
}

/// Reads the RECORD at `path`.
///
/// # Errors
/// The file cannot be read, or is not one of comma-separated values.
pub fn read_record(path: &Path) -> io::Result<Vec<RecordEntry>> {
    record_entries(fs_err::File::open(path)?).map_err(|error| {
        let message = format!("`{}` is damaged: {error}", path.display());
        io::Error::new(io::ErrorKind::InvalidData, message)
    })
}

/// Reads a RECORD. A line without a digest or with a size that is no number leaves that out.
///
/// # Errors
/// It cannot be read, or is not one of comma-separated values.
pub fn record_entries(reader: impl io::Read) -> Result<Vec<RecordEntry>, csv::Error> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(reader);
    let mut entries = Vec::new();
    let mut line = csv::StringRecord::new();
    while reader.read_record(&mut line)? {
        let field = |index| line.get(index).filter(|text| !text.is_empty());
        let Some(path) = field(0) else { continue };
        entries.push(RecordEntry {
            path: path.to_owned(),
            hash: field(1).map(str::to_owned),
            size: field(2).and_then(|size| size.parse().ok()),
        });
    }
    Ok(entries)
}

/// The bytes of a RECORD with `entries`.
pub fn record_bytes(entries: &[RecordEntry]) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().has_headers(false).from_writer(Vec::new());
    for entry in entries {
        writer.serialize(entry).expect("writing to memory does not fail");
    }
    writer.into_inner().expect("writing to memory does not fail")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("RECORD");
        let entries = vec![
            RecordEntry::of("a/b.py".into(), b"x = 1\n"),
            RecordEntry::of("with, comma \"and\" quotes".into(), b""),
            RecordEntry { path: "a-1.dist-info/RECORD".into(), hash: None, size: None },
        ];
        fs_err::write(&path, record_bytes(&entries)).unwrap();
        assert_eq!(read_record(&path).unwrap(), entries);
        assert_eq!(entries[1].sha256(), Some("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"));
    }

    #[test]
    fn a_short_line_has_no_digest_and_a_padded_one_is_read() {
        let entries = record_entries(&b"a.py\nb.py,sha256=x=,many\nc.py,md5=y,3\n"[..]).unwrap();
        let read: Vec<_> =
            entries.iter().map(|entry| (&entry.path[..], entry.sha256(), entry.size)).collect();
        assert_eq!(read, [("a.py", None, None), ("b.py", Some("x"), None), ("c.py", None, Some(3))]);
    }

    #[test]
    fn a_record_that_is_no_text_is_damaged() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("RECORD");
        fs_err::write(&path, b"a.py,\xff,\n").unwrap();
        assert!(read_record(&path).unwrap_err().to_string().contains("damaged"));
    }
}
