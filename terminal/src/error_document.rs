//! The JSON document of an error: one line on standard error.

use attune_schemas::problem::{ErrorCode, Warning};
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;

/// The format of the document.
pub(crate) const ERROR_FORMAT: &str = "attune.error/v1";

#[derive(Serialize, JsonSchema)]
pub(crate) struct ErrorDocument<'a> {
    /// Always `attune.error/v1`.
    pub(crate) format: &'static str,
    /// The error.
    pub(crate) error: ErrorReport<'a>,
    /// The warnings before it.
    pub(crate) warnings: Vec<Warning>,
}

#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ErrorReport<'a> {
    /// The stable code, which `help CODE` explains.
    pub(crate) code: ErrorCode,
    /// The failure, and on what.
    pub(crate) message: &'a str,
    /// Why, the nearest cause first.
    pub(crate) causes: &'a [String],
    /// The remedy.
    pub(crate) hint: &'a str,
    /// The exit code of the process.
    pub(crate) exit_code: u8,
    /// Fields that only some errors have: `verdict`, `packs`.
    #[serde(flatten)]
    pub(crate) details: &'a serde_json::Map<String, serde_json::Value>,
}

/// The format of the document of errors, and its JSON Schema.
pub fn error_schema() -> (&'static str, Schema) {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<ErrorDocument<'_>>();
    schema.insert("title".to_owned(), ERROR_FORMAT.into());
    (ERROR_FORMAT, schema)
}
