//! Reads files of a root in whose place somebody may have put anything.

use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use rustix::fs::OFlags;

/// The content of the file at `path`; links are not followed, and pipes not waited for.
///
/// # Errors
/// It cannot be read; [`io::ErrorKind::InvalidData`] where it is something else than a file.
pub fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let is_other = || {
        let message = format!("`{}` is damaged: it is no file", path.display());
        io::Error::new(io::ErrorKind::InvalidData, message)
    };
    if !fs_err::symlink_metadata(path)?.is_file() {
        return Err(is_other());
    }
    let mut options = fs_err::OpenOptions::new();
    // It may be exchanged meanwhile.
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK;
    options.read(true).options_mut().custom_flags(flags.bits().cast_signed());
    let mut file = options.open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(is_other());
    }
    let mut bytes = Vec::new();
    // One read more tells the end.
    let length = usize::try_from(found.len()).unwrap_or_default().saturating_add(1);
    bytes.try_reserve_exact(length).map_err(|_| io::ErrorKind::OutOfMemory)?;
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_neither_followed_nor_waited_for() {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        fs_err::write(at("file"), "x").unwrap();
        fs_err::os::unix::fs::symlink("file", at("link")).unwrap();
        let made = std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap();
        assert!(made.success());
        assert_eq!(read_regular(&at("file")).unwrap(), b"x");
        for name in ["link", "pipe", "."] {
            assert_eq!(read_regular(&at(name)).unwrap_err().kind(), io::ErrorKind::InvalidData, "{name}");
        }
        assert_eq!(read_regular(&at("none")).unwrap_err().kind(), io::ErrorKind::NotFound);
    }
}
