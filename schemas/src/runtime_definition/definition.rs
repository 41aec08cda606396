//! A runtime's definition, in either form, read into the recipe for its environments.
//!
//! The current form has `execution_config`; the older one has `installers`, as a list or as a mapping with
//! templates beside it. If a definition has both, the steps that are spelled out count.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::step::{Condition, RecipeStep};
use super::version::RuntimeVersion;

/// A runtime, as a pack defines it.
#[derive(Debug, Clone, PartialEq)]
pub struct RuntimeDefinition {
    /// Its full ref.
    pub reference: String,
    /// Its name.
    pub name: String,
    /// Other names that it goes by, lower-case.
    pub aliases: Vec<String>,
    /// How its environments are made.
    pub recipe: Recipe,
    /// How to tell whether a host has it: `distributions`.
    pub distributions: Value,
    /// The versions that it lists, the highest first.
    pub versions: Vec<RuntimeVersion>,
}

/// How the environments of a runtime are made, and which programs run in them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Recipe {
    /// Whether it needs environments at all.
    pub requires_environment: bool,
    /// Whether it is of the older form, which has templates of its own.
    pub is_older_form: bool,
    /// Where environments are, as a template; absent means at the usual place.
    pub base_path: Option<String>,
    /// The steps, in the order in which they run.
    pub steps: Vec<RecipeStep>,
    /// The program that runs actions: a name, or a template of a path.
    pub interpreter: String,
    /// Where the interpreter is in an environment, as a template.
    pub interpreter_path: Option<String>,
    /// Other programs of an environment: templates by name.
    pub executables: BTreeMap<String, String>,
    /// The dependency file of a pack, whose digest the marker holds.
    pub manifest_file: Option<String>,
    /// Variables for the programs that run in the environment.
    pub env_vars: BTreeMap<String, EnvVar>,
}

/// A variable for the programs that run in an environment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnvVar {
    /// Its value, a template.
    pub value: String,
    /// How it is combined with the present value.
    pub operation: EnvVarOperation,
    /// The separator between the two values.
    pub separator: String,
}

/// How a new value is combined with the present one.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EnvVarOperation {
    /// The new value takes its place.
    #[default]
    Set,
    /// The new one comes before it.
    Prepend,
    /// The new one comes after it.
    Append,
}

/// Why a definition cannot be followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct RuntimeDefinitionError(String);

