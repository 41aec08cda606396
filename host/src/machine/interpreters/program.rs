//! A program of the host that may be an interpreter, and the file that it is.

use std::fs::Metadata;
use std::io::Read as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The beginning of every program that the kernel itself can start.
const ELF_MAGIC: [u8; 4] = *b"\x7fELF";

/// The file that a program is: with another identity it may be another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FileIdentity {
    /// The number of its file system.
    device: u64,
    /// Its number there.
    inode: u64,
    /// Its length in bytes.
    bytes: u64,
    /// When it was modified, in nanoseconds since the epoch.
    modified: i64,
    /// When it or its modes were changed, which nobody can set back, in nanoseconds since the epoch.
    changed: i64,
}

impl FileIdentity {
    /// The identity of the file at `path`, links resolved; `None` where there is none.
    pub(super) fn of(path: &Path) -> Option<Self> {
        fs_err::metadata(path).ok().filter(Metadata::is_file).map(|found| Self::of_metadata(&found))
    }

    fn of_metadata(found: &Metadata) -> Self {
        let nanoseconds = |seconds: i64, rest| seconds.saturating_mul(1_000_000_000).saturating_add(rest);
        Self {
            device: found.dev(),
            inode: found.ino(),
            bytes: found.len(),
            modified: nanoseconds(found.mtime(), found.mtime_nsec()),
            changed: nanoseconds(found.ctime(), found.ctime_nsec()),
        }
    }
}

/// What makes two names one program.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ProgramKey {
    /// The device and inode of the file.
    File(u64, u64),
    /// The name itself, where the file looks at it.
    Name(PathBuf),
}

/// A program that can be asked.
#[derive(Debug, Clone)]
pub(super) struct Program {
    /// The name that it was found by.
    pub(super) path: PathBuf,
    /// The file itself, links resolved.
    pub(super) real: PathBuf,
    pub(super) key: ProgramKey,
    /// The identity of a file that the kernel starts itself: it alone decides the answer. That of a script depends on
    /// whatever the script does.
    pub(super) identity: Option<FileIdentity>,
}

impl Program {
    /// The program at `path`; `None` where nothing is there.
    pub(super) fn at(path: &Path) -> Option<Self> {
        let real = fs_err::canonicalize(path).ok()?;
        let found = fs_err::metadata(&real).ok().filter(Metadata::is_file)?;
        let identity = FileIdentity::of_metadata(&found);
        // One file under many names is how version managers tell what is asked for.
        let key = if is_in_shims(path) {
            ProgramKey::Name(path.to_owned())
        } else {
            ProgramKey::File(identity.device, identity.inode)
        };
        let identity = is_elf(&real).then_some(identity);
        Some(Self { path: path.to_owned(), real, key, identity })
    }
}

/// Whether `path` is in a directory of shims.
pub(in crate::machine) fn is_in_shims(path: &Path) -> bool {
    path.parent().is_some_and(|parent| parent.ends_with("shims"))
}

fn is_elf(path: &Path) -> bool {
    let mut head = [0; ELF_MAGIC.len()];
    fs_err::File::open(path).is_ok_and(|mut file| file.read_exact(&mut head).is_ok()) && head == ELF_MAGIC
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_file_is_one_program_but_for_shims() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs_err::create_dir(at("shims")).unwrap();
        for name in ["one", "shims/one"] {
            fs_err::write(at(name), "#!/bin/sh\n").unwrap();
        }
        fs_err::hard_link(at("one"), at("two")).unwrap();
        fs_err::os::unix::fs::symlink("one", at("three")).unwrap();
        fs_err::hard_link(at("shims/one"), at("shims/two")).unwrap();
        let program = |name: &str| Program::at(&at(name)).unwrap();
        assert_eq!(program("one").key, program("two").key);
        assert_eq!(program("one").key, program("three").key);
        assert_ne!(program("shims/one").key, program("shims/two").key);
        assert!(Program::at(&at("shims")).is_none() && Program::at(&at("none")).is_none());
    }

    #[test]
    fn the_answer_of_a_script_is_nobodys() {
        let directory = tempfile::tempdir().unwrap();
        let script = directory.path().join("script");
        fs_err::write(&script, "#!/bin/sh\n").unwrap();
        assert!(Program::at(&script).unwrap().identity.is_none());
        assert!(Program::at(Path::new("/proc/self/exe")).unwrap().identity.is_some());
    }
}
