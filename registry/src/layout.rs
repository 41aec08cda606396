//! The layout of a registry: the one enum from which every path is made.
//!
//! ```text
//! metadata/<name>.json          TUF metadata; all but timestamp.json carry their version
//! packs/<sha256>.<ref>.json     pack indexes, TUF targets named packs/<ref>.json
//! runtimes/<sha256>.<name>.json runtime indexes, TUF targets named runtimes/<name>.json
//! blobs/sha256/<hex>            everything else, content-addressed
//! bundle.json                   in bundles only: the request
//! index.json oci-layout         make the directory an OCI image layout
//! ```
//!
//! Only `metadata/timestamp.json`, `index.json` and new files move; nothing that exists changes.

use std::fmt;
use std::str::FromStr;

use attune_schemas::runtime_index::RuntimeName;
use attune_schemas::{Digest, PackRef};

/// A file of a registry or a bundle.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegistryPath {
    /// `bundle.json`
    BundleDescription,
    /// `metadata/<name>`, the name including `.json`.
    Metadata(MetadataName),
    /// `packs/<sha256>.<ref>.json`
    PackIndex {
        /// The digest of the index.
        digest: Digest,
        /// The pack it lists.
        pack: PackRef,
    },
    /// `runtimes/<sha256>.<runtime>.json`
    RuntimeIndex {
        /// The digest of the index.
        digest: Digest,
        /// The runtime whose interpreters it lists.
        runtime: RuntimeName,
    },
    /// `blobs/sha256/<hex>`
    Blob(Digest),
    /// `index.json`, the OCI image index.
    OciIndex,
    /// `oci-layout`
    OciLayout,
}

/// The file name of a metadata file: one path part that ends in `.json` and starts with no dot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MetadataName(String);

/// Why a text is not the path of a file of a registry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not a file of a registry", _0.escape_debug())]
pub struct LayoutError(String);

impl MetadataName {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MetadataName {
    type Err = LayoutError;

    fn from_str(text: &str) -> Result<Self, LayoutError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-%".contains(&byte);
        let good = text.len() > 5
            && text.len() <= 255
            && text.ends_with(".json")
            && !text.starts_with('.')
            && text.bytes().all(plain);
        if good { Ok(Self(text.to_owned())) } else { Err(LayoutError(text.to_owned())) }
    }
}

impl RegistryPath {
    /// The metadata file called `name`.
    pub fn metadata(name: &str) -> Result<Self, LayoutError> {
        name.parse().map(Self::Metadata)
    }
}

impl fmt::Display for RegistryPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BundleDescription => f.write_str("bundle.json"),
            Self::Metadata(name) => write!(f, "metadata/{}", name.0),
            Self::PackIndex { digest, pack } => write!(f, "packs/{}.{pack}.json", digest.hex()),
            Self::RuntimeIndex { digest, runtime } => write!(f, "runtimes/{}.{runtime}.json", digest.hex()),
            Self::Blob(digest) => write!(f, "blobs/sha256/{}", digest.hex()),
            Self::OciIndex => f.write_str("index.json"),
            Self::OciLayout => f.write_str("oci-layout"),
        }
    }
}

impl FromStr for RegistryPath {
    type Err = LayoutError;

    fn from_str(text: &str) -> Result<Self, LayoutError> {
        parse(text).ok_or_else(|| LayoutError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<RegistryPath> {
    match text {
        "bundle.json" => return Some(RegistryPath::BundleDescription),
        "index.json" => return Some(RegistryPath::OciIndex),
        "oci-layout" => return Some(RegistryPath::OciLayout),
        _ => {}
    }
    if let Some(hex) = text.strip_prefix("blobs/sha256/") {
        return Digest::from_hex(hex).ok().map(RegistryPath::Blob);
    }
    if let Some(name) = text.strip_prefix("metadata/") {
        return name.parse().ok().map(RegistryPath::Metadata);
    }
    if let Some(name) = text.strip_prefix("runtimes/") {
        let (hex, rest) = name.split_once('.')?;
        let runtime = rest.strip_suffix(".json")?.parse().ok()?;
        return Some(RegistryPath::RuntimeIndex { digest: Digest::from_hex(hex).ok()?, runtime });
    }
    let (hex, rest) = text.strip_prefix("packs/")?.split_once('.')?;
    let pack = rest.strip_suffix(".json")?.parse().ok()?;
    Some(RegistryPath::PackIndex { digest: Digest::from_hex(hex).ok()?, pack })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_round_trip() {
        let hex = Digest::of(b"x").hex();
        for text in [
            "bundle.json".to_owned(),
            "index.json".to_owned(),
            "oci-layout".to_owned(),
            "metadata/timestamp.json".to_owned(),
            "metadata/12.root.json".to_owned(),
            format!("blobs/sha256/{hex}"),
            format!("packs/{hex}.net_tools.json"),
            format!("runtimes/{hex}.python.json"),
        ] {
            assert_eq!(text.parse::<RegistryPath>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn hostile_paths_are_refused() {
        for text in [
            "",
            "/",
            "metadata/",
            "metadata/../x.json",
            "metadata/.json",
            "metadata/a/b.json",
            "metadata/..json",
            "blobs/sha256/",
            "blobs/sha256/../../etc/passwd",
            "blobs/md5/00",
            "packs/x.json",
            "packs/../x",
            "runtimes/python.json",
            "runtimes/../x",
            "../bundle.json",
            "./bundle.json",
            "bundle.json/",
            "README.md",
            "metadata/x.json\0",
        ] {
            assert!(text.parse::<RegistryPath>().is_err(), "{text:?}");
        }
    }
}
