//! Runs a recipe's steps and keeps their output.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use attune_host::environment::{RecipeEnvironment, Templates, templates_of};
use attune_host::machine::InterpreterSearch;
use attune_host::machine::find_program;
use attune_host::process::{CallerEnvironment, Interrupt, run};
use attune_schemas::runtime_definition::{EnvVar, EnvVarOperation, RecipeStep};

use super::node_lock;

/// Where an environment is built, and with what.
pub(crate) struct BuildPlace<'a> {
    /// Where it will stay, since what is built may not be movable; nothing is there yet.
    pub(crate) env: &'a Path,
    /// The unpacked pack.
    pub(crate) pack: &'a Path,
    /// Vendored files by their names.
    pub(crate) vendored: &'a Path,
    /// A directory for temporary files.
    pub(crate) scratch: &'a Path,
    /// Where programs are looked for.
    pub(crate) search: &'a InterpreterSearch,
    /// The caller's environment.
    pub(crate) caller: &'a CallerEnvironment,
    /// Tells when to stop.
    pub(crate) interrupt: &'a Interrupt,
}

/// The result of a recipe.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct BuiltRecipe {
    /// The steps with their output.
    pub(crate) log: String,
    /// Why it failed, in the words that Attune uses; absent where it is ready.
    pub(crate) error: Option<String>,
}

/// Builds `environment`.
///
/// # Errors
/// Only where the system fails; a step that fails is an outcome.
pub(crate) fn build_recipe(
    environment: &RecipeEnvironment,
    place: &BuildPlace<'_>,
) -> io::Result<BuiltRecipe> {
    // Nobody has put anything there since it was planned.
    fs_err::create_dir(place.env)?;
    if environment.is_node {
        node_lock::stage(place.env, place.pack, &environment.vendored, place.vendored)?;
    }
    let mut templates = templates_of(environment, place.env, place.pack);
    let mut built = BuiltRecipe::default();
    for step in &environment.recipe.steps {
        set_interpreter(&mut templates, environment);
        match run_step(step, &templates, environment, place, &mut built.log)? {
            Ok(()) => {}
            Err(reason) if step.optional => {
                let _ = writeln!(built.log, "optional, and passed over: {reason}");
            }
            Err(reason) => {
                built.error = Some(format!("Installer '{}' failed: {reason}", step.name));
                return Ok(built);
            }
        }
    }
    Ok(built)
}

/// `{interpreter}` is that of the environment once it is there, else the program of the host.
fn set_interpreter(templates: &mut Templates, environment: &RecipeEnvironment) {
    let recipe = &environment.recipe;
    let own = recipe.interpreter_path.as_ref().map(|path| templates.fill(path));
    let own = own.filter(|path| Path::new(path).exists());
    templates.set_interpreter(&own.unwrap_or_else(|| recipe.interpreter.clone()));
}

fn run_step(
    step: &RecipeStep,
    templates: &Templates,
    environment: &RecipeEnvironment,
    place: &BuildPlace<'_>,
    log: &mut String,
) -> io::Result<Result<(), String>> {
    if let Some(file) = step.condition.as_ref().and_then(|condition| condition.file_exists.as_ref()) {
        let file = PathBuf::from(templates.fill(file));
        if !templates.allows(&file) {
            return Ok(Err(format!(
                "its condition looks at `{}`, outside of pack and environment",
                file.display()
            )));
        }
        if !file.exists() {
            let _ = writeln!(log, "== {}: passed over, {} is not there", step.name, file.display());
            return Ok(Ok(()));
        }
    }
    let command = match command(step, templates, environment, place) {
        Ok(command) => command,
        Err(reason) => return Ok(Err(reason)),
    };
    let _ = writeln!(log, "== {}: {}", step.name, shown(&command));
    let limit = Duration::from_secs(step.timeout);
    let finished = match run(command, limit, place.scratch, place.interrupt) {
        Ok(finished) => finished,
        Err(error) if error.kind() == io::ErrorKind::Interrupted => return Err(error),
        Err(error) => return Ok(Err(format!("it cannot be run: {error}"))),
    };
    log.push_str(&finished.stdout);
    log.push_str(&finished.stderr);
    Ok(match finished.status {
        Some(status) if status.success() => Ok(()),
        Some(status) => {
            let code = status.code().map_or_else(|| status.to_string(), |code| format!("exit code {code}"));
            Err(format!(
                "Command failed with {code}\nSTDOUT:\n{}\nSTDERR:\n{}",
                finished.stdout.trim_end(),
                finished.stderr.trim_end()
            ))
        }
        None => Err(format!("it ran longer than {} s, or wrote without end", limit.as_secs())),
    })
}

