//! Opens the file that a [`ServedPath`] names, below the registry's directory and nowhere else.
//!
//! The path is walked one name at a time, each opened relative to the directory before it and
//! without following a symbolic link. There is thus no moment between a check and an open in
//! which somebody with write access could put a link in the way, and no way out of the directory.
//! The directory itself is opened anew for every request, so a deployment may replace it, or the
//! link that leads to it, while the server runs.
//!
//! Works on blocking calls; the caller moves it off the async threads. Says nothing about HTTP.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use attune_schemas::Digest;
use rustix::fs::{AtFlags, FileType, Mode, OFlags, open, openat, statat};
use rustix::io::Errno;

use super::conditional::EntityTag;
use super::served_path::{Area, ServedPath};

/// Up to this size a file that may change is read at once, so that its tag and its body are one.
const MAX_HASHED_BYTES: u64 = 256 * 1024;

/// Directories need only be searchable, not readable, if the system knows the difference.
#[cfg(any(target_os = "linux", target_os = "android"))]
const DIRECTORY: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC).union(OFlags::PATH);
#[cfg(not(any(target_os = "linux", target_os = "android")))]
const DIRECTORY: OFlags = OFlags::DIRECTORY.union(OFlags::CLOEXEC);

/// The kind of file at a path.
#[derive(Debug)]
pub(crate) enum Found {
    /// A regular file.
    File(OpenFile),
    /// A directory.
    Directory,
}

/// A regular file, open, with the values that the response headers need.
#[derive(Debug)]
pub(crate) struct OpenFile {
    /// Length in bytes of the content as it will be sent.
    pub(crate) len: u64,
    /// The strong entity tag of the content.
    pub(crate) etag: EntityTag,
    /// When the file was last written, if the file system knows.
    pub(crate) modified: Option<SystemTime>,
    /// The bytes, or the file they come from.
    pub(crate) content: Content,
}

/// The bytes of an [`OpenFile`].
#[derive(Debug)]
pub(crate) enum Content {
    /// Small and changeable: read whole, once.
    Bytes(Vec<u8>),
    /// Streamed from the file, which stands at its beginning.
    File(File),
}

/// Why a file was not opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum FileError {
    /// Nothing, or nothing that can be sent, has this name.
    #[error("no such file")]
    NotFound,
    /// One of the names is a symbolic link, wherever it may lead.
    #[error("`{name}` is a symbolic link, and links are not followed")]
    Link {
        /// The name of the link, without its directories.
        name: String,
    },
    /// The file is there and the server may not read it.
    #[error("permission denied")]
    Denied,
    /// Reading failed.
    #[error("the file cannot be read")]
    Io(#[source] io::Error),
}

/// Opens the file `path` of the registry in `root`.
pub(crate) fn find(root: &Path, path: &ServedPath) -> Result<Found, FileError> {
    let file = walk(root, path.segments())?;
    let metadata = file.metadata().map_err(FileError::Io)?;
    if metadata.is_dir() {
        return Ok(Found::Directory);
    }
    // A device or a pipe has no length and may block for ever.
    if !metadata.is_file() {
        return Err(FileError::NotFound);
    }
    let modified = metadata.modified().ok();
    let mut len = metadata.len();
    let (etag, content) = match path.area() {
        Area::Blob(digest) => (EntityTag::strong(&digest), Content::File(file)),
        _ if len > MAX_HASHED_BYTES => (large_file_tag(len, modified), Content::File(file)),
        _ => {
            let bytes = read_small(&file)?;
            len = bytes.len() as u64;
            let etag = EntityTag::strong(&Digest::of(&bytes));
            (etag, Content::Bytes(bytes))
        }
    };
    Ok(Found::File(OpenFile { len, etag, modified, content }))
}

/// Opens `segments` one below the other, starting at `root`.
fn walk(root: &Path, segments: &[String]) -> Result<File, FileError> {
    let (name, parents) = segments.split_last().expect("a served path has at least one segment");
    let mut directory = open(root, DIRECTORY, Mode::empty()).map_err(refusal)?;
    for parent in parents {
        directory = step(&directory, parent, DIRECTORY)?;
    }
    // NONBLOCK: opening a pipe would otherwise wait for its writer.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NONBLOCK | OFlags::NOCTTY;
    step(&directory, name, flags).map(File::from)
}

/// Opens `name` in `directory`, telling a link from a name that is not there.
fn step(directory: &OwnedFd, name: &str, flags: OFlags) -> Result<OwnedFd, FileError> {
    openat(directory, name, flags | OFlags::NOFOLLOW, Mode::empty()).map_err(|errno| {
        // Systems differ in how they refuse a link, so the reason is looked up, for the log only.
        let refused = matches!(errno, Errno::LOOP | Errno::NOTDIR | Errno::MLINK);
        if refused && is_link(directory, name) {
            let name = name.to_owned();
            return FileError::Link { name };
        }
        refusal(errno)
    })
}

