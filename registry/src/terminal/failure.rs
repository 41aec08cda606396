//! A failure as it is shown: what failed, why, and what to do about it.

use std::error::Error;
use std::io::{self, Write};

use anstyle::{AnsiColor, Style};
use serde_json::json;

use super::Output;

/// A failure, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What failed.
    pub message: String,
    /// Why, the nearest cause first.
    pub causes: Vec<String>,
    /// What to do about it.
    pub hint: Option<String>,
    /// The exit code that goes with it.
    pub exit_code: u8,
    /// More, for programs: fields that are added to the JSON form.
    pub details: serde_json::Map<String, serde_json::Value>,
}

impl Failure {
    /// The failure that `error` is, with its chain of sources.
    pub fn new(error: &dyn Error, hint: Option<String>, exit_code: u8) -> Self {
        let mut causes = Vec::new();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            // A transparent error says the same as its source.
            if causes.last() != Some(&text) {
                causes.push(text);
            }
            source = cause.source();
        }
        Self { message: error.to_string(), causes, hint, exit_code, details: serde_json::Map::new() }
    }

    /// Adds a field to the JSON form.
    #[must_use]
    pub fn with_detail(mut self, name: &str, value: serde_json::Value) -> Self {
        self.details.insert(name.to_owned(), value);
        self
    }

    /// Writes it to `writer`.
    pub fn write(&self, output: Output, writer: &mut dyn Write) -> io::Result<()> {
        match output {
            Output::Json => {
                let mut error = json!({
                    "message": self.message,
                    "causes": self.causes,
                    "hint": self.hint,
                    "exitCode": self.exit_code,
                });
                if let Some(fields) = error.as_object_mut() {
                    fields.extend(self.details.clone());
                }
                writeln!(writer, "{}", json!({ "error": error }))
            }
            Output::Text => self.write_text(writer),
        }
    }

    /// Writes it to standard error, where a failure to write has nowhere to be told.
    pub fn show(&self, output: Output) {
        let _ = self.write(output, &mut anstream::stderr());
    }

    fn write_text(&self, writer: &mut dyn Write) -> io::Result<()> {
        let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        let cyan = Style::new().bold().fg_color(Some(AnsiColor::Cyan.into()));
        writeln!(writer, "{red}error{red:#}: {}", self.message)?;
        for cause in &self.causes {
            writeln!(writer, "  caused by: {cause}")?;
        }
        if let Some(hint) = &self.hint {
            writeln!(writer, "{cyan}hint{cyan:#}: {hint}")?;
        }
        Ok(())
    }
}
