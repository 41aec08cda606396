//! Reads an npm package's tarball as if an enemy had made it.
//!
//! The first part of every path is dropped, whatever it is (`package/` by custom); of two entries with one
//! path the later counts, as with npm itself. Directories are those that files need. Where npm passes over
//! links in silence, they are refused here: a package has exactly the files it lists.

use std::collections::{HashMap, HashSet};
use std::io::{self, BufRead, BufReader, Read};

use attune_schemas::EntryPath;
use attune_schemas::environment_lock::Footprint;
use flate2::bufread::GzDecoder;
use tar::EntryType;

use super::entries::TarLimits;
use super::error::ArchiveError;

/// The most that an npm package may unpack to. The largest packages in use have some 40,000 files.
pub const NODE_PACKAGE_LIMITS: TarLimits =
    TarLimits { max_entries: 48_000, max_bytes: 2 << 30, max_name_bytes: 8 << 20 };

/// A file of an npm package.
pub struct NodeFile<'a> {
    /// Its path below the package's directory.
    pub path: &'a EntryPath,
    /// Whether its owner may execute it.
    pub executable: bool,
    /// Whether an earlier file had the same path, which this one replaces.
    pub replaces: bool,
    /// Its bytes.
    pub content: &'a mut dyn Read,
}

/// Gives every file of the tarball in `reader` to `visit`, and returns the footprint of the unpacked package.
pub fn read_node_package(
    reader: impl Read,
    limits: TarLimits,
    visit: &mut dyn FnMut(NodeFile<'_>) -> Result<(), ArchiveError>,
) -> Result<Footprint, ArchiveError> {
    let mut reader = BufReader::with_capacity(64 * 1024, reader);
    let is_compressed = reader.fill_buf().map_err(ArchiveError::Damaged)?.starts_with(&[0x1f, 0x8b]);
    let stream: Box<dyn Read + '_> =
        if is_compressed { Box::new(GzDecoder::new(reader)) } else { Box::new(reader) };
    // Headers, padding and names come on top of the files.
    let most = limits.max_bytes.saturating_add(limits.max_entries.saturating_mul(2048));
    let mut archive = tar::Archive::new(stream.take(most));
    let mut seen = Seen::new(limits);
    for entry in archive.entries().map_err(ArchiveError::Damaged)? {
        let mut entry = entry.map_err(ArchiveError::Damaged)?;
        let name = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous => {}
            EntryType::Directory | EntryType::XGlobalHeader => continue,
            kind => return Err(ArchiveError::EntryType { path: name, kind: kind_name(kind) }),
        }
        let Some(path) = stripped(&name)? else { continue };
        let replaces = seen.claim(&path, entry.size())?;
        let executable = entry.header().mode().map_err(ArchiveError::Damaged)? & 0o111 != 0;
        visit(NodeFile { path: &path, executable, replaces, content: &mut entry })?;
    }
    Ok(seen.footprint())
}

/// The path without its first part; `None` if nothing remains.
fn stripped(name: &str) -> Result<Option<EntryPath>, ArchiveError> {
    let name = name.strip_prefix("./").unwrap_or(name);
    let Some((first, rest)) = name.split_once('/') else { return Ok(None) };
    // `../x` or `/x` would be harmless without its first part, and is nothing that npm ever packed.
    if first.is_empty() || first == ".." {
        let whole: EntryPath = name.parse()?;
        return Ok(Some(whole));
    }
    Ok(Some(rest.parse()?))
}

const fn kind_name(kind: EntryType) -> &'static str {
    match kind {
        EntryType::Symlink => "symbolic link",
        EntryType::Link => "hard link",
        _ => "device or another special file",
    }
}

/// The files and directories seen so far.
struct Seen {
    limits: TarLimits,
    files: HashMap<EntryPath, u64>,
    directories: HashSet<EntryPath>,
    name_bytes: u64,
    bytes: u64,
}

impl Seen {
    fn new(limits: TarLimits) -> Self {
        Self { limits, files: HashMap::new(), directories: HashSet::new(), name_bytes: 0, bytes: 0 }
    }

    /// Takes note of a file; `true` if it replaces an earlier one.
    fn claim(&mut self, path: &EntryPath, size: u64) -> Result<bool, ArchiveError> {
        self.bytes = self.bytes.saturating_add(size);
        self.name_bytes += path.as_str().len() as u64;
        let limits = [
            (self.bytes, self.limits.max_bytes, "bytes"),
            (self.name_bytes, self.limits.max_name_bytes, "bytes in names"),
            (self.files.len() as u64 + 1, self.limits.max_entries, "files"),
        ];
        for (actual, limit, what) in limits {
            if actual > limit {
                return Err(ArchiveError::TooLarge { limit, what });
            }
        }
        if self.directories.contains(path) {
            return Err(ArchiveError::Collision { path: path.to_string() });
        }
        let mut ancestor = path.parent();
        while let Some(directory) = ancestor {
            if self.files.contains_key(&directory) {
                return Err(ArchiveError::BelowFile { path: path.to_string() });
            }
            ancestor = directory.parent();
            if !self.directories.insert(directory) {
                break;
            }
        }
        Ok(self.files.insert(path.clone(), size).is_some())
    }

    fn footprint(&self) -> Footprint {
        let mut footprint = Footprint::default();
        footprint.add_directory();
        self.directories.iter().for_each(|_| footprint.add_directory());
        self.files.values().for_each(|size| footprint.add_file(*size));
        footprint
    }
}

