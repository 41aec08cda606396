//! The digests of files as they were unpacked, for the list of their tree.

use attune_host::trees::KnownDigests;
use attune_registry::wheel::record::RecordEntry;
use attune_schemas::{Digest, EntryPath};

/// The digests of `files`, which are below `directory` of their tree.
pub(super) fn known_digests(
    directory: &str,
    files: impl IntoIterator<Item = (EntryPath, Digest)>,
) -> KnownDigests {
    files.into_iter().map(|(path, digest)| (format!("{directory}{path}").into(), digest)).collect()
}

/// The digests in a RECORD at the top of a tree.
pub(super) fn digests_in(entries: &[RecordEntry]) -> KnownDigests {
    let digest = |entry: &RecordEntry| Some((entry.path.as_str().into(), entry.digest()?));
    entries.iter().filter_map(digest).collect()
}
