//! Nouns, wire formats and rules of Attune packs, registries and bundles.
//!
//! Pure: no file system, network, clock, or terminal. Everything here parses from text, is then
//! trusted by its type, and serialises back to the same bytes. The JSON Schemas in `schemas/json/`
//! are generated from these types.
//!
//! Rooms, from the ground up; each imports from those above it in this list alone:
//!
//! ```text
//! canonical_json diagnostics digest entry_path pack_ref platform problem runtime_constraint version origin
//! requirement yaml runtime_definition environment_lock release tuf
//! pack_index pack_set upstream_index workflow
//! runtime_index pack
//! bundle component pack_test_result
//! pack_config lint
//! coverage json_schema
//! ```

#![cfg_attr(test, allow(clippy::disallowed_methods, reason = "tests write files as they like"))]

pub mod bundle;
pub mod canonical_json;
pub mod component;
pub mod coverage;
pub mod diagnostics;
pub mod digest;
pub mod entry_path;
pub mod environment_lock;
pub mod fixes;
pub mod json_schema;
pub mod lint;
pub mod origin;
pub mod pack;
pub mod pack_config;
pub mod pack_index;
pub mod pack_ref;
pub mod pack_set;
pub mod pack_test_result;
pub mod platform;
pub mod problem;
pub mod release;
pub mod requirement;
pub mod runtime_constraint;
pub mod runtime_definition;
pub mod runtime_index;
pub mod tuf;
pub mod upstream_index;
pub mod version;
pub mod workflow;
pub mod yaml;

pub use digest::Digest;
pub use entry_path::EntryPath;
pub use pack_ref::PackRef;
pub use platform::{Platform, PythonMinor};
pub use problem::FailureKind;
pub use requirement::{PackRequest, Requirement};
pub use version::Version;
