//! Which of the versions that a runtime lists a pack's actions run in.

use attune_schemas::runtime_definition::{RuntimeDefinition, RuntimeVersion};

use super::RecipeSource;
use crate::plan::error::PlanError;
use crate::plan::versions::{constraint_of, runners};

/// The versions that actions and sensors run in: of each the highest one here that it allows; the default,
/// where that is here, for those that ask for none.
pub(super) fn needed_versions<'a>(
    source: &RecipeSource<'_>,
    definition: &'a RuntimeDefinition,
    is_here: &dyn Fn(&RuntimeVersion) -> bool,
) -> Result<Vec<&'a RuntimeVersion>, PlanError> {
    let users = runners(source.config).filter(|(_, runner)| definition.answers_to(runner));
    let users: Vec<_> = users.map(|(component, _)| component).collect();
    // Without any version to choose from there is nothing to ask for; and to look for one runs programs.
    if definition.versions.is_empty() || users.is_empty() {
        return Ok(Vec::new());
    }
    let here: Vec<&RuntimeVersion> = definition.versions.iter().filter(|version| is_here(version)).collect();
    let mut needed: Vec<&RuntimeVersion> = Vec::new();
    for component in users {
        let constraint = constraint_of(source.pack, component)?;
        let version = match &constraint {
            Some(constraint) => here.iter().find(|version| constraint.allows(&version.version)),
            None => here.iter().find(|version| version.is_default).or(here.first()),
        };
        match (version, constraint) {
            (Some(version), _) if needed.contains(version) => {}
            (Some(version), _) => needed.push(version),
            (None, None) => {}
            (None, Some(constraint)) => {
                return Err(PlanError::NoVersion {
                    pack: source.pack.clone(),
                    component: component.component_ref.clone(),
                    needed: format!("{} {constraint}", definition.name),
                });
            }
        }
    }
    Ok(needed)
}
