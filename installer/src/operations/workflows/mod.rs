//! Workflows of packs: their rows brought in step with their files, and every finding of them.

mod drawn;
mod error;
mod report;
mod sync;
mod validate;

pub use drawn::WorkflowDrawing;
pub use error::WorkflowError;
pub use report::{
    SyncedPackReport, SyncedWorkflowReport, ValidatedWorkflow, WorkflowSyncReport, WorkflowValidationReport,
};
pub use sync::{WorkflowSyncOptions, sync_workflows};
pub use validate::{WorkflowsOf, validate_workflows};
