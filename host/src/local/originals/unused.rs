//! What of the originals no kept generation uses, and its removal.

use std::collections::BTreeSet;
use std::io;
use std::path::{Path, PathBuf};

use attune_schemas::Digest;

use super::record::RecordError;
use super::registry::KeptRegistry;
use crate::root::{HostRoot, files_below};

/// What of the originals is of no use.
#[derive(Debug, Default)]
pub struct UnusedOriginals {
    /// The files, records first.
    pub files: Vec<PathBuf>,
}

impl UnusedOriginals {
    /// All that `root` keeps but the releases with the manifests `used`. Reads only.
    ///
    /// # Errors
    /// The originals cannot be read: nobody knows what is of use.
    pub fn of(root: &HostRoot, used: &BTreeSet<Digest>) -> io::Result<Self> {
        let (mut records, mut files) = (Vec::new(), Vec::new());
        for kept in KeptRegistry::all(root)? {
            let mut needed: BTreeSet<PathBuf> = BTreeSet::new();
            for found in kept.records()? {
                match found.record {
                    Ok(record) if used.contains(&record.manifest) => {
                        needed.extend(record.files.iter().map(|file| kept.place(record.head, &file.path)));
                        needed.insert(found.path);
                    }
                    // A record that is damaged vouches for nothing.
                    Ok(_) | Err(RecordError::Damaged) => records.push(found.path),
                    Err(RecordError::Io(error)) => return Err(error),
                }
            }
            let is_gone = |path: &PathBuf| !needed.contains(path) && !records.contains(path);
            files.extend(files_below(kept.directory())?.into_iter().filter(is_gone));
        }
        records.append(&mut files);
        Ok(Self { files: records })
    }

    /// Removes them from `root`, which must be held, and the directories that they leave empty.
    ///
    /// # Errors
    /// A file cannot be removed.
    pub fn remove(&self, root: &HostRoot) -> io::Result<()> {
        for path in &self.files {
            match fs_err::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        let top = root.originals();
        for path in &self.files {
            let above = path.ancestors().skip(1).take_while(|folder| folder.starts_with(&top));
            // Until the first that holds something.
            let _ = above.map(Path::to_owned).try_for_each(|folder| match fs_err::remove_dir(folder) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            });
        }
        Ok(())
    }
}
