//! Runs one suite of a pack's tests, and reads what it says.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use attune_host::process::{Finished, run};
use attune_host::root::read_regular;
use attune_registry::confinement::offline;
use attune_schemas::pack::ResultFormat;
use attune_schemas::pack_test_result::{NetworkAccess, SuiteResult, TestCase, TestStatus, milliseconds};

use super::bed::TestBed;
use super::command::{OwnResults, command_for};
use super::result_files::ResultPlace;
use super::results::{Cases, Counts, MAX_RESULT_BYTES, Told, read_counts, read_into, read_unittest};
use super::suites::Suite;

/// Runs `suite` in `bed`.
///
/// # Errors
/// Only where the system fails; tests that fail or cannot run are a result.
pub(super) fn run_suite(suite: &Suite, bed: &TestBed<'_>) -> io::Result<(SuiteResult, NetworkAccess)> {
    let (command, own) = match command_for(suite, bed) {
        Ok(command) => command,
        Err(reason) => return Ok((broken(suite, reason, None), NetworkAccess::None)),
    };
    let path = suite.result_path.as_deref().filter(|_| suite.format != ResultFormat::Simple);
    let place = path.map(|path| ResultPlace::before(&bed.directory, path, suite.format)).transpose()?;
    let (command, network) = without_network(command, bed.settings.helper, bed.settings.caller.search_path());
    let limit = bed.settings.timeout.unwrap_or(suite.limit);
    let mut finished = match run(command, limit, &bed.scratch, bed.settings.interrupt) {
        Ok(finished) => finished,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let reason = format!("its program is not on this host: {error}");
            return Ok((broken(suite, reason, None), network));
        }
        Err(error) => return Err(error),
    };
    let Some(status) = finished.status else {
        let reason = format!("it ran into its limit of {} s, or wrote without end", limit.as_secs());
        return Ok((broken(suite, reason, Some(finished)), network));
    };
    let said = told(suite, &own, place.as_ref(), &mut finished)?;
    let result = match said {
        Ok(Said::Plain) => plain(suite, finished, status.success(), &status.to_string()),
        Ok(Said::Listed(mut told)) => {
            name_by_pack(&mut told, &bed.directory);
            listed(suite, told, finished, status.success(), &status.to_string())
        }
        Err(reason) => {
            let ended = if status.success() { String::new() } else { format!("{status}; ") };
            broken(suite, format!("{ended}its results cannot be believed: {reason}"), Some(finished))
        }
    };
    Ok((result, network))
}

/// The arguments by which this program starts another with nothing but the loopback interface.
const HELPER: &[&str] = &["without-network", "--"];

/// `command` without a network, where the kernel allows that, and whether it has one; `helper` is this program.
pub(crate) fn without_network(
    command: Command,
    helper: Option<&Path>,
    search: &[PathBuf],
) -> (Command, NetworkAccess) {
    match offline(&command, helper.map(|helper| (helper, HELPER)), search) {
        Some(command) => (command, NetworkAccess::None),
        None => (command, NetworkAccess::Reachable),
    }
}

/// What a program said.
enum Said {
    /// Nothing but text.
    Plain,
    /// Its tests.
    Listed(Told),
}

/// What the program said, in the best of the places where it may have said it; or why that cannot be read.
fn told(
    suite: &Suite,
    own: &OwnResults,
    place: Option<&ResultPlace>,
    finished: &mut Finished,
) -> io::Result<Result<Said, String>> {
    let mut cases = Cases::default();
    let own = match own {
        OwnResults::None => None,
        OwnResults::Unittest(path) => own_text(path).map(|text| read_unittest(&text?, &mut cases)),
        OwnResults::Junit(path) => {
            own_text(path).map(|text| read_into(&mut cases, ResultFormat::JunitXml, &text?))
        }
        OwnResults::Json(path) => {
            own_text(path).map(|text| read_into(&mut cases, ResultFormat::Json, &text?))
        }
        OwnResults::Tap(path) => own_text(path).map(|text| read_into(&mut cases, ResultFormat::Tap, &text?)),
        OwnResults::TapOutput => Some(match output(finished)? {
            Ok(text) => read_into(&mut cases, ResultFormat::Tap, &text),
            Err(reason) => Err(reason),
        }),
    };
    if let Some(read) = own {
        return Ok(read.map(|()| Said::Listed(cases.told())));
    }
    if suite.format == ResultFormat::Simple {
        return Ok(Ok(Said::Plain));
    }
    let texts = match place {
        Some(place) => place.written(),
        None => output(finished)?.map(|text| vec![text]),
    };
    let read = texts.and_then(|texts| {
        texts.iter().try_for_each(|text| read_into(&mut cases, suite.format, text))?;
        Ok(Said::Listed(cases.told()))
    });
    Ok(read)
}

