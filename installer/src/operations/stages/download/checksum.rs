//! Attune's checksum of a directory (`pack_registry/checksum.rs`, as `attune pack checksum` prints it).
//!
//! One sha256 over all regular files, depth first, the entries of each directory by the bytes of their names: for each
//! file its path in the directory, with `/`, and then its content, with nothing between. Links, empty directories and
//! permissions do not count. Unlike Attune's own it leaves out `.git`, whose content differs from clone to clone.

use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use attune_schemas::Digest;
use sha2::{Digest as _, Sha256};

/// The checksum of the files in `directory`.
pub(super) fn directory_checksum(directory: &Path) -> io::Result<Digest> {
    let mut hasher = Sha256::new();
    add(&mut hasher, directory, directory)?;
    Ok(Digest::from_bytes(hasher.finalize().into()))
}

fn add(hasher: &mut Sha256, top: &Path, directory: &Path) -> io::Result<()> {
    let mut entries = fs_err::read_dir(directory)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by(|one, other| one.file_name().as_bytes().cmp(other.file_name().as_bytes()));
    for entry in entries {
        let (path, kind) = (entry.path(), entry.file_type()?);
        if kind.is_dir() && entry.file_name() != ".git" {
            add(hasher, top, &path)?;
        } else if kind.is_file() {
            let name = path.strip_prefix(top).map_err(io::Error::other)?;
            hasher.update(name.to_string_lossy().as_bytes());
            io::copy(&mut fs_err::File::open(&path)?, &mut Hashing(hasher))?;
        }
    }
    Ok(())
}

struct Hashing<'a>(&'a mut Sha256);

impl Write for Hashing<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_attunes_own_without_git() {
        let directory = tempfile::tempdir().unwrap();
        let write = |name: &str, content: &str| {
            let path = directory.path().join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, content).unwrap();
        };
        for (name, content) in [("a/z", "1"), ("a-b", "2"), ("a.txt", "3"), (".git/HEAD", "x")] {
            write(name, content);
        }
        fs_err::create_dir(directory.path().join("empty")).unwrap();
        fs_err::os::unix::fs::symlink("a.txt", directory.path().join("link")).unwrap();
        let expected = "89dd2aea7b452efdcdc6a6537c24533a25f96194b637df5c6000580ee3ae3ded";
        assert_eq!(directory_checksum(directory.path()).unwrap().hex(), expected);
    }
}
