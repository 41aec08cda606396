//! The public behaviour of the schemas crate: linting whole packs, and the committed JSON Schemas.

mod json_schemas;
mod lint_codes;
mod pack_files;
mod whole_packs;
