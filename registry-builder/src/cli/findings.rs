//! The linter's findings, for people.

use std::io::Write;

use attune_schemas::lint::{Code, Finding, Findings};
use attune_terminal::Output;

/// The places of equal findings that are named beside the first.
const MAX_PLACES: usize = 3;

/// Writes findings to standard error, each with its advice; nothing if the answer is JSON, which has them.
///
/// What the pack is comes first, and errors last, where they are seen. Equal ones are told once, with the advice for
/// the first.
pub(super) fn show_findings(pack: &str, findings: &Findings, output: Output) {
    if output == Output::Json {
        return;
    }
    let mut stderr = anstream::stderr();
    for equal in folded(findings) {
        // There is nowhere left to report a closed standard error.
        let _ = writeln!(stderr, "{}", shown(pack.trim_end_matches('/'), &equal));
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
        let rest = others.len().saturating_sub(MAX_PLACES);
        let rest = if rest == 0 { String::new() } else { format!(" and {rest} more") };
        text = format!("{text} ({} times: also at {places}{rest})", equal.len());
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
             (6 times: also at actions/2.yaml:1, actions/3.yaml:1, actions/4.yaml:1 and 2 more)",
            "p/1.yaml:1:1: warning[C002] no `ref` (2 times: also at 2.yaml:1)\n  here, add `ref: p.1`",
            "p/pack.yaml:1:1: error[F002] an error",
        ];
        assert_eq!(lines, expected);
    }
}
