//! Tests of foreign archives: what tools write, and what an enemy writes.

use std::io::{Cursor, Write};
use std::os::unix::fs::PermissionsExt;

use ::tar::{EntryType, Header};
use ::zip::write::SimpleFileOptions;

use super::*;

/// An entry: raw name, type, mode, and content or target.
type Entry<'a> = (&'a str, EntryType, u32, &'a [u8]);

const FILE: EntryType = EntryType::Regular;

fn tar_of(entries: &[Entry<'_>]) -> Vec<u8> {
    let mut builder = ::tar::Builder::new(Vec::new());
    for (name, kind, mode, content) in entries {
        let mut header = Header::new_ustar();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(*mode);
        let is_link = matches!(kind, EntryType::Symlink | EntryType::Link);
        let body: &[u8] = if is_link { b"" } else { content };
        if is_link {
            header.as_mut_bytes()[157..157 + content.len()].copy_from_slice(content);
        }
        header.set_size(body.len() as u64);
        header.set_cksum();
        builder.append(&header, body).unwrap();
    }
    builder.into_inner().unwrap()
}

/// A zip of `(name, Unix mode, content)`.
fn zip_of(entries: &[(&str, u32, &[u8])]) -> Vec<u8> {
    let mut writer = ::zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, mode, content) in entries {
        let options = SimpleFileOptions::default().unix_permissions(*mode);
        if name.ends_with('/') {
            writer.add_directory(*name, options).unwrap();
        } else if mode & 0o170_000 == 0o120_000 {
            writer.add_symlink(*name, std::str::from_utf8(content).unwrap(), options).unwrap();
        } else {
            writer.start_file(*name, options).unwrap();
            writer.write_all(content).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}

/// The files and links below the unpacked archive, with their modes' rights to execute.
fn unpacked(bytes: &[u8]) -> Result<Vec<String>, ArchiveError> {
    let directory = tempfile::tempdir().unwrap();
    let (archive, tree) = (directory.path().join("archive"), directory.path().join("tree"));
    fs_err::write(&archive, bytes).unwrap();
    fs_err::create_dir(&tree).unwrap();
    let result = unpack_foreign(&archive, &tree, &Interrupt::default());
    // Nothing is ever written beside it.
    assert_eq!(fs_err::read_dir(directory.path()).unwrap().count(), 2);
    result?.expect("it is an archive");
    let mut found = Vec::new();
    collect(&tree, &tree, &mut found);
    found.sort();
    Ok(found)
}

fn collect(top: &Path, directory: &Path, found: &mut Vec<String>) {
    for entry in fs_err::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        let metadata = fs_err::symlink_metadata(&path).unwrap();
        let name = path.strip_prefix(top).unwrap().display().to_string();
        if metadata.is_dir() {
            collect(top, &path, found);
        } else if metadata.is_symlink() {
            found.push(format!("{name} -> {}", fs_err::read_link(&path).unwrap().display()));
        } else {
            let executable = if metadata.permissions().mode() & 0o100 != 0 { "*" } else { "" };
            found.push(format!("{name}{executable}={}", fs_err::read_to_string(&path).unwrap()));
        }
    }
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn what_tools_write_is_unpacked_however_it_is_compressed() {
    let long = format!("d/{}", "x".repeat(120));
    let mut builder = ::tar::Builder::new(Vec::new());
    let mut header = Header::new_gnu();
    header.set_size(1);
    header.set_mode(0o644);
    builder.append_data(&mut header, &long, &b"l"[..]).unwrap();
    builder.append_pax_extensions([("path", "d/päx".as_bytes()), ("comment", b"c")]).unwrap();
    builder.append_data(&mut header, "short", &b"p"[..]).unwrap();
    assert_eq!(
        unpacked(&builder.into_inner().unwrap()).unwrap(),
        ["d/päx=p".to_owned(), format!("{long}=l")]
    );

    let tar = tar_of(&[
        ("./", EntryType::Directory, 0o755, b""),
        ("./a/", EntryType::Directory, 0o700, b""),
        ("./a/run", FILE, 0o4755, b"1"),
        ("a", EntryType::Directory, 0o755, b""),
        (
            "pax_global_header",
            EntryType::XGlobalHeader,
            0o644,
            b"52 comment=0123456789012345678901234567890123456789\n",
        ),
        ("a/copy", EntryType::Link, 0o644, b"./a/run"),
        ("a/link", EntryType::Symlink, 0o777, b"../a/./run"),
        ("b", FILE, 0o600, b""),
    ]);
    let expected = ["a/copy*=1", "a/link -> ../a/./run", "a/run*=1", "b="];
    for bytes in [tar.clone(), gzip(&tar), zstd::encode_all(&*tar, 1).unwrap()] {
        assert_eq!(unpacked(&bytes).unwrap(), expected);
    }
    let (first, second) = tar.split_at(700);
    assert_eq!(unpacked(&[gzip(first), gzip(second)].concat()).unwrap(), expected);
}

#[test]
fn zip_entries_keep_the_right_to_execute() {
    let bytes = zip_of(&[
        ("a/", 0o755, b""),
        ("a/run", 0o100_755, b"1"),
        ("b", 0o100_644, b"2"),
        ("a/link", 0o120_777, b"run"),
    ]);
    assert_eq!(unpacked(&bytes).unwrap(), ["a/link -> run", "a/run*=1", "b=2"]);
}

#[test]
fn paths_that_leave_the_directory_are_refused() {
    for name in ["../evil", "/evil", "a/../../evil", "./../evil", "a\\..\\evil", "a//b", ".//evil"] {
        let bytes = tar_of(&[(name, FILE, 0o644, b"x")]);
        assert!(matches!(unpacked(&bytes), Err(ArchiveError::Path(_))), "{name}");
    }
    for name in ["../evil", "/evil", "a/../../evil", "a\\evil"] {
        let bytes = zip_of(&[(name, 0o644, b"x")]);
        assert!(matches!(unpacked(&bytes), Err(ArchiveError::Path(_))), "{name}");
    }
    let directory = tar_of(&[("/", EntryType::Directory, 0o755, b"")]);
    assert!(matches!(unpacked(&directory), Err(ArchiveError::Path(_))));
}

#[test]
fn links_that_lead_out_are_refused() {
    for target in ["/etc/passwd", "../../x", "../..", "a/../../../x", ""] {
        let bytes = tar_of(&[("a/link", EntryType::Symlink, 0o777, target.as_bytes())]);
        assert!(matches!(unpacked(&bytes), Err(ArchiveError::LinkOut { .. })), "{target}");
        if !target.is_empty() {
            let bytes = zip_of(&[("a/link", 0o120_777, target.as_bytes())]);
            assert!(matches!(unpacked(&bytes), Err(ArchiveError::LinkOut { .. })), "{target}");
        }
    }
    for target in ["/etc/passwd", "../x", "missing"] {
        let bytes = tar_of(&[("hard", EntryType::Link, 0o644, target.as_bytes())]);
        assert!(matches!(unpacked(&bytes), Err(ArchiveError::LinkOut { .. })), "{target}");
    }
}

#[test]
fn nothing_is_written_through_a_link() {
    for entries in [
        [("d", EntryType::Symlink, 0o777, &b"e"[..]), ("d/x", FILE, 0o644, b"x")],
        [("d/x", FILE, 0o644, &b"x"[..]), ("d", EntryType::Symlink, 0o777, b"e")],
    ] {
        let result = unpacked(&tar_of(&entries));
        assert!(
            matches!(result, Err(ArchiveError::BelowFile { .. } | ArchiveError::Collision { .. })),
            "{result:?}"
        );
    }
}

#[test]
fn devices_and_sparse_files_are_refused() {
    for kind in [EntryType::Char, EntryType::Block, EntryType::Fifo, EntryType::GNUSparse] {
        let result = unpacked(&tar_of(&[("x", kind, 0o644, b"")]));
        assert!(matches!(result, Err(ArchiveError::EntryType { .. })), "{kind:?}: {result:?}");
    }
    let result = unpacked(&zip_of_device());
    assert!(matches!(result, Err(ArchiveError::EntryType { .. })), "{result:?}");
}

/// A zip with a character device: its mode is patched into the central directory.
fn zip_of_device() -> Vec<u8> {
    let mut bytes = zip_of(&[("x", 0o100_644, b"")]);
    let at = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap() + 38;
    bytes[at..at + 4].copy_from_slice(&(0o020_644_u32 << 16).to_le_bytes());
    bytes
}

#[test]
fn colliding_names_are_refused() {
    for (one, two) in [("a", "a"), ("Readme", "README"), ("A/x", "a/y"), ("a/x", "A")] {
        let bytes = tar_of(&[(one, FILE, 0o644, b""), (two, FILE, 0o644, b"")]);
        assert!(matches!(unpacked(&bytes), Err(ArchiveError::Collision { .. })), "{one} {two}");
        if one != two {
            let bytes = zip_of(&[(one, 0o644, b""), (two, 0o644, b"")]);
            assert!(matches!(unpacked(&bytes), Err(ArchiveError::Collision { .. })), "{one} {two}");
        }
    }
    // Two records of one name, of which readers show the last alone.
    let mut bytes = zip_of(&[("aa", 0o644, b"1"), ("ab", 0o644, b"2")]);
    while let Some(at) = bytes.windows(2).position(|window| window == b"ab") {
        bytes[at + 1] = b'a';
    }
    assert!(matches!(unpacked(&bytes), Err(ArchiveError::Collision { .. })));
}

#[test]
fn bombs_are_refused_before_they_unpack() {
    let zeros = vec![0; 80 << 20];
    let tar = tar_of(&[("zeros", FILE, 0o644, &zeros)]);
    for bytes in [gzip(&tar), zstd::encode_all(&*tar, 1).unwrap(), zip_of(&[("zeros", 0o644, &zeros)])] {
        let result = unpacked(&bytes);
        // Of gzip the ratio is 1:230, so that it passes; the others are denser, or the limit is lower.
        if bytes.len() as u64 * MAX_RATIO + FLOOR_BYTES < zeros.len() as u64 {
            assert!(matches!(result, Err(ArchiveError::TooLarge { what: "bytes", .. })), "{result:?}");
        }
    }
    let headers = vec![("x", EntryType::XGlobalHeader, 0o644, &b""[..]); 100_001];
    assert!(matches!(unpacked(&tar_of(&headers)), Err(ArchiveError::TooLarge { what: "entries", .. })));
    let long = vec![b'a'; 5000];
    let result = unpacked(&tar_of(&[("././@LongLink", EntryType::GNULongName, 0o644, &long)]));
    assert!(matches!(result, Err(ArchiveError::TooLarge { limit: 4096, .. })), "{result:?}");
}

#[test]
fn a_zip_entry_of_another_size_than_it_says_is_damaged() {
    let bytes = zip_of(&[("a", 0o644, b"hello")]);
    for size in [4_u32, 6] {
        let mut bytes = bytes.clone();
        let at = bytes.windows(4).position(|window| window == b"PK\x01\x02").unwrap() + 24;
        bytes[at..at + 4].copy_from_slice(&size.to_le_bytes());
        assert!(matches!(unpacked(&bytes), Err(ArchiveError::Damaged(_))), "{size}");
    }
}

#[test]
fn cut_and_flipped_archives_are_damaged() {
    let tar = tar_of(&[("a", FILE, 0o644, b"hello"), ("b", FILE, 0o644, b"world")]);
    for bytes in [gzip(&tar), zstd::encode_all(&*tar, 1).unwrap(), zip_of(&[("a", 0o644, b"hello")])] {
        for length in [bytes.len() / 2, bytes.len() - 1] {
            assert!(matches!(unpacked(&bytes[..length]), Err(ArchiveError::Damaged(_))), "{length}");
        }
    }
    let mut trailing = tar.clone();
    trailing.extend_from_slice(b"more");
    assert!(matches!(unpacked(&trailing), Err(ArchiveError::Damaged(_))));
    assert!(matches!(unpacked(&tar[..700]), Err(ArchiveError::Damaged(_))));
}

#[test]
fn formats_are_known_by_their_first_bytes_alone() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file.tar.gz");
    for (bytes, format) in [
        (gzip(b"x"), Some(ForeignFormat::TarGz)),
        (zip_of(&[]), Some(ForeignFormat::Zip)),
        (tar_of(&[("a", FILE, 0o644, b"")]), Some(ForeignFormat::Tar)),
        (b"\xfd7zXZ\0".to_vec(), Some(ForeignFormat::TarXz)),
        (b"<html>".to_vec(), None),
        (Vec::new(), None),
    ] {
        fs_err::write(&file, bytes).unwrap();
        assert_eq!(ForeignFormat::of_file(&file).unwrap(), format);
    }
    for (name, is_archive) in
        [("a.tgz", true), ("a-1.0.TAR.XZ", true), (".zip", false), ("a.whl", false), ("a", false)]
    {
        assert_eq!(ForeignFormat::is_named(name), is_archive, "{name}");
    }
}

#[test]
fn unpacking_stops_where_somebody_asks() {
    let directory = tempfile::tempdir().unwrap();
    let archive = directory.path().join("archive");
    fs_err::write(&archive, tar_of(&[("a", FILE, 0o644, b"x")])).unwrap();
    let interrupt = Interrupt::default();
    interrupt.raise();
    let error = unpack_foreign(&archive, directory.path(), &interrupt).unwrap_err();
    assert!(matches!(&error, ArchiveError::Io(error) if error.kind() == std::io::ErrorKind::Interrupted));
}
