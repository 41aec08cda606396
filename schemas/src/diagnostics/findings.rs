//! All findings of a pack, kept in the order of its files and lines.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use super::codes::Code;
use super::finding::{Finding, Severity};

/// A collection of findings.
#[derive(Debug, Clone, Default, PartialEq, Eq, JsonSchema)]
#[schemars(transparent)]
pub struct Findings {
    items: Vec<Finding>,
}

impl Findings {
    /// No findings yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one.
    pub fn push(&mut self, finding: Finding) {
        self.items.push(finding);
    }

    /// Whether any is an error, so that the pack cannot be released.
    pub fn has_errors(&self) -> bool {
        self.items.iter().any(|finding| finding.severity == Severity::Error)
    }

    /// How many have this severity.
    pub fn count(&self, severity: Severity) -> usize {
        self.items.iter().filter(|finding| finding.severity == severity).count()
    }

    /// Whether there are no findings.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// The findings: in order once [`Findings::sort`] has run, as found before.
    pub fn iter(&self) -> std::slice::Iter<'_, Finding> {
        self.items.iter()
    }

    /// Whether one carries `code`.
    pub fn contains(&self, code: Code) -> bool {
        self.items.iter().any(|finding| finding.code == code)
    }

    /// Sorts by file (`pack.yaml` first, and before all what the pack is), line, column and code, and drops exact repetitions.
    pub fn sort(&mut self) {
        self.items.sort_by(|a, b| sort_key(a).cmp(&sort_key(b)));
        self.items.dedup();
    }

    /// Keeps at most `most` of each code; the last of them tells how many are left out.
    pub(crate) fn cap(&mut self, most: usize) {
        let mut counts: BTreeMap<Code, usize> = BTreeMap::new();
        self.items.retain(|finding| {
            let count = counts.entry(finding.code).or_default();
            *count += 1;
            *count <= most
        });
        for (code, count) in counts.into_iter().filter(|(_, count)| *count > most) {
            if let Some(last) = self.items.iter_mut().rev().find(|finding| finding.code == code) {
                last.message = format!("{} (and {} more like it in this file)", last.message, count - most);
            }
        }
    }

    /// Changes each.
    pub(crate) fn for_each(&mut self, change: impl FnMut(&mut Finding)) {
        self.items.iter_mut().for_each(change);
    }

    pub(crate) fn retain(&mut self, keep: impl FnMut(&Finding) -> bool) {
        self.items.retain(keep);
    }
}

fn sort_key(finding: &Finding) -> (bool, bool, &str, usize, usize, Code, &str) {
    let Finding { file, line, column, code, message, .. } = finding;
    (*code != Code::ForeignPack, file != "pack.yaml", file, *line, *column, *code, message)
}

impl Extend<Finding> for Findings {
    fn extend<I: IntoIterator<Item = Finding>>(&mut self, findings: I) {
        self.items.extend(findings);
    }
}

impl IntoIterator for Findings {
    type Item = Finding;
    type IntoIter = std::vec::IntoIter<Finding>;

    fn into_iter(self) -> Self::IntoIter {
        self.items.into_iter()
    }
}

impl<'a> IntoIterator for &'a Findings {
    type Item = &'a Finding;
    type IntoIter = std::slice::Iter<'a, Finding>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Serialize for Findings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.items.serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostics::Position;

    fn finding(code: Code, file: &str, line: usize) -> Finding {
        Finding::new(code, file, Position { line, column: 1 }, "m")
    }

    #[test]
    fn findings_sort_by_file_and_line_with_pack_yaml_first() {
        let mut findings = Findings::new();
        findings.extend([
            finding(Code::Missing, "actions/a.yaml", 9),
            finding(Code::Missing, "pack.yaml", 2),
            finding(Code::Missing, "actions/a.yaml", 1),
            finding(Code::Missing, "pack.yaml", 2),
        ]);
        findings.sort();
        let order: Vec<_> = findings.iter().map(|finding| (finding.file.as_str(), finding.line)).collect();
        assert_eq!(order, [("pack.yaml", 2), ("actions/a.yaml", 1), ("actions/a.yaml", 9)]);
    }

    #[test]
    fn findings_beyond_the_most_are_counted() {
        let mut findings = Findings::new();
        findings.extend((1..=9).map(|line| finding(Code::Missing, "a.yaml", line)));
        findings.push(finding(Code::Empty, "a.yaml", 1));
        findings.cap(3);
        assert_eq!(findings.len(), 4);
        assert_eq!(findings.items[2].message, "m (and 6 more like it in this file)");
    }

    #[test]
    fn only_errors_count_as_errors() {
        let mut findings = Findings::new();
        findings.push(finding(Code::UnknownField, "pack.yaml", 1));
        findings.push(finding(Code::LabelMissing, "pack.yaml", 1));
        assert!(!findings.has_errors());
        findings.push(finding(Code::Missing, "pack.yaml", 1));
        assert!(findings.has_errors());
        assert_eq!((findings.count(Severity::Error), findings.len()), (1, 3));
    }
}
