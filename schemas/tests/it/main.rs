//! The public behaviour of the schemas crate: linting whole packs, and the committed JSON Schemas.

#![allow(
    clippy::disallowed_methods,
    reason = "tests and benchmarks write files and read variables as they like"
)]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails on the spot")]

mod drawings;
mod explanations;
mod fixed;
mod json_schemas;
mod lint_codes;
mod nested_fields;
mod normal_forms;
mod pack_files;
mod whole_packs;
