//! The linter's findings, for people.

use attune_schemas::lint::{Code, Finding, Findings, Severity};
use attune_terminal::{Output, ReportArgs, tell};

/// The places of equal findings that are named beside the first.
const MAX_PLACES: usize = 3;

/// Which findings are shown, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ShownFindings {
    /// None: the answer is JSON, which has them.
    None,
    /// Errors alone.
    Errors,
    /// All, equal ones once.
    Folded,
    /// All, each by itself.
    All,
}

impl ShownFindings {
    /// Those that `args` ask for.
    pub(super) fn asked(args: &ReportArgs) -> Self {
        match args.output() {
            Output::Json => Self::None,
            Output::Text if args.quiet => Self::Errors,
            Output::Text if args.verbose > 0 => Self::All,
            Output::Text => Self::Folded,
        }
    }

    fn of(self, findings: &Findings) -> Vec<Vec<&Finding>> {
        let groups = folded(findings).into_iter();
        match self {
            Self::None => Vec::new(),
            Self::Errors => groups.filter(|group| group[0].severity == Severity::Error).collect(),
            Self::Folded => groups.collect(),
            Self::All => groups.flatten().map(|finding| vec![finding]).collect(),
        }
    }
}

/// Writes findings to standard error, each with its advice.
///
/// What the pack is comes first, and errors last, where they are seen. Equal ones are told once, with the advice for
/// the first.
pub(super) fn show_findings(pack: &str, findings: &Findings, shown_findings: ShownFindings) {
    for equal in shown_findings.of(findings) {
        // There is nowhere left to report a closed standard error.
        let _ = tell(&(shown(pack.trim_end_matches('/'), &equal) + "\n"));
    }
}

/// The findings in the order in which they are shown, equal ones together.
fn folded(findings: &Findings) -> Vec<Vec<&Finding>> {
    let mut groups: Vec<Vec<&Finding>> = Vec::new();
    for finding in findings {
        let is_equal = |group: &&mut Vec<&Finding>| {
            (group[0].code, &group[0].message) == (finding.code, &finding.message)
        };
        match groups.iter_mut().find(is_equal) {
            Some(group) => group.push(finding),
            None => groups.push(vec![finding]),
        }
    }
    groups.sort_by_key(|group| (group[0].code != Code::ForeignPack, std::cmp::Reverse(group[0].severity)));
    groups
}

fn shown(pack: &str, equal: &[&Finding]) -> String {
    let Some((first, others)) = equal.split_first() else { return String::new() };
    let mut text = format!("{pack}/{first}");
    if !others.is_empty() {
        let places =
            others.iter().take(MAX_PLACES).map(|finding| format!("{}:{}", finding.file, finding.line));
        let places = places.collect::<Vec<_>>().join(", ");
        let rest = if others.len() > MAX_PLACES { ", ..." } else { "" };
        text = format!("{text} (and {} more like it, at {places}{rest}; -v shows all)", others.len());
    }
    match &first.advice {
        Some(advice) if others.iter().all(|other| other.advice == first.advice) => {
            format!("{text}\n  {advice}")
        }
        Some(advice) => format!("{text}\n  here, {advice}"),
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use attune_schemas::lint::Position;

    use super::*;

    fn finding(code: Code, file: &str, message: &str) -> Finding {
        Finding::new(code, file, Position::START, message)
    }

    #[test]
    fn equal_findings_are_one_line_and_errors_come_last() {
        let mut findings = Findings::new();
        findings.push(finding(Code::Missing, "pack.yaml", "an error"));
        for number in 1..=6 {
            findings.push(finding(Code::NoEntryPoint, &format!("actions/{number}.yaml"), "a warning"));
        }
        findings.push(finding(Code::UnknownField, "z.yaml", "for information"));
        for number in 1..=2 {
            let derived = finding(Code::ComponentRefDerived, &format!("{number}.yaml"), "no `ref`");
            findings.push(derived.advise(format!("add `ref: p.{number}`")));
        }
        findings.push(finding(Code::ForeignPack, "pack.yaml", "another system's"));
        let lines: Vec<_> = folded(&findings).iter().map(|equal| shown("p", equal)).collect();
        let expected = [
            "p/pack.yaml:1:1: warning[P021] another system's",
            "p/z.yaml:1:1: info[F003] for information",
            "p/actions/1.yaml:1:1: warning[C014] a warning \
             (and 5 more like it, at actions/2.yaml:1, actions/3.yaml:1, actions/4.yaml:1, ...; -v shows all)",
            "p/1.yaml:1:1: warning[C002] no `ref` (and 1 more like it, at 2.yaml:1; -v shows all)\n  here, add `ref: p.1`",
            "p/pack.yaml:1:1: error[F002] an error",
        ];
        assert_eq!(lines, expected);
    }
}
