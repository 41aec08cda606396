//! Defects between the files of a pack: duplicates, and references that lead nowhere.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::entry_point::{check_files, check_runner, resolve};
use super::files::is_linked;
use super::kind::ComponentKind;
use super::known_actions::ActionLookup;
use super::read::ComponentFile;
use super::reference::belongs_to;
use crate::diagnostics::{Code, Findings, shown};
use crate::entry_path::EntryPath;
use crate::pack_ref::PackRef;
use crate::yaml::FieldPath;

/// Checks the components of `pack` against each other and against `files`, all the files of the pack.
///
/// References into other packs are not judged.
pub fn check_component_set(
    pack: &PackRef,
    components: &[ComponentFile],
    files: &BTreeSet<EntryPath>,
    findings: &mut Findings,
) {
    check_duplicates(components, findings);
    let known = Known::of(components);
    for component in components {
        match component.summary.kind {
            ComponentKind::Rule => {
                check_refs(
                    pack,
                    component,
                    "trigger_ref",
                    &known.triggers,
                    Code::RuleTriggerMissing,
                    findings,
                );
                check_refs(pack, component, "action_ref", &known.actions, Code::RuleActionMissing, findings);
            }
            ComponentKind::Sensor => {
                let code = Code::SensorTriggerMissing;
                check_refs(pack, component, "trigger_types", &known.triggers, code, findings);
                check_files(component, files, findings);
                check_runner(component, &known.runtimes, findings);
            }
            ComponentKind::Action => {
                check_files(component, files, findings);
                check_runner(component, &known.runtimes, findings);
            }
            ComponentKind::Queue => {
                let code = Code::QueueActionMissing;
                check_refs(pack, component, "dispatch_action", &known.actions, code, findings);
            }
            ComponentKind::Workflow if is_linked(&component.summary.file) => {
                known.check_linked(component, findings);
            }
            _ => {}
        }
    }
}

/// The targets that the components of a pack may refer to.
struct Known<'a> {
    /// Actions, and workflows, each of which becomes an action.
    actions: BTreeSet<&'a str>,
    triggers: BTreeSet<&'a str>,
    /// Names and aliases of the pack's own runtimes, in lower case.
    runtimes: BTreeSet<String>,
    workflow_files: BTreeSet<EntryPath>,
}

impl<'a> Known<'a> {
    fn of(components: &'a [ComponentFile]) -> Self {
        let mut known = Self {
            actions: BTreeSet::new(),
            triggers: BTreeSet::new(),
            runtimes: own_runtimes(components),
            workflow_files: BTreeSet::new(),
        };
        for ComponentFile { summary, .. } in components {
            let component_ref = summary.component_ref.as_str();
            match summary.kind {
                ComponentKind::Trigger => drop(known.triggers.insert(component_ref)),
                ComponentKind::Workflow => drop(known.actions.insert(component_ref)),
                ComponentKind::Action => {
                    known.actions.insert(component_ref);
                    let path = summary.definition.get("workflow_file").and_then(Value::as_str);
                    known.workflow_files.extend(path.and_then(|path| resolve("actions", path)));
                }
                _ => {}
            }
        }
        known
    }

    /// A workflow file under `actions/` only counts through the action that names it.
    fn check_linked(&self, component: &ComponentFile, findings: &mut Findings) {
        let file = &component.summary.file;
        if !self.workflow_files.contains(file) {
            let message = format!("no action has `{file}` as its `workflow_file`");
            let relative = file.as_str().strip_prefix("actions/").unwrap_or(file.as_str());
            let finding = component.fields().finding(Code::UnlinkedWorkflow, "ref", message);
            findings.push(finding.advise(format!("add an action with `workflow_file: {relative}`")));
        }
    }
}

/// Names and aliases of the runtimes among `components`, in lower case.
pub(super) fn own_runtimes(components: &[ComponentFile]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for ComponentFile { summary, .. } in
        components.iter().filter(|component| component.summary.kind == ComponentKind::Runtime)
    {
        let component_ref = summary.component_ref.as_str();
        let aliases = summary.definition.get("aliases").and_then(Value::as_array).into_iter().flatten();
        let named = summary.definition.get("name").into_iter().chain(aliases);
        names.insert(component_ref.rsplit('.').next().unwrap_or(component_ref).to_lowercase());
        names.extend(named.filter_map(Value::as_str).map(str::to_lowercase));
    }
    names
}

