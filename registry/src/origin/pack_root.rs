//! The directory of the pack in what was unpacked or checked out.

use std::io;
use std::path::{Path, PathBuf};

use attune_schemas::EntryPath;

use super::error::OriginError;

/// The file that makes a directory a pack.
const PACK_FILE: &str = "pack.yaml";

/// The directory of the pack below `top`: the one that was named, else `top` itself, `pack/`, or the one top folder
/// that is a pack.
pub(super) fn pack_root(
    top: &Path,
    named: Option<&EntryPath>,
    source_name: &str,
) -> Result<PathBuf, OriginError> {
    let top = top.canonicalize()?;
    if let Some(directory) = named {
        let beside = only_folder(&top)?.map(|folder| directory.below(&folder));
        let places = [Some(directory.below(&top)), beside];
        let found = places.into_iter().flatten().find_map(|place| pack_at(&place, &top));
        return found.ok_or_else(|| OriginError::NoPackThere {
            source_name: source_name.to_owned(),
            directory: directory.clone(),
        });
    }
    for place in [top.clone(), top.join("pack")] {
        if let Some(found) = pack_at(&place, &top) {
            return Ok(found);
        }
    }
    let mut found: Vec<PathBuf> = folders(&top)?.iter().filter_map(|folder| pack_at(folder, &top)).collect();
    found.sort();
    match &found[..] {
        [one] => Ok(one.clone()),
        [] => Err(OriginError::NoPack { source_name: source_name.to_owned() }),
        several => {
            let name = |path: &PathBuf| path.strip_prefix(&top).unwrap_or(path).display().to_string();
            let found = several.iter().map(name).collect();
            Err(OriginError::SeveralPacks { source_name: source_name.to_owned(), found })
        }
    }
}

/// `place` without links, if it is a pack and in `top`.
fn pack_at(place: &Path, top: &Path) -> Option<PathBuf> {
    let place = place.canonicalize().ok().filter(|place| place.starts_with(top))?;
    place.join(PACK_FILE).is_file().then_some(place)
}

/// The directories at the top, links not among them.
fn folders(top: &Path) -> io::Result<Vec<PathBuf>> {
    let mut folders = Vec::new();
    for entry in fs_err::read_dir(top)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            folders.push(entry.path());
        }
    }
    Ok(folders)
}

/// The folder that archives of repositories have at their top.
fn only_folder(top: &Path) -> io::Result<Option<PathBuf>> {
    Ok(match &folders(top)?[..] {
        [one] => Some(one.clone()),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(packs: &[&str]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for pack in packs {
            let place = directory.path().join(pack);
            fs_err::create_dir_all(&place).unwrap();
            fs_err::write(place.join(PACK_FILE), "").unwrap();
        }
        directory
    }

    fn found(packs: &[&str], named: Option<&str>) -> Result<String, OriginError> {
        let directory = tree(packs);
        let named: Option<EntryPath> = named.map(|named| named.parse().unwrap());
        let root = pack_root(directory.path(), named.as_ref(), "x")?;
        let top = directory.path().canonicalize().unwrap();
        Ok(root.strip_prefix(top).unwrap().display().to_string())
    }

    #[test]
    fn the_pack_is_found_in_order() {
        for (packs, named, expected) in [
            (&["", "pack", "a"][..], None, ""),
            (&["pack", "a"], None, "pack"),
            (&["repo-1.0"], None, "repo-1.0"),
            (&["a", "b"], Some("b"), "b"),
            (&["repo-1.0/packs/a", "repo-1.0/packs/b"], Some("packs/b"), "repo-1.0/packs/b"),
        ] {
            assert_eq!(found(packs, named).unwrap(), expected);
        }
    }

    #[test]
    fn no_pack_and_several_packs_are_refused() {
        assert!(matches!(found(&["a/b"], None), Err(OriginError::NoPack { .. })));
        assert!(matches!(found(&["a"], Some("b")), Err(OriginError::NoPackThere { .. })));
        let error = found(&["b", "a"], None).unwrap_err();
        assert!(matches!(&error, OriginError::SeveralPacks { found, .. } if *found == ["a", "b"]), "{error}");
    }

    #[test]
    fn a_link_out_is_not_followed() {
        let (outside, directory) = (tree(&[""]), tree(&[]));
        fs_err::os::unix::fs::symlink(outside.path(), directory.path().join("pack")).unwrap();
        let named: EntryPath = "pack".parse().unwrap();
        for named in [None, Some(&named)] {
            assert!(pack_root(directory.path(), named, "x").is_err());
        }
    }
}
