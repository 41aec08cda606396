//! The program of a suite, in the pack's own environment.

use std::path::{Path, PathBuf};
use std::process::Command;

use attune_schemas::EntryPath;
use attune_schemas::pack::{RunnerKind, discovered_tests};

use super::bed::TestBed;
use super::results::UNITTEST_PROGRAM;
use super::suites::{Suite, Work, files_below};
use crate::environments::ProgramPlace;

/// The results that a runner leaves because it was told to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum OwnResults {
    /// None: what the program says, or writes where the pack says, is all.
    None,
    /// Notes of our form of unittest.
    Unittest(PathBuf),
    /// XML of pytest.
    Junit(PathBuf),
    /// JSON of jest.
    Json(PathBuf),
    /// The Test Anything Protocol of Node.js.
    Tap(PathBuf),
    /// The same on standard output, where Node.js is too old to be told another place.
    TapOutput,
}

/// The command of `suite`, and where it leaves its results.
///
/// # Errors
/// Why there is none.
pub(super) fn command_for(suite: &Suite, bed: &TestBed<'_>) -> Result<(Command, OwnResults), String> {
    let mut own = OwnResults::None;
    let mut command = match &suite.work {
        Work::Impossible(reason) => return Err(reason.clone()),
        Work::Command(line) => {
            let mut command = bed.settings.caller.command(Path::new("/bin/sh"));
            command.args(["-c", line]);
            command
        }
        Work::Runner { kind, entries, config } => {
            let entries = entries_in(entries, bed)?;
            let runner = Runner { entries: &entries, config: config.as_deref(), bed };
            let (command, results) = match kind {
                RunnerKind::Script => (runner.script(), OwnResults::None),
                RunnerKind::Unittest => runner.unittest()?,
                RunnerKind::Pytest => runner.pytest()?,
                RunnerKind::Jest => runner.jest()?,
                RunnerKind::Node => runner.node()?,
                RunnerKind::Other(other) => {
                    return Err(format!("runners of type `{other}` are not supported"));
                }
            };
            own = results;
            command
        }
    };
    let program = Path::new(command.get_program());
    if !program.exists() {
        return Err(format!("its program `{}` is not on this host", program.display()));
    }
    let place = ProgramPlace {
        pack: &bed.pack.pack,
        directory: &bed.directory,
        scratch: &bed.scratch,
        search: bed.settings.caller.search_path(),
    };
    bed.environments.prepare(&mut command, &place);
    Ok((command, own))
}

fn entries_in(entries: &[String], bed: &TestBed<'_>) -> Result<Vec<EntryPath>, String> {
    let entries = entries.iter().map(|entry| {
        let entry: EntryPath = entry.trim_end_matches('/').parse().map_err(|error| format!("{error}"))?;
        if entry.below(&bed.directory).exists() {
            Ok(entry)
        } else {
            Err(format!("its entry point `{entry}` is not in the pack"))
        }
    });
    entries.collect()
}

/// A runner with its files, or its one directory.
struct Runner<'a> {
    entries: &'a [EntryPath],
    config: Option<&'a str>,
    bed: &'a TestBed<'a>,
}

