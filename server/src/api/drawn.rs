//! `GET /api/v1/packs/{ref}/workflows/{workflow}/drawing`. Attune's own server has no such path.

use attune_host::database::component_records;
use attune_schemas::component::ComponentKind;
use attune_schemas::workflow::{Drawing, DrawingFormat, read_definition};
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::catalogue::Catalogue;
use super::envelope::{Data, Reply};
use super::error::ApiError;
use super::request::Query;
use super::shared::{Shared, blocking};

/// The drawing that is asked for.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct DrawingQuery {
    /// Its format: `svg` unless another is asked for.
    #[serde(default)]
    format: DrawingFormat,
}

/// A workflow, drawn.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct DrawnWorkflow {
    /// The ref of the workflow.
    workflow_ref: String,
    /// The format of the drawing.
    format: DrawingFormat,
    /// The drawing: a picture, or the text of one.
    drawing: String,
}

/// `GET /api/v1/packs/{ref}/workflows/{workflow}/drawing`
pub(super) async fn draw(
    State(api): State<Shared>,
    Path((pack, workflow)): Path<(String, String)>,
    Query(query): Query<DrawingQuery>,
) -> Result<Reply<Data<DrawnWorkflow>>, ApiError> {
    Catalogue::packs(&api).await?.pack(&pack)?;
    let drawn = blocking(move || {
        let records = component_records(&api.root, ComponentKind::Workflow, &pack)?;
        let full = format!("{pack}.{workflow}");
        let record = records.iter().find(|record| record["ref"] == full || record["ref"] == workflow);
        let absent = || ApiError::not_found(format!("Workflow '{workflow}' not found in pack '{pack}'"));
        let record = record.ok_or_else(absent)?;
        let workflow_ref = record["ref"].as_str().unwrap_or_default().to_owned();
        let definition = record["definition"].as_object().cloned().unwrap_or_default();
        let drawing = Drawing::of(&read_definition(&definition), &workflow_ref).to_text(query.format);
        Ok(DrawnWorkflow { workflow_ref, format: query.format, drawing })
    })
    .await?;
    Ok(Reply::ok(Data::of(drawn)))
}
