//! Wheels and zip archives for tests.

use std::io::{Cursor, Write};

use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

/// A wheel with these files besides its metadata.
pub(super) fn wheel_bytes(name: &str, version: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
    let dist_info = format!("{name}-{version}.dist-info");
    let metadata = format!("Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n");
    let wheel = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
    let names =
        [format!("{dist_info}/METADATA"), format!("{dist_info}/WHEEL"), format!("{dist_info}/RECORD")];
    let contents = [metadata.as_bytes(), wheel.as_bytes(), b"".as_slice()];
    let own = names.iter().map(String::as_str).zip(contents);
    zip_bytes(&files.iter().copied().chain(own).collect::<Vec<_>>())
}

/// A zip archive of `files`, deflated.
pub(super) fn zip_bytes(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    for (name, bytes) in files {
        if name.ends_with('/') {
            writer.add_directory(*name, options).unwrap();
        } else {
            writer.start_file(*name, options).unwrap();
            writer.write_all(bytes).unwrap();
        }
    }
    writer.finish().unwrap().into_inner()
}
