//! Workflows: from the files of packs to rows.
//!
//! ```text
//! known      what the rows that are there were made of
//! loader     the files of packs, each held against the list of its tree, on every processor; what is known is not read
//! row        the columns of a workflow, and the action that runs it
//! registrar  rows written, brought up to date or removed
//! sync       the difference between files and rows, to be told and mended
//! ```
//!
//! A file is used only if it is as the list of its tree says. Where it is not, the row is made of what the release says
//! that is in it, which is the same but for the order of what has no order.

mod known;
mod loader;
mod registrar;
mod row;
mod sync;

pub(super) use known::Known;
pub(super) use loader::{LoadedPack, LoadedWorkflow, WorkflowSources, load};
pub(super) use registrar::Writer;

pub use loader::WorkflowFault;
pub use registrar::WorkflowRegistration;
pub use sync::{
    SyncError, SyncOptions, SyncedPack, SyncedWorkflow, WorkflowChange, WorkflowSync, workflow_sync,
};
