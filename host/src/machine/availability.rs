//! Whether a host has a runtime: what its definition says to run, and to find in the answer.

use std::cell::RefCell;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use attune_registry::confinement::asking;
use regex::Regex;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::ask::is_of_machine;
use crate::machine::InterpreterSearch;
use crate::process::{CallerEnvironment, Finished, Interrupt, run};

/// The longest that a verification command runs.
const LIMIT: Duration = Duration::from_secs(10);

#[derive(Deserialize, Default)]
#[serde(default)]
struct Verification {
    commands: Vec<VerificationCommand>,
    always_available: bool,
    check_required: Option<bool>,
}

#[derive(Deserialize)]
struct VerificationCommand {
    binary: String,
    #[serde(default)]
    args: Vec<String>,
    #[serde(default)]
    exit_code: i32,
    #[serde(default)]
    pattern: Option<String>,
    #[serde(default = "default_priority")]
    priority: i64,
}

const fn default_priority() -> i64 {
    100
}

/// The programs and limits of verification commands.
pub struct VerificationMeans<'a> {
    /// Where programs are looked for.
    pub search: &'a InterpreterSearch,
    /// A directory for temporary files.
    pub scratch: &'a Path,
    /// The caller's environment.
    pub caller: &'a CallerEnvironment,
    /// Tells when to stop.
    pub interrupt: &'a Interrupt,
    /// The commands that were run.
    pub asked: &'a RefCell<Vec<AskedProgram>>,
}

/// Why a runtime cannot be used.
#[derive(Debug)]
pub enum Unavailable {
    /// It is not here, as far as its definition can tell: what was tried.
    Tried(String),
    /// The machine kept its programs from answering.
    Machine(io::Error),
}

impl From<String> for Unavailable {
    fn from(tried: String) -> Self {
        Self::Tried(tried)
    }
}

/// A program of the host that was asked whether the host has a runtime.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AskedProgram {
    /// The runtime.
    pub runtime: String,
    /// The program that was run.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Whether the answer was the one that the runtime's definition expects.
    pub is_as_expected: bool,
    /// Whether the kernel kept it from changing files.
    pub read_only: bool,
    /// Whether the kernel kept it from the network.
    pub offline: bool,
}

/// Whether this host has `runtime` with these `distributions` and `interpreter`.
pub fn is_available(
    runtime: &str,
    distributions: &Value,
    interpreter: &str,
    means: &VerificationMeans<'_>,
) -> Result<(), Unavailable> {
    let value = distributions.get("verification").cloned().unwrap_or(Value::Null);
    let mut verification: Verification = match value {
        Value::Null => Verification::default(),
        value => {
            serde_json::from_value(value).map_err(|error| format!("distributions.verification: {error}"))?
        }
    };
    if verification.always_available || verification.check_required == Some(false) {
        return Ok(());
    }
    if verification.commands.is_empty() {
        if matches!(interpreter, "" | "native" | "none") {
            return Ok(());
        }
        verification.commands.push(VerificationCommand {
            binary: interpreter.to_owned(),
            args: vec!["--version".to_owned()],
            exit_code: 0,
            pattern: None,
            priority: 0,
        });
    }
    verification.commands.sort_by_key(|command| command.priority);
    let mut tried = Vec::new();
    let mut let_down = None;
    for command in &verification.commands {
        match passes(runtime, command, means) {
            Ok(()) => return Ok(()),
            Err(Unavailable::Tried(reason)) => tried.push(format!("`{}` {reason}", command.binary)),
            Err(Unavailable::Machine(error)) => let_down = Some(error),
        }
    }
    Err(let_down.map_or_else(|| Unavailable::Tried(tried.join("; ")), Unavailable::Machine))
}