impl Runner<'_> {
    /// Its one directory, if it has that.
    fn directory(&self) -> Option<&EntryPath> {
        self.entries.first().filter(|entry| entry.below(&self.bed.directory).is_dir())
    }

    fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(EntryPath::as_str)
    }

    fn script(&self) -> Command {
        let is_plain = self.names().all(|entry| entry.ends_with(".sh"));
        let shell = if is_plain { "/bin/sh" } else { "/bin/bash" };
        let mut command = self.bed.settings.caller.command(Path::new(shell));
        command.args(self.names());
        command
    }

    fn python(&self) -> Result<Command, String> {
        let environment =
            self.bed.environments.python.as_ref().ok_or("the pack has no Python environment to run it in")?;
        Ok(self.bed.settings.caller.command(&environment.join("bin/python3")))
    }

    fn unittest(&self) -> Result<(Command, OwnResults), String> {
        let notes = self.bed.results.join("unittest.jsonl");
        let mut command = self.python()?;
        command.args(["-c", UNITTEST_PROGRAM]).arg(&notes);
        match self.directory() {
            Some(directory) => {
                command.args(["discover", "-s", directory.as_str()]);
                // Tests of a package import what is beside them from the top.
                if directory.below(&self.bed.directory).join("__init__.py").exists() {
                    command.args(["-t", "."]);
                }
            }
            None => {
                command.args(self.names());
            }
        }
        Ok((command, OwnResults::Unittest(notes)))
    }

    fn pytest(&self) -> Result<(Command, OwnResults), String> {
        let results = self.bed.results.join("pytest.xml");
        let mut command = self.python()?;
        command.args(["-m", "pytest"]).args(self.names()).args(["-v", "-p", "no:cacheprovider"]);
        if let Some(config) = self.config {
            command.args(["-c", config]);
        }
        let mut option = std::ffi::OsString::from("--junitxml=");
        option.push(&results);
        command.arg(option);
        Ok((command, OwnResults::Junit(results)))
    }

    fn node_program(&self) -> Result<(Command, &str), String> {
        let (environment, version) =
            self.bed.environments.node.as_ref().ok_or("the pack has no Node.js environment to run it in")?;
        Ok((self.bed.settings.caller.command(&environment.join("bin/node")), version))
    }

    fn jest(&self) -> Result<(Command, OwnResults), String> {
        let results = self.bed.results.join("jest.json");
        let (mut command, _) = self.node_program()?;
        let program = self.bed.jest().ok_or("jest is not in the pack's Node.js environment")?;
        command.arg(program).args(["--ci", "--no-watchman", "--json", "--outputFile"]).arg(&results);
        if let Some(config) = self.config {
            command.args(["--config", config]);
        }
        if self.directory().is_none() {
            command.arg("--runTestsByPath");
        }
        command.args(self.names());
        Ok((command, OwnResults::Json(results)))
    }

    fn node(&self) -> Result<(Command, OwnResults), String> {
        let (mut command, version) = self.node_program()?;
        let results = self.bed.results.join("node.tap");
        command.arg("--test");
        let own = if has_reporters(version) {
            command.args(["--test-reporter=tap", "--test-reporter-destination"]).arg(&results);
            command.args(["--test-reporter=spec", "--test-reporter-destination=stdout"]);
            OwnResults::Tap(results)
        } else {
            OwnResults::TapOutput
        };
        // What a directory means differs from one version to the next.
        match self.directory() {
            Some(directory) => {
                let files = files_below(&self.bed.directory, directory.as_str());
                let files = files.map_err(|error| format!("its tests cannot be listed: {error}"))?;
                let found = discovered_tests(directory.as_str(), &files);
                if found.node.is_empty() {
                    return Err(format!("there are no tests for Node.js in `{directory}`"));
                }
                command.args(found.node.iter().map(EntryPath::as_str));
            }
            None => {
                command.args(self.names());
            }
        }
        Ok((command, own))
    }
}

/// Whether Node.js of `version` can be told where its results go: from 18.15 and 19.6 on.
fn has_reporters(version: &str) -> bool {
    let mut parts = version.trim_start_matches('v').split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let (major, minor) = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    major >= 20 || (major, minor) >= (19, 6) || (major == 18 && minor >= 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_of_node_that_have_reporters() {
        for (version, expected) in [
            ("18.14.2", false),
            ("18.15.0", true),
            ("19.5.0", false),
            ("19.6.0", true),
            ("v20.1.0", true),
            ("24.0.0", true),
            ("16.20.0", false),
            ("", false),
        ] {
            assert_eq!(has_reporters(version), expected, "{version}");
        }
    }
}
