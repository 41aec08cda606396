//! The RECORD of a wheel whose own is wrong, written anew from the files as they were unpacked.
//!
//! The wheel's digest vouches for its files; its RECORD is what later checks of the environment go by.

use std::io;
use std::path::{Path, PathBuf};

use attune_host::root::unseal;
use attune_host::trees::KnownDigests;
use attune_registry::atomic_file::write_sealed;
use attune_registry::blob::digest_of_reader;
use attune_registry::wheel::record::{RecordEntry, read_record, record_bytes};

use super::known::digests_in;

/// The digests of the files of the wheel unpacked at `tree`, by its RECORD. Whoever built the release has held that
/// against every file; where it was wrong, it is written anew before.
pub(super) fn digests_of_wheel(tree: &Path, is_wrong: bool) -> io::Result<KnownDigests> {
    let Some(record) = record_of(tree)? else { return Ok(KnownDigests::new()) };
    if is_wrong {
        return Ok(digests_in(&rewrite_record(tree, &record)?));
    }
    match read_record(&record) {
        Err(error) if error.kind() == io::ErrorKind::InvalidData => Ok(KnownDigests::new()),
        entries => Ok(digests_in(&entries?)),
    }
}

/// Writes the RECORD of the wheel unpacked at `tree` anew.
fn rewrite_record(tree: &Path, record: &Path) -> io::Result<Vec<RecordEntry>> {
    let mut entries = Vec::new();
    add_files(tree, tree, record, &mut entries)?;
    entries.sort_by(|a, b| a.path.cmp(&b.path));
    entries.push(RecordEntry { path: relative(tree, record), hash: None, size: None });
    // Sealed by now; whoever rewrote it seals it again.
    record.parent().map_or(Ok(()), unseal)?;
    fs_err::remove_file(record)?;
    write_sealed(record, record_bytes(&entries))?;
    Ok(entries)
}

/// Where the wheel's RECORD is.
fn record_of(tree: &Path) -> io::Result<Option<PathBuf>> {
    for entry in fs_err::read_dir(tree)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "dist-info") {
            return Ok(Some(path.join("RECORD")).filter(|record| record.is_file()));
        }
    }
    Ok(None)
}

fn add_files(tree: &Path, directory: &Path, record: &Path, entries: &mut Vec<RecordEntry>) -> io::Result<()> {
    for entry in fs_err::read_dir(directory)? {
        let entry = entry?;
        let path = entry.path();
        if entry.file_type()?.is_dir() {
            add_files(tree, &path, record, entries)?;
        } else if path != record {
            let (digest, size) = digest_of_reader(fs_err::File::open(&path)?)?;
            entries.push(RecordEntry::with_digest(relative(tree, &path), &digest, size));
        }
    }
    Ok(())
}

fn relative(tree: &Path, path: &Path) -> String {
    path.strip_prefix(tree).unwrap_or(path).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_written_from_the_files() {
        let tree = tempfile::tempdir().unwrap();
        let at = |path: &str| tree.path().join(path);
        fs_err::create_dir_all(at("a-1.dist-info")).unwrap();
        fs_err::create_dir_all(at("a")).unwrap();
        fs_err::write(at("a/b.py"), "x").unwrap();
        fs_err::write(at("a-1.dist-info/RECORD"), "a\\b.py,sha256=wrong,1\n").unwrap();
        let digests = digests_of_wheel(tree.path(), true).unwrap();
        let expected = KnownDigests::from([("a/b.py".into(), attune_schemas::Digest::of(b"x"))]);
        assert_eq!(digests, expected);
        assert_eq!(digests_of_wheel(tree.path(), false).unwrap(), digests);
        let entries = read_record(&at("a-1.dist-info/RECORD")).unwrap();
        let own = RecordEntry { path: "a-1.dist-info/RECORD".to_owned(), hash: None, size: None };
        assert_eq!(entries, [RecordEntry::of("a/b.py".to_owned(), b"x"), own]);
    }
}