fn is_link(directory: &OwnedFd, name: &str) -> bool {
    statat(directory, name, AtFlags::SYMLINK_NOFOLLOW)
        .is_ok_and(|stat| FileType::from_raw_mode(stat.st_mode) == FileType::Symlink)
}

fn refusal(errno: Errno) -> FileError {
    match errno {
        // NXIO: a socket, or a device without a driver.
        Errno::NOENT | Errno::NOTDIR | Errno::NAMETOOLONG | Errno::NXIO => FileError::NotFound,
        Errno::ACCESS | Errno::PERM => FileError::Denied,
        other => FileError::Io(other.into()),
    }
}

/// Reads a file that was small a moment ago; one that is growing is cut off, never followed.
fn read_small(file: &File) -> Result<Vec<u8>, FileError> {
    let mut bytes = Vec::new();
    file.take(MAX_HASHED_BYTES).read_to_end(&mut bytes).map_err(FileError::Io)?;
    Ok(bytes)
}

/// The tag of a large file that may change: its length and the nanosecond of its last change.
fn large_file_tag(len: u64, modified: Option<SystemTime>) -> EntityTag {
    let nanoseconds = modified
        .and_then(|time| time.duration_since(UNIX_EPOCH).ok())
        .map_or(0, |elapsed| elapsed.as_nanos());
    EntityTag::strong(&format_args!("{len:x}-{nanoseconds:x}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    fn registry() -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a temporary directory");
        fs_err::create_dir_all(root.path().join("metadata")).expect("a directory");
        fs_err::create_dir_all(root.path().join("catalog")).expect("a directory");
        fs_err::write(root.path().join("metadata/timestamp.json"), "{}").expect("a file");
        root
    }

    fn get(root: &Path, raw: &str) -> Result<Found, FileError> {
        find(root, &ServedPath::parse(raw).expect(raw))
    }

    #[test]
    fn the_tag_of_a_small_file_is_its_digest() {
        let root = registry();
        let Ok(Found::File(file)) = get(root.path(), "/metadata/timestamp.json") else {
            panic!("not a file");
        };
        assert_eq!(file.len, 2);
        assert_eq!(file.etag, EntityTag::strong(&Digest::of(b"{}")));
    }

    #[test]
    fn the_tag_of_a_large_file_changes_with_its_time() {
        let second = UNIX_EPOCH + std::time::Duration::from_nanos(1);
        assert_ne!(large_file_tag(1, Some(UNIX_EPOCH)), large_file_tag(1, Some(second)));
        assert_ne!(large_file_tag(1, None), large_file_tag(2, None));
    }

    #[test]
    fn a_linked_file_is_refused() {
        let root = registry();
        symlink("/etc/passwd", root.path().join("catalog/passwd")).expect("a link");
        symlink("gone", root.path().join("catalog/dangling")).expect("a link");
        symlink("../metadata/timestamp.json", root.path().join("catalog/inside")).expect("a link");
        for raw in ["/catalog/passwd", "/catalog/dangling", "/catalog/inside"] {
            let found = get(root.path(), raw);
            assert!(matches!(found, Err(FileError::Link { .. })), "{raw}: {found:?}");
        }
    }

    #[test]
    fn a_linked_directory_is_refused() {
        let root = registry();
        symlink("/etc", root.path().join("catalog/etc")).expect("a link");
        let found = get(root.path(), "/catalog/etc/passwd");
        assert!(matches!(found, Err(FileError::Link { .. })), "{found:?}");
    }

    #[test]
    fn the_directory_itself_may_be_a_link() {
        let root = registry();
        let outer = tempfile::tempdir().expect("a temporary directory");
        let link = outer.path().join("current");
        symlink(root.path(), &link).expect("a link");
        assert!(get(&link, "/metadata/timestamp.json").is_ok());
    }

    #[test]
    fn what_is_not_a_regular_file_is_not_found() {
        let root = registry();
        let socket = root.path().join("catalog/socket");
        let _listener = std::os::unix::net::UnixListener::bind(socket).expect("a socket");
        let long = format!("/catalog/{}", "x".repeat(4000));
        for raw in ["/catalog/socket", "/catalog/none", "/metadata/timestamp.json", &long] {
            let found = get(root.path(), raw);
            let expected = raw.starts_with("/metadata");
            assert_eq!(found.is_ok(), expected, "{raw}: {found:?}");
        }
        let found = get(root.path(), "/catalog/none/below");
        assert!(matches!(found, Err(FileError::NotFound)), "{found:?}");
        let found = get(root.path(), "/catalog");
        assert!(matches!(found, Ok(Found::Directory)), "{found:?}");
    }
}
