//! Unpacks an interpreter, and makes the links that its index lists.

use std::io::Read;
use std::path::Path;

use attune_host::trees::KnownDigests;
use attune_registry::archive::{ArchiveError, unpack_pack};
use attune_schemas::runtime_index::RuntimeRelease;

use super::known::known_digests;
use crate::environments::relative_link;

/// Unpacks the archive in `reader` into `destination`, which must not exist.
pub(super) fn unpack_runtime(
    reader: impl Read,
    destination: &Path,
    release: &RuntimeRelease,
) -> Result<KnownDigests, ArchiveError> {
    let files = unpack_pack(reader, destination, &release.unpacked)?;
    for link in &release.links {
        let place = link.path.below(destination);
        if let Some(directory) = place.parent() {
            fs_err::create_dir_all(directory)?;
        }
        // Both ends are below the destination by their type.
        fs_err::os::unix::fs::symlink(relative_link(&link.path, &link.target), place)?;
    }
    Ok(known_digests("", files))
}