/// Reports each ref under `key` that names `pack` and is not among `targets`.
fn check_refs(
    pack: &PackRef,
    component: &ComponentFile,
    key: &str,
    targets: &BTreeSet<&str>,
    code: Code,
    findings: &mut Findings,
) {
    let fields = component.fields();
    let is_missing = |wanted: &&(FieldPath, &str)| belongs_to(wanted.1, pack) && !targets.contains(wanted.1);
    for (path, wanted) in named_refs(component, key).iter().filter(is_missing).take(MAX_MISSING) {
        let what = kind_of_target(code);
        let message = format!("the {what} `{}` is not in this pack", shown(wanted));
        let candidates: Vec<&str> = targets.iter().copied().collect();
        let finding = fields.finding_at(code, path, message);
        findings.push(match crate::diagnostics::closest(wanted, &candidates) {
            Some(meant) => finding.advise(format!("did you mean `{meant}`?")),
            None => finding.advise(format!("add the {what}, or correct the ref")),
        });
    }
}

/// Reports each trigger and action of another pack that a component names and that cannot be there.
pub(crate) fn check_foreign_refs(
    components: &[ComponentFile],
    known: &ActionLookup<'_>,
    findings: &mut Findings,
) {
    const REFS: [(ComponentKind, &str, Code); 4] = [
        (ComponentKind::Rule, "trigger_ref", Code::RuleTriggerMissing),
        (ComponentKind::Rule, "action_ref", Code::RuleActionMissing),
        (ComponentKind::Sensor, "trigger_types", Code::SensorTriggerMissing),
        (ComponentKind::Queue, "dispatch_action", Code::QueueActionMissing),
    ];
    for component in components {
        for (_, key, code) in REFS.iter().filter(|(kind, ..)| *kind == component.summary.kind) {
            let what = kind_of_target(*code);
            let absent = named_refs(component, key)
                .into_iter()
                .filter_map(|(path, wanted)| Some((path, wanted, known.absence(wanted, what == "trigger")?)));
            for (path, wanted, (reason, advice)) in absent.take(MAX_MISSING) {
                let message = format!("nothing is known of the {what} `{}`: {reason}", shown(wanted));
                findings.push(component.fields().finding_at(*code, &path, message).advise(advice));
            }
        }
    }
}

/// The most missing targets that are told of one field.
const MAX_MISSING: usize = 100;

fn kind_of_target(code: Code) -> &'static str {
    match code {
        Code::RuleActionMissing | Code::QueueActionMissing => "action",
        _ => "trigger",
    }
}

/// The refs under `key`, one or a list, each with its place.
fn named_refs<'c>(component: &'c ComponentFile, key: &str) -> Vec<(FieldPath, &'c str)> {
    let fields = component.fields();
    let path = fields.path(key);
    match component.summary.definition.get(key) {
        Some(Value::String(text)) => vec![(path, text)],
        Some(Value::Array(items)) => {
            let texts = items.iter().enumerate();
            texts.filter_map(|(index, item)| Some((path.index(index), item.as_str()?))).collect()
        }
        _ => Vec::new(),
    }
}

fn check_duplicates(components: &[ComponentFile], findings: &mut Findings) {
    let mut seen: BTreeMap<(ComponentKind, &str), &EntryPath> = BTreeMap::new();
    for component in components {
        let summary = &component.summary;
        let Some(first) = seen.insert((summary.kind, &summary.component_ref), &summary.file) else {
            continue;
        };
        // Attune scans `workflows/` and then `actions/workflows/`, and keeps the later one.
        let shadows = summary.kind == ComponentKind::Workflow && is_linked(first) != is_linked(&summary.file);
        let code = if shadows { Code::WorkflowShadowed } else { Code::ComponentTwice };
        let message = format!("the {} `{}` is already in `{first}`", summary.kind, summary.component_ref);
        let finding = component.fields().finding(code, "ref", message);
        findings.push(finding.advise("give each a ref of its own, or remove one"));
    }
}
