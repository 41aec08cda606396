//! Component files: enough of actions, sensors, triggers and the rest to list, count and register. The
//! content of a component's file, as JSON, is its definition.
//!
//! ```text
//! files of a pack --component_files--> (kind, file) --read_component--> ComponentFile
//!     --check_component_set--> defects between files: duplicates, missing references
//! ```

mod editor_schema;
mod entry_point;
mod files;
mod foreign;
mod kind;
mod known_actions;
mod linked;
mod queue;
mod read;
mod reference;
mod rule;
mod runtime;
mod sections;
mod sensor;
mod set;
mod shape;
mod summary;
mod tables;
mod worker;
mod workflow;
mod workflow_calls;

pub use editor_schema::editor_schema;
pub(crate) use entry_point::needed_file;
pub use files::component_files;
pub(crate) use files::report_nested;
pub(crate) use foreign::check_origin;
pub use kind::ComponentKind;
pub(crate) use known_actions::ActionLookup;
pub use known_actions::KnownActions;
pub(crate) use linked::link_workflows;
pub use read::{ComponentFile, read_component};
pub(crate) use rule::OLDER_RULE_REFS;
pub use set::check_component_set;
pub(crate) use set::check_foreign_refs;
pub use summary::{ComponentSummary, count_by_directory};
pub(crate) use workflow::check_workflows;