/// The results that a runner left because it was told to; `None` where it left none, as one does that never began.
fn own_text(path: &Path) -> Option<Result<String, String>> {
    let found = fs_err::symlink_metadata(path).ok()?;
    if found.len() > MAX_RESULT_BYTES {
        return Some(Err(format!("they are larger than {} MiB", MAX_RESULT_BYTES >> 20)));
    }
    let bytes = read_regular(path).map_err(|error| error.to_string());
    Some(bytes.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
}

/// The standard output, as far as results may go.
fn output(finished: &mut Finished) -> io::Result<Result<String, String>> {
    Ok(match finished.whole_stdout(MAX_RESULT_BYTES)? {
        None => Err(format!("they are larger than {} MiB", MAX_RESULT_BYTES >> 20)),
        Some(bytes) => String::from_utf8(bytes).map_err(|_| "they are no text in UTF-8".to_owned()),
    })
}

/// The result of a suite that says no more than text: its numbers, if it has any, else its exit code.
fn plain(suite: &Suite, finished: Finished, success: bool, status: &str) -> SuiteResult {
    let output = format!("{}\n{}", finished.stdout, finished.stderr);
    let one = Counts { total: 1, passed: u64::from(success), failed: u64::from(!success), skipped: 0 };
    let told = read_counts(&output);
    let mut counts = told.unwrap_or(one);
    // Off-spec: Attune believes the counts even where the exit code says that something broke.
    if !success && counts.failed == 0 {
        counts.failed = 1;
        counts.passed = counts.passed.min(counts.total.saturating_sub(1));
        counts.total = counts.total.max(1);
    }
    let duration_ms = milliseconds(finished.duration);
    let case = TestCase {
        name: format!("{}_suite", suite.name),
        status: if success && counts.failed == 0 { TestStatus::Passed } else { TestStatus::Failed },
        duration_ms,
        error_message: (!success).then(|| status.to_owned()),
        stdout: finished.stdout,
        stderr: finished.stderr,
    };
    let uncounted = told.is_none();
    SuiteResult { uncounted, duration_ms, test_cases: vec![case], ..empty(suite, counts) }
}

/// Names files by their place in the pack, rather than in a copy of it that is gone.
fn name_by_pack(told: &mut Told, directory: &Path) {
    let place = format!("{}/", directory.display());
    for case in told.cases.iter_mut().filter(|case| case.name.contains(&place)) {
        case.name = case.name.replace(&place, "");
    }
}

/// The result of a suite that lists its tests. An exit code that says something worse is a test of its own.
fn listed(suite: &Suite, told: Told, finished: Finished, success: bool, status: &str) -> SuiteResult {
    let Told { mut cases, mut counts } = told;
    let duration_ms = milliseconds(finished.duration);
    if !success && counts.failed == 0 {
        cases.push(TestCase {
            name: format!("{}_suite", suite.name),
            status: TestStatus::Failed,
            duration_ms,
            error_message: Some(format!("it failed, and none of its tests did: {status}")),
            stdout: String::new(),
            stderr: String::new(),
        });
        counts.total = counts.total.saturating_add(1);
        counts.failed = 1;
    }
    SuiteResult {
        duration_ms,
        test_cases: cases,
        stdout: finished.stdout,
        stderr: finished.stderr,
        ..empty(suite, counts)
    }
}

/// The result of a suite that could not run, or whose results are not to be believed.
fn broken(suite: &Suite, reason: String, finished: Option<Finished>) -> SuiteResult {
    let (duration_ms, stdout, stderr) = finished
        .map(|finished| (milliseconds(finished.duration), finished.stdout, finished.stderr))
        .unwrap_or_default();
    let case = TestCase {
        name: format!("{}_execution", suite.name),
        status: TestStatus::Error,
        duration_ms,
        error_message: Some(reason),
        stdout,
        stderr,
    };
    let counts = Counts { failed: 1, ..Counts::default() };
    SuiteResult {
        uncounted: true,
        is_broken: true,
        duration_ms,
        test_cases: vec![case],
        ..empty(suite, counts)
    }
}

fn empty(suite: &Suite, counts: Counts) -> SuiteResult {
    SuiteResult {
        name: suite.name.clone(),
        runner_type: suite.kind.clone(),
        total: counts.total,
        passed: counts.passed,
        failed: counts.failed,
        skipped: counts.skipped,
        uncounted: false,
        is_broken: false,
        duration_ms: 0,
        test_cases: Vec::new(),
        stdout: String::new(),
        stderr: String::new(),
    }
}
