//! One step of a recipe.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::definition::RuntimeDefinitionError;

/// The longest that a step runs unless it says otherwise, in seconds.
const DEFAULT_TIMEOUT_SECONDS: u64 = 600;
/// Where a step without `order` stands.
const DEFAULT_ORDER: i64 = 999;

/// One step: a program with its arguments, all of them templates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecipeStep {
    /// Its name.
    pub name: String,
    /// The program.
    pub command: String,
    /// Its arguments.
    #[serde(default)]
    pub args: Vec<String>,
    /// Where it runs; the pack unless it says otherwise.
    #[serde(default)]
    pub cwd: Option<String>,
    /// Variables that it sees beside the usual.
    #[serde(default)]
    pub env: BTreeMap<String, String>,
    /// Steps run from the lowest on; those with equal numbers as they are listed.
    #[serde(default = "default_order")]
    pub order: i64,
    /// Whether the environment can do without it.
    #[serde(default)]
    pub optional: bool,
    /// When it runs; absent means always.
    #[serde(default)]
    pub condition: Option<Condition>,
    /// The longest that it runs, in seconds.
    #[serde(default = "default_timeout")]
    pub timeout: u64,
}

/// When a step runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    /// Only if this file exists; absent means always, as with every condition that is not known.
    #[serde(default)]
    pub file_exists: Option<String>,
}

const fn default_order() -> i64 {
    DEFAULT_ORDER
}

const fn default_timeout() -> u64 {
    DEFAULT_TIMEOUT_SECONDS
}

impl RecipeStep {
    /// A step that always runs.
    pub(super) fn new(name: &str, command: &[String]) -> Option<Self> {
        let (program, args) = command.split_first()?;
        Some(Self {
            name: name.to_owned(),
            command: program.clone(),
            args: args.to_vec(),
            cwd: None,
            env: BTreeMap::new(),
            order: DEFAULT_ORDER,
            optional: false,
            condition: None,
            timeout: DEFAULT_TIMEOUT_SECONDS,
        })
    }

    /// The steps of an `installers` list, in the order in which they run.
    pub(super) fn read_all(installers: &Value) -> Result<Vec<Self>, RuntimeDefinitionError> {
        let steps: Result<Vec<Self>, _> = serde_json::from_value(installers.clone());
        let mut steps = steps.map_err(|error| RuntimeDefinitionError::new(format!("installers: {error}")))?;
        steps.sort_by_key(|step| step.order);
        Ok(steps)
    }
}
