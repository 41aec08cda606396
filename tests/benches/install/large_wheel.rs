//! One pack with one wheel of 400 MiB that does not compress.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use attune_registry::blob;

/// Writes the pack below `place`, and its wheel beside it: it is vendored, not archived with the pack.
pub(crate) fn pack(place: &Path) -> PathBuf {
    let pack = place.join("large_pack");
    fs_err::create_dir_all(&pack).unwrap();
    let wheel = place.join("large-1.0-py3-none-any.whl");
    write_wheel(&wheel);
    let (digest, _) = blob::digest_of_reader(fs_err::File::open(&wheel).unwrap()).unwrap();
    fs_err::write(
        pack.join("pack.yaml"),
        "ref: large_pack\nlabel: Large\nversion: 1.0.0\ndescription: One very large wheel\n\
         runtime_deps: [python]\n",
    )
    .unwrap();
    fs_err::write(
        pack.join("pylock.toml"),
        format!(
            "lock-version = \"1.0\"\ncreated-by = \"benchmark\"\n[[packages]]\nname = \"large\"\n\
             version = \"1.0\"\n[[packages.wheels]]\nurl = \"file://{}\"\nhashes = {{ sha256 = \"{}\" }}\n",
            wheel.display(),
            digest.hex()
        ),
    )
    .unwrap();
    pack
}

fn write_wheel(path: &Path) {
    let mut zip = zip::ZipWriter::new(fs_err::File::create(path).unwrap());
    let options = zip::write::SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Stored)
        .large_file(true);
    zip.start_file("large/data.bin", options).unwrap();
    let mut noise = fs_err::File::open("/dev/urandom").unwrap().take(400 << 20);
    std::io::copy(&mut noise, &mut zip).unwrap();
    let files = [
        ("large/__init__.py", ""),
        ("large-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: large\nVersion: 1.0\n"),
        ("large-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
        (
            "large-1.0.dist-info/RECORD",
            "large/data.bin,,\nlarge/__init__.py,,\nlarge-1.0.dist-info/METADATA,,\n\
             large-1.0.dist-info/WHEEL,,\nlarge-1.0.dist-info/RECORD,,\n",
        ),
    ];
    for (name, content) in files {
        zip.start_file(name, options).unwrap();
        zip.write_all(content.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
}
