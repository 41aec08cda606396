//! The measurements as text, ready for the README.

use std::fmt::Write;
use std::time::Duration;

use crate::measure::{Sample, Series};

/// The machine that this ran on.
pub(crate) fn machine() -> String {
    let processor = fs_err::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processor.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or(": unknown");
    let kernel = fs_err::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{cores} cores of {}, Linux {}", model.trim_start_matches(['\t', ' ', ':']), kernel.trim())
}

/// A Markdown table with the ratio of every peer to the first.
pub(crate) fn table(place: &str, series: &[Series]) -> String {
    let mut text = format!("\n| on {place} | median | least to most | ratio |\n|---|---:|---:|---:|\n");
    let first = series[0].median().as_secs_f64();
    for peer in series {
        let ratio = peer.median().as_secs_f64() / first;
        let range = format!("{} to {}", seconds(peer.least()), seconds(peer.most()));
        writeln!(text, "| {} | {} | {range} | {ratio:.2}x |", peer.name, seconds(peer.median())).unwrap();
    }
    text
}

/// Peaks of memory and disk.
pub(crate) fn bounds(samples: &[(&str, Sample)]) -> String {
    let mut text = "| peaks of attune-install | memory | disk | finished tree | ratio |\n".to_owned();
    text.push_str("|---|---:|---:|---:|---:|\n");
    for (name, sample) in samples {
        #[expect(clippy::cast_precision_loss, reason = "two decimals are shown")]
        let ratio = sample.peak_disk_bytes as f64 / sample.final_disk_bytes as f64;
        let (memory, peak) = (mebibytes(sample.peak_memory_bytes), mebibytes(sample.peak_disk_bytes));
        let last = mebibytes(sample.final_disk_bytes);
        writeln!(text, "| {name} | {memory} | {peak} | {last} | {ratio:.2}x |").unwrap();
    }
    text
}

fn seconds(duration: Duration) -> String {
    format!("{:.3} s", duration.as_secs_f64())
}

fn mebibytes(bytes: u64) -> String {
    format!("{} MiB", bytes >> 20)
}
