//! Progress on a terminal; elsewhere only warnings are written.

use attune_schemas::problem::WarningCode;
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use crate::warnings::collect;
use anstyle::{AnsiColor, Style};
use attune_registry::report::{Reporter, without_secrets};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a bar is redrawn.
const TICK: Duration = Duration::from_millis(100);

/// Shows progress on standard error.
#[derive(Debug)]
pub struct TerminalReporter {
    bar: Mutex<Option<ProgressBar>>,
    show_bars: bool,
    show_warnings: bool,
    show_alarms: bool,
}

impl TerminalReporter {
    /// Shows bars where standard error is a terminal, and nothing at all where `quiet`.
    pub fn new(quiet: bool) -> Self {
        let show_bars = !quiet && std::io::stderr().is_terminal();
        Self { bar: Mutex::new(None), show_bars, show_warnings: !quiet, show_alarms: !quiet }
    }

    /// Shows warnings that must be seen even where `quiet`.
    #[must_use]
    pub fn with_alarms(self) -> Self {
        Self { show_alarms: true, ..self }
    }

    fn write_warning(&self, code: WarningCode, message: &str) {
        let message = without_secrets(message);
        let yellow = Style::new().bold().fg_color(Some(AnsiColor::Yellow.into()));
        let write = || writeln!(anstream::stderr(), "{yellow}warning[{code}]{yellow:#}: {message}");
        self.with_bar(|bar| {
            // There is nowhere left to report a closed standard error.
            let _ = match bar {
                Some(bar) => bar.suspend(write),
                None => write(),
            };
        });
    }

    fn with_bar(&self, act: impl FnOnce(&mut Option<ProgressBar>)) {
        if let Ok(mut bar) = self.bar.lock() {
            act(&mut bar);
        }
    }
}

impl Reporter for TerminalReporter {
    fn started(&self, task: &str, total_bytes: Option<u64>) {
        if !self.show_bars {
            return;
        }
        let bar = match total_bytes {
            Some(total) => {
                let template = "{msg:<20.20} {wide_bar:.cyan} {bytes:>10} / {total_bytes:<10}";
                ProgressBar::new(total).with_style(style(template))
            }
            None => ProgressBar::new_spinner().with_style(style("{spinner} {msg} {elapsed}")),
        };
        bar.set_draw_target(ProgressDrawTarget::stderr());
        bar.set_message(without_secrets(task).into_owned());
        keep_ticking(bar.clone());
        self.with_bar(|current| {
            if let Some(old) = current.replace(bar) {
                old.finish_and_clear();
            }
        });
    }

    fn advanced(&self, bytes: u64) {
        self.with_bar(|bar| {
            if let Some(bar) = bar {
                bar.inc(bytes);
            }
        });
    }

    fn finished(&self) {
        self.with_bar(|bar| {
            if let Some(bar) = bar.take() {
                bar.finish_and_clear();
            }
        });
    }

    fn warning(&self, code: WarningCode, message: &str) {
        collect(code, message);
        if self.show_warnings {
            self.write_warning(code, message);
        }
    }

    fn alarm(&self, code: WarningCode, message: &str) {
        collect(code, message);
        if self.show_alarms {
            self.write_warning(code, message);
        }
    }
}

/// Redraws `bar` until it is finished; where the machine refuses a thread, only its advances do.
fn keep_ticking(bar: ProgressBar) {
    let tick = move || {
        while !bar.is_finished() {
            bar.tick();
            thread::sleep(TICK);
        }
    };
    let _ = thread::Builder::new().name("progress".to_owned()).spawn(tick);
}

fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("the templates are fixed and valid")
}
