//! The generations of a root that `current` could lead to.

use std::io;

use super::lock_file::Generation;
use crate::root::HostRoot;

/// A generation of `root` whose lock file can be read: `registered`, if that is one, else the newest; never
/// `except`.
///
/// # Errors
/// The directory of generations cannot be read.
pub fn usable_generation(
    root: &HostRoot,
    registered: Option<u64>,
    except: Option<u64>,
) -> io::Result<Option<u64>> {
    let there = root.generation_ids()?;
    let is_usable = |id: &u64| {
        Some(*id) != except && there.contains(id) && Generation::load(&root.generation(*id)).is_ok()
    };
    Ok(registered.filter(is_usable).or_else(|| there.iter().rev().copied().find(is_usable)))
}
