//! The workflows of packs, from their files: several at a time, on every processor.

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;

use attune_registry::workers::in_parallel;
use attune_schemas::component::{ComponentKind, ComponentSummary, KnownActions};
use attune_schemas::diagnostics::{Finding, Findings};
use attune_schemas::workflow::{Home, Workflow, WorkflowContext, check, parse, read_definition};
use attune_schemas::{Digest, PackRef};
use serde_json::Value;

use super::known::{Known, KnownRow, RowSource, pack_source};
use super::row::WorkflowRow;
use crate::database::RegisteredPack;
use crate::generation::ListDigests;
use crate::root::{HostRoot, StoreKind, read_regular};
use crate::trees::{Content, FileList, TreeLists};

/// Why a workflow's file is not used.
#[derive(Debug, thiserror::Error)]
pub enum WorkflowFault {
    /// An earlier program installed the pack, and took no list of its files.
    #[error("nothing says which bytes `{}` should have", path.display())]
    NotListed {
        /// The file.
        path: PathBuf,
    },
    /// Its bytes are others than they were when the pack was installed, or it is gone.
    #[error("`{}` is not as it was installed", path.display())]
    NotAsInstalled {
        /// The file.
        path: PathBuf,
    },
    /// It cannot be read.
    #[error("could not read `{}`", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
}

/// Where the files of packs are, and the lists that vouch for them.
#[derive(Clone, Copy)]
pub(in crate::database) struct WorkflowSources<'a> {
    /// The root whose store has the packs.
    pub(in crate::database) root: &'a HostRoot,
    /// The lists of its trees.
    pub(in crate::database) lists: &'a ListDigests,
}

/// The workflows of a pack.
pub(in crate::database) struct LoadedPack {
    /// What they are all made of, if they are made of files.
    pub(super) source: Option<String>,
    pub(in crate::database) workflows: Vec<LoadedWorkflow>,
}

/// A workflow of a pack.
pub(in crate::database) enum LoadedWorkflow {
    /// The row that is there was made of the same.
    Same {
        reference: String,
        id: i64,
        /// The warnings of its file.
        warnings: Vec<String>,
    },
    /// A row to be written.
    Row(Box<WorkflowRow>),
}

impl LoadedWorkflow {
    /// The ref.
    pub(in crate::database) fn reference(&self) -> &str {
        match self {
            Self::Same { reference, .. } => reference,
            Self::Row(row) => &row.reference,
        }
    }
}

/// A pack with all that its workflows are read with.
struct Subject<'a> {
    pack: &'a PackRef,
    components: &'a [ComponentSummary],
    tree: PathBuf,
    list: Option<FileList>,
    source: Option<String>,
    actions: KnownActions,
    context: Digest,
}

/// A workflow to look at.
struct Job<'a> {
    subject: &'a Subject<'a>,
    component: &'a ComponentSummary,
    /// The action with its ref.
    action: Option<&'a ComponentSummary>,
}

/// The workflows of `packs`, in their order; those of `known` whose files are the same are not read again.
pub(in crate::database) fn load(
    packs: &[RegisteredPack<'_>],
    sources: WorkflowSources<'_>,
    known: &Known,
) -> Vec<LoadedPack> {
    let packs: Vec<&RegisteredPack<'_>> = packs.iter().collect();
    let subjects = in_parallel(&packs, |registered| Subject::of(registered, sources));
    let jobs: Vec<Job<'_>> = subjects.iter().flat_map(Subject::jobs).collect();
    let mut loaded =
        in_parallel(&jobs, |job| job.load(known.rows.get(&job.component.component_ref))).into_iter();
    let packs = subjects.iter().map(|subject| {
        let workflows: Vec<_> = loaded.by_ref().take(subject.jobs().count()).collect();
        // Of what the release says alone, nothing is known next time.
        let is_of_files = |workflow: &LoadedWorkflow| match workflow {
            LoadedWorkflow::Same { .. } => true,
            LoadedWorkflow::Row(row) => row.source.is_some(),
        };
        let source = subject.source.clone().filter(|_| workflows.iter().all(is_of_files));
        LoadedPack { source, workflows }
    });
    packs.collect()
}

impl<'a> Subject<'a> {
    fn of(registered: &'a RegisteredPack<'a>, sources: WorkflowSources<'_>) -> Self {
        let WorkflowSources { root, lists } = sources;
        let components = registered.release.config.components.as_slice();
        let digest = &registered.installed.pack;
        let has_workflows = components.iter().any(is_workflow);
        let named = lists.get(StoreKind::Packs, digest);
        let list = named.filter(|_| has_workflows);
        let list = list.and_then(|list| TreeLists::of(root, StoreKind::Packs, digest).load(&list).ok());
        let mut actions = KnownActions::default();
        let mut context = Vec::new();
        if has_workflows {
            actions.add(registered.pack, components);
            for action in components.iter().filter(|component| component.kind == ComponentKind::Action) {
                serde_json::to_writer(&mut context, action).expect("a JSON value serialises");
            }
        }
        Self {
            pack: registered.pack,
            components,
            tree: root.store(StoreKind::Packs, digest),
            list,
            source: named.map(|list| pack_source(registered.installed, &list)),
            actions,
            context: Digest::of(&context),
        }
    }

    fn jobs(&self) -> impl Iterator<Item = Job<'_>> {
        self.components.iter().filter(|component| is_workflow(component)).map(|component| {
            let is_its_action = |action: &&ComponentSummary| {
                action.kind == ComponentKind::Action && action.component_ref == component.component_ref
            };
            Job { subject: self, component, action: self.components.iter().find(is_its_action) }
        })
    }
}

