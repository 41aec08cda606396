//! The difference between the workflows of packs and their rows: to be told, and to be mended.

use std::collections::{BTreeMap, BTreeSet};

use attune_registry::workers::in_parallel;
use attune_schemas::PackRef;
use schemars::JsonSchema;
use serde::Serialize;

use super::known::{Known, KnownRow, pack_source};
use super::loader::{LoadedPack, LoadedWorkflow, WorkflowFault, WorkflowSources, load};
use super::row::WorkflowRow;
use crate::database::DatabaseError;
use crate::database::reader::read;
use crate::generation::{Generation, InstalledGeneration};
use crate::root::{HostRoot, RootError, StoreKind};
use crate::trees::TreeLists;

/// Why files and rows of workflows cannot be compared.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// What the generation keeps cannot be read.
    #[error(transparent)]
    Root(#[from] RootError),
    /// The database cannot be read.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// An earlier program made the generation, and kept less of its releases.
    #[error("generation {generation} does not keep what its packs have")]
    NotKept {
        /// The generation.
        generation: u64,
    },
}

/// How rows are brought in step with files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SyncOptions {
    /// Register workflows whose files have errors as well, as far as they can be read.
    pub skip_validation_errors: bool,
    /// Bring rows up to date that are there; else only those are written that are missing.
    pub update_existing: bool,
}

impl Default for SyncOptions {
    fn default() -> Self {
        Self { skip_validation_errors: false, update_existing: true }
    }
}

/// What becomes of a workflow's row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WorkflowChange {
    /// There was none.
    Created,
    /// It was of another file, or not as it was made.
    Updated,
    /// It is as it should be.
    Unchanged,
    /// It is not as it should be, and rows that are there were not to be changed.
    Kept,
    /// Its file has errors: nothing was changed.
    Refused,
    /// The pack has no such workflow.
    Removed,
}

/// A workflow, and what becomes of its row.
#[derive(Debug)]
pub struct SyncedWorkflow {
    /// Its ref.
    pub reference: String,
    /// What becomes of its row.
    pub change: WorkflowChange,
    /// The number of its row, if it is there already.
    pub id: Option<i64>,
    /// The warnings of its file.
    pub warnings: Vec<String>,
    /// The errors of its file.
    pub errors: Vec<String>,
    /// Why its file is not used.
    pub fault: Option<WorkflowFault>,
    row: Option<Box<WorkflowRow>>,
}

/// The workflows of a pack.
#[derive(Debug)]
pub struct SyncedPack {
    /// The pack.
    pub pack: PackRef,
    /// The workflows that it has, or had.
    pub workflows: Vec<SyncedWorkflow>,
    source: Option<String>,
}

/// The difference between the workflows of packs and their rows.
#[derive(Debug)]
pub struct WorkflowSync {
    /// The packs, in the order in which they were asked for.
    pub packs: Vec<SyncedPack>,
}

impl WorkflowSync {
    /// Whether no row has to be written or removed.
    pub fn is_in_step(&self) -> bool {
        self.changes().next().is_none()
    }

    /// Whether a file has errors, or cannot be used.
    pub fn is_refused(&self) -> bool {
        let mut workflows = self.packs.iter().flat_map(|pack| &pack.workflows);
        workflows.any(|workflow| workflow.change == WorkflowChange::Refused)
    }

    /// The packs of which a row is to be written or removed.
    pub(super) fn changes(&self) -> impl Iterator<Item = PackChange<'_>> {
        let changes = self.packs.iter().map(|pack| {
            let such = |wanted: &'static [WorkflowChange]| {
                pack.workflows.iter().filter(move |workflow| wanted.contains(&workflow.change))
            };
            let written = such(&[WorkflowChange::Created, WorkflowChange::Updated]);
            let gone = such(&[WorkflowChange::Removed]);
            PackChange {
                pack: &pack.pack,
                rows: written.filter_map(|workflow| workflow.row.as_deref()).collect(),
                gone: gone.map(|workflow| workflow.reference.as_str()).collect(),
                source: pack.source.as_deref(),
            }
        });
        changes.filter(|change| !change.rows.is_empty() || !change.gone.is_empty())
    }
}

/// The rows of a pack that are to be written or removed.
pub(super) struct PackChange<'a> {
    pub(super) pack: &'a PackRef,
    pub(super) rows: Vec<&'a WorkflowRow>,
    /// The refs of those to remove.
    pub(super) gone: Vec<&'a str>,
    /// What all workflows of the pack are made of afterwards.
    pub(super) source: Option<&'a str>,
}

