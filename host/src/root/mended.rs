//! What a repair may put right at the top of a root before anything else is believed of it.

use attune_schemas::problem::WarningCode;
use std::fs::Permissions;
use std::io;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::layout::{ENTRY_LINKS, HostRoot, StoreKind};

impl HostRoot {
    /// Closes what everybody may write to, and takes away what stands in the place of a link or of a directory of the
    /// store: links that lead elsewhere and empty directories go, everything else is kept beside it. Returns what was
    /// closed.
    ///
    /// # Errors
    /// The root cannot be read or changed.
    pub fn mend_top(&self) -> io::Result<Vec<PathBuf>> {
        let open = self.open_places()?;
        for directory in &open {
            let mode = fs_err::symlink_metadata(directory)?.permissions().mode();
            // Of the group's permission nobody knows whether it was there before.
            fs_err::set_permissions(directory, Permissions::from_mode(mode & 0o7777 & !0o022))?;
        }
        // The installer never makes such links, so nobody loses one.
        let misleading = self.misleading_links()?.into_iter().map(|(path, _)| path);
        for path in misleading.chain(self.planted_entries()?) {
            fs_err::remove_file(path)?;
        }
        let entries = ENTRY_LINKS.iter().map(|(name, _)| self.path().join(name));
        for path in entries.chain([self.current()]) {
            put_aside(&path)?;
        }
        let parts =
            StoreKind::ALL.into_iter().flat_map(|kind| [self.store_part(kind), self.lists_part(kind)]);
        for path in [self.path().join("store"), self.all_lists()].into_iter().chain(parts) {
            if fs_err::symlink_metadata(&path).is_ok_and(|found| found.is_file()) {
                put_aside(&path)?;
            }
        }
        Ok(open)
    }
}

/// Moves what is at `path`, unless it is a link, to a name beside it that nothing has.
fn put_aside(path: &Path) -> io::Result<()> {
    match fs_err::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Ok(found) if found.is_symlink() => return Ok(()),
        Ok(_) => {}
        Err(error) => return Err(error),
    }
    if fs_err::remove_dir(path).is_ok() {
        return Ok(());
    }
    let name = |number: u32| path.with_extension(format!("replaced-{number}"));
    let free = (1..u32::MAX).map(name).find(|name| fs_err::symlink_metadata(name).is_err());
    let Some(aside) = free else { return Ok(()) };
    fs_err::rename(path, &aside)?;
    tracing::warn!(code = %WarningCode::SetAside, "`{}` was in the way; it is kept as `{}`", path.display(), aside.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_the_place_of_a_link_is_kept_beside_it() {
        let directory = tempfile::tempdir().unwrap();
        let root = HostRoot::new(directory.path()).unwrap();
        fs_err::create_dir(root.path().join("packs")).unwrap();
        fs_err::create_dir_all(root.path().join("packenvs/mine")).unwrap();
        fs_err::os::unix::fs::symlink("current/runtime_envs", root.path().join("runtime_envs")).unwrap();
        fs_err::write(root.current(), "x").unwrap();
        fs_err::create_dir(root.state()).unwrap();
        fs_err::set_permissions(root.state(), Permissions::from_mode(0o777)).unwrap();
        assert_eq!(root.mend_top().unwrap(), [root.state()]);
        let mut names: Vec<_> =
            fs_err::read_dir(root.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["current.replaced-1", "packenvs.replaced-1", "state"]);
        assert_eq!(root.mend_top().unwrap(), Vec::<PathBuf>::new());
    }
}
