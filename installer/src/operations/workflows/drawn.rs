//! The drawing of a workflow.

use std::path::PathBuf;

use attune_registry::report::Report;
use attune_schemas::workflow::DrawingFormat;
use schemars::JsonSchema;
use serde::Serialize;

/// A workflow, drawn.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WorkflowDrawing {
    /// Its ref, or its file.
    pub workflow: String,
    /// The language of the drawing.
    pub drawing_format: DrawingFormat,
    /// The file that it was written to; absent where there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output: Option<PathBuf>,
    /// The drawing; absent where it was written to a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drawing: Option<String>,
}

impl Report for WorkflowDrawing {
    const FORMAT: &'static str = "attune-install.workflow-drawing/v1";
}
