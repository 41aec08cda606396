//! The flat list of routes.

use std::sync::Arc;

use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, delete, get, post, put};
use axum::{Router, response::IntoResponse as _};

use attune_host::inventory::PastOperation;
use attune_install::operations::{
    BuildEnvsReport, DependenciesReport, DownloadReport, PackTestsReport, RegisterReport, RollbackReport,
    StatusReport,
};

use super::access::{Access, require};
use super::changes::register::{self, Installed, Registered};
use super::changes::validated::ValidationReport;
use super::changes::{created, indexed, removal, rollback, searched, stages, tested, upload, validated};
use super::components::{self, Component};
use super::drawn::{self, DrawnWorkflow};
use super::envelope::{Data, List};
use super::error::ApiError;
use super::indices::{self, Index, Indices};
use super::packs::{self, Pack, PackSummary};
use super::route::Route;
use super::shared::{Api, ApiSettings, Shared};
use super::test_runs::{self, TestRun};
use super::workflows::{self, Synced, WorkflowCheck};
use super::{health, host, openapi};

const PACKS: &str = "Packs";
const COMPONENTS: &str = "Components";
const TESTS: &str = "Tests";
const REGISTRIES: &str = "Registries";
const WORKFLOWS: &str = "Workflows";
const HOST: &str = "Host";
const STAGES: &str = "Stages of an installation";
const SERVER: &str = "Server";

/// The failures of a run that changes the host, beside those of its body.
const RUN: &[StatusCode] = &[
    StatusCode::CONFLICT,
    StatusCode::UNPROCESSABLE_ENTITY,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::NOT_IMPLEMENTED,
    StatusCode::BAD_GATEWAY,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::BAD_REQUEST,
    StatusCode::NOT_FOUND,
];

/// The failures of a search.
const SEARCH: &[StatusCode] = &[
    StatusCode::BAD_REQUEST,
    StatusCode::NOT_FOUND,
    StatusCode::UNPROCESSABLE_ENTITY,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::NOT_IMPLEMENTED,
    StatusCode::BAD_GATEWAY,
    StatusCode::SERVICE_UNAVAILABLE,
];

/// The failures of a run that only looks, beside those of its body.
const LOOK: &[StatusCode] = &[
    StatusCode::FORBIDDEN,
    StatusCode::TOO_MANY_REQUESTS,
    StatusCode::NOT_IMPLEMENTED,
    StatusCode::SERVICE_UNAVAILABLE,
];