fn command(
    step: &RecipeStep,
    templates: &Templates,
    environment: &RecipeEnvironment,
    place: &BuildPlace<'_>,
) -> Result<Command, String> {
    let program = program(&templates.fill(&step.command), templates, place.search)?;
    let cwd =
        step.cwd.as_ref().map_or_else(|| place.pack.to_owned(), |cwd| PathBuf::from(templates.fill(cwd)));
    if !templates.allows(&cwd) {
        return Err(format!("it would run in `{}`, outside of pack and environment", cwd.display()));
    }
    let mut command = place.caller.command(&program);
    command.current_dir(&cwd).args(step.args.iter().map(|argument| templates.fill(argument)));
    set_offline(&mut command, place);
    set_path(&mut command, environment, place);
    for (name, value) in &step.env {
        command.env(name, templates.fill(value));
    }
    Ok(command)
}

/// A bare name is looked for on the host; a path must lead into the pack or the environment.
fn program(name: &str, templates: &Templates, search: &InterpreterSearch) -> Result<PathBuf, String> {
    let is_bare = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "._+-".contains(c));
    if is_bare {
        return find_program(name, search).ok_or_else(|| format!("the program `{name}` is not on this host"));
    }
    let path = PathBuf::from(name);
    if templates.allows(&path) {
        return Ok(path);
    }
    Err(format!(
        "it would run `{}`, which is neither a program's name nor in pack or environment",
        name.escape_debug()
    ))
}

/// Vendored files are where pip and npm look, and no network is asked.
fn set_offline(command: &mut Command, place: &BuildPlace<'_>) {
    command
        .env("HOME", place.scratch)
        .env("TMPDIR", place.scratch)
        .env("ATTUNE_VENDORED", place.vendored)
        .env("PIP_NO_INDEX", "1")
        .env("PIP_FIND_LINKS", place.vendored)
        .env("PIP_DISABLE_PIP_VERSION_CHECK", "1")
        .env("PIP_NO_CACHE_DIR", "1")
        .env("npm_config_offline", "true")
        .env("npm_config_cache", place.scratch.join("npm-cache"))
        .env("npm_config_audit", "false")
        .env("npm_config_fund", "false")
        .env("npm_config_ignore_scripts", "true")
        .env("npm_config_update_notifier", "false");
}

/// The interpreter that was chosen comes before others of its name.
fn set_path(command: &mut Command, environment: &RecipeEnvironment, place: &BuildPlace<'_>) {
    let chosen = environment.interpreter.parent().map(Path::to_owned);
    let directories = chosen.into_iter().chain(place.search.places());
    if let Ok(path) = std::env::join_paths(directories) {
        command.env("PATH", path);
    }
}

/// Sets the variables of an environment on `command`.
pub(crate) fn set_env_vars(
    command: &mut Command,
    variables: &BTreeMap<String, EnvVar>,
    templates: &Templates,
) {
    for (name, variable) in variables {
        let value = templates.fill(&variable.value);
        let present = command
            .get_envs()
            .find(|(known, _)| *known == std::ffi::OsStr::new(name))
            .and_then(|(_, value)| Some(value?.to_string_lossy().into_owned()))
            .filter(|present| !present.is_empty());
        let value = match (variable.operation, present) {
            (EnvVarOperation::Prepend, Some(present)) => value + &variable.separator + &present,
            (EnvVarOperation::Append, Some(present)) => present + &variable.separator + &value,
            _ => value,
        };
        command.env(name, value);
    }
}

fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}
