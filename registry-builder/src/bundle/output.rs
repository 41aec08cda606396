//! Where a bundle is written: a file that appears whole, or a pipe or device, in place.
//!
//! A file is replaced only once the new one is whole; a link is followed to its file. What is no regular file is
//! written to and never replaced, and so is a file that is open already, such as a redirected standard output.

use std::io::{self, Seek as _, Write};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use attune_registry::atomic_file::AtomicWrite;
use attune_registry::blob::{HashingWriter, digest_of_reader};
use attune_schemas::Digest;

use super::error::CutError;

/// The most links that lead to a file, as the system follows them.
const MAX_LINKS: usize = 40;

/// A place that can be written to.
#[derive(Debug)]
pub(super) enum BundleOutput {
    /// A file that is made, or replaced as a whole.
    File(PathBuf),
    /// A pipe, a device, or a file that is open already.
    InPlace(PathBuf),
}

impl BundleOutput {
    /// The place that `output` names.
    pub(super) fn of(output: &Path) -> Result<Self, CutError> {
        let refuse = |reason| CutError::OutputPath { path: output.to_owned(), reason };
        if output == Path::new("-") {
            return Err(refuse("a bundle is only in place once it is whole; name a file"));
        }
        let is_open = ["/dev/fd", "/proc"].iter().any(|directory| output.starts_with(directory));
        match fs_err::metadata(output) {
            Ok(metadata) if metadata.is_dir() => return Err(refuse("it is a directory")),
            Ok(metadata) if !metadata.is_file() || is_open || is_standard_output(output) => {
                return Ok(Self::InPlace(output.to_owned()));
            }
            _ => {}
        }
        let mut file = output.to_owned();
        for _ in 0..MAX_LINKS {
            let Ok(target) = fs_err::read_link(&file) else { return Self::file(output, file) };
            file = file.parent().unwrap_or(Path::new("")).join(target);
        }
        Err(refuse("it is a link that leads nowhere"))
    }

    fn file(output: &Path, file: PathBuf) -> Result<Self, CutError> {
        let refuse = |reason| Err(CutError::OutputPath { path: output.to_owned(), reason });
        let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty());
        if file.file_name().is_none() {
            refuse("it is not the name of a file")
        } else if directory.is_some_and(|directory| !directory.is_dir()) {
            refuse("its directory does not exist")
        } else {
            Ok(Self::File(file))
        }
    }

    /// Writes what `write` gives, and returns its digest and size in bytes.
    pub(super) fn write(
        &self,
        write: impl FnOnce(&mut dyn Write) -> Result<(), CutError>,
    ) -> Result<(Digest, u64), CutError> {
        match self {
            Self::InPlace(path) => {
                let mut options = fs_err::OpenOptions::new();
                let mut file = HashingWriter::new(options.write(true).open(path)?);
                write(&mut file)?;
                Ok(file.finish())
            }
            Self::File(path) => {
                let name = path.file_name().expect("a path without a name is refused as an output");
                let mut file = AtomicWrite::default().start_for(path)?;
                write(&mut file)?;
                file.file_mut().rewind()?;
                let described = digest_of_reader(file.file_mut())?;
                file.commit(name)?;
                Ok(described)
            }
        }
    }
}

/// Whether `output` is what standard output leads to, so that nothing else may be written there.
pub fn is_standard_output(output: &Path) -> bool {
    let identity = |path: &Path| -> io::Result<(u64, u64, u64)> {
        let metadata = fs_err::metadata(path)?;
        Ok((metadata.dev(), metadata.ino(), metadata.rdev()))
    };
    match (identity(output), identity(Path::new("/proc/self/fd/1"))) {
        // A device, such as /dev/null, takes everything.
        (Ok(one), Ok(other)) => one == other && one.2 == 0,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_are_followed_to_files_that_are_there_or_not() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name);
        fs_err::create_dir(path("deep")).unwrap();
        fs_err::os::unix::fs::symlink("deep/new.zst", path("one")).unwrap();
        fs_err::os::unix::fs::symlink("one", path("two")).unwrap();
        fs_err::os::unix::fs::symlink("loop", path("loop")).unwrap();
        fs_err::os::unix::fs::symlink("nowhere/new.zst", path("lost")).unwrap();
        for name in ["one", "two", "deep/new.zst"] {
            let BundleOutput::File(file) = BundleOutput::of(&path(name)).unwrap() else { panic!("{name}") };
            assert_eq!(file, path("deep/new.zst"), "{name}");
        }
        for name in ["loop", "lost", "deep", "-/x"] {
            BundleOutput::of(&path(name)).unwrap_err();
        }
        assert!(matches!(BundleOutput::of(Path::new("/dev/null")).unwrap(), BundleOutput::InPlace(_)));
    }
}
