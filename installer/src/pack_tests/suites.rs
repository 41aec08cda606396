//! The suites of a pack's tests: its runners, or what the discovery finds where there are none.

use std::io;
use std::path::Path;
use std::time::Duration;

use attune_schemas::EntryPath;
use attune_schemas::pack::{
    Discovery, ListedTest, ResultFormat, RunnerKind, TestRunner, Testing, discovered_tests, read_test_list,
};

use super::bed::TestBed;

/// The limit of a list that cannot be read; nothing runs.
const NO_LIMIT: Duration = Duration::ZERO;

/// Tests that one program runs.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Suite {
    /// Its name, for people.
    pub(super) name: String,
    /// The kind of runner, as it was written.
    pub(super) kind: String,
    pub(super) work: Work,
    pub(super) limit: Duration,
    pub(super) format: ResultFormat,
    /// Where the program leaves its results, below the pack.
    pub(super) result_path: Option<String>,
}

/// What runs.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Work {
    /// A runner with its files, or its one directory, and its configuration.
    Runner { kind: RunnerKind, entries: Vec<String>, config: Option<String> },
    /// A command, as a shell reads it.
    Command(String),
    /// Nothing, for a reason.
    Impossible(String),
}

/// The suites of `testing` in `bed`, whose copy of the pack is made.
pub(super) fn suites(testing: &Testing, bed: &TestBed<'_>) -> io::Result<Vec<Suite>> {
    if !testing.runners.is_empty() {
        return Ok(testing.runners.iter().map(|(name, runner)| of_runner(name, runner)).collect());
    }
    match &testing.discovery {
        Some(Discovery::Directory { path, timeout_seconds }) => {
            of_directory(path, Duration::from_secs(*timeout_seconds), bed)
        }
        Some(Discovery::Manifest { path, tests }) => {
            let mut suites: Vec<Suite> = tests.iter().map(listed).collect();
            suites.extend(path.iter().flat_map(|path| of_list(path, bed)));
            Ok(suites)
        }
        Some(Discovery::Executable { command, timeout_seconds, result_format, result_path }) => {
            Ok(vec![Suite {
                name: "executable".to_owned(),
                kind: "executable".to_owned(),
                work: Work::Command(command.clone()),
                limit: Duration::from_secs(*timeout_seconds),
                format: ResultFormat::named(result_format),
                result_path: result_path.clone(),
            }])
        }
        Some(Discovery::Other) | None => Ok(Vec::new()),
    }
}

fn of_runner(name: &str, runner: &TestRunner) -> Suite {
    Suite {
        name: name.to_owned(),
        kind: runner.kind.name().to_owned(),
        work: Work::Runner {
            kind: runner.kind.clone(),
            entries: vec![runner.entry_point.clone()],
            config: runner.config.clone(),
        },
        limit: Duration::from_secs(runner.timeout_seconds),
        format: ResultFormat::named(&runner.result_format),
        result_path: runner.result_path.clone(),
    }
}

fn listed(test: &ListedTest) -> Suite {
    Suite {
        name: test.name.clone(),
        kind: test.runner.clone(),
        work: Work::Command(test.command.clone()),
        limit: Duration::from_secs(test.timeout_seconds),
        format: ResultFormat::named(&test.result_format),
        result_path: test.result_path.clone(),
    }
}

/// The tests of the list in the file `path`, or one that says why it cannot be read.
fn of_list(path: &str, bed: &TestBed<'_>) -> Vec<Suite> {
    let text = fs_err::read_to_string(bed.directory.join(path)).map_err(|error| error.to_string());
    let tests = text.and_then(|text| {
        let said = |finding: &attune_schemas::diagnostics::Finding| finding.to_string();
        read_test_list(path, &text).map_err(|found| found.iter().map(said).collect::<Vec<_>>().join("; "))
    });
    match tests {
        Ok(tests) => tests.iter().map(listed).collect(),
        Err(reason) => {
            vec![impossible(path, "manifest", format!("its list of tests cannot be read: {reason}"))]
        }
    }
}

fn impossible(name: &str, kind: &str, reason: String) -> Suite {
    Suite {
        name: name.to_owned(),
        kind: kind.to_owned(),
        work: Work::Impossible(reason),
        limit: NO_LIMIT,
        format: ResultFormat::Simple,
        result_path: None,
    }
}

fn of_directory(path: &str, limit: Duration, bed: &TestBed<'_>) -> io::Result<Vec<Suite>> {
    if !bed.directory.join(path).is_dir() {
        let reason = format!("the directory of tests `{path}` is not in the pack");
        return Ok(vec![impossible(path, "directory", reason)]);
    }
    let found = discovered_tests(path, &files_below(&bed.directory, path)?);
    let suite = |name: &str, kind: RunnerKind, files: Vec<EntryPath>| Suite {
        name: name.to_owned(),
        kind: kind.name().to_owned(),
        work: Work::Runner { kind, entries: files.into_iter().map(String::from).collect(), config: None },
        limit,
        format: ResultFormat::Simple,
        result_path: None,
    };
    let mut suites = Vec::new();
    if !found.python.is_empty() {
        let kind = if bed.has_python_module("pytest") { RunnerKind::Pytest } else { RunnerKind::Unittest };
        suites.push(suite("python", kind, found.python));
    }
    if !found.node.is_empty() {
        let kind = if bed.jest().is_some() { RunnerKind::Jest } else { RunnerKind::Node };
        suites.push(suite("node", kind, found.node));
    }
    for script in found.shell {
        suites.push(suite(&script.to_string(), RunnerKind::Script, vec![script]));
    }
    suites.extend(found.lists.iter().flat_map(|list| of_list(list.as_str(), bed)));
    Ok(suites)
}

/// The files in and below the directory `path` of the pack in `directory`, which has files and directories alone.
pub(super) fn files_below(directory: &Path, path: &str) -> io::Result<Vec<EntryPath>> {
    let mut files = Vec::new();
    let mut left = vec![path.to_owned()];
    while let Some(next) = left.pop() {
        for entry in fs_err::read_dir(directory.join(&next))? {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else { continue };
            let below = format!("{next}/{name}");
            if entry.file_type()?.is_dir() {
                left.push(below);
            } else {
                files.extend(below.parse::<EntryPath>());
            }
        }
    }
    Ok(files)
}
