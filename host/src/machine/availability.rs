//! Whether a host has a runtime: what its definition says to run, and to find in the answer.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use regex::Regex;
use serde::Deserialize;
use serde_json::Value;

use super::ask::is_of_machine;
use crate::machine::InterpreterSearch;
use crate::process::CallerEnvironment;
use crate::process::Interrupt;
use crate::process::run;

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

/// Whether this host has the runtime with these `distributions` and `interpreter`.
pub fn is_available(
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
        match passes(command, means) {
            Ok(()) => return Ok(()),
            Err(Unavailable::Tried(reason)) => tried.push(format!("`{}` {reason}", command.binary)),
            Err(Unavailable::Machine(error)) => let_down = Some(error),
        }
    }
    Err(let_down.map_or_else(|| Unavailable::Tried(tried.join("; ")), Unavailable::Machine))
}

fn passes(command: &VerificationCommand, means: &VerificationMeans<'_>) -> Result<(), Unavailable> {
    let tried = |reason: &str| Unavailable::Tried(reason.to_owned());
    let program = find_program(&command.binary, means.search).ok_or_else(|| tried("is not on this host"))?;
    let mut process = means.caller.command(&program);
    process.args(&command.args);
    let finished = run(process, LIMIT, means.scratch, means.interrupt).map_err(|error| {
        if is_of_machine(&error) { Unavailable::Machine(error) } else { tried(&error.to_string()) }
    })?;
    let status = finished.status.ok_or_else(|| tried("does not answer"))?;
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
        let search = InterpreterSearch::default();
        let means = VerificationMeans {
            search: &search,
            scratch: scratch.path(),
            caller: &CallerEnvironment::default(),
            interrupt: &Interrupt::default(),
        };
        is_available(&distributions, &recipe.interpreter, &means)
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