/// Runs a command of a release, which whoever published it wrote: it gets the rights that an answer takes.
fn passes(
    runtime: &str,
    command: &VerificationCommand,
    means: &VerificationMeans<'_>,
) -> Result<(), Unavailable> {
    let tried = |reason: &str| Unavailable::Tried(reason.to_owned());
    let failed = |error: io::Error| {
        if is_of_machine(&error) { Unavailable::Machine(error) } else { tried(&error.to_string()) }
    };
    let program = find_program(&command.binary, means.search).ok_or_else(|| tried("is not on this host"))?;
    let mut process = means.caller.command(&program);
    process.args(&command.args).env("TMPDIR", means.scratch).current_dir(means.scratch);
    let ask = |process| run(process, LIMIT, means.scratch, means.interrupt);
    let (finished, withheld) = asking(process, means.scratch, ask).map_err(failed)?;
    let judged = finished.map_err(failed).and_then(|finished| judge(command, &finished));
    let asked = AskedProgram {
        runtime: runtime.to_owned(),
        program,
        arguments: command.args.clone(),
        is_as_expected: judged.is_ok(),
        read_only: withheld.files,
        offline: withheld.network,
    };
    tracing::info!(
        "asked `{} {}` for {runtime}, read-only: {}, offline: {}; as expected: {}",
        asked.program.display(),
        asked.arguments.join(" "),
        asked.read_only,
        asked.offline,
        asked.is_as_expected
    );
    means.asked.borrow_mut().push(asked);
    judged
}

fn judge(command: &VerificationCommand, finished: &Finished) -> Result<(), Unavailable> {
    let status = finished.status.ok_or_else(|| "does not answer".to_owned())?;
    if status.code() != Some(command.exit_code) {
        return Err(format!("ends with {status}").into());
    }
    let Some(pattern) = &command.pattern else { return Ok(()) };
    let pattern = Regex::new(pattern).map_err(|error| format!("has a pattern that is none: {error}"))?;
    if pattern.is_match(&finished.stdout) || pattern.is_match(&finished.stderr) {
        Ok(())
    } else {
        Err(format!("does not answer with `{pattern}`").into())
    }
}

/// The program called `name` on the search path; an absolute one as it is.
pub fn find_program(name: &str, search: &InterpreterSearch) -> Option<PathBuf> {
    if name.contains('/') {
        return Some(PathBuf::from(name)).filter(|path| path.is_absolute() && path.is_file());
    }
    search.programs(&[name]).into_iter().next()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use attune_schemas::runtime_definition::RuntimeDefinition;

    fn check(definition: &Value) -> Result<(), Unavailable> {
        let definition = RuntimeDefinition::read("a.b", definition.as_object().unwrap()).unwrap();
        let scratch = tempfile::tempdir().unwrap();
        let RuntimeDefinition { distributions, recipe, .. } = definition;
        let (search, asked) = (InterpreterSearch::default(), RefCell::default());
        let means = VerificationMeans {
            search: &search,
            scratch: scratch.path(),
            caller: &CallerEnvironment::default(),
            interrupt: &Interrupt::default(),
            asked: &asked,
        };
        is_available("a.b", &distributions, &recipe.interpreter, &means)
    }

    fn commands(commands: &Value) -> Value {
        json!({"distributions": {"verification": {"commands": commands}}})
    }

    #[test]
    fn one_command_that_passes_is_enough() {
        let missing = json!({"binary": "no-such-program", "priority": 1});
        let passing = json!({"binary": "sh", "args": ["-c", "echo Shell 5.1 >&2; exit 3"], "exit_code": 3, "pattern": "Shell \\d\\."});
        assert!(check(&commands(&json!([missing, passing]))).is_ok());
        let Err(Unavailable::Tried(told)) = check(&commands(&json!([missing]))) else { panic!("it is here") };
        assert!(told.contains("no-such-program"), "{told}");
    }

    #[test]
    fn exit_code_and_pattern_must_both_fit() {
        for command in [
            json!({"binary": "sh", "args": ["-c", "exit 1"]}),
            json!({"binary": "sh", "args": ["-c", "echo x"], "pattern": "y"}),
            json!({"binary": "sh", "args": ["-c", "echo x"], "pattern": "("}),
        ] {
            assert!(check(&commands(&json!([command]))).is_err(), "{command}");
        }
    }

    #[test]
    fn without_commands_the_interpreter_is_asked() {
        assert!(check(&json!({})).is_ok());
        assert!(check(&json!({"execution_config": {"interpreter": {"binary": "native"}}})).is_ok());
        assert!(check(&json!({"execution_config": {"interpreter": {"binary": "no-such-program"}}})).is_err());
        let always = json!({"distributions": {"verification": {"always_available": true}}, "execution_config": {"interpreter": {"binary": "no-such-program"}}});
        assert!(check(&always).is_ok());
    }
}
