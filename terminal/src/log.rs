//! The log on standard error, in the style of everything else that is told there: `warning: ...`.

use std::fmt;
use std::io::{self, Write};

use attune_registry::report::without_secrets;
use tracing::level_filters::LevelFilter;
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::{palette, screen};

/// Starts the log on standard error, from `level` on.
pub fn start_log(level: LevelFilter) {
    tracing_subscriber::fmt()
        .with_max_level(level)
        // Where a log cannot be written, that is no reason to stop: it would panic.
        .log_internal_errors(false)
        .event_format(Labelled)
        .with_writer(|| Discreet(anstream::stderr()))
        .init();
}

/// An entry with its level before it, as warnings and errors have.
struct Labelled;

impl<S, N> FormatEvent<S, N> for Labelled
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
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
        write!(writer, "{style}{label}{style:#}: ")?;
        context.field_format().format_fields(writer.by_ref(), event)?;
        writeln!(writer)
    }
}

/// Leaves logins and tokens in URLs out of the log, and bars out of its way. Each entry comes in one piece.
struct Discreet<W>(W);

impl<W: Write> Write for Discreet<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        screen::beside_bars(|| {
            self.0.write_all(without_secrets(&String::from_utf8_lossy(bytes)).as_bytes())
        })?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
