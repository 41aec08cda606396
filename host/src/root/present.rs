//! Whether there is a root at all: who only reads one is told of a wrong path, and creates nothing.

use std::io;
use std::path::{Path, PathBuf};

use super::error::RootError;
use super::layout::{HostRoot, names_in};

/// Names less similar than this, on a scale from 0 to 1, are no suggestion.
const LEAST_SIMILARITY: f64 = 0.85;
/// No root comes to have so many generations, nor could the database count them.
const NO_GENERATION: u64 = 1 << 62;

impl HostRoot {
    /// Refuses a path at which there is no root: nothing is there, or nothing of an installer.
    ///
    /// # Errors
    /// [`RootError::NotThere`], [`RootError::NeverInstalled`], or the path cannot be looked at.
    pub fn require_there(&self) -> Result<(), RootError> {
        match fs_err::metadata(self.path()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let similar = similar_directory(self.path());
                return Err(RootError::NotThere { root: self.path().to_owned(), similar });
            }
            Err(error) => return Err(self.failed(error)),
            Ok(found) if !found.is_dir() => return Err(self.never_installed()),
            Ok(_) => {}
        }
        match fs_err::metadata(self.state()) {
            Ok(found) if found.is_dir() => self.require_not_half_purged(),
            Err(error) if !matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                Err(self.failed(error))
            }
            _ => Err(self.never_installed()),
        }
    }

    /// Whether its removal was begun and not finished.
    pub fn is_half_purged(&self) -> bool {
        fs_err::symlink_metadata(self.purge_mark()).is_ok()
    }

    /// Refuses a root whose removal was begun: of what is left, nothing is whole.
    ///
    /// # Errors
    /// [`RootError::HalfPurged`].
    pub fn require_not_half_purged(&self) -> Result<(), RootError> {
        if self.is_half_purged() {
            return Err(RootError::HalfPurged { root: self.path().to_owned() });
        }
        Ok(())
    }

    /// Nothing was ever installed to this root.
    pub fn never_installed(&self) -> RootError {
        RootError::NeverInstalled { root: self.path().to_owned() }
    }

    /// The numbers of the generations that are there, from the oldest on.
    ///
    /// # Errors
    /// The directory of generations cannot be read.
    pub fn generation_ids(&self) -> io::Result<Vec<u64>> {
        let names = names_in(&self.generations())?;
        // `07` and `+7` are parsed as well, and are not the names of generations.
        let is_id = |name: &String, id: u64| id > 0 && id < NO_GENERATION && *name == id.to_string();
        let mut ids: Vec<u64> =
            names.iter().filter_map(|name| name.parse().ok().filter(|id| is_id(name, *id))).collect();
        ids.sort_unstable();
        Ok(ids)
    }
}

/// The directory beside `path` that it was probably meant to be.
fn similar_directory(path: &Path) -> Option<PathBuf> {
    let name = path.file_name()?.to_str()?;
    let mut best: Option<(f64, PathBuf)> = None;
    for entry in fs_err::read_dir(path.parent()?).ok()?.filter_map(Result::ok) {
        let other = entry.path();
        let Some(other_name) = other.file_name().and_then(|name| name.to_str()) else { continue };
        let similarity = strsim::jaro_winkler(name, other_name);
        let is_best = best.as_ref().is_none_or(|(known, _)| similarity > *known);
        // Only what is a root is worth a suggestion.
        if similarity >= LEAST_SIMILARITY && is_best && other.join("state").is_dir() {
            best = Some((similarity, other));
        }
    }
    best.map(|(_, path)| path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_hand_is_told_with_the_root_that_was_meant() {
        let directory = tempfile::tempdir().unwrap();
        let place = fs_err::canonicalize(directory.path()).unwrap();
        for name in ["attune/state", "attune-notes", "other/state"] {
            fs_err::create_dir_all(place.join(name)).unwrap();
        }
        let told = |name: &str| HostRoot::new(&place.join(name)).unwrap().require_there().unwrap_err();
        let similar = |name: &str| match told(name) {
            RootError::NotThere { similar, .. } => similar,
            error => panic!("{error}"),
        };
        assert_eq!(similar("atune"), Some(place.join("attune")));
        assert_eq!(similar("elsewhere"), None);
        assert!(matches!(told("attune-notes"), RootError::NeverInstalled { .. }));
        assert!(HostRoot::new(&place.join("attune")).unwrap().require_there().is_ok());
    }

    #[test]
    fn only_numbers_as_they_are_written_are_generations() {
        let directory = tempfile::tempdir().unwrap();
        let root = HostRoot::new(directory.path()).unwrap();
        assert!(root.generation_ids().unwrap().is_empty());
        for name in ["10", "9", "07", "+3", "0", "notes"] {
            fs_err::create_dir_all(root.generations().join(name)).unwrap();
        }
        assert_eq!(root.generation_ids().unwrap(), [9, 10]);
    }
}
