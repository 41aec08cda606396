//! The status as metrics, in Prometheus' text format: what the textfile collector of its node
//! exporter reads.
//!
//! Each metric has its HELP and TYPE, and the label `root`, so that the files of several roots do not contradict each
//! other. Times are in seconds since the epoch, as the field has them. Where nobody can tell the status, as of a root to
//! which nothing was ever installed, `attune_status_ok` is 0 and what is unknown is absent.
//!
//! Source: <https://prometheus.io/docs/instrumenting/exposition_formats/>

use std::fmt::Write as _;
use std::path::Path;

use attune_host::process::OperationKind;
use jiff::Timestamp;

use crate::operations::{ChangeUnderWay, StatusReport};

/// The metrics of `report` on `root`, or of a failure to make one.
pub(super) fn metrics(root: &Path, report: Option<&StatusReport>, now: Timestamp) -> String {
    let root = root.to_string_lossy();
    let mut metrics = Metrics { root: &root, text: String::new() };
    let is_ok = report.is_some_and(|report| report.ok);
    metrics.one("attune_status_ok", "Whether nothing needs attention.", flag(is_ok));
    let help = "When the status was taken, in seconds since the epoch.";
    metrics.one("attune_status_timestamp_seconds", help, &seconds(now));
    let Some(report) = report else { return metrics.text };

    metrics.one("attune_packs", "Number of installed packs.", &report.packs.to_string());
    if let Some(generation) = report.generation {
        metrics.one("attune_generation", "Number of the active generation.", &generation.to_string());
    }
    metrics.one(
        "attune_differences",
        "Number of differences from what was installed, by a quick look.",
        &report.differences.to_string(),
    );
    let is_unfinished = report.change == Some(ChangeUnderWay::Unfinished);
    metrics.one("attune_change_unfinished", "Whether a change was cut off.", flag(is_unfinished));
    trust(&mut metrics, report);
    if let Some(last) = &report.last_operation {
        let kind = last.kind.map_or("unknown", OperationKind::as_str);
        let mut add = |name: &str, help: &str, value: &str| {
            metrics.head(name, help);
            metrics.sample(name, &[("operation", kind)], value);
        };
        add(
            "attune_last_operation_timestamp_seconds",
            "When the last operation ended, in seconds since the epoch.",
            &seconds(last.ended_at()),
        );
        add("attune_last_operation_success", "Whether the last operation succeeded.", flag(last.succeeded));
        let duration = format!("{}.{:03}", last.duration_ms / 1000, last.duration_ms % 1000);
        add("attune_last_operation_duration_seconds", "How long the last operation took.", &duration);
    }
    metrics.text
}

fn trust(metrics: &mut Metrics<'_>, report: &StatusReport) {
    if report.trust.is_empty() {
        return;
    }
    let name = "attune_trust_expiry_timestamp_seconds";
    metrics.head(name, "When the metadata seen of a trusted registry expires, in seconds since the epoch.");
    for expiry in &report.trust {
        let labels = [("registry", expiry.registry.as_str()), ("role", expiry.role.as_str())];
        metrics.sample(name, &labels, &seconds(expiry.expires_at));
    }
    let name = "attune_trust_accepted";
    metrics.head(name, "Whether that metadata is accepted, with the grace of the trust policy.");
    for expiry in &report.trust {
        metrics.sample(name, &[("registry", expiry.registry.as_str())], flag(!expiry.expired));
    }
}

/// Metrics of one root, all of them gauges.
struct Metrics<'a> {
    root: &'a str,
    text: String,
}

impl Metrics<'_> {
    fn one(&mut self, name: &str, help: &str, value: &str) {
        self.head(name, help);
        self.sample(name, &[], value);
    }

    fn head(&mut self, name: &str, help: &str) {
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} gauge");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: &str) {
        let _ = write!(self.text, "{name}{{root=\"{}\"", escaped(self.root));
        for (label, value) in labels {
            let _ = write!(self.text, ",{label}=\"{}\"", escaped(value));
        }
        let _ = writeln!(self.text, "}} {value}");
    }
}

/// The value of a label: backslash, quotation mark and line feed are escaped.
fn escaped(value: &str) -> String {
    value.replace('\\', r"\\").replace('"', "\\\"").replace('\n', r"\n")
}

const fn flag(is_set: bool) -> &'static str {
    if is_set { "1" } else { "0" }
}

fn seconds(time: Timestamp) -> String {
    time.as_second().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_labels_are_escaped() {
        assert_eq!(escaped("/srv/a \"b\"\\c\nd"), r#"/srv/a \"b\"\\c\nd"#);
        let text = metrics(Path::new("/srv/\"x\""), None, Timestamp::UNIX_EPOCH);
        assert_eq!(
            text,
            "# HELP attune_status_ok Whether nothing needs attention.\n\
             # TYPE attune_status_ok gauge\n\
             attune_status_ok{root=\"/srv/\\\"x\\\"\"} 0\n\
             # HELP attune_status_timestamp_seconds When the status was taken, in seconds since the epoch.\n\
             # TYPE attune_status_timestamp_seconds gauge\n\
             attune_status_timestamp_seconds{root=\"/srv/\\\"x\\\"\"} 0\n"
        );
    }
}
