//! `POST /api/v1/packs/{ref}/workflows/{sync,validate}`

use std::collections::{BTreeMap, BTreeSet};

use attune_host::database::component_records;
use attune_registry::pack_directory::PackDirectory;
use attune_schemas::component::ComponentKind;
use attune_schemas::diagnostics::{Finding, Severity};
use axum::extract::State;
use schemars::JsonSchema;
use serde::Serialize;

use super::catalogue::Catalogue;
use super::envelope::{Data, Reply};
use super::error::ApiError;
use super::request::Name;
use super::shared::{Api, Shared, blocking};

/// The workflows of a pack, as they are registered.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Synced {
    /// The pack.
    pack_ref: String,
    /// The number of its workflow files.
    loaded_count: usize,
    /// The number of its workflows that are registered.
    registered_count: usize,
    /// Those.
    workflows: Vec<SyncedWorkflow>,
    /// The errors in its workflow files.
    errors: Vec<String>,
}

/// A workflow that is registered.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct SyncedWorkflow {
    /// Its ref.
    ref_name: String,
    /// Whether it was registered just now. It never is: a pack is installed with all of its workflows.
    created: bool,
    /// The id of its row.
    workflow_def_id: i64,
    /// The warnings about its file.
    warnings: Vec<String>,
}

/// The findings in the workflow files of a pack.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct WorkflowCheck {
    /// The pack.
    pack_ref: String,
    /// The number of its workflow files.
    validated_count: usize,
    /// The number of those with errors.
    error_count: usize,
    /// The errors, by the ref of the workflow.
    errors: BTreeMap<String, Vec<String>>,
    /// The warnings, by the ref of the workflow.
    warnings: BTreeMap<String, Vec<String>>,
}

/// The workflow files of a pack, and what is found in them.
struct Files {
    /// The names of workflows by file.
    names: BTreeMap<String, String>,
    errors: BTreeMap<String, Vec<String>>,
    warnings: BTreeMap<String, Vec<String>>,
}

/// The folders of workflow files.
const FOLDERS: [&str; 2] = ["workflows/", "actions/workflows/"];

/// The name of the workflow in the file at `path`; `None` where that is none.
fn name_of(path: &str) -> Option<&str> {
    let file = FOLDERS.into_iter().find_map(|folder| path.strip_prefix(folder))?;
    let name = file.strip_suffix(".yaml").or_else(|| file.strip_suffix(".yml"))?;
    let name = name.strip_suffix(".workflow").unwrap_or(name);
    (!name.contains('/')).then_some(name)
}

fn files(api: &Api, pack: &str) -> Result<Files, ApiError> {
    let unreadable = |error: &dyn std::error::Error| {
        tracing::error!("pack `{pack}`: {error}");
        ApiError::internal(format!("the files of pack '{pack}' cannot be read"))
    };
    let parsed = pack.parse().map_err(|_| ApiError::no_pack(pack))?;
    let path = fs_err::canonicalize(api.root.pack(&parsed)).map_err(|error| unreadable(&error))?;
    let directory = PackDirectory::open(&path).map_err(|error| unreadable(&error))?;
    let names = directory.files().filter_map(|(path, _)| {
        let path = path.as_str();
        name_of(path).map(|name| (path.to_owned(), format!("{pack}.{name}")))
    });
    let mut files = Files { names: names.collect(), errors: BTreeMap::new(), warnings: BTreeMap::new() };
    for finding in &directory.lint().findings {
        let Some(name) = files.names.get(finding.file.as_str()) else { continue };
        let told = match finding.severity {
            Severity::Error => &mut files.errors,
            Severity::Warning => &mut files.warnings,
            Severity::Info => continue,
        };
        told.entry(name.clone()).or_default().push(message(finding));
    }
    Ok(files)
}

fn message(finding: &Finding) -> String {
    format!("{}:{}: {} [{}]", finding.line, finding.column, finding.message, finding.code.id())
}

/// `POST /api/v1/packs/{ref}/workflows/sync`
pub(super) async fn sync(
    State(api): State<Shared>,
    Name(pack): Name,
) -> Result<Reply<Data<Synced>>, ApiError> {
    Catalogue::packs(&api).await?.pack(&pack)?;
    let synced = blocking(move || {
        let mut files = files(&api, &pack)?;
        let records = component_records(&api.root, ComponentKind::Workflow, &pack)?;
        let workflows = records.iter().map(|record| {
            let ref_name = record["ref"].as_str().unwrap_or_default().to_owned();
            let warnings = files.warnings.remove(&ref_name).unwrap_or_default();
            SyncedWorkflow {
                ref_name,
                created: false,
                workflow_def_id: record["id"].as_i64().unwrap_or_default(),
                warnings,
            }
        });
        let workflows: Vec<SyncedWorkflow> = workflows.collect();
        let failed = files.errors.iter().flat_map(|(name, errors)| {
            errors.iter().map(move |error| format!("workflow '{name}' failed validation: {error}"))
        });
        Ok(Synced {
            loaded_count: files.names.values().collect::<BTreeSet<_>>().len(),
            registered_count: workflows.len(),
            errors: failed.collect(),
            workflows,
            pack_ref: pack,
        })
    })
    .await?;
    Ok(Reply::ok(Data { data: synced, message: Some("Pack workflows synced successfully".to_owned()) }))
}

/// `POST /api/v1/packs/{ref}/workflows/validate`
pub(super) async fn validate(
    State(api): State<Shared>,
    Name(pack): Name,
) -> Result<Reply<Data<WorkflowCheck>>, ApiError> {
    Catalogue::packs(&api).await?.pack(&pack)?;
    let validated = blocking(move || {
        let Files { names, errors, warnings } = files(&api, &pack)?;
        Ok(WorkflowCheck {
            validated_count: names.values().collect::<BTreeSet<_>>().len(),
            error_count: errors.len(),
            errors,
            warnings,
            pack_ref: pack,
        })
    })
    .await?;
    Ok(Reply::ok(Data { data: validated, message: Some("Pack workflows validated".to_owned()) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_workflows_are_known_by_their_places() {
        let table = [
            ("workflows/deploy.yaml", Some("deploy")),
            ("workflows/deploy.yml", Some("deploy")),
            ("actions/workflows/deploy.workflow.yaml", Some("deploy")),
            ("workflows/deep/deploy.yaml", None),
            ("workflows/deploy.txt", None),
            ("actions/deploy.yaml", None),
        ];
        for (path, name) in table {
            assert_eq!(name_of(path), name, "{path}");
        }
    }
}
