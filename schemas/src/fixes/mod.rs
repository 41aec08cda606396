//! Corrections of files whose meaning is certain to stay the same, as edits of their text.
//!
//! ```text
//! text --propose--> edits, each with its code --apply--> text --verify--> the same model, fewer findings
//! ```
//!
//! Comments, layout and everything that no edit names stay as they are. A correction counts only if the text that it
//! makes is read as the same component or workflow, and has no finding that the former did not have.

mod component;
mod edit;
mod propose;
mod task;
mod transitions;
mod workflow;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::component::{ComponentKind, ComponentSummary, read_component};
use crate::diagnostics::{Code, Findings};
use crate::entry_path::EntryPath;
use crate::pack_ref::PackRef;
use edit::{Fix, apply, without_overlaps};

/// The most rounds in which a file is corrected; a correction may make room for another.
const MAX_ROUNDS: usize = 10;
/// The most corrections that are tried one by one where they cannot be made together, and the bytes read for that.
const MAX_SINGLE: usize = 64;
const MAX_READ: usize = 4 * 1024 * 1024;

/// The codes whose findings may be corrected.
pub const FIXABLE: [Code; 4] =
    [Code::ComponentRefDerived, Code::LegacyWorkflow, Code::OlderRuleField, Code::WorkflowRefMissing];

/// A file of a pack that may be corrected.
#[derive(Debug, Clone, Copy)]
pub struct FixableFile<'a> {
    /// The kind of component that it is, or the workflow of an action.
    pub kind: ComponentKind,
    /// The pack.
    pub pack: &'a PackRef,
    /// Its path in the pack.
    pub file: &'a EntryPath,
    /// Its text.
    pub text: &'a str,
    /// The codes that were found in it; nothing else is corrected.
    pub codes: &'a [Code],
}

/// The outcome of correcting a file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FixedFile {
    /// The corrected text; `None` if there is nothing to correct, or nothing that is certain.
    pub text: Option<String>,
    /// Whether something was left because the corrected text would not be read as the same.
    pub left_some: bool,
}

/// Corrects all that is certain in one file.
pub fn fix_file(file: FixableFile<'_>) -> FixedFile {
    let mut fixed = FixedFile::default();
    let Some(mut before) = Model::of(file, file.text) else { return fixed };
    let mut text = file.text.to_owned();
    for _ in 0..MAX_ROUNDS {
        let fixes = without_overlaps(propose::propose(file, &text));
        if fixes.is_empty() {
            break;
        }
        let Some((corrected, model, are_all)) = attempt(file, &text, &fixes, &before) else {
            fixed.left_some = true;
            break;
        };
        fixed.left_some = !are_all;
        (text, before) = (corrected, model);
    }
    fixed.text = (text != file.text).then_some(text);
    fixed
}

/// The text with as many of `fixes` as leave it the same, its model, and whether these are all.
fn attempt(
    file: FixableFile<'_>,
    text: &str,
    fixes: &[Fix],
    before: &Model,
) -> Option<(String, Model, bool)> {
    let corrected = |fixes: &[&Fix]| {
        let corrected = apply(text, fixes)?;
        let model = Model::of(file, &corrected)?;
        model.is_better_than(before).then_some((corrected, model))
    };
    let all: Vec<&Fix> = fixes.iter().collect();
    if let Some((corrected, model)) = corrected(&all) {
        return Some((corrected, model, true));
    }
    let mut accepted: Vec<&Fix> = Vec::new();
    let mut best = None;
    for fix in fixes.iter().take((MAX_READ / text.len().max(1)).clamp(4, MAX_SINGLE)) {
        accepted.push(fix);
        match corrected(&accepted) {
            Some(better) => best = Some(better),
            None => drop(accepted.pop()),
        }
    }
    best.map(|(corrected, model)| (corrected, model, false))
}

/// The meaning of a text, and the findings in it.
struct Model {
    summary: ComponentSummary,
    form: Option<Map<String, Value>>,
    findings: BTreeMap<Code, usize>,
}

impl Model {
    fn of(file: FixableFile<'_>, text: &str) -> Option<Self> {
        let mut findings = Findings::new();
        let component = read_component(file.kind, file.pack, file.file, text, &mut findings)?;
        let mut counts = BTreeMap::new();
        for finding in &findings {
            *counts.entry(finding.code).or_insert(0) += 1;
        }
        let form = component.workflow().map(|workflow| {
            let mut form = workflow.normal_form();
            // The file's name gives it where the file does not, as the component's own ref says.
            form.remove("ref");
            form
        });
        let mut summary = component.into_summary();
        if form.is_some() {
            summary.definition.clear();
        }
        Some(Self { summary, form, findings: counts })
    }

    /// Whether it means the same, and has no finding more.
    fn is_better_than(&self, before: &Self) -> bool {
        let has_no_more =
            |(code, count): (&Code, &usize)| before.findings.get(code).is_some_and(|before| count <= before);
        (&self.summary, &self.form) == (&before.summary, &before.form)
            && self.findings.iter().all(has_no_more)
    }
}

#[cfg(test)]
mod tests;
