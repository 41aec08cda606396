//! The files by which npm installs from vendored tarballs: `package.json`, and a lock that names them by path.
//!
//! Off-spec: the older form's one step, `npm install --prefix {env_path}`, finds neither in a new directory
//! and installs nothing. They are put there before the steps run.

use std::io;
use std::path::Path;

use attune_host::environment::VendoredBlob;
use attune_registry::archive::read_node_manifest;
use attune_registry::atomic_file::write_unshared;
use serde_json::{Map, Value, json};

/// The fields that a lock's entry takes over from a package.
const FIELDS: [&str; 9] = [
    "version",
    "dependencies",
    "optionalDependencies",
    "peerDependencies",
    "peerDependenciesMeta",
    "bin",
    "os",
    "cpu",
    "engines",
];

/// Puts the files of `pack` into the environment `env`, with a lock for the tarballs in `directory`.
pub(super) fn stage(env: &Path, pack: &Path, vendored: &[VendoredBlob], directory: &Path) -> io::Result<()> {
    let manifest = pack.join("package.json");
    if !manifest.is_file() {
        return Ok(());
    }
    let text = fs_err::read(&manifest)?;
    write_unshared(&env.join("package.json"), &text)?;
    let root: Value = serde_json::from_slice(&text).map_err(io::Error::from)?;
    let mut packages = Map::new();
    packages.insert(String::new(), root);
    for blob in vendored {
        let tarball = directory.join(blob.file_name());
        for place in &blob.places {
            packages.insert(place.clone(), entry(&tarball)?);
        }
    }
    let lock = json!({"lockfileVersion": 3, "requires": true, "packages": packages});
    write_unshared(&env.join("package-lock.json"), lock.to_string())
}

fn entry(tarball: &Path) -> io::Result<Value> {
    let read = read_node_manifest(|| fs_err::File::open(tarball));
    let package = read.map_err(io::Error::other)?;
    let package: Value = serde_json::from_slice(&package).map_err(io::Error::from)?;
    let mut entry = Map::new();
    for field in FIELDS {
        if let Some(value) = package.get(field) {
            entry.insert(field.to_owned(), value.clone());
        }
    }
    entry.insert("resolved".to_owned(), json!(format!("file:{}", tarball.display())));
    Ok(Value::Object(entry))
}
