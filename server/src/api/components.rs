//! The components of a pack.

use attune_host::database::{ComponentRecord, component_records};
use attune_schemas::component::ComponentKind;
use axum::extract::{Path, State};
use schemars::JsonSchema;
use serde::Serialize;

use super::catalogue::Catalogue;
use super::envelope::{List, PageQuery, Reply};
use super::error::ApiError;
use super::request::Query;
use super::shared::{Shared, blocking};

/// A component: the columns of its row, by name. Those of every kind are `id`, `ref`, `pack`, `pack_ref`, `label`,
/// `description`, `created` and `updated`.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(transparent)]
pub(super) struct Component(ComponentRecord);

/// The kinds, by their names in paths.
const KINDS: [(&str, ComponentKind); 9] = [
    ("actions", ComponentKind::Action),
    ("triggers", ComponentKind::Trigger),
    ("sensors", ComponentKind::Sensor),
    ("rules", ComponentKind::Rule),
    ("runtimes", ComponentKind::Runtime),
    ("queues", ComponentKind::Queue),
    ("workflows", ComponentKind::Workflow),
    ("policies", ComponentKind::Policy),
    ("permission-sets", ComponentKind::PermissionSet),
];

/// `GET /api/v1/packs/{ref}/{kind}`
pub(super) async fn list(
    State(api): State<Shared>,
    Path((pack, kind)): Path<(String, String)>,
    Query(page): Query<PageQuery>,
) -> Result<Reply<List<Component>>, ApiError> {
    let Some((_, kind)) = KINDS.into_iter().find(|(name, _)| *name == kind) else {
        let names = KINDS.map(|(name, _)| name).join(", ");
        return Err(ApiError::not_found(format!("there is no kind of component `{kind}`: {names}")));
    };
    Catalogue::packs(&api).await?.pack(&pack)?;
    let records = blocking(move || Ok(component_records(&api.root, kind, &pack)?)).await?;
    let (items, pagination) = page.of(&records)?;
    Ok(Reply::ok(List { items: items.iter().cloned().map(Component).collect(), pagination }))
}
