//! Builds npm packages, honest and hostile ones, and packs that lock them.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha512};
use tar::EntryType;

use crate::packs::pack_builder::PackBuilder;

/// An npm package in the making.
#[derive(Debug, Clone)]
pub struct NodePackage {
    name: String,
    version: String,
    package: Map<String, Value>,
    entries: Vec<(EntryType, String, String)>,
}

impl NodePackage {
    /// A package whose main module gives its name and version.
    pub fn new(name: &str, version: &str) -> Self {
        let package =
            Map::from_iter([("name".to_owned(), json!(name)), ("version".to_owned(), json!(version))]);
        let index = format!("module.exports = '{name} {version}';\n");
        Self { name: name.to_owned(), version: version.to_owned(), package, entries: Vec::new() }
            .file("index.js", &index)
    }

    /// Adds a field to its `package.json`, and to its entry in locks.
    #[must_use]
    pub fn field(mut self, key: &str, value: Value) -> Self {
        self.package.insert(key.to_owned(), value);
        self
    }

    /// Adds a file, or replaces it.
    #[must_use]
    pub fn file(self, path: &str, content: &str) -> Self {
        self.entry(EntryType::Regular, &format!("package/{path}"), content)
    }

    /// Adds an entry; its path, below nothing, is written as it is given.
    #[must_use]
    pub fn entry(mut self, kind: EntryType, path: &str, content: &str) -> Self {
        self.entries.retain(|(_, other, _)| other != path);
        self.entries.push((kind, path.to_owned(), content.to_owned()));
        self
    }

    /// The name of its tarball.
    pub fn filename(&self) -> String {
        format!("{}-{}.tgz", self.name.trim_start_matches('@').replace('/', "-"), self.version)
    }

    /// Its tarball; equal packages give equal bytes.
    pub fn tarball(&self) -> Vec<u8> {
        let encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        let mut builder = tar::Builder::new(encoder);
        let package = Value::Object(self.package.clone()).to_string();
        let manifest = (EntryType::Regular, "package/package.json".to_owned(), package);
        for (kind, path, content) in [manifest].iter().chain(&self.entries) {
            let mut header = tar::Header::new_gnu();
            // Not `append_data`, which refuses what hostile tarballs have.
            header.as_mut_bytes()[..path.len()].copy_from_slice(path.as_bytes());
            header.set_entry_type(*kind);
            header.set_mode(0o644);
            let is_link = matches!(kind, EntryType::Symlink | EntryType::Link);
            if is_link {
                header.set_link_name_literal(content).unwrap();
            }
            let content = if is_link { "" } else { content };
            header.set_size(content.len() as u64);
            header.set_cksum();
            builder.append(&header, content.as_bytes()).unwrap();
        }
        builder.into_inner().unwrap().finish().unwrap()
    }

    /// The checksum of its tarball, as npm writes it.
    pub fn integrity(&self) -> String {
        format!("sha512-{}", STANDARD.encode(Sha512::digest(self.tarball())))
    }

    /// Its entry in a lock.
    fn locked(&self) -> Value {
        let integrity = self.integrity();
        let mut entry = self.package.clone();
        entry.insert("resolved".to_owned(), json!(format!("file:tarballs/{}", self.filename())));
        entry.insert("integrity".to_owned(), json!(integrity));
        Value::Object(entry)
    }
}

/// A `package-lock.json` in the making, with the tarballs that it names.
#[derive(Debug, Clone, Default)]
pub struct NodeProject {
    root: Map<String, Value>,
    entries: BTreeMap<String, Value>,
    tarballs: BTreeMap<String, Vec<u8>>,
}

impl NodeProject {
    /// A project that depends on `dependencies`, written as `name@range`.
    pub fn new(dependencies: &[&str]) -> Self {
        let split = |text: &&str| {
            let at = text[1..].find('@').unwrap() + 1;
            (text[..at].to_owned(), json!(text[at + 1..]))
        };
        let dependencies: Map<String, Value> = dependencies.iter().map(split).collect();
        let root = Map::from_iter([("dependencies".to_owned(), Value::Object(dependencies))]);
        Self { root, ..Self::default() }
    }

    /// Adds a field to the project itself.
    #[must_use]
    pub fn field(mut self, key: &str, value: Value) -> Self {
        self.root.insert(key.to_owned(), value);
        self
    }

    /// Puts `package` at `place`, such as `node_modules/a`.
    #[must_use]
    pub fn at(self, place: &str, package: &NodePackage) -> Self {
        self.at_with(place, package, &json!({}))
    }

    /// The same with `fields` of its entry replaced; null takes a field away.
    #[must_use]
    pub fn at_with(mut self, place: &str, package: &NodePackage, fields: &Value) -> Self {
        let mut entry = package.locked();
        for (key, value) in fields.as_object().unwrap() {
            match value {
                Value::Null => drop(entry.as_object_mut().unwrap().remove(key)),
                value => entry[key] = value.clone(),
            }
        }
        self.entries.insert(place.to_owned(), entry);
        self.tarballs.insert(package.filename(), package.tarball());
        self
    }

    /// Puts any entry at `place`.
    #[must_use]
    pub fn raw(mut self, place: &str, entry: Value) -> Self {
        self.entries.insert(place.to_owned(), entry);
        self
    }

    /// The pack with `package.json`, `package-lock.json` of `version`, and the tarballs.
    pub fn in_pack(&self, mut pack: PackBuilder, version: u32) -> PackBuilder {
        let root = Value::Object(self.root.clone());
        pack = pack.file("package.json", root.to_string());
        let mut packages: Map<String, Value> = self.entries.clone().into_iter().collect();
        packages.insert(String::new(), root);
        let lock =
            json!({"name": "pack", "lockfileVersion": version, "requires": true, "packages": packages});
        pack = pack.file("package-lock.json", lock.to_string());
        for (name, bytes) in &self.tarballs {
            pack = pack.file(&format!("tarballs/{name}"), bytes);
        }
        pack
    }
}
