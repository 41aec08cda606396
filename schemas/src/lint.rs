//! The whole pack, read and checked in one call.
//!
//! The readers of YAML, packs and components report their findings by [`crate::diagnostics`]; the linter
//! calls them all.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::component::{
    ActionLookup, ComponentFile, ComponentKind, ComponentSummary, KnownActions, check_component_set,
    check_foreign_refs, check_origin, check_workflows, component_files, link_workflows, needed_file,
    read_component, report_nested,
};
use crate::entry_path::EntryPath;
use crate::pack::{PACK_FILE, PackMetadata, check_migration_files, check_test_files, read_pack_document};
use crate::pack_ref::PackRef;
use crate::yaml::{Fields, YamlDocument};

pub use crate::diagnostics::{Code, Finding, Findings, Position, Severity, all_codes};

/// Findings that make no sense if the pack's own ref is not known.
const NEED_THE_PACK: [Code; 6] = [
    Code::ActionUnknown,
    Code::ForeignRef,
    Code::QueueActionMissing,
    Code::RuleActionMissing,
    Code::RuleTriggerMissing,
    Code::SensorTriggerMissing,
];

/// The paths of a pack, as its directory has them.
#[derive(Debug, Clone, Default)]
pub struct PackContent {
    /// Its files.
    pub files: BTreeSet<EntryPath>,
    /// Files and directories that are there and do not belong to it, each with what it does: `matches ...`.
    pub left_out: BTreeMap<String, String>,
    /// Directories with nothing in them.
    pub empty_directories: BTreeSet<String>,
}

impl PackContent {
    /// The reason for which `file` is left out, if it is.
    fn reason_to_leave_out(&self, file: &EntryPath) -> Option<&str> {
        let mut next = Some(file.clone());
        while let Some(path) = next {
            if let Some(reason) = self.left_out.get(path.as_str()) {
                return Some(reason);
            }
            next = path.parent();
        }
        None
    }
}

/// Reads a file; `None` if that fails.
type Read<'a> = dyn Fn(&EntryPath) -> Option<Vec<u8>> + 'a;

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

/// Reads and checks a pack of `content`, whose files `read` gives; `None` means not readable.
///
/// Nothing stops at the first defect. References into other packs are not judged.
pub fn lint_pack(content: &PackContent, read: &Read<'_>) -> LintReport {
    lint_pack_beside(content, read, &KnownActions::default())
}

/// The same, where the actions of the packs `beside` it are known.
pub fn lint_pack_beside(content: &PackContent, read: &Read<'_>, beside: &KnownActions) -> LintReport {
    let mut report = LintReport::default();
    let identity = lint_pack_file(content, read, &mut report).unwrap_or_default();
    lint_components(content, read, identity, beside, &mut report);
    for directory in &content.empty_directories {
        let message = "the directory is empty, and no archive keeps it";
        let finding = Finding::new(Code::EmptyDirectory, directory, Position::START, message);
        report.findings.push(finding.advise("put a file into it, such as `.gitkeep`, if it is needed"));
    }
    report.findings.sort();
    report
}

/// The part of `pack.yaml` that its components are read with.
#[derive(Default)]
struct Identity {
    pack: Option<PackRef>,
    /// The ref that is advised where there is none.
    advised: Option<PackRef>,
    fields: BTreeSet<String>,
}

fn lint_pack_file(content: &PackContent, read: &Read<'_>, report: &mut LintReport) -> Option<Identity> {
    let files = &content.files;
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
        let text = |file: &EntryPath, findings: &mut Findings| read_text(file, read, findings);
        check_test_files(&fields, testing, files, &text, &mut report.findings);
    }
    let left_out = |file: &EntryPath| content.reason_to_leave_out(file).map(str::to_owned);
    check_migration_files(&fields, &|file| files.contains(file), &left_out, &mut report.findings);
    report.metadata = reading.metadata;
    let fields = map.keys().cloned().collect();
    Some(Identity { pack: reading.pack, advised: reading.advised, fields })
}

