//! Whether all that a directory holds is what an install makes before anything else: what is left where one could not
//! even take itself back, as on a disk that fails.

use std::fs::Metadata;
use std::io;
use std::path::Path;

use attune_schemas::Digest;

use super::layout::{ENTRY_LINKS, HostRoot, StoreKind, names_in};

impl HostRoot {
    /// Whether nothing is there, or nothing but the folders and links of the layout, with names in them that this
    /// program gives. A folder of the same name with anything else in it is somebody's.
    pub(super) fn is_left_over(&self) -> io::Result<bool> {
        for name in names_in(self.path())? {
            let path = self.path().join(&name);
            let is_ours = match name.as_str() {
                "generations" => holds_only(&path, is_number)?,
                "staging" => holds_only(&path, is_staging)?,
                "store" => self.is_store(&path)?,
                ".current-next" => is_gone_or(&path, Metadata::is_symlink)?,
                // Of an install that began since it was asked for, and may be taking itself back by now.
                "state" => is_gone_or(&path, Metadata::is_dir)?,
                name => is_entry_link(name, &path),
            };
            if !is_ours {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn is_store(&self, path: &Path) -> io::Result<bool> {
        let is_part = |name: &str| StoreKind::ALL.iter().any(|kind| kind.directory() == name);
        let lists = self.all_lists();
        if !holds_only(path, |name| is_part(name) || lists.ends_with(name))?
            || (lists.exists() && !holds_only(&lists, is_part)?)
        {
            return Ok(false);
        }
        let parts = StoreKind::ALL.iter().flat_map(|kind| [self.store_part(*kind), self.lists_part(*kind)]);
        for part in parts.filter(|part| part.exists()) {
            if !holds_only(&part, |name| Digest::from_hex(name).is_ok())? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// Whether `directory` is one, and its names are such.
fn holds_only(directory: &Path, is_such: impl Fn(&str) -> bool) -> io::Result<bool> {
    let is_directory = is_gone_or(directory, Metadata::is_dir)?;
    Ok(is_directory && names_in(directory)?.iter().all(|name| is_such(name)))
}

/// Whether what is at `path` is such, or was taken away by another process: what is gone is nobody's.
fn is_gone_or(path: &Path, is_such: impl Fn(&Metadata) -> bool) -> io::Result<bool> {
    match fs_err::symlink_metadata(path) {
        Ok(found) => Ok(is_such(&found)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(true),
        Err(error) => Err(error),
    }
}

fn is_number(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// `<generation>-<pid>`
fn is_staging(name: &str) -> bool {
    name.split_once('-').is_some_and(|(generation, pid)| is_number(generation) && is_number(pid))
}

fn is_entry_link(name: &str, path: &Path) -> bool {
    let known = ENTRY_LINKS.iter().find(|(known, _)| *known == name);
    known.is_some_and(|(_, target)| fs_err::read_link(path).is_ok_and(|found| found == Path::new(target)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn root(files: &[&str]) -> (tempfile::TempDir, HostRoot) {
        let directory = tempfile::tempdir().unwrap();
        for file in files {
            fs_err::create_dir_all(directory.path().join(file)).unwrap();
        }
        let root = HostRoot::new(directory.path()).unwrap();
        (directory, root)
    }

    #[test]
    fn what_an_install_makes_first_is_ours_and_all_else_is_somebodys() {
        let tree = format!("store/packs/{}", "0".repeat(64));
        let table: [(&[&str], bool); 10] = [
            (&[], true),
            (&["staging"], true),
            (&["staging/1-77/undone", "store/packs", "store/envs", "generations"], true),
            (&[&tree, "generations/1"], true),
            (&["staging/work"], false),
            (&["store/shop"], false),
            (&["store/packs/mine"], false),
            (&["generations/x"], false),
            // A folder where a link of ours would be.
            (&["packs"], false),
            (&["home", "staging"], false),
        ];
        for (files, expected) in table {
            let (_directory, root) = root(files);
            assert_eq!(root.require_ours().is_ok(), expected, "{files:?}");
        }
    }

    #[test]
    fn an_install_that_begins_meanwhile_makes_a_directory_nobody_elses() {
        // As seen by one that found no `state` a moment before.
        let (_directory, begun) = root(&["state", "staging/1-77"]);
        assert!(begun.is_left_over().unwrap());
        assert!(is_gone_or(&begun.path().join("gone"), Metadata::is_dir).unwrap());
        let (_directory, file) = root(&[]);
        fs_err::write(file.path().join("state"), "mine").unwrap();
        assert!(!file.is_left_over().unwrap());
    }

    #[test]
    fn links_of_the_layout_are_ours() {
        let (_directory, root) = root(&["staging"]);
        fs_err::os::unix::fs::symlink("current/packs", root.path().join("packs")).unwrap();
        assert!(root.require_ours().is_ok());
        fs_err::os::unix::fs::symlink("/etc", root.path().join("packenvs")).unwrap();
        assert!(root.require_ours().is_err());
    }
}
