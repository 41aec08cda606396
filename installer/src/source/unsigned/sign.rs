//! Packs that the host signs, read as those of any registry are.

use std::collections::BTreeMap;

use attune_host::local::LocalSigner;
use attune_host::root::HostRoot;
use attune_registry::packing::{describe, empty_index};
use attune_registry::source::DirectorySource;
use attune_registry::trust::TrustAnchor;
use attune_schemas::pack_index::PackIndex;
use attune_schemas::{PackRef, PackRequest, Requirement};
use jiff::Timestamp;

use super::error::UnsignedError;
use super::prepare::{PreparedPacks, local_in};

/// Packs that the host signed, in an area of their own until a change takes them over.
#[derive(Debug)]
pub struct SignedHere {
    prepared: PreparedPacks,
}

impl PreparedPacks {
    /// Signs the packs on top of what `root` has signed before; it must be held, unless nothing is to be taken over.
    pub(in crate::source) fn sign(
        self,
        root: &HostRoot,
        now: Timestamp,
    ) -> Result<(SignedHere, DirectorySource, TrustAnchor), UnsignedError> {
        let signer = LocalSigner::begin(root, &local_in(self.area.path()), now)?;
        let mut indexes: BTreeMap<PackRef, PackIndex> = BTreeMap::new();
        for pack in &self.packs {
            let metadata = &pack.metadata;
            let mut index = signer.index(&metadata.pack)?.unwrap_or_else(|| empty_index(metadata));
            describe(&mut index, metadata, &pack.release);
            index.insert(pack.release.clone());
            indexes.insert(metadata.pack.clone(), index);
        }
        signer.publish(&indexes)?;
        let (source, anchor) = (signer.source(), signer.anchor()?);
        Ok((SignedHere { prepared: self }, source, anchor))
    }
}

impl SignedHere {
    /// Whether `pack` is one of them.
    pub fn has(&self, pack: &PackRef) -> bool {
        self.prepared.packs.iter().any(|prepared| prepared.metadata.pack == *pack)
    }

    /// The requests for them, each in its very version.
    pub fn requests(&self) -> impl Iterator<Item = PackRequest> {
        self.prepared.packs.iter().map(|pack| PackRequest {
            pack: pack.metadata.pack.clone(),
            requirement: Requirement::exact(&pack.metadata.version),
        })
    }

    /// Their sources, for people.
    pub fn shown(&self) -> impl Iterator<Item = &str> {
        self.prepared.packs.iter().map(|pack| pack.shown.as_str())
    }

    /// What a change takes over.
    pub fn directory(&self) -> std::path::PathBuf {
        local_in(self.prepared.area.path())
    }
}