/// Every route, in the order of the description.
#[expect(clippy::too_many_lines, reason = "one flat list")]
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::new::<List<PackSummary>>(
            ("get", "/api/v1/packs"),
            (PACKS, "List the installed packs"),
            get(packs::list),
        )
        .query::<packs::ListQuery>()
        .fails(&[StatusCode::BAD_REQUEST]),
        Route::new::<Data<Pack>>(
            ("post", "/api/v1/packs"),
            (PACKS, "Make a pack of fields, and of the files that are there for it"),
            post(created::create),
        )
        .writes()
        .status(StatusCode::CREATED)
        .body::<created::CreateRequest>()
        .fails(RUN),
        Route::new::<Data<Pack>>(
            ("put", "/api/v1/packs/{ref}"),
            (PACKS, "Change the fields of a pack that no registry signed"),
            put(created::update),
        )
        .writes()
        .body::<created::UpdateRequest>()
        .fails(RUN),
        Route::new::<Data<Pack>>(
            ("get", "/api/v1/packs/{ref}"),
            (PACKS, "Show an installed pack"),
            get(packs::show),
        ),
        Route::new::<removal::Removed>(
            ("delete", "/api/v1/packs/{ref}"),
            (PACKS, "Remove an installed pack"),
            delete(removal::remove),
        )
        .writes()
        .fails(RUN),
        Route::new::<Data<Registered>>(
            ("post", "/api/v1/packs/register"),
            (PACKS, "Install the pack of a directory"),
            post(register::register),
        )
        .writes()
        .status(StatusCode::CREATED)
        .body::<register::RegisterRequest>()
        .fails(RUN),
        Route::new::<Data<RegisterReport>>(
            ("post", "/api/v1/packs/register-batch"),
            (PACKS, "Install the packs of directories: all of them, or none"),
            post(register::register_batch),
        )
        .writes()
        .body::<register::RegisterBatchRequest>()
        .fails(RUN),
        Route::new::<Data<Installed>>(
            ("post", "/api/v1/packs/install"),
            (PACKS, "Install a pack and what it needs"),
            post(register::install),
        )
        .writes()
        .body::<register::InstallRequest>()
        .fails(RUN),
        Route::new::<Data<Installed>>(
            ("post", "/api/v1/packs/upload"),
            (PACKS, "Install the pack of an archive"),
            post(upload::upload).layer(DefaultBodyLimit::max(upload::MOST_FORM_BYTES)),
        )
        .writes()
        .status(StatusCode::CREATED)
        .form::<upload::UploadRequest>()
        .fails(RUN),
        Route::new::<Data<DownloadReport>>(
            ("post", "/api/v1/packs/download"),
            (STAGES, "Put the packs of sources into a directory"),
            post(stages::download),
        )
        .writes()
        .body::<stages::DownloadRequest>()
        .fails(RUN),
        Route::new::<Data<DependenciesReport>>(
            ("post", "/api/v1/packs/dependencies"),
            (STAGES, "Tell the packs and runtimes that packs need"),
            post(stages::dependencies),
        )
        .body::<stages::DependenciesRequest>()
        .fails(LOOK),
        Route::new::<Data<BuildEnvsReport>>(
            ("post", "/api/v1/packs/build-envs"),
            (STAGES, "Make sure that the environments of packs are there and whole"),
            post(stages::build_envs),
        )
        .writes()
        .body::<stages::BuildEnvsRequest>()
        .fails(RUN),
        Route::new::<Data<PackTestsReport>>(
            ("post", "/api/v1/packs/{ref}/test"),
            (TESTS, "Run the tests of an installed pack"),
            post(tested::test),
        )
        .writes()
        .fails(RUN),
        Route::new::<List<Component>>(
            ("get", "/api/v1/packs/{ref}/{kind}"),
            (COMPONENTS, "List the components of a kind that a pack has"),
            get(components::list),
        )
        .query::<super::envelope::PageQuery>()
        .fails(&[StatusCode::BAD_REQUEST]),
        Route::new::<Data<Synced>>(
            ("post", "/api/v1/packs/{ref}/workflows/sync"),
            (WORKFLOWS, "Tell the workflows that are registered, and the errors in their files"),
            post(workflows::sync),
        ),
        Route::new::<Data<WorkflowCheck>>(
            ("post", "/api/v1/packs/{ref}/workflows/validate"),
            (WORKFLOWS, "Check the workflow files of a pack"),
            post(workflows::validate),
        ),
        Route::new::<Data<DrawnWorkflow>>(
            ("get", "/api/v1/packs/{ref}/workflows/{workflow}/drawing"),
            (WORKFLOWS, "Draw a workflow"),
            get(drawn::draw),
        )
        .query::<drawn::DrawingQuery>()
        .fails(&[StatusCode::BAD_REQUEST]),
        Route::new::<List<TestRun>>(
            ("get", "/api/v1/packs/{ref}/tests"),
            (TESTS, "List the runs of a pack's tests, the latest first"),
            get(test_runs::list),
        )
        .query::<super::envelope::PageQuery>()
        .fails(&[StatusCode::BAD_REQUEST]),
        Route::new::<Data<TestRun>>(
            ("get", "/api/v1/packs/{ref}/tests/latest"),
            (TESTS, "Show the latest run of a pack's tests"),
            get(test_runs::latest),
        ),
        Route::new::<Indices>(
            ("get", "/api/v1/pack-indices"),
            (REGISTRIES, "List the registries that the host knows, in the order in which they are asked"),
            get(indices::list),
        ),
        Route::new::<Data<Index>>(
            ("post", "/api/v1/pack-indices"),
            (REGISTRIES, "Add a registry, once its metadata is verified"),
            post(indexed::add),
        )
        .writes()
        .status(StatusCode::CREATED)
        .body::<indexed::AddRequest>()
        .fails(RUN),
        Route::new::<Data<Index>>(
            ("put", "/api/v1/pack-indices/{id}"),
            (REGISTRIES, "Give a registry another place in the order"),
            put(indexed::put),
        )
        .writes()
        .body::<indexed::MoveRequest>()
        .fails(RUN),
        Route::new::<indexed::Forgotten>(
            ("delete", "/api/v1/pack-indices/{id}"),
            (REGISTRIES, "Forget where a registry is; its packs stay, and so does the trust in it"),
            delete(indexed::remove),
        )
        .writes()
        .fails(RUN),
        Route::new::<searched::FoundPacks>(
            ("get", "/api/v1/pack-indices/packs"),
            (REGISTRIES, "Search the registries that the host knows"),
            get(searched::search),
        )
        .query::<searched::SearchQuery>()
        .fails(SEARCH),
        Route::new::<searched::FoundPack>(
            ("get", "/api/v1/pack-indices/packs/{ref}"),
            (REGISTRIES, "Show a pack of the registries that the host knows"),
            get(searched::show),
        )
        .fails(SEARCH),
        Route::new::<searched::FoundPack>(
            ("get", "/api/v1/packs/registry/lookup"),
            (REGISTRIES, "Show a pack of the registries that the host knows"),
            get(searched::lookup),
        )
        .query::<searched::LookupQuery>()
        .fails(SEARCH),
        Route::new::<Data<ValidationReport>>(
            ("post", "/api/v1/packs/validate"),
            (STAGES, "Check all that an installation would check, and change nothing"),
            post(validated::validate),
        )
        .body::<validated::ValidateRequest>()
        .fails(LOOK),
        Route::new::<Data<StatusReport>>(
            ("get", "/api/v1/host"),
            (HOST, "Tell how the host is"),
            get(host::show),
        ),
        Route::new::<List<PastOperation>>(
            ("get", "/api/v1/host/history"),
            (HOST, "List the operations that changed the host, the latest first"),
            get(host::past),
        )
        .query::<super::envelope::PageQuery>()
        .fails(&[StatusCode::BAD_REQUEST]),
        Route::new::<Data<RollbackReport>>(
            ("post", "/api/v1/host/rollback"),
            (HOST, "Go back to the packs of an earlier generation"),
            post(rollback::rollback),
        )
        .writes()
        .body::<rollback::RollbackRequest>()
        .fails(RUN),
        Route::new::<health::Health>(
            ("get", "/healthz"),
            (SERVER, "Tell whether the host's database can be read"),
            get(health::health),
        )
        .open()
        .fails(&[StatusCode::SERVICE_UNAVAILABLE]),
        Route::new::<serde_json::Value>(
            ("get", "/openapi.json"),
            (SERVER, "Describe these routes"),
            get(openapi::serve),
        )
        .open(),
    ]
}

/// The routes that serve a host.
pub fn router(settings: ApiSettings) -> Router {
    let api = Api::new(settings);
    let mut router: Router<Shared> = Router::new();
    for route in routes() {
        router = router.route(route.path, guarded(route.handler, &api, route.access));
    }
    router
        .fallback(|| async { ApiError::not_found("no such path").into_response() })
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed().into_response() })
        .with_state(api)
}

fn guarded(handler: MethodRouter<Shared>, api: &Shared, access: Access) -> MethodRouter<Shared> {
    handler.route_layer(from_fn_with_state((Arc::clone(api), access), require))
}
