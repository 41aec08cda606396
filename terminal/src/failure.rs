//! A failure as it is shown: the failure, its causes, and a hint.

use std::borrow::Cow;
use std::error::Error;
use std::io::{self, Write};

use crate::error_document::{ERROR_FORMAT, ErrorDocument, ErrorReport};
use crate::output::tell;
use crate::warnings::collected;
use crate::{Output, exit_code, machine_hint};
use anstyle::{AnsiColor, Style};
use attune_registry::machine_fault::MachineFault;
use attune_registry::report::without_secrets;
use attune_schemas::problem::{ErrorCode, explain};

/// A failure of a command, ready to be shown.
///
/// Each program turns the errors of its library into this type, in its `cli` folder: that is where the flags
/// are that a hint may name. Logins and tokens in URLs are left out of it, whoever wrote them into an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    code: ErrorCode,
    message: String,
    causes: Vec<String>,
    hint: Option<String>,
    details: serde_json::Map<String, serde_json::Value>,
}

/// `text` without logins and tokens.
fn discreet(text: String) -> String {
    match without_secrets(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(shown) => shown,
    }
}

impl Failure {
    /// The failure that `error` is, with its chain of sources.
    pub fn new(error: &dyn Error, code: ErrorCode) -> Self {
        let message = discreet(error.to_string());
        let mut causes: Vec<String> = Vec::new();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = discreet(cause.to_string());
            // A transparent error says the same as its source.
            if *causes.last().unwrap_or(&message) != text {
                causes.push(text);
            }
            source = cause.source();
        }
        Self { causes, ..Self::from_message(message, code) }
    }

    /// A failure without a cause.
    pub fn from_message(message: String, code: ErrorCode) -> Self {
        let message = discreet(message);
        Self { code, message, causes: Vec::new(), hint: None, details: serde_json::Map::new() }
    }

    /// The failure itself, without its causes.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The failure with its causes, in one line.
    pub fn whole_message(&self) -> String {
        self.causes.iter().fold(self.message.clone(), |text, cause| format!("{text}: {cause}"))
    }

    /// The result could not be written to standard output, though the work is done.
    pub fn of_output(error: &io::Error) -> Self {
        let message = "done, but the result could not be written to standard output".to_owned();
        let hint = MachineFault::of_io(error).map(|fault| machine_hint(fault).to_owned());
        Self { causes: vec![error.to_string()], ..Self::from_message(message, ErrorCode::OutputLost) }
            .with_hint(hint)
    }

    /// Adds the hint, if there is one.
    #[must_use]
    pub fn with_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint.map(discreet);
        self
    }

    /// Adds a field to the JSON form.
    #[must_use]
    pub fn with_detail(mut self, name: &str, value: serde_json::Value) -> Self {
        self.details.insert(name.to_owned(), value);
        self
    }

    /// The code of the failure.
    pub const fn code(&self) -> ErrorCode {
        self.code
    }

    /// The exit code of the program.
    pub const fn exit_code(&self) -> u8 {
        exit_code(self.code.kind())
    }

    /// The hint; where the program knows none of its own, the cure of the code.
    pub fn remedy(&self) -> Cow<'_, str> {
        match &self.hint {
            Some(hint) => hint.into(),
            None => explain(self.code.id()).map_or(Cow::Borrowed(""), |known| known.cure_as_hint().into()),
        }
    }

    /// Writes it to `writer`.
    pub fn write(&self, output: Output, writer: &mut dyn Write) -> io::Result<()> {
        match output {
            Output::Json => {
                let document = ErrorDocument {
                    format: ERROR_FORMAT,
                    error: ErrorReport {
                        code: self.code,
                        message: &self.message,
                        causes: &self.causes,
                        hint: &self.remedy(),
                        exit_code: self.exit_code(),
                        details: &self.details,
                    },
                    warnings: collected(),
                };
                writeln!(writer, "{}", serde_json::to_string(&document).map_err(io::Error::from)?)
            }
            Output::Text => self.write_text(writer),
        }
    }

    /// Writes it to standard error, where a failure to write has nowhere to be told.
    pub fn show(&self, output: Output) {
        let mut text = Vec::new();
        let _ = self.write(output, &mut text).and_then(|()| tell(&String::from_utf8_lossy(&text)));
    }

    fn write_text(&self, writer: &mut dyn Write) -> io::Result<()> {
        let red = Style::new().bold().fg_color(Some(AnsiColor::Red.into()));
        let cyan = Style::new().bold().fg_color(Some(AnsiColor::Cyan.into()));
        writeln!(writer, "{red}error[{}]{red:#}: {}", self.code, self.message)?;
        for cause in &self.causes {
            writeln!(writer, "  caused by: {cause}")?;
        }
        writeln!(writer, "{cyan}hint{cyan:#}: {}", self.remedy())
    }
}
