//! Wheels as enemies make them.

use std::io::{Cursor, Write};

use proptest::prelude::*;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::*;
use crate::archive::RECORD_SIGNATURE;
use crate::release_check::testing::{wheel_bytes, zip_bytes};

fn judge(bytes: Vec<u8>) -> Result<Footprint, WheelError> {
    judge_published(Cursor::new(bytes))
}

/// Replaces `from` by the equally long `to`, everywhere: local headers and central directory.
fn renamed(mut bytes: Vec<u8>, from: &str, to: &str) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    for at in 0..bytes.len() - from.len() {
        if bytes[at..].starts_with(from.as_bytes()) {
            bytes[at..at + to.len()].copy_from_slice(to.as_bytes());
        }
    }
    bytes
}

#[test]
fn files_and_directories_are_counted() {
    let files: [(&str, &[u8]); 4] =
        [("foo/__init__.py", b""), ("foo/a/b/c.py", b"x = 1\n"), ("foo/a/", b""), ("top.py", &[b'x'; 5000])];
    let footprint = judge(wheel_bytes("foo", "1.0", &files)).unwrap();
    // Three files of metadata; directories foo, foo/a, foo/a/b and the dist-info.
    assert_eq!((footprint.files, footprint.directories), (6, 4));
    assert!(footprint.bytes > 5006);
    assert_eq!(footprint.disk_bytes % 4096, 0);
}

#[test]
fn a_file_that_is_no_zip_is_refused() {
    assert!(matches!(judge(b"<html>".to_vec()), Err(WheelError::Zip(_))));
    let mut cut = wheel_bytes("foo", "1.0", &[]);
    cut.truncate(cut.len() - 30);
    assert!(matches!(judge(cut), Err(WheelError::Zip(_))));
}

#[test]
fn a_zip_that_is_no_wheel_is_refused() {
    assert!(matches!(judge(zip_bytes(&[("a.py", b"")])), Err(WheelError::NotAWheel)));
}

#[test]
fn names_that_leave_the_directory_are_refused() {
    for hostile in ["../evil", "/etc/pwd", "a/../../", "a\\..\\b.", "./a.pyyy"] {
        let bytes =
            renamed(wheel_bytes("foo", "1.0", &[("ABCDEFGH", b"x")]), "ABCDEFGH", &format!("{hostile:_<8}"));
        assert!(matches!(judge(bytes), Err(WheelError::Path(_))), "{hostile}");
    }
}

#[test]
fn a_link_is_refused() {
    let mut writer = ZipWriter::new_append(Cursor::new(wheel_bytes("foo", "1.0", &[]))).unwrap();
    writer.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    assert!(matches!(judge(bytes), Err(WheelError::Entry { kind: "a symbolic link", .. })));
}

#[test]
fn two_entries_of_one_name_are_refused() {
    let bytes = wheel_bytes("foo", "1.0", &[("one.py", b"1"), ("two.py", b"2")]);
    assert!(matches!(judge(renamed(bytes, "two.py", "one.py")), Err(WheelError::Collision { .. })));
}

#[test]
fn a_file_that_is_also_a_directory_is_refused() {
    let bytes = wheel_bytes("foo", "1.0", &[("a", b"1"), ("a/b", b"2")]);
    assert!(matches!(judge(bytes), Err(WheelError::Collision { path }) if path.starts_with('a')));
}

#[test]
fn names_that_differ_by_case_alone_are_refused() {
    let bytes = wheel_bytes("foo", "1.0", &[("a/one.py", b"1"), ("A/two.py", b"2")]);
    assert!(matches!(judge(bytes), Err(WheelError::Collision { path }) if path.eq_ignore_ascii_case("a")));
}

#[test]
fn an_encrypted_entry_is_refused() {
    let mut bytes = wheel_bytes("foo", "1.0", &[("secret", b"1")]);
    let at = bytes.windows(4).position(|window| window == RECORD_SIGNATURE).unwrap();
    bytes[at + 8] |= 1;
    assert!(matches!(judge(bytes), Err(WheelError::Entry { kind: "encrypted", .. })));
}

#[test]
fn a_part_of_several_is_refused() {
    let mut bytes = wheel_bytes("foo", "1.0", &[]);
    let end = bytes.windows(4).rposition(|window| window == b"PK\x05\x06").unwrap();
    // The number of this disk; the directory is said to be on the first.
    bytes[end + 4] = 1;
    assert!(matches!(judge(bytes), Err(WheelError::Zip(_))));
}

#[test]
fn a_size_bomb_is_refused() {
    let zeros = vec![0; 4 << 20];
    let error = judge(wheel_bytes("foo", "1.0", &[("bomb", &zeros)])).unwrap_err();
    assert!(matches!(error, WheelError::Ratio { .. }), "{error}");
    judge(wheel_bytes("foo", "1.0", &[("fine", &zeros[..1 << 20])])).unwrap();
}

#[test]
fn a_declared_total_beyond_any_wheel_is_refused() {
    let mut tree = WheelTree::default();
    tree.footprint.bytes = MAX_UNPACKED_BYTES;
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.start_file("x", SimpleFileOptions::default()).unwrap();
    writer.write_all(b"1").unwrap();
    let mut archive = ZipArchive::new(writer.finish().unwrap()).unwrap();
    let entry = archive.by_index_raw(0).unwrap();
    assert!(matches!(tree.add(&entry), Err(WheelError::TooLarge)));
}

proptest! {
    #[test]
    fn a_damaged_wheel_never_panics(at in any::<prop::sample::Index>(), byte: u8, cut in any::<prop::sample::Index>()) {
        let mut bytes = wheel_bytes("foo", "1.0", &[("foo/a.py", b"x = 1\n")]);
        let at = at.index(bytes.len());
        bytes[at] = byte;
        let _ = judge(bytes.clone());
        bytes.truncate(cut.index(bytes.len()));
        prop_assert!(judge(bytes).is_err());
    }
}
