//! The measurements as text, ready for `docs/BENCHMARKS.md`.

use std::fmt::Write;
use std::time::Duration;

use crate::measure::{Peaks, Series};

/// The machine that this ran on.
pub(crate) fn machine() -> String {
    let processor = fs_err::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processor.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
    let kernel = fs_err::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} cores of {}, Linux {}", model.trim_start_matches(['\t', ' ', ':']), kernel.trim())
}

/// A Markdown table with the ratios of every peer to the first, in time and in disk.
pub(crate) fn table(title: &str, series: &[Series]) -> String {
    let mut text = format!("\n| {title} | median | least to most | ratio | disk | ratio |\n");
    text.push_str("|---|---:|---:|---:|---:|---:|\n");
    let (time, disk) = (series[0].median().as_secs_f64(), series[0].disk_bytes);
    for peer in series {
        let range = format!("{} to {}", seconds(peer.least()), seconds(peer.most()));
        let times = format!("{:.2}x", peer.median().as_secs_f64() / time);
        let disks = format!("{:.2}x", quotient(peer.disk_bytes, disk));
        let (median, left) = (seconds(peer.median()), mebibytes(peer.disk_bytes));
        writeln!(text, "| {} | {median} | {range} | {times} | {left} | {disks} |", peer.name).unwrap();
    }
    text
}

/// The head of a table of sets of requirements.
pub(crate) fn set_head(title: &str) -> String {
    format!("\n| {title} | wheels | attune-install | uv | ratio |\n|---|---:|---:|---:|---:|\n")
}

/// The line of one set.
pub(crate) fn set_line(name: &str, wheels: usize, series: &[Series]) -> String {
    let (own, other) = (series[0].median(), series[1].median());
    let ratio = other.as_secs_f64() / own.as_secs_f64();
    let name = name.replace('_', " ");
    format!("| {name} | {wheels} | {} | {} | {ratio:.2}x |\n", seconds(own), seconds(other))
}

/// Peaks of memory and disk.
pub(crate) fn peaks(peaks: &[(&str, Peaks)]) -> String {
    let mut text = "| peaks of attune-install | memory | disk | finished tree | ratio |\n".to_owned();
    text.push_str("|---|---:|---:|---:|---:|\n");
    for (name, peaks) in peaks {
        let ratio = quotient(peaks.disk, peaks.disk_left);
        let (memory, peak) = (mebibytes(peaks.memory), mebibytes(peaks.disk));
        let last = mebibytes(peaks.disk_left);
        writeln!(text, "| {name} | {memory} | {peak} | {last} | {ratio:.2}x |").unwrap();
    }
    text
}

#[expect(clippy::cast_precision_loss, reason = "two decimals are shown")]
fn quotient(bytes: u64, of: u64) -> f64 {
    bytes as f64 / of as f64
}

fn seconds(duration: Duration) -> String {
    format!("{:.3} s", duration.as_secs_f64())
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}
