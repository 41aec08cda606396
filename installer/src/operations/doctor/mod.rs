//! What is wrong with a host, beyond what is installed on it: its machine, its disk, its clock, its trust; reads only.
//!
//! ```text
//! symptom       what may be wrong, and how bad it is
//! machine       mounts, room, SELinux, temporary files
//! installation  owners, leftovers, and the differences that a quick look finds
//! trust         metadata that expires, and the clock beside it
//! ```
//!
//! Registries are not asked: a host may have no network at all.

mod installation;
mod machine;
mod symptom;
mod trust;

use std::path::PathBuf;

use attune_host::root::HostRoot;
use jiff::Timestamp;

pub use symptom::{Severity, Symptom};

use super::StatusError;

/// What the examination goes by, beside the root.
#[derive(Debug, Clone)]
pub struct DoctorOptions {
    /// The directory for temporary files, in which packs are tested again.
    pub scratch: PathBuf,
    /// The time.
    pub now: Timestamp,
}

/// Everything that is wrong with `root` and its machine, the worst first.
///
/// # Errors
/// There is no root, nothing was ever installed to it, or it cannot be read.
pub fn examine(root: &HostRoot, options: &DoctorOptions) -> Result<Vec<Symptom>, StatusError> {
    let mut symptoms = installation::examine(root)?;
    symptoms.extend(trust::examine(root, options.now)?);
    symptoms.extend(machine::examine(root, &options.scratch));
    symptoms.sort_by_key(Symptom::severity);
    Ok(symptoms)
}
