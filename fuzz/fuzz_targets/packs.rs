//! Any text as a file of a pack, at every place that is read: nothing panics, and every finding is in a file of the pack.
//!
//! The first byte chooses the place.

#![no_main]

use std::collections::BTreeMap;

use attune_schemas::EntryPath;
use attune_schemas::lint::{PackContent, lint_pack};
use libfuzzer_sys::fuzz_target;

const PLACES: [&str; 11] = [
    "pack.yaml",
    "actions/now.yaml",
    "actions/workflows/now.workflow.yaml",
    "permission_sets/now.yaml",
    "policies/now.yaml",
    "queues/now.yaml",
    "rules/now.yaml",
    "runtimes/now.yaml",
    "sensors/now.yaml",
    "triggers/now.yaml",
    "workflows/now.yaml",
];

fuzz_target!(|data: &[u8]| {
    let [choice, text @ ..] = data else { return };
    let mut files: BTreeMap<EntryPath, Vec<u8>> = BTreeMap::new();
    let mut write = |path: &str, bytes: &[u8]| drop(files.insert(path.parse().unwrap(), bytes.to_vec()));
    write("pack.yaml", b"ref: weather\nlabel: Weather\nversion: 1.0.0\n");
    write("actions/now.yaml", b"ref: weather.now\nworkflow_file: workflows/now.workflow.yaml\n");
    write("actions/workflows/now.workflow.yaml", b"version: 1.0.0\ntasks: [{name: a, action: core.noop}]\n");
    write(PLACES[usize::from(*choice) % PLACES.len()], text);
    let content = PackContent { files: files.keys().cloned().collect(), ..PackContent::default() };
    let report = lint_pack(&content, &|file| files.get(file).cloned());
    for finding in &report.findings {
        assert!(finding.line >= 1 && finding.column >= 1, "{finding}");
    }
});
