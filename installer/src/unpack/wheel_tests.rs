//! Wheels as enemies make them.

use std::io::{Cursor, Write};
use std::path::Path;

use attune_host::trees::{FileList, KnownDigests, Survey};
use attune_registry::blob::{BlobSpool, MAX_IN_MEMORY_BYTES};
use attune_registry::release_check::WheelError;
use attune_schemas::Digest;
use attune_schemas::environment_lock::Footprint;
use zip::CompressionMethod;
use zip::write::{SimpleFileOptions, ZipWriter};

use super::room::Room;
use super::wheel::unpack_wheel;

/// A zip of `(name, content)`, and what it takes unpacked.
fn zip(entries: &[(&str, &[u8])]) -> (Vec<u8>, Footprint) {
    zip_as(CompressionMethod::Deflated, entries)
}

fn zip_as(method: CompressionMethod, entries: &[(&str, &[u8])]) -> (Vec<u8>, Footprint) {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    let mut footprint = Footprint::default();
    footprint.add_directory();
    for (name, content) in entries {
        let options = SimpleFileOptions::default().unix_permissions(0o755).compression_method(method);
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
        footprint.add_file(content.len() as u64);
    }
    (writer.finish().unwrap().into_inner(), footprint)
}

fn unpack(bytes: &[u8], expected: &Footprint) -> Result<tempfile::TempDir, WheelError> {
    let directory = tempfile::tempdir().unwrap();
    let spool = BlobSpool::new(directory.path());
    unpack_in(directory.path(), &spool, bytes, expected).map(|_| directory)
}

fn unpack_in(
    directory: &Path,
    spool: &BlobSpool,
    bytes: &[u8],
    expected: &Footprint,
) -> Result<Survey, WheelError> {
    let blob = spool.receive(&Digest::of(bytes), bytes.len() as u64, &mut &bytes[..]).unwrap();
    unpack_wheel(&blob.into_content(), &directory.join("wheel"), expected, &Room::new(spool))
}

/// Bytes that no compression makes fewer.
fn noise(bytes: u32) -> Vec<u8> {
    (0..bytes / 4).flat_map(|n| n.wrapping_mul(2_654_435_761).rotate_left(n % 31).to_le_bytes()).collect()
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
    let noise = noise(36_000_000);
    let (bytes, footprint) = zip(&[("a.bin", &noise), ("b.bin", &noise[1..]), ("c.py", b"c")]);
    assert!(bytes.len() as u64 > MAX_IN_MEMORY_BYTES);
    let directory = unpack(&bytes, &footprint).unwrap();
    assert_eq!(fs_err::read(directory.path().join("wheel/a.bin")).unwrap(), noise);
    assert_eq!(fs_err::read(directory.path().join("wheel/c.py")).unwrap(), b"c");
}

/// The list of a wheel unpacked while so many blobs of the largest size are in memory, which the unpacker has told.
fn list_of(bytes: &[u8], footprint: &Footprint, held: usize) -> FileList {
    let directory = tempfile::tempdir().unwrap();
    let spool = BlobSpool::new(directory.path());
    let blob = vec![0; usize::try_from(MAX_IN_MEMORY_BYTES).unwrap()];
    let receive = |_| spool.receive(&Digest::of(&blob), MAX_IN_MEMORY_BYTES, &mut &blob[..]).unwrap();
    let _held: Vec<_> = (0..held).map(receive).collect();
    let told = unpack_in(directory.path(), &spool, bytes, footprint).unwrap();
    let place = directory.path().join("wheel");
    assert_eq!(told.stamp(), Survey::of(&place).unwrap().stamp());
    told.list(&place, &KnownDigests::new()).unwrap()
}

#[test]
fn a_wheel_is_the_same_from_memory_and_from_the_spool_inflated_whole_or_in_a_stream() {
    let text: Vec<u8> = noise(24_000_000).iter().map(|byte| b'a' + (byte & 1)).collect();
    let (part, dense) = (noise(3_000_000), noise(17_000_000));
    let entries: [(&str, &[u8]); 6] = [
        ("demo/lib/large.so", &text),
        ("demo/lib/medium.so", &text[..5_000_000]),
        ("demo/empty.py", b""),
        ("demo/part.bin", &part),
        ("demo/small.py", b"x = 1"),
        ("demo-1.dist-info/RECORD", b"demo/small.py,,"),
    ];
    let small = zip(&entries);
    let more: Vec<_> = entries.into_iter().chain([("demo/dense.bin", &dense[..])]).collect();
    assert!((small.0.len() as u64) < MAX_IN_MEMORY_BYTES);
    let list = list_of(&small.0, &small.1, 0);
    assert_eq!(list_of(&small.0, &small.1, 4), list, "no memory is left to inflate");
    let stored = zip_as(CompressionMethod::Stored, &entries);
    assert!((stored.0.len() as u64) > MAX_IN_MEMORY_BYTES);
    assert_eq!(list_of(&stored.0, &stored.1, 0), list);
    let (large, stored) = (zip(&more), zip_as(CompressionMethod::Stored, &more));
    assert!((large.0.len() as u64) > MAX_IN_MEMORY_BYTES);
    let list = list_of(&large.0, &large.1, 0);
    assert_eq!(list_of(&large.0, &large.1, 5), list, "no memory is left to inflate");
    assert_eq!(list_of(&stored.0, &stored.1, 5), list);
}

#[test]
fn of_several_damaged_files_the_same_one_is_always_told() {
    let content = noise(2000);
    let names: Vec<String> = (0..600).map(|n| format!("file{n:03}.bin")).collect();
    let large = noise(1_200_000);
    let mut entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &content[..])).collect();
    entries.extend([("large1", &large[..]), ("large2", &large[1..])]);
    let (mut bytes, footprint) = zip_as(CompressionMethod::Stored, &entries);
    let mut told = |name: &str| {
        let header = bytes.windows(name.len()).position(|window| window == name.as_bytes()).unwrap();
        bytes[header + 1000] ^= 1;
        for _ in 0..10 {
            let error = unpack(&bytes, &footprint).unwrap_err();
            let WheelError::Zip(error) = error else { panic!("{error}") };
            assert!(error.to_string().contains(name), "{error}, not {name}");
        }
    };
    // Each is taken before those that were damaged before.
    for name in ["file599", "file321", "file320", "file001", "large2", "large1"] {
        told(name);
    }
}

#[test]
fn a_wheel_whose_files_share_bytes_is_read_whole() {
    let (dense, content) = (noise(17_000_000), noise(9_000_000));
    let entries: [(&str, &[u8]); 3] = [("a.bin", &content), ("b.bin", &content), ("c.bin", &dense)];
    let (mut bytes, footprint) = zip_as(CompressionMethod::Stored, &entries);
    // Both records of the central directory lead to the first file.
    let records = bytes.windows(4).enumerate().filter(|(_, window)| *window == b"PK\x01\x02");
    let second = records.map(|(at, _)| at).nth(1).unwrap();
    bytes[second + 42..second + 46].fill(0);
    let directory = unpack(&bytes, &footprint).unwrap();
    assert!(fs_err::read(directory.path().join("wheel/b.bin")).unwrap() == content);
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
    let noise = noise(8000);
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
