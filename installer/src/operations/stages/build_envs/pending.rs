//! The environments that a pack in a directory will get.

use std::path::Path;

use attune_host::environment::EnvironmentKind;
use attune_host::machine::{InterpreterError, Interpreters, NodeInterpreters};

use super::BuildEnvsOptions;
use super::report::{BuildEnvsReport, FailedEnvironment, PendingEnvironment, PendingPack};
use crate::operations::stages::deps::runtimes;
use crate::operations::stages::pack_file::{open_pack, with_causes};

/// Tells the environments that the pack in `directory` needs, and the interpreters of this host that they can have.
pub(super) fn tell(directory: &Path, options: &BuildEnvsOptions, report: &mut BuildEnvsReport) {
    let path = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
    let failed = |runtime: &str, error: String| FailedEnvironment {
        pack_ref: None,
        pack_path: path.clone(),
        runtime: runtime.to_owned(),
        error,
    };
    let (pack, metadata) = match open_pack(directory) {
        Ok(opened) => opened,
        Err(error) => return report.failed_environments.push(failed("", with_causes(&error))),
    };
    let mut pending =
        PendingPack { pack_ref: metadata.pack.clone(), pack_path: path.clone(), environments: Vec::new() };
    let needed = runtimes(&pack, &metadata, &path);
    let (python, nodejs) = needed.map(|needed| (needed.python, needed.nodejs)).unwrap_or_default();
    let wanted = [
        python.map(|python| (EnvironmentKind::Python, python.version, python.requirements_file)),
        nodejs.map(|nodejs| (EnvironmentKind::Nodejs, nodejs.version, nodejs.package_file)),
    ];
    for (kind, version, manifest) in wanted.into_iter().flatten() {
        if options.skipped.contains(&kind) {
            continue;
        }
        let runtime = if kind == EnvironmentKind::Python { "python" } else { "nodejs" };
        match interpreter(kind, version.as_deref(), options) {
            Ok(interpreter_version) => pending.environments.push(PendingEnvironment {
                runtime: runtime.to_owned(),
                version,
                manifest_file: manifest,
                interpreter_version,
            }),
            Err(error) => report.failed_environments.push(FailedEnvironment {
                pack_ref: Some(metadata.pack.clone()),
                ..failed(runtime, with_causes(&error))
            }),
        }
    }
    report.pending_environments.push(pending);
}

/// The version of this host's interpreter that satisfies `version`; `None` where it has none.
fn interpreter(
    kind: EnvironmentKind,
    version: Option<&str>,
    options: &BuildEnvsOptions,
) -> Result<Option<String>, InterpreterError> {
    let search = options.build.search.clone();
    if kind == EnvironmentKind::Python {
        let is_wanted = |found: &attune_host::machine::Interpreter| {
            version.is_none_or(|version| found.satisfies(version))
                && is_of(options.python_version.as_deref(), &found.version)
        };
        let found = Interpreters::new(search, Vec::new()).find(is_wanted)?;
        return Ok(found.map(|found| found.version));
    }
    let is_wanted = |found: &attune_host::machine::NodeInterpreter| {
        version.is_none_or(|version| found.satisfies(version))
            && is_of(options.nodejs_version.as_deref(), &found.version)
    };
    let found = NodeInterpreters::new(search, Vec::new()).find(is_wanted)?;
    Ok(found.map(|found| found.version))
}

/// Whether `version` is the one that is wanted, or begins with it.
fn is_of(wanted: Option<&str>, version: &str) -> bool {
    wanted.is_none_or(|wanted| {
        version.strip_prefix(wanted).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    })
}
