//! `pack.yaml`: the normalised metadata and how it is read from every spelling in use.

mod dependencies;
mod editor_schema;
mod identity;
mod metadata;
mod migrations;
mod read;
mod runtime_name;
mod runtime_requirement;
mod runtimes;
mod testing;

pub use editor_schema::editor_schema;
pub use metadata::PackMetadata;
pub use migrations::Migration;
pub(crate) use migrations::check_migration_files;
pub(crate) use read::read_pack_document;
pub use read::{PACK_FILE, exclude_patterns, node_dependencies, python_requirements, read_pack};
pub use runtime_name::{bare_runtime_name, canonical_runtime, core_runtime_ref, core_runtimes};
pub use runtime_requirement::{RuntimeRequirementError, node_requirement, python_requirement};
pub(crate) use testing::check_test_files;
pub use testing::{
    DiscoveredTests, Discovery, ListedTest, OnFailure, ResultFormat, RunnerKind, TestFiles, TestRunner,
    Testing, discovered_tests, read_test_list,
};
