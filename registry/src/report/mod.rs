//! Progress, warnings and results of the libraries; binaries decide whether and how they are shown.

mod document;
mod secrets;
mod task;

use attune_schemas::problem::WarningCode;

pub use document::{Report, document_schema, to_document, to_line};
pub use secrets::without_secrets;
pub use task::{NewTask, Place, Task};

/// Receives progress and notes from the libraries.
pub trait Reporter: Send + Sync {
    /// A task begins; `total_bytes` if its length is known. It takes the place of the one before it: what runs beside
    /// others is a [`Reporter::task`].
    fn started(&self, task: &str, total_bytes: Option<u64>);
    /// The current task has dealt with `bytes` more bytes.
    fn advanced(&self, bytes: u64);
    /// The current task is over.
    fn finished(&self);
    /// A task begins that has a handle of its own, so that several may run side by side, each on a thread of its own;
    /// it is over once the handle is dropped. Where nothing else is known, it is the current task.
    fn task<'a>(&'a self, task: NewTask<'_>) -> Box<dyn Task + 'a> {
        task::current(self, task)
    }
    /// Something the user should know and that stops nothing.
    fn warning(&self, code: WarningCode, message: &str);
    /// A warning that must be seen although nothing but errors is asked for, from cron for example: what it tells
    /// of will be an error before long.
    fn alarm(&self, code: WarningCode, message: &str) {
        self.warning(code, message);
    }
}

/// Reports to nobody.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn started(&self, _task: &str, _total_bytes: Option<u64>) {}
    fn advanced(&self, _bytes: u64) {}
    fn finished(&self) {}
    fn warning(&self, _code: WarningCode, _message: &str) {}
}

/// `bytes` for people: `1.5 MiB`.
pub fn human_bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    #[expect(clippy::cast_precision_loss, reason = "one decimal is shown")]
    let mut value = bytes as f64;
    while value >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    if unit == 0 { format!("{bytes} B") } else { format!("{value:.1} {}", UNITS[unit]) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_shown_for_people() {
        let table = [(0, "0 B"), (1023, "1023 B"), (1536, "1.5 KiB"), (5 << 20, "5.0 MiB")];
        for (bytes, text) in table {
            assert_eq!(human_bytes(bytes), text);
        }
    }
}
