//! Corrections of a pack's files whose meaning is certain to stay the same.
//!
//! They are worked out in memory and checked with the whole pack: a file whose correction would have another finding
//! stays as it is, and so does everything if the pack would.

use std::collections::BTreeMap;

use attune_registry::pack_directory::PackDirectory;
use attune_schemas::EntryPath;
use attune_schemas::component::{ComponentKind, KnownActions};
use attune_schemas::fixes::{FIXABLE, FixableFile, fix_file};
use attune_schemas::lint::{Code, Findings, LintReport};
use schemars::JsonSchema;
use serde::Serialize;

use super::diff::unified;
use crate::operations::checked::CheckError;

/// The treatment of findings whose remedy is certain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fixing {
    /// They are counted.
    #[default]
    Count,
    /// The corrections are shown.
    Show,
    /// The files are corrected.
    Write,
}

/// Corrections of a pack.
#[derive(Debug, Clone, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PackFixes {
    /// Whether they were written.
    pub written: bool,
    /// The findings that they remove.
    pub fixed: usize,
    /// The findings that they leave.
    pub remaining: usize,
    /// The corrected files, sorted by path.
    pub files: Vec<FixedPackFile>,
    /// The files of which something is left that looks correctable.
    pub left_alone: Vec<FileLeftAlone>,
}

/// A corrected file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FixedPackFile {
    /// The file.
    pub path: EntryPath,
    /// The findings in it that are removed.
    pub fixed: usize,
    /// The corrections as a unified difference, where they were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub diff: Option<String>,
}

/// A file of which something is left.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FileLeftAlone {
    /// The file.
    pub path: EntryPath,
    /// The reason.
    pub reason: &'static str,
}

const OTHERWISE: &str = "a correction would be read otherwise";
const ANOTHER: &str = "its corrections would have another finding";

/// Corrections that were worked out and not written.
pub(super) struct Plan {
    pub(super) fixes: PackFixes,
    changed: BTreeMap<EntryPath, Corrected>,
}

struct Corrected {
    old: String,
    new: String,
}

type Counts<'a> = BTreeMap<(&'a str, Code), usize>;

impl Plan {
    /// Works out the corrections of the pack in `directory`, in which `report` was found.
    pub(super) fn of(directory: &PackDirectory, report: &LintReport, beside: &KnownActions) -> Self {
        let remaining = report.findings.len();
        let mut plan =
            Self { fixes: PackFixes { remaining, ..PackFixes::default() }, changed: BTreeMap::new() };
        let Some(metadata) = &report.metadata else { return plan };
        let mut files: BTreeMap<&EntryPath, ComponentKind> = BTreeMap::new();
        for component in &report.components {
            files.insert(&component.file, component.kind);
        }
        for (file, kind) in files {
            let codes = codes_in(&report.findings, file);
            let Some(old) = (!codes.is_empty()).then(|| directory.read_text(file).ok()).flatten() else {
                continue;
            };
            let fixable = FixableFile { kind, pack: &metadata.pack, file, text: &old, codes: &codes };
            let fixed = fix_file(fixable);
            if fixed.left_some {
                plan.fixes.left_alone.push(FileLeftAlone { path: file.clone(), reason: OTHERWISE });
            }
            if let Some(new) = fixed.text {
                plan.changed.insert(file.clone(), Corrected { old, new });
            }
        }
        plan.check_with_the_pack(directory, report, beside);
        plan
    }

    /// Takes back what would have another finding, and counts the rest.
    fn check_with_the_pack(&mut self, directory: &PackDirectory, report: &LintReport, beside: &KnownActions) {
        let before = counts(&report.findings);
        for _ in 0..2 {
            if self.changed.is_empty() {
                return;
            }
            let texts = self.changed.iter().map(|(file, corrected)| (file.clone(), corrected.new.clone()));
            let after = directory.lint_changed(beside, &texts.collect());
            let after_counts = counts(&after.findings);
            let grown: Vec<&str> = after_counts
                .iter()
                .filter(|(key, count)| before.get(*key).is_none_or(|before| *count > before))
                .map(|((file, _), _)| *file)
                .collect();
            if grown.is_empty() {
                self.count(&before, &after_counts);
                self.fixes.remaining = after.findings.len();
                return;
            }
            let is_guilty = |file: &EntryPath| grown.contains(&file.as_str());
            // What other files find because of these has no culprit that is plain.
            let has_culprit = self.changed.keys().any(is_guilty);
            let taken: Vec<EntryPath> =
                self.changed.keys().filter(|file| !has_culprit || is_guilty(file)).cloned().collect();
            for path in taken {
                self.changed.remove(&path);
                self.fixes.left_alone.push(FileLeftAlone { path, reason: ANOTHER });
            }
        }
        for path in std::mem::take(&mut self.changed).into_keys() {
            self.fixes.left_alone.push(FileLeftAlone { path, reason: ANOTHER });
        }
    }

    fn count(&mut self, before: &Counts<'_>, after: &Counts<'_>) {
        let in_file = |counts: &Counts<'_>, wanted: &str| -> usize {
            counts.iter().filter(|((file, _), _)| *file == wanted).map(|(_, count)| count).sum()
        };
        for path in self.changed.keys() {
            let fixed = in_file(before, path.as_str()).saturating_sub(in_file(after, path.as_str()));
            self.fixes.files.push(FixedPackFile { path: path.clone(), fixed, diff: None });
        }
        self.fixes.fixed = before.values().sum::<usize>() - after.values().sum::<usize>();
    }

    /// Adds the differences, each with the file's name from where the pack was named.
    pub(super) fn show(&mut self, directory: &PackDirectory) {
        let pack = directory.path().display().to_string();
        let pack = pack.trim_end_matches('/').trim_start_matches("./");
        for file in &mut self.fixes.files {
            let name = match pack {
                "" | "." => file.path.to_string(),
                pack => format!("{}/{}", pack.trim_start_matches('/'), file.path),
            };
            file.diff = self.changed.get(&file.path).map(|Corrected { old, new }| unified(&name, old, new));
        }
    }

    /// Writes the corrected files, each whole or not at all.
    pub(super) fn write(&mut self, directory: &PackDirectory) -> Result<(), CheckError> {
        for (path, Corrected { old, new }) in &self.changed {
            let replaced = directory.replace(path, old, new);
            replaced.map_err(|source| CheckError::NotFixed {
                file: directory.path().join(path.as_str()),
                source,
            })?;
        }
        self.fixes.written = !self.changed.is_empty();
        Ok(())
    }
}

/// The correctable codes that were found in `file`.
fn codes_in(findings: &Findings, file: &EntryPath) -> Vec<Code> {
    let in_file = findings.iter().filter(|finding| finding.file == file.as_str());
    in_file.map(|finding| finding.code).filter(|code| FIXABLE.contains(code)).collect()
}

fn counts(findings: &Findings) -> Counts<'_> {
    let mut counts = BTreeMap::new();
    for finding in findings {
        *counts.entry((finding.file.as_str(), finding.code)).or_insert(0) += 1;
    }
    counts
}
