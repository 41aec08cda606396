//! Runs one of a pack's test runners.

use std::io;
use std::path::Path;
use std::process::Command;

use attune_host::process::{Finished, run};
use attune_schemas::EntryPath;
use attune_schemas::pack::{RunnerKind, TestRunner};
use attune_schemas::pack_test_result::{SuiteResult, TestCase, TestStatus, milliseconds};

use super::counts::{self, Counts};
use super::{TestBed, timeout_of};
use crate::environments::set_env_vars;

/// Runs the runner called `name` in `bed`.
///
/// # Errors
/// Only where the system fails; tests that fail or cannot run are a result.
pub(crate) fn run_suite(name: &str, runner: &TestRunner, bed: &TestBed<'_>) -> io::Result<SuiteResult> {
    let kind = kind_name(&runner.kind);
    let command = match command_for(runner, bed) {
        Ok(command) => command,
        Err(reason) => return Ok(cannot_run(name, kind, reason)),
    };
    let limit = timeout_of(runner);
    let finished = match run(command, limit, &bed.scratch, bed.interrupt) {
        Ok(finished) => finished,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Ok(cannot_run(name, kind, format!("its program is not on this host: {error}")));
        }
        Err(error) => return Err(error),
    };
    let Some(status) = finished.status else {
        let mut suite = cannot_run(
            name,
            kind,
            format!("it ran into its limit of {} s, or wrote without end", limit.as_secs()),
        );
        suite.duration_ms = milliseconds(finished.duration);
        suite.test_cases[0].stdout = finished.stdout;
        suite.test_cases[0].stderr = finished.stderr;
        return Ok(suite);
    };
    Ok(suite_of(name, kind, finished, status.success(), &status.to_string()))
}

fn suite_of(name: &str, kind: &str, finished: Finished, success: bool, status: &str) -> SuiteResult {
    let output = format!("{}\n{}", finished.stdout, finished.stderr);
    let one = Counts { total: 1, passed: u64::from(success), failed: u64::from(!success), skipped: 0 };
    let told = counts::read(&output);
    let mut counts = told.unwrap_or(one);
    // Off-spec: Attune believes the counts even where the exit code says that something broke.
    if !success && counts.failed == 0 {
        counts.failed = 1;
        counts.passed = counts.passed.min(counts.total.saturating_sub(1));
        counts.total = counts.total.max(1);
    }
    let duration_ms = milliseconds(finished.duration);
    let case = TestCase {
        name: format!("{name}_suite"),
        status: if success && counts.failed == 0 { TestStatus::Passed } else { TestStatus::Failed },
        duration_ms,
        error_message: (!success).then(|| status.to_owned()),
        stdout: finished.stdout,
        stderr: finished.stderr,
    };
    SuiteResult {
        name: name.to_owned(),
        runner_type: kind.to_owned(),
        total: counts.total,
        passed: counts.passed,
        failed: counts.failed,
        skipped: counts.skipped,
        uncounted: told.is_none(),
        duration_ms,
        test_cases: vec![case],
    }
}

fn cannot_run(name: &str, kind: &str, reason: String) -> SuiteResult {
    let case = TestCase {
        name: format!("{name}_execution"),
        status: TestStatus::Error,
        duration_ms: 0,
        error_message: Some(reason),
        stdout: String::new(),
        stderr: String::new(),
    };
    SuiteResult {
        name: name.to_owned(),
        runner_type: kind.to_owned(),
        total: 0,
        passed: 0,
        failed: 1,
        skipped: 0,
        uncounted: true,
        duration_ms: 0,
        test_cases: vec![case],
    }
}

fn kind_name(kind: &RunnerKind) -> &str {
    match kind {
        RunnerKind::Script => "script",
        RunnerKind::Unittest => "unittest",
        RunnerKind::Pytest => "pytest",
        RunnerKind::Other(other) => other,
    }
}

fn command_for(runner: &TestRunner, bed: &TestBed<'_>) -> Result<Command, String> {
    let entry: EntryPath =
        runner.entry_point.trim_end_matches('/').parse().map_err(|error| format!("{error}"))?;
    let file = entry.below(&bed.directory);
    if !file.exists() {
        return Err(format!("its entry point `{entry}` is not in the pack"));
    }
    let python = || bed.python.clone().ok_or("the pack has no Python environment to run it in".to_owned());
    let mut command = match &runner.kind {
        RunnerKind::Script => {
            let shell = if entry.as_str().ends_with(".sh") { "/bin/sh" } else { "/bin/bash" };
            let mut command = bed.caller.command(Path::new(shell));
            command.arg(entry.as_str());
            command
        }
        RunnerKind::Unittest => {
            let mut command = bed.caller.command(&python()?);
            command.args(["-m", "unittest", entry.as_str()]);
            command
        }
        RunnerKind::Pytest => {
            let mut command = bed.caller.command(&python()?);
            command.args(["-m", "pytest", entry.as_str(), "-v", "-p", "no:cacheprovider"]);
            command
        }
        RunnerKind::Other(other) => return Err(format!("runners of type `{other}` are not supported")),
    };
    set_environment(&mut command, bed);
    Ok(command)
}

fn set_environment(command: &mut Command, bed: &TestBed<'_>) {
    command
        .current_dir(&bed.directory)
        .env("ATTUNE_PACK_REF", bed.pack.pack.as_str())
        .env("TMPDIR", &bed.scratch)
        .env("PYTHONPATH", bed.directory.join("lib"))
        // The environment is shared by all packs with an equal lock.
        .env("PYTHONDONTWRITEBYTECODE", "1");
    let mut bins = Vec::new();
    if let Some(bin) = bed.python.as_ref().and_then(|python| python.parent()) {
        command.env("VIRTUAL_ENV", bin.parent().unwrap_or(Path::new("/")));
        bins.push(bin.to_owned());
    }
    if let Some(node) = &bed.node {
        command.env("NODE_PATH", node.join("node_modules"));
        bins.extend([node.join("bin"), node.join("node_modules/.bin")]);
    }
    for recipe in &bed.recipes {
        set_env_vars(command, recipe.variables, &recipe.templates);
        bins.push(recipe.bin.clone());
    }
    if bins.is_empty() {
        return;
    }
    // A directory with a colon in its name cannot be on PATH; the tests then run without it.
    if let Ok(joined) = std::env::join_paths(bins.iter().chain(bed.caller.search_path())) {
        command.env("PATH", joined);
    }
}
