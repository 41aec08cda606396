//! The versions of a runtime that its definition lists.

use serde::Deserialize;
use serde_json::{Map, Value};

use super::definition::{Recipe, RuntimeDefinitionError};

/// A version of a runtime, as its definition lists it.
#[derive(Debug, Clone, PartialEq)]
pub struct RuntimeVersion {
    /// Its number, such as `5.36`.
    pub version: String,
    /// Whether it is taken if no other is asked for.
    pub is_default: bool,
    /// How its environments are made: as those of the runtime, unless it says how in full.
    pub recipe: Recipe,
    /// How to tell whether a host has it: `distributions`.
    pub distributions: Value,
}

#[derive(Deserialize)]
struct RawVersion {
    version: String,
    is_default: Option<bool>,
    #[serde(default)]
    distributions: Value,
    execution_config: Option<Map<String, Value>>,
}

impl RuntimeVersion {
    /// Reads `versions` of a definition, the highest first.
    pub(super) fn read_all(versions: &Value, runtime: &Recipe) -> Result<Vec<Self>, RuntimeDefinitionError> {
        let raw: Vec<RawVersion> = match versions {
            Value::Null => Vec::new(),
            versions => Vec::deserialize(versions)
                .map_err(|error| RuntimeDefinitionError::new(format!("versions: {error}")))?,
        };
        let mut versions = Vec::new();
        for RawVersion { version, is_default, distributions, execution_config } in raw {
            // A version without an interpreter cannot run anything, so it says nothing.
            let recipe = match execution_config.filter(|config| !config.is_empty()) {
                None => runtime.clone(),
                Some(config) => {
                    let own = Map::from_iter([("execution_config".to_owned(), Value::Object(config))]);
                    Recipe::read(&own)
                        .map_err(|error| RuntimeDefinitionError::new(format!("version {version}: {error}")))?
                }
            };
            versions.push(Self {
                version,
                is_default: is_default.unwrap_or_default(),
                recipe,
                distributions,
            });
        }
        versions.sort_by_key(|version| std::cmp::Reverse(parts(&version.version)));
        Ok(versions)
    }
}

/// The numbers of a version, read leniently: a missing part, or one that is not a number, counts as zero.
fn parts(version: &str) -> [u64; 3] {
    let mut parts = version.trim_start_matches(['v', 'V']).split('.').map(|part| part.parse().unwrap_or(0));
    std::array::from_fn(|_| parts.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_highest_comes_first_and_replaces_the_whole_recipe() {
        let runtime = Recipe { interpreter: "tool".to_owned(), ..Recipe::default() };
        let versions = json!([
            {"version": "5.9", "is_default": null, "execution_config": null},
            {"version": "5.10", "is_default": true, "execution_config": {"interpreter": {"binary": "tool5.10"}}},
        ]);
        let versions = RuntimeVersion::read_all(&versions, &runtime).unwrap();
        let read: Vec<_> = versions
            .iter()
            .map(|version| {
                (version.version.as_str(), version.is_default, version.recipe.interpreter.as_str())
            })
            .collect();
        assert_eq!(read, [("5.10", true, "tool5.10"), ("5.9", false, "tool")]);
    }

    #[test]
    fn versions_that_cannot_be_read_are_an_error() {
        for versions in [
            json!("5"),
            json!([{"is_default": true}]),
            json!([{"version": "5", "execution_config": {"interpreter": "x"}}]),
        ] {
            assert!(RuntimeVersion::read_all(&versions, &Recipe::default()).is_err(), "{versions}");
        }
    }
}
