//! The terminal's screen: its width, and the bars that are drawn on it while something else is written.

use std::io::IsTerminal as _;
use std::sync::OnceLock;

use indicatif::{MultiProgress, ProgressDrawTarget};
use terminal_size::{Width, terminal_size_of};

static BARS: OnceLock<MultiProgress> = OnceLock::new();

/// The bars of this process, all on standard error.
pub(crate) fn bars() -> &'static MultiProgress {
    BARS.get_or_init(|| MultiProgress::with_draw_target(ProgressDrawTarget::stderr()))
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
