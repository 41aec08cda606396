//! The JSON Schemas of every file that this project writes, for tools in other languages, and of those that people
//! write, for editors.
//!
//! Generated from the types and from the linter's tables, and committed in `schemas/json/`; a test fails when they
//! differ.

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde_json::Value;

use crate::bundle::BundleDescription;
use crate::component::{self, ComponentKind};
use crate::diagnostics::Finding;
use crate::pack::{self, PackMetadata};
use crate::pack_config::PackConfig;
use crate::pack_index::PackIndex;
use crate::pack_set::PackSet;
use crate::release::ReleaseManifest;
use crate::runtime_index::RuntimeIndex;
use crate::tuf;

/// Every schema with the name of its file, in the order of names.
pub fn all() -> Vec<(&'static str, Schema)> {
    vec![
        ("bundle.schema.json", schema_of::<BundleDescription>()),
        ("finding.schema.json", schema_of::<Finding>()),
        ("pack-config.schema.json", schema_of::<PackConfig>()),
        ("pack-index.schema.json", schema_of::<PackIndex>()),
        ("pack-metadata.schema.json", schema_of::<PackMetadata>()),
        ("pack-set.schema.json", schema_of::<PackSet>()),
        ("release-manifest.schema.json", schema_of::<ReleaseManifest>()),
        ("runtime-index.schema.json", schema_of::<RuntimeIndex>()),
        ("tuf-envelope.schema.json", schema_of::<tuf::Envelope>()),
        ("tuf-root.schema.json", schema_of::<tuf::Root>()),
        ("tuf-snapshot.schema.json", schema_of::<tuf::Snapshot>()),
        ("tuf-targets.schema.json", schema_of::<tuf::Targets>()),
        ("tuf-timestamp.schema.json", schema_of::<tuf::Timestamp>()),
    ]
}

/// The schema of `pack.yaml` and of each kind of component file, as editors read them, with the name of its file.
pub fn for_editors() -> Vec<(String, Value)> {
    let of_kind = |kind: ComponentKind| {
        let name = kind.to_string().replace(' ', "-");
        (format!("{name}.schema.json"), component::editor_schema(kind))
    };
    let pack = ("pack.schema.json".to_owned(), pack::editor_schema());
    std::iter::once(pack).chain(ComponentKind::ALL.into_iter().map(of_kind)).collect()
}

/// The schema of the files that are written; older files may have fewer fields.
fn schema_of<T: JsonSchema>() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>()
}
