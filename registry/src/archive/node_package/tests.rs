//! Tarballs as publishers and enemies write them.

use std::collections::BTreeMap;

use attune_schemas::environment_lock::Footprint;
use flate2::bufread::GzDecoder;

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
    let mut files: Files = BTreeMap::new();
    let footprint = read_node_package(&bytes[..], NODE_PACKAGE_LIMITS, &mut |file| {
        let content = String::from_utf8(read_small(file.content, 100)?).unwrap();
        let content = match file.copy_of {
            Some(original) => files[original.as_str()].0.clone(),
            None => content,
        };
        files.insert(file.path.to_string(), (content, file.executable));
        Ok(())
    })?;
    Ok((files, footprint.footprint))
}

const FILE: EntryType = EntryType::Regular;

#[test]
fn the_first_part_of_a_path_is_dropped() {
    let entries = [
        (EntryType::Directory, "package/", ""),
        (FILE, "package/package.json", "{}"),
        (FILE, "other/lib/cli.js", "x"),
        (FILE, "loose", "y"),
    ];
    let (files, footprint) = read(&entries).unwrap();
    assert_eq!(files["package.json"], ("{}".to_owned(), false));
    assert_eq!(files["lib/cli.js"], ("x".to_owned(), true));
    assert_eq!((files.len(), footprint.files, footprint.directories), (2, 2, 2));
}

#[test]
fn parts_that_lead_nowhere_are_dropped_as_npm_does() {
    let table = [
        ("package/./dist/index.js", Some("dist/index.js")),
        ("package/././a/./b", Some("a/b")),
        ("package/a//b", Some("a/b")),
        ("package/a/.", Some("a")),
        ("./index.js", Some("index.js")),
        ("./package/index.js", Some("package/index.js")),
        ("package/.", None),
        ("package/old/", None),
    ];
    for (name, expected) in table {
        let (files, _) = read(&[(FILE, name, "")]).unwrap();
        assert_eq!(files.keys().map(String::as_str).collect::<Vec<_>>(), Vec::from_iter(expected), "{name}");
    }
    let both = [(FILE, "package/dist/a.js", "first"), (FILE, "package/./dist/a.js", "later")];
    let (files, footprint) = read(&both).unwrap();
    assert_eq!((files["dist/a.js"].0.as_str(), footprint.files), ("later", 1));
}

#[test]
fn a_file_that_replaces_another_is_no_file_more() {
    let bytes = tarball(&[(FILE, "package/a", "1"), (FILE, "package/b", "2"), (FILE, "package/a", "3")]);
    let limits = TarLimits { max_entries: 2, ..NODE_PACKAGE_LIMITS };
    assert_eq!(read_node_package(&bytes[..], limits, &mut |_| Ok(())).unwrap().footprint.files, 2);
    let limits = TarLimits { max_entries: 1, ..NODE_PACKAGE_LIMITS };
    assert!(read_node_package(&bytes[..], limits, &mut |_| Ok(())).is_err());
}

#[test]
fn gzip_of_several_members_is_read_to_its_end() {
    let mut plain = Vec::new();
    let bytes = tarball(&[(FILE, "package/a", "x"), (FILE, "package/b", "y")]);
    GzDecoder::new(&bytes[..]).read_to_end(&mut plain).unwrap();
    let members = plain.chunks(700).flat_map(|part| {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut encoder, part).unwrap();
        encoder.finish().unwrap()
    });
    let bytes: Vec<u8> = members.collect();
    assert_eq!(
        read_node_package(&bytes[..], NODE_PACKAGE_LIMITS, &mut |_| Ok(())).unwrap().footprint.files,
        2
    );
}

#[test]
fn of_two_files_with_one_path_the_later_counts() {
    let (files, footprint) = read(&[(FILE, "package/a", "first"), (FILE, "package/a", "2")]).unwrap();
    assert_eq!(files["a"].0, "2");
    assert_eq!((footprint.files, footprint.bytes), (1, 1));
}

#[test]
fn devices_are_refused_by_name() {
    for kind in [EntryType::Char, EntryType::Block, EntryType::Fifo] {
        let error = read(&[(kind, "package/evil", "")]).unwrap_err();
        assert!(matches!(&error, ArchiveError::EntryType { path, .. } if path == "package/evil"), "{error}");
    }
}

/// A tarball with the file `package/a`, followed by a link.
fn with_link(kind: EntryType, name: &str, target: &str) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (kind, name, content) in [(FILE, "package/a", "content"), (kind, name, "")] {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        if kind != FILE {
            header.set_link_name_literal(target).unwrap();
        }
        header.set_cksum();
        builder.append(&header, content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

#[test]
fn links_make_no_link() {
    let hard = EntryType::Link;
    let table = [
        (hard, "package/b", "package/a", Some("a")),
        (hard, "package/./b", "package/./a", Some("a")),
        (hard, "package/b", "package/absent", None),
        (hard, "package/b", "/etc/passwd", None),
        (hard, "package/b", "package/../../a", None),
        (EntryType::Symlink, "package/b", "a", None),
        (EntryType::Symlink, "package/../../b", "/etc/passwd", None),
    ];
    for (kind, name, target, copied) in table {
        let mut copies = Vec::new();
        let read = read_node_package(&with_link(kind, name, target)[..], NODE_PACKAGE_LIMITS, &mut |file| {
            copies.extend(file.copy_of.map(ToString::to_string));
            Ok(())
        });
        let read = read.unwrap();
        assert_eq!(copies, Vec::from_iter(copied), "{name} {target}");
        let passed_over = if copied.is_some() { vec![] } else { vec![name.to_owned()] };
        assert_eq!(read.passed_over, passed_over, "{name} {target}");
        assert_eq!(read.footprint.files, if copied.is_some() { 2 } else { 1 }, "{name} {target}");
    }
    let climbing = with_link(hard, "package/../../b", "package/a");
    assert!(read_node_package(&climbing[..], NODE_PACKAGE_LIMITS, &mut |_| Ok(())).is_err());
}

#[test]
fn a_manifest_may_be_a_copy_with_a_byte_order_mark() {
    let bytes = with_link(EntryType::Link, "package/package.json", "package/a");
    assert_eq!(read_node_manifest(|| Ok(&bytes[..])).unwrap(), b"content");
    let bytes = tarball(&[(FILE, "package/package.json", "\u{feff}{}")]);
    assert_eq!(read_node_manifest(|| Ok(&bytes[..])).unwrap(), b"{}");
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
    assert_eq!(
        read_node_package(&plain[..], NODE_PACKAGE_LIMITS, &mut |_| Ok(())).unwrap().footprint.files,
        1
    );
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
