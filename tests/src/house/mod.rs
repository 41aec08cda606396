//! Readers for the tests of the house: sources, imports, documents and their schemas.

pub mod documented;
pub mod documents;
pub mod import_graph;
pub mod rust_text;
