//! The terminal's screen: its width, and the bars that are drawn on it while something else is written.

use std::io::{self, IsTerminal as _};
use std::sync::OnceLock;

use console::Term;
use indicatif::{MultiProgress, ProgressDrawTarget, TermLike};
use terminal_size::{Width, terminal_size_of};

/// How often bars are drawn in a second.
const HZ: u8 = 20;
/// The columns that bars leave free at the right.
const MARGIN: u16 = 4;

/// Standard error as bars see it: a little narrower than it is. A terminal writes `^C` for an interrupt behind the last
/// bar, and where there is no room it goes on below, from where the bar could not be taken away.
#[derive(Debug)]
struct BarTerminal(Term);

impl BarTerminal {
    fn stderr() -> Self {
        Self(Term::buffered_stderr())
    }
}

impl TermLike for BarTerminal {
    fn width(&self) -> u16 {
        self.0.size().1.saturating_sub(MARGIN).max(1)
    }

    fn height(&self) -> u16 {
        self.0.size().0
    }

    fn move_cursor_up(&self, lines: usize) -> io::Result<()> {
        self.0.move_cursor_up(lines)
    }

    fn move_cursor_down(&self, lines: usize) -> io::Result<()> {
        self.0.move_cursor_down(lines)
    }

    fn move_cursor_right(&self, columns: usize) -> io::Result<()> {
        self.0.move_cursor_right(columns)
    }

    fn move_cursor_left(&self, columns: usize) -> io::Result<()> {
        self.0.move_cursor_left(columns)
    }

    fn write_line(&self, line: &str) -> io::Result<()> {
        self.0.write_line(line)
    }

    fn write_str(&self, text: &str) -> io::Result<()> {
        self.0.write_str(text)
    }

    fn clear_line(&self) -> io::Result<()> {
        self.0.clear_line()
    }

    fn flush(&self) -> io::Result<()> {
        self.0.flush()
    }
}

static BARS: OnceLock<MultiProgress> = OnceLock::new();

/// The bars of this process, all on standard error.
pub(crate) fn bars() -> &'static MultiProgress {
    BARS.get_or_init(|| {
        MultiProgress::with_draw_target(ProgressDrawTarget::term_like_with_hz(
            Box::new(BarTerminal::stderr()),
            HZ,
        ))
    })
}

/// Writes to the screen, from which the bars are taken meanwhile.
pub(crate) fn beside_bars<T>(write: impl FnOnce() -> T) -> T {
    match BARS.get() {
        Some(bars) => bars.suspend(write),
        None => write(),
    }
}

/// The columns of standard output, or `None` where it is no terminal and lines may have any length.
pub(crate) fn output_width() -> Option<usize> {
    let stdout = std::io::stdout();
    if !stdout.is_terminal() {
        return None;
    }
    columns().or_else(|| terminal_size_of(&stdout).map(|(Width(width), _)| usize::from(width)))
}

/// The columns of standard error.
pub(crate) fn error_width() -> usize {
    let width =
        columns().or_else(|| terminal_size_of(std::io::stderr()).map(|(Width(width), _)| usize::from(width)));
    width.unwrap_or(80)
}

/// The columns that a variable tells, which goes before what the terminal says.
#[expect(clippy::disallowed_methods, reason = "variables about the terminal belong to this crate")]
fn columns() -> Option<usize> {
    std::env::var("COLUMNS").ok()?.parse().ok().filter(|columns| *columns > 0)
}

/// Whether bars can be drawn on standard error.
#[expect(clippy::disallowed_methods, reason = "variables about the terminal belong to this crate")]
pub(crate) fn shows_bars() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|terminal| terminal != "dumb")
}
