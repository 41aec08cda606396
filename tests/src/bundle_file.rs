//! A bundle as a list of entries, to be changed by somebody who tampers and written again.

use std::io::Read;
use std::path::Path;

use attune_schemas::Digest;
use serde_json::Value;

/// The entries of a bundle, in order.
#[derive(Debug, Clone)]
pub struct BundleFile {
    /// Path and content of each.
    pub entries: Vec<(String, Vec<u8>)>,
}

impl BundleFile {
    /// Reads the bundle at `path`.
    pub fn read(path: &Path) -> Self {
        let decoder = zstd::Decoder::new(fs_err::File::open(path).unwrap()).unwrap();
        let mut archive = tar::Archive::new(decoder);
        let entries = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let name = String::from_utf8(entry.path_bytes().into_owned()).unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            (name, content)
        });
        Self { entries: entries.collect() }
    }

    /// Writes it to `path` as a bundle is written, whatever is in it.
    pub fn write(&self, path: &Path) {
        self.write_with_raw_name(path, "", "");
    }

    /// Writes it with the name of one entry replaced by `name`, which no honest writer would write.
    pub fn write_with_raw_name(&self, path: &Path, placeholder: &str, name: &str) {
        let mut encoder = zstd::Encoder::new(fs_err::File::create(path).unwrap(), 1).unwrap();
        encoder.include_checksum(true).unwrap();
        let mut builder = tar::Builder::new(encoder);
        for (entry, content) in &self.entries {
            let mut header = tar::Header::new_gnu();
            header.set_mode(0o644);
            header.set_size(content.len() as u64);
            if entry != placeholder {
                builder.append_data(&mut header, entry, &content[..]).unwrap();
                continue;
            }
            header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
            header.set_cksum();
            builder.append(&header, &content[..]).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap();
    }

    /// The position of the entry called `name`.
    #[track_caller]
    pub fn position(&self, name: &str) -> usize {
        self.entries.iter().position(|(other, _)| other == name).unwrap_or_else(|| panic!("no `{name}`"))
    }

    /// The content of the entry called `name`.
    #[track_caller]
    pub fn content(&mut self, name: &str) -> &mut Vec<u8> {
        let position = self.position(name);
        &mut self.entries[position].1
    }

    /// Changes the JSON in the entry called `name`.
    #[track_caller]
    pub fn edit_json(&mut self, name: &str, edit: impl FnOnce(&mut Value)) {
        let content = self.content(name);
        let mut value = serde_json::from_slice(content).unwrap();
        edit(&mut value);
        *content = serde_json::to_vec(&value).unwrap();
    }

    /// Adds `content` as a blob at the end, under its right name, and returns its digest.
    pub fn add_blob(&mut self, content: &[u8]) -> Digest {
        let digest = Digest::of(content);
        self.entries.push((format!("blobs/sha256/{}", digest.hex()), content.to_vec()));
        digest
    }

    /// The positions of the blobs.
    pub fn blobs(&self) -> Vec<usize> {
        let positions = self.entries.iter().enumerate();
        positions.filter(|(_, (name, _))| name.starts_with("blobs/")).map(|(position, _)| position).collect()
    }
}
