//! The metadata of a registry.

use std::collections::BTreeMap;

use attune_registry::layout::RegistryPath;
use attune_registry::source::SourceError;

use crate::source::VerifiedSource;

/// The largest root that is read, in bytes.
const MAX_ROOT_BYTES: u64 = 512 * 1024;

/// The metadata that was accepted of the registry with this number, and all roots since the first, so that a host with
/// any of them can follow the chain.
///
/// # Errors
/// A root cannot be read.
///
/// # Panics
/// Never: metadata has names of metadata files.
pub fn head_of(
    source: &mut VerifiedSource,
    number: usize,
) -> Result<BTreeMap<RegistryPath, Vec<u8>>, SourceError> {
    let metadata = |name: &str| RegistryPath::metadata(name).expect("the name of a metadata file");
    let repository = source.repository_at(number);
    let files = repository.files();
    let mut head: BTreeMap<RegistryPath, Vec<u8>> =
        files.into_iter().map(|(name, bytes)| (metadata(&name), bytes)).collect();
    for version in 1..source.repository_at(number).root().version() {
        let path = metadata(&format!("{version}.root.json"));
        if let Some(bytes) = source.source_at(number).read(&path, MAX_ROOT_BYTES)? {
            head.insert(path, bytes);
        }
    }
    Ok(head)
}