impl RuntimeDefinitionError {
    pub(super) const fn new(reason: String) -> Self {
        Self(reason)
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawExecution {
    interpreter: RawInterpreter,
    environment: Option<RawEnvironment>,
    dependencies: Option<RawDependencies>,
    env_vars: BTreeMap<String, RawEnvVar>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawInterpreter {
    binary: String,
}

#[derive(Deserialize)]
struct RawEnvironment {
    env_type: String,
    #[serde(default)]
    create_command: Vec<String>,
    #[serde(default)]
    interpreter_path: Option<String>,
}

#[derive(Deserialize)]
struct RawDependencies {
    manifest_file: String,
    #[serde(default)]
    install_command: Vec<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum RawEnvVar {
    Plain(String),
    Full {
        value: String,
        #[serde(default)]
        operation: EnvVarOperation,
        #[serde(default)]
        separator: Option<String>,
    },
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct RawInstallers {
    base_path_template: Option<String>,
    installers: Value,
    executable_templates: BTreeMap<String, String>,
    env_vars: BTreeMap<String, RawEnvVar>,
    requires_environment: Option<bool>,
}

impl RuntimeDefinition {
    /// Reads a component of kind runtime.
    pub fn read(reference: &str, definition: &Map<String, Value>) -> Result<Self, RuntimeDefinitionError> {
        let text = |key: &str| definition.get(key).and_then(Value::as_str);
        let last = reference.rsplit('.').next().unwrap_or(reference);
        let aliases = definition.get("aliases").and_then(Value::as_array).into_iter().flatten();
        let recipe = Recipe::read(definition)?;
        let versions = definition.get("versions").unwrap_or(&Value::Null);
        Ok(Self {
            versions: RuntimeVersion::read_all(versions, &recipe)?,
            reference: reference.to_owned(),
            name: text("name").unwrap_or(last).to_owned(),
            aliases: aliases.filter_map(Value::as_str).map(str::to_lowercase).collect(),
            recipe,
            distributions: definition.get("distributions").cloned().unwrap_or_default(),
        })
    }

    /// The name of its environments' directory: as workers have it, the lower-case name.
    pub fn directory(&self) -> String {
        self.name.to_lowercase()
    }

    /// Whether an action's `runner_type`, or a name in `runtime_deps`, means it.
    pub fn answers_to(&self, name: &str) -> bool {
        let name = name.trim().to_lowercase();
        self.reference == name || self.directory() == name || self.aliases.contains(&name)
    }
}

impl Recipe {
    pub(super) fn read(definition: &Map<String, Value>) -> Result<Self, RuntimeDefinitionError> {
        let execution = match definition.get("execution_config") {
            None | Some(Value::Null) => RawExecution::default(),
            Some(config) => serde_json::from_value(config.clone())
                .map_err(|error| RuntimeDefinitionError(format!("execution_config: {error}")))?,
        };
        match definition.get("installers").filter(|installers| !is_empty(installers)) {
            Some(installers) => Self::of_installers(installers, execution),
            None => Ok(Self::of_execution(execution)),
        }
    }

    fn of_execution(execution: RawExecution) -> Self {
        let environment = execution.environment.filter(|environment| environment.env_type != "none");
        let mut steps = Vec::new();
        if let Some(environment) = &environment {
            steps.extend(RecipeStep::new("create_environment", &environment.create_command));
            if let Some(dependencies) = &execution.dependencies {
                let step = RecipeStep::new("install_dependencies", &dependencies.install_command);
                let condition = Condition { file_exists: Some("{manifest_path}".to_owned()) };
                steps.extend(step.map(|step| RecipeStep { condition: Some(condition), ..step }));
            }
        }
        Self {
            requires_environment: environment.is_some(),
            is_older_form: false,
            base_path: None,
            steps,
            interpreter: execution.interpreter.binary,
            interpreter_path: environment.and_then(|environment| environment.interpreter_path),
            executables: BTreeMap::new(),
            manifest_file: execution.dependencies.map(|dependencies| dependencies.manifest_file),
            env_vars: env_vars(execution.env_vars),
        }
    }

    fn of_installers(installers: &Value, execution: RawExecution) -> Result<Self, RuntimeDefinitionError> {
        let raw: RawInstallers = match installers {
            Value::Array(_) => RawInstallers { installers: installers.clone(), ..RawInstallers::default() },
            other => serde_json::from_value(other.clone())
                .map_err(|error| RuntimeDefinitionError(format!("installers: {error}")))?,
        };
        let listed = if raw.installers.is_null() { Value::Array(Vec::new()) } else { raw.installers };
        let steps = RecipeStep::read_all(&listed)?;
        let mut variables = env_vars(execution.env_vars);
        variables.extend(env_vars(raw.env_vars));
        Ok(Self {
            requires_environment: raw.requires_environment.unwrap_or(!steps.is_empty()),
            is_older_form: true,
            base_path: raw.base_path_template,
            steps,
            interpreter: execution.interpreter.binary,
            interpreter_path: None,
            executables: raw.executable_templates,
            manifest_file: execution.dependencies.map(|dependencies| dependencies.manifest_file),
            env_vars: variables,
        })
    }
}

fn is_empty(installers: &Value) -> bool {
    match installers {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

fn env_vars(raw: BTreeMap<String, RawEnvVar>) -> BTreeMap<String, EnvVar> {
    let read = |variable| match variable {
        RawEnvVar::Plain(value) => {
            EnvVar { value, operation: EnvVarOperation::Set, separator: ":".to_owned() }
        }
        RawEnvVar::Full { value, operation, separator } => {
            EnvVar { value, operation, separator: separator.unwrap_or_else(|| ":".to_owned()) }
        }
    };
    raw.into_iter().map(|(name, variable)| (name, read(variable))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(definition: &Value) -> Result<RuntimeDefinition, RuntimeDefinitionError> {
        RuntimeDefinition::read("tools.perl", definition.as_object().unwrap())
    }

    #[test]
    fn the_current_form_is_read() {
        let definition = read(&json!({
            "name": "Perl", "aliases": ["Perl5"],
            "execution_config": {
                "interpreter": {"binary": "perl", "args": []},
                "environment": {"env_type": "local_lib", "create_command": ["mkdir", "{env_dir}/lib"], "interpreter_path": null},
                "dependencies": {"manifest_file": "cpanfile", "install_command": ["cpanm", "."]},
                "env_vars": {"A": "1", "PERL5LIB": {"value": "{env_dir}/lib", "operation": "prepend"}}
            }
        }))
        .unwrap();
        let recipe = &definition.recipe;
        assert!(recipe.requires_environment && !recipe.is_older_form);
        let names: Vec<&str> = recipe.steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names, ["create_environment", "install_dependencies"]);
        assert_eq!(recipe.env_vars["PERL5LIB"].operation, EnvVarOperation::Prepend);
        assert_eq!(recipe.env_vars["A"].operation, EnvVarOperation::Set);
        for name in ["perl", "Perl", "perl5", "tools.perl"] {
            assert!(definition.answers_to(name), "{name}");
        }
        assert!(!definition.answers_to("python"));
    }

    #[test]
    fn the_older_form_is_read_in_order() {
        let installers = json!({
            "base_path_template": "/opt/attune/packenvs/{pack_ref}/{runtime_name_lower}",
            "installers": [
                {"name": "late", "command": "b"},
                {"name": "first", "command": "a", "order": 1, "optional": true},
                {"name": "second", "command": "c", "order": 2, "condition": {"file_exists": "{pack_path}/x"}},
                {"name": "later", "command": "d"}
            ],
            "executable_templates": {"python": "{env_path}/bin/python"}
        });
        let recipe = read(&json!({"installers": installers})).unwrap().recipe;
        let names: Vec<&str> = recipe.steps.iter().map(|step| step.name.as_str()).collect();
        assert_eq!(names, ["first", "second", "late", "later"]);
        assert!(recipe.requires_environment && recipe.is_older_form && recipe.steps[0].optional);
        let listed = read(&json!({"installers": installers["installers"]})).unwrap().recipe;
        assert_eq!(listed.steps, recipe.steps);
    }

    #[test]
    fn runtimes_without_environments_need_none() {
        for definition in [
            json!({}),
            json!({"installers": []}),
            json!({"execution_config": {"environment": {"env_type": "none", "create_command": ["x"]}}}),
            json!({"installers": {"installers": [], "requires_environment": false}}),
        ] {
            assert!(!read(&definition).unwrap().recipe.requires_environment, "{definition}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_an_error() {
        for definition in [
            json!({"execution_config": {"interpreter": "perl"}}),
            json!({"execution_config": {"environment": {}}}),
            json!({"installers": [{"name": "x"}]}),
            json!({"installers": "perl"}),
            json!({"installers": {"installers": {"a": 1}}}),
        ] {
            assert!(read(&definition).is_err(), "{definition}");
        }
    }
}