fn lint_components(
    content: &PackContent,
    read: &Read<'_>,
    identity: Identity,
    beside: &KnownActions,
    report: &mut LintReport,
) {
    let known = identity.pack.is_some();
    // A stand-in, as advice shows it, if the pack has no ref of its own.
    let pack = identity.pack.or(identity.advised).or_else(|| "my_pack".parse().ok());
    let Some(pack) = pack else { return };
    let mut findings = Findings::new();
    let mut components = Vec::new();
    let files = &content.files;
    let component_files = component_files(files);
    for (kind, file) in component_files.iter().cloned() {
        if let Some(text) = read_text(&file, read, &mut findings) {
            components.extend(read_component(kind, &pack, &file, &text, &mut findings));
        }
    }
    check_component_set(&pack, &components, files, &mut findings);
    check_origin(&identity.fields, report.metadata.as_ref(), &components, &mut findings);
    report_left_out(content, &components, &mut findings);
    let text = |file: &EntryPath, findings: &mut Findings| read_text(file, read, findings);
    let linked = link_workflows(&components, files, &text, &mut findings);
    report_nested(files, &linked.files(), &mut findings);
    let mut own = KnownActions::default();
    own.add(&pack, components.iter().map(ComponentFile::summary));
    let is_complete = components.len() == component_files.len();
    let dependencies = report.metadata.as_ref().map(|metadata| metadata.dependencies.keys());
    let actions = ActionLookup {
        own: is_complete.then_some(&own),
        beside,
        dependencies: dependencies.map(|packs| packs.map(PackRef::as_str).collect()),
        pack: &pack,
    };
    check_foreign_refs(&components, &actions, &mut findings);
    check_workflows(&components, &linked, &actions, &mut findings);
    if !known {
        // Without the pack's ref, every component would seem to belong elsewhere.
        findings.retain(|finding| !NEED_THE_PACK.contains(&finding.code));
        findings.for_each(|finding| {
            if let (Code::ComponentRefDerived, Some(advice)) = (finding.code, &mut finding.advice) {
                // Nothing is used of a pack that has no ref.
                *advice = advice.replace("; it is used here", "");
            }
        });
    }
    report.findings.extend(findings);
    report.components = linked.take_place_in(components);
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

/// Tells of entry points that are there and left out, in place of what is said of those that are not there.
fn report_left_out(content: &PackContent, components: &[ComponentFile], findings: &mut Findings) {
    const MISSING: [Code; 3] = [Code::EntryPointMissing, Code::NativeEntryPoint, Code::WorkflowFileMissing];
    for component in components {
        let Some((key, needed)) = needed_file(component) else { continue };
        let Some(reason) = content.reason_to_leave_out(&needed) else { continue };
        let file = component.summary().file.as_str();
        findings.retain(|finding| finding.file != file || !MISSING.contains(&finding.code));
        let message = format!("`{needed}` is needed here, and left out of the pack, since it {reason}");
        let finding = component.fields().finding(Code::NeededFileLeftOut, key, message);
        findings.push(finding.advise("correct the pattern, or move the file"));
    }
}

fn read_text(file: &EntryPath, read: &Read<'_>, findings: &mut Findings) -> Option<String> {
    let unreadable = |position, reason: &str| {
        let message = format!("the file cannot be read as UTF-8 text: {reason}");
        Finding::new(Code::Unreadable, file.as_str(), position, message).advise("save it as UTF-8")
    };
    let Some(bytes) = read(file) else {
        findings.push(unreadable(Position::START, "it cannot be read at all"));
        return None;
    };
    if is_utf16(&bytes) {
        findings.push(unreadable(Position::START, "it is UTF-16"));
        return None;
    }
    match String::from_utf8(bytes) {
        Ok(text) => Some(text),
        Err(error) => {
            let valid = error.utf8_error().valid_up_to();
            let bytes = error.as_bytes();
            let before = String::from_utf8_lossy(&bytes[..valid]);
            let reason = format!("the byte 0x{:02X} is here", bytes[valid]);
            findings.push(unreadable(Position::in_text(&before, before.len()), &reason));
            None
        }
    }
}

/// Whether `bytes` are UTF-16, by its mark or by the zeros of its ASCII characters.
fn is_utf16(bytes: &[u8]) -> bool {
    let zeros = |odd: usize| bytes.iter().skip(odd).step_by(2).take(8).filter(|byte| **byte == 0).count();
    let all = bytes.len().div_ceil(2).min(8);
    let is_marked = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    is_marked || all > 1 && bytes.len().is_multiple_of(2) && zeros(0).abs_diff(zeros(1)) >= all
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_utf8_is_told_with_its_place() {
        let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let table: [(Vec<u8>, usize, usize, &str); 5] = [
            (b"ref: a\nlabel: \"caf\xe9\"\n".to_vec(), 2, 12, "the byte 0xE9"),
            ("ref: é\n".bytes().chain([0xff]).collect(), 2, 1, "the byte 0xFF"),
            ([vec![0xff, 0xfe], utf16("ref: a")].concat(), 1, 1, "UTF-16"),
            (utf16("ref: abcd\n"), 1, 1, "UTF-16"),
            (vec![0xfe, 0xff, 0, b'r'], 1, 1, "UTF-16"),
        ];
        for (bytes, line, column, word) in table {
            let mut findings = Findings::new();
            let file = PACK_FILE.parse().unwrap();
            assert_eq!(read_text(&file, &|_| Some(bytes.clone()), &mut findings), None);
            let finding = findings.iter().next().unwrap();
            assert_eq!(
                (finding.code, finding.line, finding.column),
                (Code::Unreadable, line, column),
                "{word}"
            );
            assert!(finding.message.contains(word), "{finding}");
        }
    }
}
