//! `index.json` and `oci-layout`: what makes a registry directory an OCI image layout.
//!
//! Source: OCI image specification 1.1, `image-layout.md`. For OCI tools only; no part of the chain of
//! trust, which ends at the blobs by another way.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use attune_schemas::pack_index::PackIndex;
use attune_schemas::release::{MANIFEST_MEDIA_TYPE, RELEASE_ARTIFACT_TYPE};
use serde_json::{Value, json};

use crate::atomic_file::replace_file;

const INDEX_MEDIA_TYPE: &str = "application/vnd.oci.image.index.v1+json";
const REF_NAME: &str = "org.opencontainers.image.ref.name";

/// The content of `oci-layout`.
pub const OCI_LAYOUT: &[u8] = b"{\"imageLayoutVersion\":\"1.0.0\"}\n";

/// Entries of `index.json`, by ref name.
type Entries = BTreeMap<String, Value>;

/// `index.json` with the releases of `indexes`.
pub fn index_of<'a>(indexes: impl Iterator<Item = &'a PackIndex>) -> Vec<u8> {
    render(entries_of(indexes))
}

/// Adds the releases of `indexes` to the `index.json` of `registry`.
///
/// # Errors
/// A file cannot be read or written.
pub fn update<'a>(registry: &Path, indexes: impl Iterator<Item = &'a PackIndex>) -> io::Result<()> {
    let path = registry.join("index.json");
    let mut entries = match fs_err::read(&path) {
        Ok(bytes) => parse(&bytes),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Entries::new(),
        Err(error) => return Err(error),
    };
    entries.extend(entries_of(indexes));
    write_changed(&registry.join("oci-layout"), OCI_LAYOUT)?;
    write_changed(&path, &render(entries))
}

/// Writes the file unless it holds these very bytes, so that adding what is there changes nothing.
fn write_changed(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if fs_err::read(path).is_ok_and(|present| present == bytes) {
        return Ok(());
    }
    replace_file(path, bytes)
}

fn entries_of<'a>(indexes: impl Iterator<Item = &'a PackIndex>) -> Entries {
    let entries = indexes.flat_map(|index| {
        index.releases.iter().map(|release| {
            // OCI ref names have no `+`.
            let name = format!("{}:{}", index.pack, release.version).replace('+', "_");
            let entry = json!({
                "mediaType": MANIFEST_MEDIA_TYPE,
                "artifactType": RELEASE_ARTIFACT_TYPE,
                "digest": release.manifest.digest,
                "size": release.manifest.size,
                "annotations": { REF_NAME: name },
            });
            (name, entry)
        })
    });
    entries.collect()
}

/// The entries of an existing index; a file that cannot be read is made anew.
fn parse(bytes: &[u8]) -> Entries {
    let index: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let entries = index["manifests"].as_array().cloned().unwrap_or_default();
    let named = entries.into_iter().filter_map(|entry| {
        let name = entry["annotations"][REF_NAME].as_str()?.to_owned();
        Some((name, entry))
    });
    named.collect()
}

fn render(entries: Entries) -> Vec<u8> {
    let index = json!({
        "schemaVersion": 2,
        "mediaType": INDEX_MEDIA_TYPE,
        "manifests": entries.into_values().collect::<Vec<_>>(),
    });
    let mut bytes = serde_json::to_vec_pretty(&index).expect("a JSON value serialises");
    bytes.push(b'\n');
    bytes
}