fn is_workflow(component: &ComponentSummary) -> bool {
    component.kind == ComponentKind::Workflow
}

impl Job<'_> {
    fn load(&self, known: Option<&KnownRow>) -> LoadedWorkflow {
        let component = self.component;
        let (text, digest) = match self.read() {
            Ok(read) => read,
            Err(fault) => return self.described(Some(fault), Findings::new()),
        };
        let source = RowSource { file: digest, context: self.subject.context };
        let is_known = |known: &&KnownRow| {
            known.pack == self.subject.pack.as_str() && known.is_of(component.file.as_str(), source)
        };
        if let Some(known) = known.filter(is_known) {
            let (reference, warnings) = (component.component_ref.clone(), known.warnings.clone());
            return LoadedWorkflow::Same { reference, id: known.id, warnings };
        }
        let mut findings = Findings::new();
        let text = String::from_utf8_lossy(&text);
        let Some(workflow) = parse(component.file.as_str(), &text, &mut findings) else {
            return self.described(None, findings);
        };
        self.check(&workflow, &mut findings);
        self.row(&workflow, Some(source), None, findings)
    }

    /// The workflow as the release describes it.
    fn described(&self, fault: Option<WorkflowFault>, findings: Findings) -> LoadedWorkflow {
        self.row(&read_definition(&self.component.definition), None, fault, findings)
    }

    fn row(
        &self,
        workflow: &Workflow,
        source: Option<RowSource>,
        fault: Option<WorkflowFault>,
        findings: Findings,
    ) -> LoadedWorkflow {
        let row = WorkflowRow::of(self.subject.pack, self.component, self.action, workflow);
        let findings: Vec<Finding> = findings.into_iter().collect();
        LoadedWorkflow::Row(Box::new(WorkflowRow { source, fault, findings, ..row }))
    }

    /// The bytes of the file, which are those that the list of its tree names, and their digest.
    fn read(&self) -> Result<(Vec<u8>, Digest), WorkflowFault> {
        let file = self.component.file.as_str();
        let path = self.subject.tree.join(file);
        let Some(list) = &self.subject.list else { return Err(WorkflowFault::NotListed { path }) };
        let Some(Content::File { size, digest, .. }) = list.get(OsStr::new(file)).map(|entry| &entry.content)
        else {
            return Err(WorkflowFault::NotAsInstalled { path });
        };
        match fs_err::symlink_metadata(&path) {
            Ok(found) if found.is_file() && found.len() == *size => {}
            Err(source) if source.kind() != io::ErrorKind::NotFound => {
                return Err(WorkflowFault::Unreadable { path, source });
            }
            _ => return Err(WorkflowFault::NotAsInstalled { path }),
        }
        match read_regular(&path) {
            Ok(bytes) if Digest::of(&bytes) == *digest => Ok((bytes, *digest)),
            Err(source) if !matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => {
                Err(WorkflowFault::Unreadable { path, source })
            }
            _ => Err(WorkflowFault::NotAsInstalled { path }),
        }
    }

    /// Every rule, as far as the pack alone knows.
    fn check(&self, workflow: &Workflow, findings: &mut Findings) {
        let Subject { pack, components, actions, .. } = self.subject;
        let file = &self.component.file;
        let callers =
            components.iter().filter(|action| action.workflow_file().is_some_and(|named| named == *file));
        let callers: Vec<Option<&Value>> = callers
            .map(|action| action.definition.get("parameters").filter(|schema| !schema.is_null()))
            .collect();
        let is_linked = !callers.is_empty() || self.action.is_some() || file.as_str().starts_with("actions/");
        let reference = &self.component.component_ref;
        let context = WorkflowContext {
            pack: pack.as_str(),
            name: reference.split_once('.').map_or(reference.as_str(), |(_, name)| name),
            home: if is_linked { Home::Linked(&callers) } else { Home::Standalone },
            actions: Some(&|reference: &str| actions.known(reference)),
        };
        check(workflow, &context, findings);
    }
}