/// Reads everything of `content`, up to `limit` bytes.
pub fn read_small(content: &mut dyn Read, limit: u64) -> Result<Vec<u8>, ArchiveError> {
    let mut bytes = Vec::new();
    let count = content.take(limit + 1).read_to_end(&mut bytes).map_err(ArchiveError::Damaged)?;
    if count as u64 > limit {
        return Err(ArchiveError::Damaged(io::Error::new(
            io::ErrorKind::FileTooLarge,
            "a file is too large",
        )));
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn tarball(entries: &[(EntryType, &str, &str)]) -> Vec<u8> {
        let mut builder =
            tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
        for (kind, name, content) in entries {
            let mut header = tar::Header::new_gnu();
            header.set_entry_type(*kind);
            header.set_mode(if name.ends_with("cli.js") { 0o755 } else { 0o644 });
            header.set_size(content.len() as u64);
            // Not `append_data`, which would refuse the path before the reader does.
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            builder.append(&header, content.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    /// Content and whether it may be executed, by path.
    type Files = BTreeMap<String, (String, bool)>;

    fn read(entries: &[(EntryType, &str, &str)]) -> Result<(Files, Footprint), ArchiveError> {
        let bytes = tarball(entries);
        let mut files = BTreeMap::new();
        let footprint = read_node_package(&bytes[..], NODE_PACKAGE_LIMITS, &mut |file| {
            let content = String::from_utf8(read_small(file.content, 100)?).unwrap();
            files.insert(file.path.to_string(), (content, file.executable));
            Ok(())
        })?;
        Ok((files, footprint))
    }

    const FILE: EntryType = EntryType::Regular;

    #[test]
    fn the_first_part_of_a_path_is_dropped() {
        let entries = [
            (EntryType::Directory, "package/", ""),
            (FILE, "package/package.json", "{}"),
            (FILE, "./other/lib/cli.js", "x"),
            (FILE, "loose", "y"),
        ];
        let (files, footprint) = read(&entries).unwrap();
        assert_eq!(files["package.json"], ("{}".to_owned(), false));
        assert_eq!(files["lib/cli.js"], ("x".to_owned(), true));
        assert_eq!((files.len(), footprint.files, footprint.directories), (2, 2, 2));
    }

    #[test]
    fn of_two_files_with_one_path_the_later_counts() {
        let (files, footprint) = read(&[(FILE, "package/a", "first"), (FILE, "package/a", "2")]).unwrap();
        assert_eq!(files["a"].0, "2");
        assert_eq!((footprint.files, footprint.bytes), (1, 1));
    }

    #[test]
    fn links_and_devices_are_refused_by_name() {
        for kind in [EntryType::Symlink, EntryType::Link, EntryType::Char, EntryType::Fifo] {
            let error = read(&[(kind, "package/evil", "")]).unwrap_err();
            assert!(
                matches!(&error, ArchiveError::EntryType { path, .. } if path == "package/evil"),
                "{error}"
            );
        }
    }

    #[test]
    fn paths_that_climb_are_refused() {
        for name in
            ["package/../evil", "package/a/../../evil", "package//evil", "/evil", "../evil", "package/a\\b"]
        {
            let error = read(&[(FILE, name, "")]).unwrap_err();
            assert!(matches!(error, ArchiveError::Path(_)), "{name}: {error}");
        }
    }

    #[test]
    fn files_and_directories_at_one_place_are_refused() {
        let below = read(&[(FILE, "package/a", ""), (FILE, "package/a/b", "")]).unwrap_err();
        assert!(matches!(below, ArchiveError::BelowFile { .. }), "{below}");
        let above = read(&[(FILE, "package/a/b", ""), (FILE, "package/a", "")]).unwrap_err();
        assert!(matches!(above, ArchiveError::Collision { .. }), "{above}");
    }

    #[test]
    fn fifty_thousand_files_are_refused() {
        let names: Vec<String> = (0..50_000).map(|number| format!("package/{number}")).collect();
        let entries: Vec<_> = names.iter().map(|name| (FILE, name.as_str(), "")).collect();
        let error = read(&entries).unwrap_err();
        assert!(matches!(error, ArchiveError::TooLarge { what: "files", .. }), "{error}");
    }

    #[test]
    fn a_bomb_is_stopped_at_its_limit() {
        let limits = TarLimits { max_bytes: 10, ..NODE_PACKAGE_LIMITS };
        let bytes = tarball(&[(FILE, "package/a", "0123456789abcdef")]);
        let error = read_node_package(&bytes[..], limits, &mut |_| Ok(())).unwrap_err();
        assert!(matches!(error, ArchiveError::TooLarge { limit: 10, what: "bytes" }), "{error}");
    }

    #[test]
    fn a_plain_tar_is_read_and_garbage_is_not() {
        let mut plain = Vec::new();
        GzDecoder::new(&tarball(&[(FILE, "package/a", "x")])[..]).read_to_end(&mut plain).unwrap();
        assert_eq!(read_node_package(&plain[..], NODE_PACKAGE_LIMITS, &mut |_| Ok(())).unwrap().files, 1);
        let error =
            read_node_package(&b"no tarball at all"[..], NODE_PACKAGE_LIMITS, &mut |_| Ok(())).unwrap_err();
        assert!(matches!(error, ArchiveError::Damaged(_)), "{error}");
    }

    #[test]
    fn a_cut_tarball_is_damaged() {
        let bytes = tarball(&[(FILE, "package/a", &"x".repeat(4000))]);
        let error = read_node_package(&bytes[..bytes.len() / 2], NODE_PACKAGE_LIMITS, &mut |file| {
            read_small(file.content, 10_000).map(drop)
        });
        assert!(matches!(error, Err(ArchiveError::Damaged(_))), "{error:?}");
    }
}
