//! The removal itself: everything is moved out of the way before the first of it goes.

use std::io;
use std::path::PathBuf;

use crate::root::{HostRoot, StoreKind, move_tree, remove_tree};

/// The extension of a tree that is about to go: so it is no tree for anybody.
const RENAMED: &str = "gone";

/// Removes what an earlier run without room had renamed when it died.
fn remove_renamed(root: &HostRoot) -> io::Result<()> {
    let parts = StoreKind::ALL.into_iter().flat_map(|kind| [root.store_part(kind), root.lists_part(kind)]);
    for directory in parts.chain([root.generations()]) {
        let entries = match fs_err::read_dir(&directory) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == RENAMED) {
                remove_tree(&path)?;
            }
        }
    }
    Ok(())
}

/// Moves everything out whole before the first of it is removed: the store never holds a part of a tree, and
/// whatever dies in between leaves a staging directory, which the next start removes.
///
/// On a disk without room for that directory, each tree gets another name where it is.
pub(super) fn remove(root: &HostRoot, paths: &[PathBuf]) -> io::Result<()> {
    remove_renamed(root)?;
    if paths.is_empty() {
        return Ok(());
    }
    let aside = root.staging().join(format!("gc-{}", std::process::id()));
    let has_room = fs_err::create_dir_all(&aside).is_ok();
    let moved = paths.iter().enumerate().try_for_each(|(number, path)| {
        if has_room && move_tree(path, &aside.join(number.to_string())).is_ok() {
            return Ok(());
        }
        let renamed = path.with_extension(RENAMED);
        move_tree(path, &renamed)?;
        remove_tree(&renamed)
    });
    // What was moved goes, whatever became of the rest.
    let removed = remove_tree(&aside);
    // Fails where another is at work, and then it is theirs.
    let _ = fs_err::remove_dir(root.staging());
    moved.and(removed)
}
