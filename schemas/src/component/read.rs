//! Reads one component file: its ref and label, its fields' types, and its definition as JSON.
//!
//! The content stays as it is in the file, except that refs are completed and aliases of fields have one
//! name. Rules that span files are checked in `set.rs`.

use serde_json::{Map, Value};

use super::entry_point::check_entry_point;
use super::kind::ComponentKind;
use super::queue::check_queue;
use super::reference::{derived_label, read_ref};
use super::rule::{check_rule, complete_rule};
use super::runtime::check_runtime;
use super::sensor::complete_sensor;
use super::shape::{self, Field};
use super::summary::ComponentSummary;
use super::tables::tables;
use super::worker::check_worker;
use crate::diagnostics::{Code, Findings};
use crate::entry_path::EntryPath;
use crate::pack_ref::PackRef;
use crate::workflow::{Workflow, parse_document, schema_faults};
use crate::yaml::{Fields, YamlDocument};

/// A component with the file it was read from, so that later findings know their line.
#[derive(Debug)]
pub struct ComponentFile {
    pub(super) summary: ComponentSummary,
    pub(super) document: YamlDocument,
    /// The content of a workflow's file.
    pub(super) workflow: Option<Workflow>,
}

impl ComponentFile {
    /// The component, as a release's config blob lists it.
    pub fn summary(&self) -> &ComponentSummary {
        &self.summary
    }

    /// The component, as a release's config blob lists it, without the file.
    pub fn into_summary(self) -> ComponentSummary {
        self.summary
    }

    /// Whether the file itself says what its ref is.
    pub(super) fn has_own_ref(&self) -> bool {
        self.document.value().get("ref").is_some_and(|value| !value.is_null())
    }

    /// A typed view of the definition; positions are those of the file.
    pub(crate) fn fields(&self) -> Fields<'_> {
        Fields::root(&self.document, &self.summary.definition)
    }
}

/// The most findings of one code that are told of one file.
const MAX_OF_ONE_CODE: usize = 100;

/// Reads `text`, the content of `file`, as a component of `kind` in `pack`.
///
/// `None` if the file cannot be parsed or has nothing to make a ref of; `findings` says why. A component
/// that is returned may still come with errors.
pub fn read_component(
    kind: ComponentKind,
    pack: &PackRef,
    file: &EntryPath,
    text: &str,
    findings: &mut Findings,
) -> Option<ComponentFile> {
    let mut found = Findings::new();
    let component = read(kind, pack, file, text, &mut found);
    found.cap(MAX_OF_ONE_CODE);
    findings.extend(found);
    component
}

fn read(
    kind: ComponentKind,
    pack: &PackRef,
    file: &EntryPath,
    text: &str,
    findings: &mut Findings,
) -> Option<ComponentFile> {
    let document = match YamlDocument::parse(file.as_str(), text) {
        Ok(document) => document,
        Err(finding) => {
            findings.push(finding);
            return None;
        }
    };
    let map = document.to_json(findings);
    let (map, workflow) = match kind {
        ComponentKind::Workflow => {
            let (workflow, map) = parse_document(&document, map, findings);
            (map, Some(workflow))
        }
        _ => (map, None),
    };
    let fields = Fields::root(&document, &map);
    check_fields(kind, &fields, findings);
    check_schemas(kind, &fields, findings);
    let component_ref = read_ref(kind, pack, file, &fields, findings);
    match kind {
        ComponentKind::Action | ComponentKind::Sensor => {
            check_entry_point(kind, &fields, findings);
            check_worker(&fields, findings);
        }
        ComponentKind::Queue => check_queue(&fields, findings),
        ComponentKind::Runtime => check_runtime(file.as_str(), &fields, &map, findings),
        ComponentKind::Rule => check_rule(&fields, findings),
        ComponentKind::Trigger
        | ComponentKind::PermissionSet
        | ComponentKind::Policy
        | ComponentKind::Workflow => {}
    }
    let component_ref = component_ref?;
    let label = label(&fields, &component_ref);
    let definition = complete(kind, pack, &component_ref, map);
    let summary = ComponentSummary { kind, component_ref, label, file: file.clone(), definition };
    Some(ComponentFile { summary, document, workflow })
}

/// The fields that hold the schema of parameters or of a result.
const SCHEMAS: [&str; 3] = ["parameters", "output", "item_schema"];

/// Tells of parts of schemas that servers read otherwise than they are written.
fn check_schemas(kind: ComponentKind, fields: &Fields<'_>, findings: &mut Findings) {
    // The parameters of a policy are names.
    if matches!(kind, ComponentKind::Workflow | ComponentKind::Policy) {
        return;
    }
    for key in SCHEMAS {
        for fault in fields.get(key).map(schema_faults).unwrap_or_default() {
            let path = fields.path(key).join_all(&fault.path);
            let message = format!("in `{key}`, {}", fault.message);
            let finding = fields.key_finding_at(Code::SchemaUnclear, &path, message);
            findings.push(finding.advise(fault.advice));
        }
    }
}

/// Reads `text`, the content of `file`, as the graph of a workflow, whatever the file is called.
///
/// `None` if it cannot be parsed; `findings` says why.
pub(super) fn read_graph(
    file: &EntryPath,
    text: &str,
    findings: &mut Findings,
) -> Option<(Map<String, Value>, Workflow)> {
    match YamlDocument::parse(file.as_str(), text) {
        Ok(document) => {
            let map = document.to_json(findings);
            let (workflow, map) = parse_document(&document, map, findings);
            Some((map, workflow))
        }
        Err(finding) => {
            findings.push(finding);
            None
        }
    }
}

fn check_fields(kind: ComponentKind, fields: &Fields<'_>, findings: &mut Findings) {
    let table = || tables(kind).iter().copied().flatten();
    shape::check(fields, table(), findings);
    let known: Vec<&str> = table().map(|Field { key, .. }| *key).collect();
    match kind {
        // Queues are the one kind whose reader refuses what it does not know.
        ComponentKind::Queue => fields.report_unknown(Code::QueueField, &known, false, findings),
        // Read by its own parser, but for the ref, which numbers do not serve as.
        ComponentKind::Workflow => {}
        _ => fields.report_unknown(Code::UnknownField, &known, true, findings),
    }
}

fn label(fields: &Fields<'_>, component_ref: &str) -> String {
    let label = fields.get("label").and_then(Value::as_str).filter(|label| !label.trim().is_empty());
    label.map_or_else(|| derived_label(component_ref), str::to_owned)
}

fn complete(
    kind: ComponentKind,
    pack: &PackRef,
    component_ref: &str,
    map: Map<String, Value>,
) -> Map<String, Value> {
    let mut definition = map;
    definition.insert("ref".to_owned(), Value::from(component_ref));
    match kind {
        ComponentKind::Rule => complete_rule(pack, &mut definition),
        ComponentKind::Sensor => complete_sensor(pack, &mut definition),
        _ => {}
    }
    definition
}
