//! Fixtures of this crate's tests: wheels and tarballs built in code, and programs.

use std::io::{Cursor, Write};

use zip::CompressionMethod;
use zip::write::SimpleFileOptions;

/// A wheel that holds `files` beside its metadata.
pub(crate) fn wheel_bytes(name: &str, version: &str, files: &[(&str, &[u8])]) -> Vec<u8> {
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
pub(crate) fn zip_bytes(files: &[(&str, &[u8])]) -> Vec<u8> {
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

/// An npm tarball with `files`.
pub(crate) fn node_tarball(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder =
        tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (name, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_mode(0o644);
        header.set_size(content.len() as u64);
        builder.append_data(&mut header, format!("package/{name}"), content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

/// An executable script.
pub(crate) fn write_program(path: &std::path::Path, script: &str) {
    write_bytes_of_program(path, script.as_bytes());
}

/// A program; written by a child so that no descriptor of ours is open when it is run.
pub(crate) fn write_bytes_of_program(path: &std::path::Path, bytes: &[u8]) {
    let command = "cat > \"$0.new\" && chmod 755 \"$0.new\" && mv \"$0.new\" \"$0\"";
    let mut child = std::process::Command::new("/bin/sh")
        .args(["-c", command])
        .arg(path)
        .stdin(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    assert!(child.wait().unwrap().success());
}
