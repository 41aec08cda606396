//! Wheels as enemies make them.

use std::io::{Cursor, Write};

use attune_registry::blob::BlobSpool;
use attune_registry::release_check::WheelError;
use attune_schemas::Digest;
use attune_schemas::environment_lock::Footprint;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::wheel::unpack_wheel;

/// A zip of `(name, content)`, and what it takes unpacked.
fn zip(entries: &[(&str, &[u8])]) -> (Vec<u8>, Footprint) {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let mut footprint = Footprint::default();
    footprint.add_directory();
    for (name, content) in entries {
        let options = SimpleFileOptions::default().unix_permissions(0o755);
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
        footprint.add_file(content.len() as u64);
    }
    (writer.finish().unwrap().into_inner(), footprint)
}

fn unpack(bytes: &[u8], expected: &Footprint) -> Result<tempfile::TempDir, WheelError> {
    let directory = tempfile::tempdir().unwrap();
    let spool = BlobSpool::new(directory.path());
    let blob = spool.receive(&Digest::of(bytes), bytes.len() as u64, &mut &bytes[..]).unwrap();
    unpack_wheel(blob.into_reader(), &directory.path().join("wheel"), expected).map(|_| directory)
}

#[test]
fn a_wheel_is_unpacked_with_its_modes() {
    use std::os::unix::fs::PermissionsExt;
    let (bytes, footprint) = zip(&[("demo/__init__.py", b"x = 1"), ("demo/data/a.txt", b"")]);
    let directory = unpack(&bytes, &footprint).unwrap();
    let file = directory.path().join("wheel/demo/__init__.py");
    assert_eq!(fs_err::read(&file).unwrap(), b"x = 1");
    assert_eq!(fs_err::metadata(&file).unwrap().permissions().mode() & 0o777, 0o555);
}

#[test]
fn a_spooled_wheel_is_read_forward_whatever_order_it_lists() {
    let noise: Vec<u8> =
        (0..9_000_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let (bytes, footprint) = zip(&[("a.bin", &noise), ("b.bin", &noise[1..]), ("c.py", b"c")]);
    assert!(bytes.len() as u64 > attune_registry::blob::MAX_IN_MEMORY_BYTES);
    let directory = unpack(&bytes, &footprint).unwrap();
    assert_eq!(fs_err::read(directory.path().join("wheel/a.bin")).unwrap(), noise);
    assert_eq!(fs_err::read(directory.path().join("wheel/c.py")).unwrap(), b"c");
}

#[test]
fn a_wheel_of_many_files_is_whole() {
    let names: Vec<String> = (0..1000).map(|n| format!("demo/part{}/file{n}.py", n % 7)).collect();
    let contents: Vec<String> = (0..1000).map(|n| format!("n = {n}\n").repeat(n)).collect();
    let entries: Vec<(&str, &[u8])> =
        names.iter().zip(&contents).map(|(name, content)| (name.as_str(), content.as_bytes())).collect();
    let (bytes, footprint) = zip(&entries);
    let directory = unpack(&bytes, &footprint).unwrap();
    for (name, content) in names.iter().zip(&contents) {
        assert_eq!(fs_err::read_to_string(directory.path().join("wheel").join(name)).unwrap(), *content);
    }
}

#[test]
fn a_damaged_file_among_many_is_refused() {
    let noise: Vec<u8> = (0..2000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect();
    let names: Vec<String> = (0..400).map(|n| format!("file{n}.bin")).collect();
    let entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &noise[..])).collect();
    let (mut bytes, footprint) = zip(&entries);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let error = unpack(&bytes, &footprint).unwrap_err();
    assert!(matches!(error, WheelError::Zip(_)), "{error}");
}

#[test]
fn zip_slip_is_refused() {
    for name in ["../evil.py", "/etc/evil", "a/../../evil", "a/./b", "a\\..\\b", "a//b"] {
        let (bytes, footprint) = zip(&[(name, b"x")]);
        let error = unpack(&bytes, &footprint).unwrap_err();
        assert!(matches!(error, WheelError::Path(_)), "{name}: {error}");
    }
}

#[test]
fn a_symbolic_link_is_refused() {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    writer.add_symlink("link", "/etc/passwd", SimpleFileOptions::default()).unwrap();
    let bytes = writer.finish().unwrap().into_inner();
    let footprint = Footprint { files: 1, directories: 1, bytes: 11, disk_bytes: 8192 };
    let error = unpack(&bytes, &footprint).unwrap_err();
    assert!(matches!(error, WheelError::Entry { kind: "a symbolic link", .. }), "{error}");
}

#[test]
fn names_that_differ_by_case_alone_are_refused() {
    for (one, two) in [("Demo.py", "demo.py"), ("demo/a.py", "Demo/b.py"), ("a", "A/b")] {
        let (bytes, footprint) = zip(&[(one, b"1"), (two, b"2")]);
        let error = unpack(&bytes, &footprint).unwrap_err();
        assert!(matches!(error, WheelError::Collision { .. }), "{one} {two}: {error}");
    }
}

#[test]
fn a_file_that_is_also_a_directory_is_refused() {
    let (bytes, footprint) = zip(&[("a", b"1"), ("a/b", b"2")]);
    assert!(matches!(unpack(&bytes, &footprint), Err(WheelError::Collision { .. })));
}

#[test]
fn a_bomb_is_stopped_before_it_is_inflated() {
    let (bytes, footprint) = zip(&[("bomb", &vec![0; 50 << 20])]);
    assert!(bytes.len() < 1 << 20);
    let error = unpack(&bytes, &footprint).unwrap_err();
    assert!(matches!(error, WheelError::Ratio { .. }), "{error}");
}

#[test]
fn more_bytes_than_its_release_says_are_refused() {
    let (bytes, mut footprint) = zip(&[("large", &vec![0; 1 << 20])]);
    footprint.bytes = 1000;
    let error = unpack(&bytes, &footprint).unwrap_err();
    assert!(matches!(error, WheelError::Footprint { expected: 1000, .. }), "{error}");
}

#[test]
fn more_or_fewer_files_than_its_release_says_are_refused() {
    let (bytes, footprint) = zip(&[("a", b"1"), ("b", b"2")]);
    for files in [1, 3] {
        let error = unpack(&bytes, &Footprint { files, directories: 0, ..footprint }).unwrap_err();
        assert!(matches!(error, WheelError::Footprint { .. }), "{error}");
    }
}

#[test]
fn a_damaged_or_cut_off_zip_never_unpacks_to_other_files() {
    let content = b"some content that is long enough to be compressed, compressed, compressed";
    let (bytes, footprint) = zip(&[("demo.py", content)]);
    for position in 0..bytes.len() {
        let mut damaged = bytes.clone();
        damaged[position] ^= 0x11;
        if let Ok(directory) = unpack(&damaged, &footprint)
            && let Ok(unpacked) = fs_err::read(directory.path().join("wheel/demo.py"))
        {
            assert_eq!(unpacked, content, "byte {position}");
        }
        assert!(unpack(&bytes[..position], &footprint).is_err(), "cut at {position}");
    }
}
