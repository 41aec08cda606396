//! The log on standard error, in the style of everything else that is told there: `warning: ...`.

use std::fmt;
use std::io::{self, Write};

use attune_registry::report::without_secrets;
use attune_schemas::problem::WarningCode;
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::output::{Output, tell};
use crate::warnings::collect;
use crate::{palette, screen};

/// Starts the log on standard error, from `level` on. Where the result is a JSON document, warnings become part of it.
pub fn start_log(level: LevelFilter, output: Output) {
    tracing_subscriber::fmt()
        .with_max_level(level)
        // Where a log cannot be written, that is no reason to stop: it would panic.
        .log_internal_errors(false)
        .event_format(Labelled(output))
        .with_writer(|| Discreet)
        .init();
}

/// An entry with its level and code before it, as warnings and errors have.
struct Labelled(Output);

impl<S, N> FormatEvent<S, N> for Labelled
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let (style, label) = match *event.metadata().level() {
            Level::ERROR => (palette::ERROR, "error"),
            Level::WARN => (palette::WARNING, "warning"),
            Level::INFO => (palette::HINT, "info"),
            Level::DEBUG => (palette::HINT, "debug"),
            Level::TRACE => (palette::HINT, "trace"),
        };
        let mut told = Told::default();
        event.record(&mut told);
        if let (Output::Json, Level::WARN, Some(code)) = (self.0, *event.metadata().level(), told.warning()) {
            collect(code, &told.message);
            return Ok(());
        }
        let code = told.code.map(|code| format!("[{code}]")).unwrap_or_default();
        write!(writer, "{style}{label}{code}{style:#}: {}", told.message)?;
        for (name, value) in told.fields {
            write!(writer, " {name}={value}")?;
        }
        writeln!(writer)
    }
}

/// The fields of an entry.
#[derive(Default)]
struct Told {
    code: Option<String>,
    message: String,
    fields: Vec<(&'static str, String)>,
}

impl Told {
    /// The code, if it is one of a warning.
    fn warning(&self) -> Option<WarningCode> {
        let code = self.code.as_deref()?;
        WarningCode::ALL.iter().copied().find(|known| known.id() == code)
    }
}

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let value = format!("{value:?}");
        match field.name() {
            "message" => self.message = value,
            "code" => self.code = Some(value),
            name => self.fields.push((name, value)),
        }
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }
}

/// Leaves logins and tokens in URLs out of the log, and bars out of its way. Each entry comes in one piece.
struct Discreet;

impl Write for Discreet {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        screen::beside_bars(|| tell(&without_secrets(&String::from_utf8_lossy(bytes))))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
