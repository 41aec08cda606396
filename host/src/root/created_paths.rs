//! Remembers what an install created, so that a failed one leaves the root as it was.

use std::io;
use std::path::{Path, PathBuf};

/// Removes what was noted, newest first, unless it was kept.
#[derive(Debug, Default)]
pub struct CreatedPaths {
    created: Vec<PathBuf>,
}

impl CreatedPaths {
    /// Creates `path` and what is missing above it.
    pub fn create_dir_all(&mut self, path: &Path) -> io::Result<()> {
        let missing: Vec<PathBuf> =
            path.ancestors().take_while(|path| !path.is_dir()).map(Path::to_owned).collect();
        // A link that leads nowhere is somebody's, too.
        let missing: Vec<PathBuf> =
            missing.into_iter().filter(|path| fs_err::symlink_metadata(path).is_err()).collect();
        // First: on a full disk only some of them may come to be.
        self.created.extend(missing.into_iter().rev());
        fs_err::create_dir_all(path)
    }

    /// Notes `path`, unless it is there already.
    pub fn note_if_missing(&mut self, path: &Path) {
        if fs_err::symlink_metadata(path).is_err() {
            self.created.push(path.to_owned());
        }
    }

    /// Keeps everything that was noted.
    pub fn keep(mut self) {
        self.created.clear();
    }
}

impl Drop for CreatedPaths {
    fn drop(&mut self) {
        for path in self.created.drain(..).rev() {
            let removed = match fs_err::symlink_metadata(&path) {
                // Not recursive: what others put there meanwhile is theirs.
                Ok(metadata) if metadata.is_dir() => fs_err::remove_dir(&path),
                Ok(_) => fs_err::remove_file(&path),
                Err(_) => continue,
            };
            if let Err(error) = removed {
                // What is above it stays as well: a root that is not gone must be known for one.
                tracing::debug!("left behind: {error}");
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_created_goes_and_what_was_there_stays() {
        let directory = tempfile::tempdir().unwrap();
        let kept = directory.path().join("kept");
        fs_err::create_dir(&kept).unwrap();
        let mut guard = CreatedPaths::default();
        guard.create_dir_all(&kept.join("a/b")).unwrap();
        let file = kept.join("a/b/file");
        guard.note_if_missing(&file);
        fs_err::write(&file, "x").unwrap();
        drop(guard);
        assert!(kept.is_dir() && !kept.join("a").exists());
    }
}
