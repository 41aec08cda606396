//! Unpacks an npm package into the store.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use attune_host::trees::KnownDigests;
use attune_registry::archive::{
    ArchiveError, NODE_PACKAGE_LIMITS, NodeFile, TarLimits, read_node_package, unpack_pack,
};
use attune_schemas::Digest;
use attune_schemas::environment_lock::Footprint;
use sha2::{Digest as _, Sha256};

use super::known::known_digests;
use crate::environments::PACKAGE_DIRECTORY;

/// Begins the path of each of a package's files in its tree.
const BELOW_PACKAGE: &str = "package/";

/// The size of one read, in bytes.
const CHUNK_BYTES: usize = 64 * 1024;
/// The most of a program's first line that is looked at, in bytes.
const MAX_FIRST_LINE: usize = 4096;

/// Unpacks the tarball in `reader` into `destination`, which must not exist.
///
/// Files become read-only; `programs`, paths below the package, may be executed. What is unpacked must be
/// exactly `expected`. When this fails, the caller removes `destination`. Returns the digests of what was written.
pub(super) fn unpack_node_package(
    reader: impl Read,
    destination: &Path,
    expected: &Footprint,
    programs: &BTreeSet<String>,
) -> Result<KnownDigests, ArchiveError> {
    let package = destination.join(PACKAGE_DIRECTORY);
    fs_err::create_dir_all(&package)?;
    let limits = TarLimits {
        // Files that replace each other are counted each.
        max_bytes: NODE_PACKAGE_LIMITS.max_bytes,
        max_entries: expected.files.min(NODE_PACKAGE_LIMITS.max_entries),
        ..NODE_PACKAGE_LIMITS
    };
    let mut files = KnownDigests::new();
    let mut made = BTreeSet::new();
    let found = read_node_package(reader, limits, &mut |mut file| {
        let is_program = programs.contains(file.path.as_str());
        if let Some(parent) = file.path.parent()
            && made.insert(parent.clone())
        {
            fs_err::create_dir_all(parent.below(&package))?;
        }
        let path = file.path;
        let copied = file.copy_of.map(|original| fs_err::File::open(original.below(&package))).transpose()?;
        let digest = match copied {
            Some(mut original) => {
                let mut copy = NodeFile { content: &mut original, ..file };
                write_file(&mut copy, is_program, &package)?
            }
            None => write_file(&mut file, is_program, &package)?,
        };
        files.insert(format!("{BELOW_PACKAGE}{path}").into(), digest);
        Ok(())
    })?;
    compare(&found.footprint, expected)?;
    Ok(files)
}

/// Unpacks what an install script made into `destination`, which must not exist.
pub(super) fn unpack_overlay(
    reader: impl Read,
    destination: &Path,
    expected: &Footprint,
) -> Result<KnownDigests, ArchiveError> {
    fs_err::create_dir_all(destination)?;
    let package = destination.join(PACKAGE_DIRECTORY);
    let files = unpack_pack(reader, &package, expected)?;
    Ok(known_digests(BELOW_PACKAGE, files))
}

/// Writes a file; returns the digest of what was written.
fn write_file(file: &mut NodeFile<'_>, is_program: bool, package: &Path) -> Result<Digest, ArchiveError> {
    let path = file.path.below(package);
    if file.replaces {
        fs_err::remove_file(&path)?;
    }
    let mut options = fs_err::OpenOptions::new();
    let mode = if file.executable || is_program { 0o555 } else { 0o444 };
    options.write(true).create_new(true).options_mut().mode(mode);
    let mut target = options.open(&path)?;
    let (mut hasher, mut is_first) = (Sha256::new(), true);
    let mut chunk = Vec::with_capacity(CHUNK_BYTES);
    loop {
        chunk.clear();
        file.content.take(CHUNK_BYTES as u64).read_to_end(&mut chunk).map_err(ArchiveError::of_read)?;
        if chunk.is_empty() {
            return Ok(Digest::from_bytes(hasher.finalize().into()));
        }
        if is_program && is_first {
            mend_first_line(&mut chunk);
        }
        hasher.update(&chunk);
        target.write_all(&chunk)?;
        is_first = false;
    }
}

/// Takes the carriage return off the first line of a program, as npm does: with it no interpreter is found.
fn mend_first_line(content: &mut Vec<u8>) {
    let head = &content[..content.len().min(MAX_FIRST_LINE)];
    let end = head.iter().position(|&byte| byte == b'\n');
    if let Some(end) = end.filter(|&end| content.starts_with(b"#!") && end > 0 && content[end - 1] == b'\r') {
        content.remove(end - 1);
    }
}

fn compare(found: &Footprint, expected: &Footprint) -> Result<(), ArchiveError> {
    let counts = [("files", found.files, expected.files), ("bytes", found.bytes, expected.bytes)];
    for (what, actual, expected) in counts {
        if actual != expected {
            return Err(ArchiveError::Footprint { what, expected, actual });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_a_program_is_mended() {
        let mended = |text: &str| {
            let mut content = text.as_bytes().to_vec();
            mend_first_line(&mut content);
            String::from_utf8(content).unwrap()
        };
        assert_eq!(mended("#!/usr/bin/env node\r\nx\r\n"), "#!/usr/bin/env node\nx\r\n");
        for text in ["#!/usr/bin/env node\nx\r\n", "x\r\n", "", "#!"] {
            assert_eq!(mended(text), text);
        }
    }
}
