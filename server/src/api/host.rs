//! `GET /api/v1/host` and `/api/v1/host/history`: how the host is, and what was done to it. Attune's own server has no
//! such paths.

use attune_host::inventory::{PastOperation, history};
use attune_install::operations::{StatusReport, status};
use axum::extract::State;

use super::envelope::{Data, List, PageQuery, Reply};
use super::error::ApiError;
use super::request::Query;
use super::shared::{Shared, blocking};

/// `GET /api/v1/host`
pub(super) async fn show(State(api): State<Shared>) -> Result<Reply<Data<StatusReport>>, ApiError> {
    let report = blocking(move || {
        status(&api.root, (api.clock)()).map_err(|error| {
            tracing::error!("{error}");
            ApiError::internal(
                "the status of the host cannot be told; `attune-install doctor` on it tells why",
            )
        })
    })
    .await?;
    Ok(Reply::ok(Data::of(report)))
}

/// `GET /api/v1/host/history`
pub(super) async fn past(
    State(api): State<Shared>,
    Query(page): Query<PageQuery>,
) -> Result<Reply<List<PastOperation>>, ApiError> {
    let history = blocking(move || {
        history(&api.root).map_err(|error| {
            tracing::error!("{error}");
            ApiError::internal("the history of the host cannot be read")
        })
    })
    .await?;
    let (items, pagination) = page.of(&history.operations)?;
    Ok(Reply::ok(List { items: items.to_vec(), pagination }))
}
