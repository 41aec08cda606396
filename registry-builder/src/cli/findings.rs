//! The linter's findings, for people.

use std::io::Write;

use attune_schemas::lint::Findings;
use attune_terminal::Output;

/// Writes findings to standard error, each with its advice; nothing if the answer is JSON, which has them.
pub(super) fn show_findings(pack: &str, findings: &Findings, output: Output) {
    if output == Output::Json {
        return;
    }
    let mut stderr = anstream::stderr();
    for finding in findings {
        let advice = finding.advice.as_ref().map(|advice| format!("\n  {advice}")).unwrap_or_default();
        // There is nowhere left to report a closed standard error.
        let _ = writeln!(stderr, "{}/{finding}{advice}", pack.trim_end_matches('/'));
    }
}
