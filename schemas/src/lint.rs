//! The whole pack, read and checked in one call.
//!
//! The readers of YAML, packs and components report their findings by [`crate::diagnostics`]; the linter
//! calls them all.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::component::{
    ComponentKind, ComponentSummary, check_component_set, component_files, read_component, report_nested,
};
use crate::diagnostics::Position;
use crate::entry_path::EntryPath;
use crate::pack::{PACK_FILE, PackMetadata, check_test_files, read_pack_document};
use crate::pack_ref::PackRef;
use crate::yaml::{Fields, YamlDocument};

pub use crate::diagnostics::{Code, Finding, Findings, Severity, all_codes};

/// Findings that make no sense if the pack's own ref is not known.
const NEED_THE_PACK: [Code; 4] =
    [Code::ForeignRef, Code::RuleActionMissing, Code::RuleTriggerMissing, Code::SensorTriggerMissing];

/// The metadata and components of a pack, and its defects.
#[derive(Debug, Clone, Default, Serialize)]
pub struct LintReport {
    /// The metadata; `None` if `pack.yaml` has no valid ref or version.
    pub metadata: Option<PackMetadata>,
    /// The components that could be read, by kind in load order and then by ref.
    pub components: Vec<ComponentSummary>,
    /// Everything that was found, in order. The pack is fit for release if none is an error.
    pub findings: Findings,
}

/// Reads and checks a pack of `files`, whose texts `read` gives; `None` means not readable as UTF-8.
///
/// Nothing stops at the first defect.
pub fn lint_pack(files: &BTreeSet<EntryPath>, read: &dyn Fn(&EntryPath) -> Option<String>) -> LintReport {
    let mut report = LintReport::default();
    let pack = lint_pack_file(files, read, &mut report);
    lint_components(files, read, pack, &mut report);
    report_nested(files, &mut report.findings);
    report.findings.sort();
    report
}

fn lint_pack_file(
    files: &BTreeSet<EntryPath>,
    read: &dyn Fn(&EntryPath) -> Option<String>,
    report: &mut LintReport,
) -> Option<PackRef> {
    let Some(file) = files.iter().find(|file| file.as_str() == PACK_FILE) else {
        report.findings.push(no_pack_file(files));
        return None;
    };
    let text = read_text(file, read, &mut report.findings)?;
    let document = match YamlDocument::parse(PACK_FILE, &text) {
        Ok(document) => document,
        Err(finding) => {
            report.findings.push(finding);
            return None;
        }
    };
    let map = document.to_json(&mut report.findings);
    let fields = Fields::root(&document, &map);
    let reading = read_pack_document(&fields, &mut report.findings);
    if let Some(testing) = reading.metadata.as_ref().and_then(|metadata| metadata.testing.as_ref()) {
        check_test_files(&fields, testing, files, &mut report.findings);
    }
    report.metadata = reading.metadata;
    reading.pack
}

fn lint_components(
    files: &BTreeSet<EntryPath>,
    read: &dyn Fn(&EntryPath) -> Option<String>,
    pack: Option<PackRef>,
    report: &mut LintReport,
) {
    let known = pack.is_some();
    // A stand-in, as advice shows it, if the pack has no ref of its own.
    let Some(pack) = pack.or_else(|| "my_pack".parse().ok()) else { return };
    let mut findings = Findings::new();
    let mut components = Vec::new();
    for (kind, file) in component_files(files) {
        if let Some(text) = read_text(&file, read, &mut findings) {
            components.extend(read_component(kind, &pack, &file, &text, &mut findings));
        }
    }
    check_component_set(&pack, &components, files, &mut findings);
    if !known {
        // Without the pack's ref, every component would seem to belong elsewhere.
        findings.retain(|finding| !NEED_THE_PACK.contains(&finding.code));
    }
    report.findings.extend(findings);
    report.components = components.into_iter().map(crate::component::ComponentFile::into_summary).collect();
    report.components.sort_by(|a, b| (a.kind, &a.component_ref).cmp(&(b.kind, &b.component_ref)));
    drop_shadowed(&mut report.components);
}

/// Of two workflow files with one ref, the later wins; it is the one under `actions/workflows/`.
fn drop_shadowed(components: &mut Vec<ComponentSummary>) {
    components.dedup_by(|later, earlier| {
        let shadows = later.kind == ComponentKind::Workflow
            && earlier.kind == ComponentKind::Workflow
            && later.component_ref == earlier.component_ref;
        if shadows {
            std::mem::swap(later, earlier);
        }
        shadows
    });
}

fn read_text(
    file: &EntryPath,
    read: &dyn Fn(&EntryPath) -> Option<String>,
    findings: &mut Findings,
) -> Option<String> {
    let text = read(file);
    if text.is_none() {
        let message = "the file cannot be read as UTF-8 text";
        let finding = Finding::new(Code::Unreadable, file.as_str(), Position::START, message);
        findings.push(finding.advise("save it as UTF-8"));
    }
    text
}

fn no_pack_file(files: &BTreeSet<EntryPath>) -> Finding {
    let finding = Finding::new(Code::NoPackFile, PACK_FILE, Position::START, "the pack has no `pack.yaml`");
    let misnamed = files.iter().find(|file| {
        let name = file.as_str().to_ascii_lowercase();
        name == PACK_FILE || name == "pack.yml"
    });
    let nested =
        files.iter().find(|file| file.as_str().rsplit_once('/').is_some_and(|(_, name)| name == PACK_FILE));
    match (misnamed, nested) {
        (Some(misnamed), _) => finding.advise(format!("rename `{misnamed}` to `pack.yaml`")),
        (None, Some(nested)) => {
            let directory = nested.as_str().strip_suffix("/pack.yaml").unwrap_or(nested.as_str());
            finding.advise(format!("the pack seems to be in `{directory}`; name that directory"))
        }
        (None, None) => finding.advise("add one with at least `ref`, `label` and `version`"),
    }
}
