//! The release manifest: an OCI image manifest that lists every byte of one pack release.
//!
//! ```text
//! { schemaVersion: 2, mediaType, artifactType, config: Descriptor, layers: [Descriptor...], annotations }
//! config      the pack config blob (pack_config.rs)
//! layers[0]   the pack itself, deterministic tar + zstd
//! layers[1..] vendored files with their original bytes; `org.opencontainers.image.title` is the file name
//! ```
//!
//! Source: OCI image specification 1.1, `manifest.md` and `descriptor.md`. An unmodified OCI client
//! copies a release between registries with it.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::digest::Digest;

/// Media type of an OCI image manifest.
pub const MANIFEST_MEDIA_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
/// `artifactType` of a pack release.
pub const RELEASE_ARTIFACT_TYPE: &str = "application/vnd.attune.pack.release.v1+json";
/// Media type of the config blob.
pub const CONFIG_MEDIA_TYPE: &str = "application/vnd.attune.pack.config.v1+json";
/// Media type of the pack archive.
pub const PACK_MEDIA_TYPE: &str = "application/vnd.attune.pack.v1.tar+zstd";
/// Media type of a vendored wheel, original bytes.
pub const WHEEL_MEDIA_TYPE: &str = "application/vnd.attune.python.wheel.v1+zip";
/// Media type of a vendored npm package, original bytes.
pub const NODE_PACKAGE_MEDIA_TYPE: &str = "application/vnd.attune.node.package.v1.tar+gzip";
/// Media type of the files that an npm package's install script made.
pub const NODE_OVERLAY_MEDIA_TYPE: &str = "application/vnd.attune.node.overlay.v1.tar+zstd";
/// Annotation that carries a vendored file's name.
pub const TITLE_ANNOTATION: &str = "org.opencontainers.image.title";
/// Annotation that carries the release's version.
pub const VERSION_ANNOTATION: &str = "org.opencontainers.image.version";
/// Annotation that carries the pack's ref.
pub const PACK_REF_ANNOTATION: &str = "dev.attune.pack.ref";

/// A pointer to a blob: its media type, its digest, and its size in bytes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Descriptor {
    /// Media type of the blob.
    pub media_type: String,
    /// The blob's digest.
    pub digest: Digest,
    /// The blob's size in bytes.
    pub size: u64,
    /// Further facts, such as the file name of a vendored file.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

impl Descriptor {
    /// A descriptor without annotations.
    pub fn new(media_type: &str, digest: Digest, size: u64) -> Self {
        Self { media_type: media_type.to_owned(), digest, size, annotations: BTreeMap::new() }
    }

    /// The same descriptor with a file name.
    #[must_use]
    pub fn titled(mut self, title: &str) -> Self {
        self.annotations.insert(TITLE_ANNOTATION.to_owned(), title.to_owned());
        self
    }

    /// The file name, if it has one.
    pub fn title(&self) -> Option<&str> {
        self.annotations.get(TITLE_ANNOTATION).map(String::as_str)
    }
}

/// An OCI image manifest of one pack release.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseManifest {
    /// Always 2.
    pub schema_version: u32,
    /// Always [`MANIFEST_MEDIA_TYPE`].
    pub media_type: String,
    /// Always [`RELEASE_ARTIFACT_TYPE`].
    pub artifact_type: String,
    /// The pack config blob.
    pub config: Descriptor,
    /// The pack archive, then the vendored files.
    pub layers: Vec<Descriptor>,
    /// The pack's ref and version, for people and OCI tools.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub annotations: BTreeMap<String, String>,
}

/// Why a manifest is not a pack release.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ManifestError {
    /// A fixed field has another value.
    #[error("release manifest has {field} `{actual}`, expected `{expected}`")]
    Field {
        /// The field's name.
        field: &'static str,
        /// The value found.
        actual: String,
        /// The value expected.
        expected: &'static str,
    },
    /// The first layer is not the pack.
    #[error("release manifest has no pack archive as its first layer")]
    NoPackLayer,
}

impl ReleaseManifest {
    /// Checks the fixed fields and that the pack comes first.
    pub fn validate(&self) -> Result<(), ManifestError> {
        let fields = [
            ("schemaVersion", self.schema_version.to_string(), "2"),
            ("mediaType", self.media_type.clone(), MANIFEST_MEDIA_TYPE),
            ("artifactType", self.artifact_type.clone(), RELEASE_ARTIFACT_TYPE),
            ("config.mediaType", self.config.media_type.clone(), CONFIG_MEDIA_TYPE),
        ];
        for (field, actual, expected) in fields {
            if actual != expected {
                return Err(ManifestError::Field { field, actual, expected });
            }
        }
        self.pack_layer().map(|_| ())
    }

    /// The pack archive.
    pub fn pack_layer(&self) -> Result<&Descriptor, ManifestError> {
        self.layers
            .first()
            .filter(|layer| layer.media_type == PACK_MEDIA_TYPE)
            .ok_or(ManifestError::NoPackLayer)
    }

    /// The layer whose digest is `digest`.
    pub fn layer(&self, digest: &Digest) -> Option<&Descriptor> {
        self.layers.iter().find(|layer| layer.digest == *digest)
    }

    /// The sum of the sizes of every layer in bytes: of the pack's archive, its wheels and packages.
    pub fn total_size(&self) -> u64 {
        self.layers.iter().map(|layer| layer.size).sum::<u64>()
    }
}
