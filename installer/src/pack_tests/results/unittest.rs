//! What our own form of `python -m unittest` notes of each test: a JSON object a line, and at the end that it is one.
//!
//! Its text output is unittest's own. The notes end where the run did: a test that ends the process takes them with it,
//! and no end is no result.

use attune_schemas::pack_test_result::TestStatus;
use serde::Deserialize;

use super::cases::{CaseText, Cases};

/// The program: `python -c PROGRAM NOTES NAME...`.
pub(in crate::pack_tests) const PROGRAM: &str = include_str!("unittest.py");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    #[serde(default)]
    name: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    seconds: f64,
    #[serde(default)]
    message: Option<String>,
    #[serde(default)]
    end: bool,
}

/// Reads the notes in `text`.
///
/// # Errors
/// They are none, or end too early.
pub(in crate::pack_tests) fn read(text: &str, cases: &mut Cases) -> Result<(), String> {
    for line in text.lines() {
        let note: Note =
            serde_json::from_str(line).map_err(|error| format!("its notes are damaged: {error}"))?;
        if note.end {
            return Ok(());
        }
        let status = match note.status.as_str() {
            "passed" => TestStatus::Passed,
            "failed" => TestStatus::Failed,
            "error" => TestStatus::Error,
            "skipped" => TestStatus::Skipped,
            other => return Err(format!("a test has the status `{}`", other.escape_debug())),
        };
        let message = note.message.as_deref();
        cases.push(
            status,
            &CaseText { name: &note.name, seconds: note.seconds, message, ..Default::default() },
        )?;
    }
    Err("it ended before its tests did".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_without_an_end_are_no_result() {
        let test = r#"{"name": "t.T.test_a", "status": "passed", "seconds": 0.5}"#;
        let mut cases = Cases::default();
        read(&format!("{test}\n{{\"end\": true}}\n"), &mut cases).unwrap();
        let told = cases.told();
        assert_eq!((told.counts.total, told.cases[0].duration_ms), (1, 500));
        for text in [
            "",
            test,
            "{\"end\": false}",
            "{\"name\": \"a\", \"status\": \"great\"}\n{\"end\": true}",
            "{\"name\": \"a\", \"sta",
            "[]",
        ] {
            assert!(read(text, &mut Cases::default()).is_err(), "{text}");
        }
    }
}
