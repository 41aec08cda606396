//! The cost of each installed pack on disk, alone and shared with others.

use std::path::PathBuf;

use attune_registry::report::Report;
use attune_schemas::{PackRef, Version};
use schemars::JsonSchema;
use serde::Serialize;

use crate::inventory::{InventoryError, installed};
use crate::root::HostRoot;
use crate::store::DiskUse;

/// The cost of an installation root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DiskReport {
    /// The installation root.
    pub root: PathBuf,
    /// The active generation.
    pub generation: u64,
    /// Its packs, by name.
    pub packs: Vec<PackCost>,
    /// Bytes of the packs together, each file once.
    pub packs_bytes: u64,
    /// Bytes of the originals of releases that are kept for exports and repairs.
    pub originals_bytes: u64,
    /// Bytes of the whole root: older generations, state and what nothing uses included.
    pub total_bytes: u64,
}

impl Report for DiskReport {
    const FORMAT: &'static str = "attune-install.du/v1";
}

/// The cost of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PackCost {
    /// The pack.
    #[serde(rename = "ref")]
    pub pack: PackRef,
    /// Its version.
    pub version: Version,
    /// Bytes that no other pack uses.
    pub alone_bytes: u64,
    /// Bytes that other packs use as well.
    pub shared_bytes: u64,
}

/// Measures `root`.
///
/// # Errors
/// There is nothing in it, or it cannot be read.
pub fn disk_use(root: &HostRoot) -> Result<DiskReport, InventoryError> {
    let failed = |source| root.failed(source);
    let active = installed(root)?;
    let mut used = DiskUse::default();
    for (owner, pack) in active.packs.values().enumerate() {
        for (kind, digest) in pack.store_entries() {
            used.count(&root.store(kind, &digest), owner).map_err(failed)?;
        }
    }
    let packs = active.packs.iter().enumerate().map(|(owner, (pack, installed))| {
        let (alone_bytes, shared_bytes) = used.of(owner);
        PackCost { pack: pack.clone(), version: installed.version.clone(), alone_bytes, shared_bytes }
    });
    let mut originals = DiskUse::default();
    originals.count(&root.originals(), 0).map_err(failed)?;
    let mut whole = DiskUse::default();
    whole.count(root.path(), 0).map_err(failed)?;
    Ok(DiskReport {
        root: root.path().to_owned(),
        generation: active.id,
        packs: packs.collect(),
        packs_bytes: used.total(),
        originals_bytes: originals.total(),
        total_bytes: whole.total(),
    })
}
