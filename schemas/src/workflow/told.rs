//! The findings of one workflow file, at most so many of one code.

use std::collections::BTreeMap;

pub(super) use crate::diagnostics::shown;
use crate::diagnostics::{Code, Finding, Findings, Position};
use crate::yaml::SourceText;

/// The most findings of one code that are told of one file.
pub(super) const MAX_OF_ONE_CODE: usize = 100;

/// Collects the findings of one file.
pub(super) struct Told<'a> {
    pub(super) source: &'a SourceText,
    findings: Vec<Finding>,
    counts: BTreeMap<Code, usize>,
}

impl<'a> Told<'a> {
    pub(super) const fn new(source: &'a SourceText) -> Self {
        Self { source, findings: Vec::new(), counts: BTreeMap::new() }
    }

    /// Adds a finding, unless there are [`MAX_OF_ONE_CODE`] of its code.
    pub(super) fn tell(
        &mut self,
        code: Code,
        at: Position,
        message: impl FnOnce() -> String,
        advice: impl Into<Option<String>>,
    ) {
        if !self.is_wanted(code) {
            return;
        }
        let finding = Finding::new(code, self.source.file(), at, message());
        self.findings.push(match advice.into() {
            Some(advice) => finding.advise(advice),
            None => finding,
        });
    }

    /// Counts a finding of `code`; whether it is still to be told.
    fn is_wanted(&mut self, code: Code) -> bool {
        let count = self.counts.entry(code).or_default();
        *count += 1;
        *count <= MAX_OF_ONE_CODE
    }

    /// Whether findings of `code` are still told, so that their places are worth looking for.
    pub(super) fn has_room(&self, code: Code) -> bool {
        self.counts.get(&code).is_none_or(|count| *count < MAX_OF_ONE_CODE)
    }

    /// Hands the findings over; the last of each code tells how many are left out.
    pub(super) fn finish(mut self, findings: &mut Findings) {
        for (code, count) in &self.counts {
            let left_out = count.saturating_sub(MAX_OF_ONE_CODE);
            let last = self.findings.iter_mut().rev().find(|finding| finding.code == *code);
            if let Some(last) = last.filter(|_| left_out > 0) {
                last.message = format!("{} (and {left_out} more like it in this file)", last.message);
            }
        }
        findings.extend(self.findings);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn findings_beyond_the_most_are_counted() {
        let source = SourceText::new("w.yaml", "");
        let mut told = Told::new(&source);
        for number in 0..MAX_OF_ONE_CODE + 5 {
            told.tell(Code::TaskUnknown, Position::START, || format!("number {number}"), None);
        }
        told.tell(Code::DuplicateTask, Position::START, || "another".to_owned(), "advice".to_owned());
        let mut findings = Findings::new();
        told.finish(&mut findings);
        assert_eq!(findings.len(), MAX_OF_ONE_CODE + 1);
        let last = findings.iter().rfind(|finding| finding.code == Code::TaskUnknown).unwrap();
        assert_eq!(last.message, "number 99 (and 5 more like it in this file)");
    }
}
