//! Where the environments of a runtime that is data are: one name below the pack's directory, whatever its
//! definition says.

use std::path::{Component, Path};

use attune_host::environment::{EnvironmentName, EnvironmentNameError};
use attune_host::root::HostRoot;
use attune_schemas::PackRef;
use attune_schemas::runtime_definition::RuntimeDefinition;

use super::UsedRuntime;
use crate::plan::error::PlanError;

/// Where the older form says that environments are, by custom.
const USUAL_BASES: [&str; 2] = ["/opt/attune/packenvs", "/opt/attune/runtime_envs"];

/// The name of the environment's directory: that of the runtime, unless its template says another.
pub(super) fn directory(
    pack: &PackRef,
    definition: &RuntimeDefinition,
    root: &HostRoot,
) -> Result<EnvironmentName, PlanError> {
    let refuse = |path: &str| elsewhere(pack, definition, path);
    let Some(template) = &definition.recipe.base_path else {
        return definition.directory().parse().map_err(|error: EnvironmentNameError| refuse(&error.0));
    };
    let filled = template
        .replace("{pack_ref}", pack.as_str())
        .replace("{runtime_ref}", &definition.reference)
        .replace("{runtime_name_lower}", &definition.directory());
    let own = root.path().join("packenvs").display().to_string();
    let bases = USUAL_BASES.iter().copied().chain([own.as_str()]);
    let relative = bases
        .into_iter()
        .find_map(|base| filled.strip_prefix(base))
        .map_or(filled.as_str(), |rest| rest.trim_start_matches('/'));
    let parts: Vec<Component<'_>> = Path::new(relative).components().collect();
    match parts[..] {
        [Component::Normal(first), Component::Normal(last)] if first == pack.as_str() => {
            last.to_str().and_then(|name| name.parse().ok()).ok_or_else(|| refuse(&filled))
        }
        _ => Err(refuse(&filled)),
    }
}

pub(super) fn elsewhere(pack: &PackRef, definition: &RuntimeDefinition, path: &str) -> PlanError {
    PlanError::Runtime {
        pack: pack.clone(),
        runtime: definition.reference.clone(),
        reason: format!("its environments would be at `{}`, and not in packenvs", path.escape_debug()),
    }
}

/// Two runtimes have one directory.
pub(in crate::plan) fn taken(pack: &PackRef, used: &UsedRuntime<'_>, name: &EnvironmentName) -> PlanError {
    PlanError::Runtime {
        pack: pack.clone(),
        runtime: used.definition.reference.clone(),
        reason: format!("another of the pack's environments is called `{name}` already"),
    }
}
