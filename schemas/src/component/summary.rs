//! One component in a release's config blob.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::kind::ComponentKind;
use crate::entry_path::EntryPath;
use crate::runtime_constraint::{RuntimeConstraint, RuntimeConstraintError};

/// One component file of a pack.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComponentSummary {
    /// Its kind.
    pub kind: ComponentKind,
    /// Its full ref, `pack.name`.
    #[serde(rename = "ref")]
    pub component_ref: String,
    /// Name for people.
    pub label: String,
    /// The file it is in.
    pub file: EntryPath,
    /// The file's content as read, with the refs completed and the legacy spellings normalised.
    pub definition: Map<String, Value>,
}

impl ComponentSummary {
    /// The runtime that it runs on: the `runner_type` of an action or sensor.
    pub fn runner(&self) -> Option<&str> {
        self.runs().then(|| self.definition.get("runner_type").and_then(Value::as_str)).flatten()
    }

    /// Its requirement on that runtime's version.
    pub fn runtime_version(&self) -> Result<Option<RuntimeConstraint>, RuntimeConstraintError> {
        let text = self.definition.get("runtime_version").and_then(Value::as_str);
        text.filter(|_| self.runs()).map(str::parse).transpose()
    }

    /// The runtimes that a host must have for it: the one it runs on, and those of
    /// `required_worker_runtimes`.
    pub fn runtimes(&self) -> impl Iterator<Item = &str> {
        let required = self.definition.get("required_worker_runtimes").filter(|_| self.runs());
        let required = required.and_then(Value::as_object).into_iter().flat_map(Map::keys);
        self.runner().into_iter().chain(required.map(String::as_str))
    }

    const fn runs(&self) -> bool {
        matches!(self.kind, ComponentKind::Action | ComponentKind::Sensor)
    }
}

/// Number of components by the directory that holds their kind, for example `actions: 4`.
pub fn count_by_directory(components: &[ComponentSummary]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for component in components {
        *counts.entry(component.kind.directory().to_owned()).or_insert(0) += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn component(kind: ComponentKind, definition: &Value) -> ComponentSummary {
        ComponentSummary {
            kind,
            component_ref: "a.b".to_owned(),
            label: String::new(),
            file: "actions/b.yaml".parse().unwrap(),
            definition: definition.as_object().unwrap().clone(),
        }
    }

    #[test]
    fn runtimes_are_what_a_component_runs_on_and_what_it_requires_beside() {
        let definition = json!({
            "runner_type": "python", "runtime_version": "3.11",
            "required_worker_runtimes": {"perl": "*", "go": ">=1.2"},
        });
        let action = component(ComponentKind::Action, &definition);
        assert_eq!(action.runtimes().collect::<Vec<_>>(), ["python", "go", "perl"]);
        assert!(action.runtime_version().unwrap().unwrap().allows("3.11.7"));
        let rule = component(ComponentKind::Rule, &definition);
        assert_eq!((rule.runner(), rule.runtimes().count(), rule.runtime_version()), (None, 0, Ok(None)));
    }

    #[test]
    fn a_version_that_is_none_is_an_error() {
        component(ComponentKind::Sensor, &json!({"runtime_version": "new"})).runtime_version().unwrap_err();
    }
}
