//! Whether the rows of the database are those of the active generation.

use super::InventoryError;
use crate::database::registered_generation;
use crate::generation::Generation;
use crate::root::HostRoot;

/// The database holds the rows of another generation than the active one. Readers believe the active one; the
/// next change of the host writes its rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Disagreement {
    /// The active generation; 0 if there is none.
    pub active: u64,
    /// The generation whose rows the database has.
    pub registered: u64,
}

/// Compares the database of `root` with its active generation.
///
/// # Errors
/// Either cannot be read.
pub fn disagreement(root: &HostRoot) -> Result<Option<Disagreement>, InventoryError> {
    let active = Generation::active(root).map_err(|source| root.failed(source))?.id;
    let registered = registered_generation(root)?.filter(|registered| *registered != active);
    Ok(registered.map(|registered| Disagreement { active, registered }))
}
