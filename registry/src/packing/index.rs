//! The entry of a release in the index of its pack, and the texts that people read there.

use std::collections::BTreeMap;

use attune_schemas::pack::PackMetadata;
use attune_schemas::pack_index::{PACK_INDEX_FORMAT, PackIndex, Release};

/// An index of the pack of `metadata` that has no release yet.
pub fn empty_index(metadata: &PackMetadata) -> PackIndex {
    PackIndex {
        format: PACK_INDEX_FORMAT.to_owned(),
        pack: metadata.pack.clone(),
        label: String::new(),
        description: String::new(),
        author: None,
        license: None,
        keywords: Vec::new(),
        homepage: None,
        repository: None,
        channels: BTreeMap::new(),
        releases: Vec::new(),
    }
}

/// Takes over what people read from the newest release.
pub fn describe(index: &mut PackIndex, metadata: &PackMetadata, release: &Release) {
    if index.releases.iter().any(|other| other.version > release.version) {
        return;
    }
    index.label.clone_from(&metadata.label);
    index.description.clone_from(&metadata.description);
    index.author.clone_from(&metadata.author);
    index.license.clone_from(&metadata.license);
    index.keywords.clone_from(&metadata.tags);
    index.homepage.clone_from(&metadata.homepage);
    index.repository.clone_from(&metadata.repository);
}
