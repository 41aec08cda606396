//! One finding: its place, severity, message and remedy.

use std::fmt;

use schemars::JsonSchema;
use serde::Serialize;

use super::codes::Code;
use super::position::Position;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The pack cannot be released.
    Error,
    /// The pack can be released, and will probably not behave as its author meant.
    Warning,
    /// Worth knowing.
    Info,
}

/// One defect or oddity in a file of a pack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Finding {
    /// How bad it is; a code always has the same severity.
    pub severity: Severity,
    /// The stable code.
    pub code: Code,
    /// The file, relative to the pack.
    pub file: String,
    /// The line, from 1.
    pub line: usize,
    /// The column in characters, from 1.
    pub column: usize,
    /// The defect.
    pub message: String,
    /// The remedy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Finding {
    /// A finding without advice.
    pub fn new(code: Code, file: &str, position: Position, message: impl Into<String>) -> Self {
        Self {
            severity: code.severity(),
            code,
            file: file.to_owned(),
            line: position.line,
            column: position.column,
            message: bounded(message.into()),
            advice: None,
        }
    }

    /// The same finding with advice.
    #[must_use]
    pub fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = Some(bounded(advice.into()));
        self
    }
}

/// The most bytes of a message, which may quote what a file holds.
const MAX_TEXT: usize = 2000;

fn bounded(mut text: String) -> String {
    if text.len() > MAX_TEXT {
        text.truncate(text.floor_char_boundary(MAX_TEXT / 2));
        text.push_str("...");
    }
    text
}

/// `pack.yaml:3:7: error[P006] ...`, without the advice.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { severity, code, file, line, column, message, .. } = self;
        write!(f, "{file}:{line}:{column}: {severity}[{code}] {message}")
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_bounded() {
        let long = Finding::new(Code::Missing, "pack.yaml", Position::START, "é".repeat(500_000));
        assert!(long.message.len() <= MAX_TEXT && long.message.ends_with("..."));
    }

    #[test]
    fn a_finding_reads_as_one_line_and_serialises_with_its_code() {
        let finding = Finding::new(Code::VersionInvalid, "pack.yaml", Position { line: 3, column: 7 }, "bad")
            .advise("fix");
        assert_eq!(finding.to_string(), "pack.yaml:3:7: error[P006] bad");
        assert_eq!(
            serde_json::to_value(&finding).unwrap(),
            serde_json::json!({
                "severity": "error", "code": "P006", "file": "pack.yaml", "line": 3, "column": 7,
                "message": "bad", "advice": "fix"
            })
        );
    }
}