/// Reads the files of the workflows of `packs`, which `generation` of `root` has, and holds them against their rows.
///
/// # Errors
/// The database or what the generation keeps cannot be read.
pub fn workflow_sync(
    root: &HostRoot,
    generation: &Generation,
    packs: &[&PackRef],
    options: SyncOptions,
) -> Result<WorkflowSync, SyncError> {
    let known = read(root, |connection| Ok(Known::of(connection)?))?.unwrap_or_default();
    let same = in_parallel(packs, |pack| same(root, generation, pack, &known));
    let others: BTreeSet<&PackRef> =
        packs.iter().zip(&same).filter(|(_, same)| same.is_none()).map(|(pack, _)| *pack).collect();
    let installed = InstalledGeneration::load_packs(root, generation, &others);
    let installed = installed.map_err(|source| root.failed(source))?;
    let registered = installed.as_ref().and_then(InstalledGeneration::registered_packs);
    let registered = registered.ok_or(SyncError::NotKept { generation: generation.id })?;
    let loaded = load(&registered, WorkflowSources { root, lists: &generation.lists }, &known);
    let mut loaded: BTreeMap<&PackRef, LoadedPack> =
        registered.iter().map(|registered| registered.pack).zip(loaded).collect();
    let packs = packs.iter().zip(same).map(|(pack, same)| match (same, loaded.remove(*pack)) {
        (None, Some(loaded)) => SyncedPack::of(pack, loaded, &known, options),
        (same, _) => same.unwrap_or_else(|| SyncedPack::empty(pack)),
    });
    Ok(WorkflowSync { packs: packs.collect() })
}

/// The workflows of `pack`, if its rows were made of what is installed, and no file was touched since it was read.
fn same(root: &HostRoot, generation: &Generation, pack: &PackRef, known: &Known) -> Option<SyncedPack> {
    let installed = generation.packs.get(pack)?;
    let list = generation.lists.get(StoreKind::Packs, &installed.pack)?;
    let rows = known.made_of(pack.as_str(), &pack_source(installed, &list))?;
    let lists = TreeLists::of(root, StoreKind::Packs, &installed.pack);
    if !lists.stamp_fits(&list, &root.store(StoreKind::Packs, &installed.pack)) {
        return None;
    }
    let workflows = rows.into_iter().map(|(reference, row)| {
        SyncedWorkflow::bare(reference, WorkflowChange::Unchanged, Some(row.id), row.warnings.clone())
    });
    Some(SyncedPack { workflows: workflows.collect(), ..SyncedPack::empty(pack) })
}

impl SyncedPack {
    fn empty(pack: &PackRef) -> Self {
        Self { pack: pack.clone(), workflows: Vec::new(), source: None }
    }

    fn of(pack: &PackRef, loaded: LoadedPack, known: &Known, options: SyncOptions) -> Self {
        let mut gone: BTreeMap<&str, &KnownRow> =
            known.of_pack(pack.as_str()).map(|(reference, row)| (reference.as_str(), row)).collect();
        let mut workflows = Vec::new();
        for workflow in loaded.workflows {
            gone.remove(workflow.reference());
            workflows.push(SyncedWorkflow::of(workflow, known, options));
        }
        let is_kept = |workflow: &SyncedWorkflow| workflow.change == WorkflowChange::Kept;
        let source = loaded.source.filter(|_| !workflows.iter().any(is_kept));
        workflows.extend(gone.into_iter().map(|(reference, row)| {
            SyncedWorkflow::bare(reference, WorkflowChange::Removed, Some(row.id), Vec::new())
        }));
        Self { pack: pack.clone(), workflows, source }
    }
}

impl SyncedWorkflow {
    fn bare(reference: &str, change: WorkflowChange, id: Option<i64>, warnings: Vec<String>) -> Self {
        let reference = reference.to_owned();
        Self { reference, change, id, warnings, errors: Vec::new(), fault: None, row: None }
    }

    fn of(workflow: LoadedWorkflow, known: &Known, options: SyncOptions) -> Self {
        let mut row = match workflow {
            LoadedWorkflow::Same { reference, id, warnings } => {
                return Self::bare(&reference, WorkflowChange::Unchanged, Some(id), warnings);
            }
            LoadedWorkflow::Row(row) => row,
        };
        let id = known.rows.get(&row.reference).map(|known| known.id);
        let (warnings, errors, fault) = (row.warnings(), row.errors(), row.fault.take());
        let is_faulty = fault.is_some() || !errors.is_empty();
        let change = match id {
            _ if is_faulty && !options.skip_validation_errors => WorkflowChange::Refused,
            // A row that is there is at least as good as what the release says.
            Some(_) if row.source.is_none() || !options.update_existing => WorkflowChange::Kept,
            Some(_) => WorkflowChange::Updated,
            None => WorkflowChange::Created,
        };
        Self { reference: row.reference.clone(), change, id, warnings, errors, fault, row: Some(row) }
    }
}
