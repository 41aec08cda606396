//! Results of commands as JSON documents.
//!
//! Every document is an object: `format` names it and its version, `warnings` has the warnings of the run, and the rest
//! is the report. Names are in camelCase. A field may be added to a version, and none is renamed or removed.

use attune_schemas::problem::Warning;
use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::Serialize;
use serde_json::json;

/// The result of a command.
pub trait Report: Serialize + JsonSchema {
    /// The name of its document and the version, such as `attune-install.list/v1`.
    const FORMAT: &'static str;
}

#[derive(Serialize, JsonSchema)]
struct Document<'a, R> {
    /// The name of the document and its version.
    format: &'static str,
    /// What the user should know beside the result.
    warnings: &'a [Warning],
    #[serde(flatten)]
    report: &'a R,
}

/// The document of `report`, on several lines.
///
/// # Errors
/// A path in it is not UTF-8, which JSON cannot carry.
pub fn to_document<R: Report>(report: &R, warnings: &[Warning]) -> serde_json::Result<String> {
    serde_json::to_string_pretty(&Document { format: R::FORMAT, warnings, report })
}

/// The document of `report`, without warnings, on one line.
///
/// # Errors
/// A path in it is not UTF-8, which JSON cannot carry.
pub fn to_line<R: Report>(report: &R) -> serde_json::Result<String> {
    serde_json::to_string(&Document { format: R::FORMAT, warnings: &[], report })
}

/// The format of the documents of `R`, and their JSON Schema.
pub fn document_schema<R: Report>() -> (&'static str, Schema) {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<Document<'_, R>>();
    schema.insert("title".to_owned(), json!(R::FORMAT));
    if let Some(format) = schema.pointer_mut("/properties/format") {
        *format = json!({ "const": R::FORMAT });
    }
    (R::FORMAT, schema)
}

#[cfg(test)]
mod tests {
    use attune_schemas::problem::WarningCode;

    use super::*;

    #[derive(Serialize, JsonSchema)]
    struct Size {
        bytes: u64,
    }

    impl Report for Size {
        const FORMAT: &'static str = "test.size/v1";
    }

    #[test]
    fn a_document_is_an_object_with_its_format_and_its_schema_says_so() {
        let warning = Warning::new(WarningCode::Expired, "old");
        let document = to_document(&Size { bytes: 3 }, &[warning]).unwrap();
        let value: serde_json::Value = serde_json::from_str(&document).unwrap();
        let warnings = json!([{ "code": "W109", "message": "old" }]);
        assert_eq!(value, json!({ "format": "test.size/v1", "warnings": warnings, "bytes": 3 }));
        let (format, schema) = document_schema::<Size>();
        assert_eq!(format, "test.size/v1");
        assert_eq!(schema.pointer("/properties/format"), Some(&json!({ "const": "test.size/v1" })));
        assert_eq!(schema.pointer("/required"), Some(&json!(["format", "warnings", "bytes"])));
    }
}
